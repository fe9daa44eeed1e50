import type { Place } from '../contract/place.ts';

export const linkScheme = 'gleaner';
/** Longest link that is looked at, in characters; three times the longest address of a project, and its frame. */
const longestLink = 1600;
const longestAddress = 500;

/**
 * `gleaner://join/ADDRESS` or `gleaner://join?url=ADDRESS` for a project, `gleaner://pool…` for the enrolment of a company's
 * pool; the address may be percent-encoded.
 */
const knownLink = /^gleaner:\/\/(?<what>join|pool)(?:\/(?<path>[^?#]+)|\/?\?url=(?<query>[^&#]+))$/i;

/**
 * Where a link leads, or null for one that nobody should follow. Links come from any web page, so only these are known:
 * the pages to join a project or a pool, with the address filled in. Pure; never throws.
 */
export function placeOfLink(link: string): Extract<Place, { page: 'join' | 'join-pool' }> | null {
  if (link.length > longestLink) return null;
  const { what, path, query } = knownLink.exec(link)?.groups ?? {};
  const address = plainAddress(decoded(path ?? query ?? ''));
  if (address === null) return null;
  if (what?.toLowerCase() === 'join') return { page: 'join', url: address };
  return isForSecrets(address) ? { page: 'join-pool', url: address } : null;
}

/** An enrolment holds a secret: it comes over TLS, or from this computer itself. */
function isForSecrets(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

/** The first link among the arguments of a start. Pure. */
export function linkOf(argv: readonly string[]): string | null {
  return argv.find((word) => word.toLowerCase().startsWith(`${linkScheme}:`)) ?? null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** The address as a URL parser spells it, so that no letters of another script pass for Latin ones; null if it is none. */
function plainAddress(text: string): string | null {
  // A URL parser would drop or mend these instead of refusing them.
  if (/[\p{C}\p{Z}\\<>"`{}|^]/u.test(text) || !/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/i.test(text)) return null;
  if (!URL.canParse(text)) return null;
  const { href, protocol, username, password } = new URL(text);
  const isPlain = (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
  return isPlain && href.length <= longestAddress ? href : null;
}
