import { GleanerError } from '../../contract/index.ts';

/** The longest id of a grid; see `GridId`. */
const maxLength = 60;
const prefix = 'boinc-';

/**
 * What tells projects apart: host, port and path of the master URL. A project that changes from http to https stays
 * the same. Throws `bad-request` for what is no such URL. Pure.
 */
export function placeOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.hostname === '') {
    throw new GleanerError('bad-request', `This is no address of a project: ${url.slice(0, 100)}.`);
  }
  return `${parsed.host}${parsed.pathname.replace(/\/*$/, '/')}`;
}

/** Whether two master URLs name the same project; what is no URL names none. Pure. */
export function isSameProject(a: string, b: string): boolean {
  try {
    return placeOf(a) === placeOf(b);
  } catch {
    return false;
  }
}

/** A readable id for a place that is not among those taken by others. Pure. */
export function idOf(place: string, isTaken: (id: string) => boolean): string {
  const slug = place
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  for (let n = 1; ; n += 1) {
    const suffix = n === 1 ? '' : `-${n}`;
    const cut = slug.slice(0, maxLength - prefix.length - suffix.length).replace(/-$/, '');
    const id = `${prefix}${cut}${suffix}`;
    if (!isTaken(id)) return id;
  }
}
