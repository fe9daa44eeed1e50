/** A version as Semantic Versioning 2.0.0 writes it. */
export interface Version {
  readonly numbers: readonly [number, number, number];
  /** Identifiers before the release; empty: it is the release. */
  readonly before: readonly string[];
  /** What it was built with; of no weight in comparisons. */
  readonly build: readonly string[];
}

const core = String.raw`(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})`;
const pattern = new RegExp(String.raw`^${core}(?:-([0-9A-Za-z.-]{1,60}))?(?:\+([0-9A-Za-z.-]{1,60}))?$`);

/** Null for what is no version, or one of absurd length. Pure. */
export function parseVersion(text: string): Version | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, major, minor, patch, before = '', build = ''] = match;
  const identifiers = before === '' ? [] : before.split('.');
  const builds = build === '' ? [] : build.split('.');
  const isBad = (one: string): boolean => one === '' || /^0\d+$/.test(one);
  if (identifiers.some(isBad) || builds.includes('')) return null;
  return { numbers: [Number(major), Number(minor), Number(patch)], before: identifiers, build: builds };
}

/** Below 0: `a` comes before `b` (§11); 0: neither is newer. Pure. */
export function compareVersions(a: Version, b: Version): number {
  for (const [at, number] of a.numbers.entries()) {
    const difference = number - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.before.length === 0 || b.before.length === 0) return b.before.length - a.before.length;
  for (const [at, mine] of a.before.entries()) {
    const theirs = b.before[at];
    if (theirs === undefined) return 1;
    const difference = compareIdentifiers(mine, theirs);
    if (difference !== 0) return difference;
  }
  return a.before.length - b.before.length;
}

function compareIdentifiers(a: string, b: string): number {
  const [mine, theirs] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (mine && theirs) return a.length === b.length ? order(a, b) : a.length - b.length;
  // Numbers come before words.
  if (mine !== theirs) return mine ? -1 : 1;
  return order(a, b);
}

/** As ASCII sorts. */
const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Whether `offered` is newer than `current`; what is no version is newer than nothing. Pure. */
export function isNewer(offered: string, current: string): boolean {
  const [one, other] = [parseVersion(offered), parseVersion(current)];
  return one !== null && other !== null && compareVersions(one, other) > 0;
}

/** Whether it was built on a development runtime, which nothing replaces and which replaces nothing. Pure. */
export function isDevelopment(version: string): boolean {
  return parseVersion(version)?.build.includes('devruntime') ?? false;
}
