/** An address that an apt source names, with the suites that it is used for. */
interface Source {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Reads sources in apt's one-line format (`deb [options] uri suite component…`). */
function parseList(text: string): Source[] {
  const sources: Source[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/#.*/, '').trim();
    const match = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line);
    const [, uri, suiteName, components] = match ?? [];
    if (uri === undefined || suiteName === undefined || components === undefined) continue;
    sources.push({ uri, suites: [suiteName], components: components.split(/\s+/) });
  }
  return sources;
}

/** Reads sources in apt's deb822 format: stanzas of `Field: value`, continued by indented lines. */
function parseDeb822(text: string): Source[] {
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = new Map<string, string[]>();
      for (const [, name = '', value = ''] of stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t].*)*)/gm)) {
        fields.set(name.toLowerCase(), value.trim().split(/\s+/));
      }
      if (!fields.get('types')?.includes('deb')) return [];
      if (fields.get('enabled')?.[0]?.toLowerCase() === 'no') return [];
      const suites = fields.get('suites') ?? [];
      const components = fields.get('components') ?? [];
      return (fields.get('uris') ?? []).map((uri) => ({ uri, suites, components }));
    });
}

/** An archive of Debian's: which suites are its own, and how its addresses end. */
const archives = {
  main: {
    suites: /^(?:stable|oldstable|testing|unstable|sid|bullseye|bookworm|trixie|forky|duke)$/,
    path: /\/debian$/,
  },
  security: {
    suites: /^(?:stable|oldstable|testing|bullseye|bookworm|trixie|forky|duke)-security$/,
    path: /\/debian-security$/,
  },
} as const;
export type Archive = keyof typeof archives;

/**
 * The mirror that a machine's own apt sources use for an archive of Debian itself, and not for anybody else's
 * repository. Undefined when there is none. Pure.
 * @param files contents of sources.list and sources.list.d, with their names
 */
export function mirrorOf(
  files: readonly { readonly name: string; readonly text: string }[],
  archive: Archive = 'main',
): string | undefined {
  const wanted = archives[archive];
  for (const { name, text } of files) {
    const sources = name.endsWith('.sources') ? parseDeb822(text) : parseList(text);
    for (const { uri, suites, components } of sources) {
      if (!/^(?:https?|file|mirror\+\w+):/.test(uri)) continue;
      if (!suites.some((suite) => wanted.suites.test(suite)) || !components.includes('main')) continue;
      const path = uri.replace(/\/+$/, '');
      if (wanted.path.test(path)) return path;
    }
  }
  return undefined;
}
