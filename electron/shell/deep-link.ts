import type { Place } from '../contract/place.ts';

export const linkScheme = 'gleaner';
/** Longest link that is looked at, in characters; three times the longest address of a project, and its frame. */
const longestLink = 1600;
const longestAddress = 500;

/** `gleaner://join/ADDRESS` or `gleaner://join?url=ADDRESS`; the address may be percent-encoded. */
const joinLink = /^gleaner:\/\/join(?:\/(?<path>[^?#]+)|\/?\?url=(?<query>[^&#]+))$/i;

/**
 * Where a link leads, or null for one that nobody should follow. Links come from any web page, so only this one is known:
 * the page to join a project, with the address of the project filled in. Pure; never throws.
 */
export function placeOfLink(link: string): Extract<Place, { page: 'join' }> | null {
  if (link.length > longestLink) return null;
  const { path, query } = joinLink.exec(link)?.groups ?? {};
  const address = projectAddress(decoded(path ?? query ?? ''));
  return address === null ? null : { page: 'join', url: address };
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
function projectAddress(text: string): string | null {
  // A URL parser would drop or mend these instead of refusing them.
  if (/[\p{C}\p{Z}\\<>"`{}|^]/u.test(text) || !/^https?:\/\/[^/?#@]+(\/[^?#]*)?$/i.test(text)) return null;
  if (!URL.canParse(text)) return null;
  const { href, protocol, username, password } = new URL(text);
  const isPlain = (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
  return isPlain && href.length <= longestAddress ? href : null;
}
