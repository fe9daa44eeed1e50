const maxLength = 500;

/** An http or https address without credentials and fragment; undefined: it is none. */
export function parseWebUrl(text: string, base?: URL): URL | undefined {
  let url: URL;
  try {
    url = new URL(text, base);
  } catch {
    return undefined;
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (url.username !== '' || url.password !== '' || url.hostname === '') return undefined;
  url.hash = '';
  return url;
}

/**
 * The addresses that may be meant by what a person typed, the likelier first, each with a slash at its end:
 * without a scheme, https and then http. None: it is no address.
 */
export function typedUrls(typed: string): readonly URL[] {
  const words = typed.trim();
  if (words === '' || words.length > maxLength || /\s/.test(words)) return [];
  const texts = /^[a-z][a-z0-9+.-]*:\/\//i.test(words) ? [words] : [`https://${words}`, `http://${words}`];
  return texts.flatMap((text) => {
    const url = masterUrl(text);
    return url === undefined ? [] : [url];
  });
}

/** As BOINC spells a master URL: no query, single slashes, one at its end. Undefined: it is none. */
export function masterUrl(text: string): URL | undefined {
  const url = parseWebUrl(text.trim());
  if (!url) return undefined;
  url.search = '';
  url.pathname = `${url.pathname}/`.replaceAll(/\/{2,}/g, '/');
  return url.href.length > maxLength ? undefined : url;
}

/** Host and port, as CONNECT names them. */
export function authorityOf(url: URL): string {
  return `${url.hostname}:${portOf(url)}`;
}

export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}
