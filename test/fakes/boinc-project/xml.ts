/** Text as XML has it. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** `<name>value</name>` a line, for those that have a value; true writes `<name/>`, false nothing. */
export function elements(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) =>
      value === true ? `<${name}/>\n` : `<${name}>${escapeXml(String(value))}</${name}>\n`,
    )
    .join('');
}

/**
 * Content of the first element of that name; '' when there is none. Enough for what the stock client writes, whose
 * fields are not nested in others of the same name.
 */
export function field(text: string, name: string): string {
  return contents(text, name)[0]?.trim() ?? '';
}

/** A number, 0 when there is none. */
export function numberField(text: string, name: string): number {
  const value = Number(field(text, name));
  return Number.isFinite(value) ? value : 0;
}

/** Content of every element of that name. */
export function contents(text: string, name: string): string[] {
  return [...text.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(
    ([, inner]) => inner ?? '',
  );
}
