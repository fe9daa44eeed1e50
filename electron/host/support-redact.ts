import { BlockList, isIP } from 'node:net';
import { isCode, isOwnWord } from './support-vocabulary.ts';

/** What a redactor knows of this computer and its person beside the shapes that secrets have. */
export interface Clues {
  /** Home folders, by any of their names. */
  readonly homes: readonly string[];
  /** Gleaner's data folder, by any of its names, where somebody chose it. */
  readonly dataDirs: readonly string[];
  readonly userNames: readonly string[];
  readonly hostNames: readonly string[];
  /** Hosts of private networks, and what is named after them. */
  readonly privateHosts: readonly string[];
  /** Accounts, organizations and what else is nobody's business. */
  readonly names: readonly string[];
  /** Keys and passwords that are known as such. */
  readonly secrets: readonly string[];
}

export type Redact = (text: string) => string;

/** Known to everybody. */
const harmless: ReadonlySet<string> = new Set(['root', 'localhost', '']);

const privateAddresses = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  privateAddresses.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
] as const)
  privateAddresses.addSubnet(network, bits, 'ipv6');

const pem = /-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)/gs;
const header = /\b(?:proxy-)?authorization\b["']?\s*[:=].*/gi;
const scheme = /\b(?:basic|bearer|digest|negotiate|ntlm)\s+[\w+/=.~-]{6,}/gi;
/** `password=…`, `"token": "…"`, `<authenticator>…</authenticator>`; of the last the closing tag may have been cut off. */
const secretName =
  '[\\w-]*(?:passw(?:or)?d|passwd_hash|passphrase|secret|token|authenticator|auth[_-]?key|api[_-]?key|account[_-]?key|weak[_-]?key|weak[_-]?auth|cookie|nonce|credential)[\\w-]*';
const named = new RegExp(
  `\\b(${secretName})(["']?\\s*[:=]\\s*)("(?:[^"\\\\]|\\\\.)*"?|'[^']*'?|[^\\s<>]+)`,
  'gi',
);
const tagged = new RegExp(`<(${secretName})>[^<]*`, 'gi');
const url = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>`]+)/gi;
/** E-mail addresses, and logins before a host that stand without a scheme. */
const address = /[^\s"'<>()[\]{},;=]+@[^\s"'<>()[\]{},;]+/g;
const mac = /(?<![0-9a-f:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![0-9a-f]|[:-][0-9a-f])/gi;
const dottedMac = /(?<![\w.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?!\w|\.\w)/gi;
const ipv4 = /(?<!\d|\d\.)\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)/g;
const ipv6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%[\w.-]+)?(?![\w:])/gi;
const hex = /[0-9a-f]{32,}/gi;
const run = /[\w+/=-]{20,}/g;
const privateName =
  /\b(?:[a-z0-9_-]+\.)+(?:local|lan|internal|intranet|corp|home|private|localdomain|home\.arpa)\b/gi;
const anyHome = /(?:\/home\/|\/Users\/|[A-Z]:\\Users\\)[^\s/\\"':,;]+/g;

/**
 * What stands in a secret's place. While there are steps to come it is one character of a range that is nobody's, so that
 * none of them takes a part of it for a name; in a text that comes with such characters they are dropped.
 */
const marks = {
  secret: ['\uE000', '[secret]'],
  home: ['\uE001', '~'],
  certificate: ['\uE002', '[certificate or key]'],
  authorization: ['\uE003', '[authorization]'],
  address: ['\uE004', '[address]'],
  host: ['\uE005', '[private host]'],
  hardware: ['\uE006', '[hardware address]'],
  private: ['\uE007', '[private address]'],
  key: ['\uE008', '[key]'],
  name: ['\uE009', '[name]'],
  user: ['\uE00A', '[user]'],
  computer: ['\uE00B', '[computer]'],
  data: ['\uE00C', '[data]'],
} as const;
const mark = (name: keyof typeof marks): string => marks[name][0];
const anyMark = /[\uE000-\uE00C]/g;
const markWords: ReadonlyMap<string, string> = new Map(Object.values(marks));

/**
 * A function that takes out of a text what would tell who somebody is, or let somebody in: known names and secrets as
 * they are, others by their shapes. It rather takes too much. Pure.
 */
export function redactor(clues: Clues): Redact {
  const replace =
    (pattern: RegExp, instead: string): Redact =>
    (text) =>
      text.replace(pattern, instead);
  const steps: readonly Redact[] = [
    replace(anyMark, ''),
    ...words(clues.secrets, mark('secret')),
    ...words(clues.dataDirs, mark('data')),
    ...words(clues.homes, mark('home')),
    replace(anyHome, mark('home')),
    replace(pem, mark('certificate')),
    replace(header, mark('authorization')),
    replace(scheme, mark('authorization')),
    replace(tagged, `<$1>${mark('secret')}`),
    replace(named, `$1$2${mark('secret')}`),
    (text) => text.replace(url, (_all, protocol: string, rest: string) => `${protocol}${withoutLogin(rest)}`),
    replace(address, mark('address')),
    ...words(clues.privateHosts, mark('host')),
    replace(privateName, mark('host')),
    replace(mac, mark('hardware')),
    replace(dottedMac, mark('hardware')),
    (text) => text.replace(ipv4, privateOnly).replace(ipv6, privateOnly),
    replace(hex, mark('key')),
    (text) => text.replace(run, (found) => (looksRandom(found) ? mark('key') : found)),
    ...words(clues.names.filter(tells), mark('name')),
    ...words(clues.userNames.filter(tells), mark('user')),
    ...clues.hostNames.filter((name) => !isDistinct(name)).map((name) => domain(name, mark('computer'))),
    ...words(clues.hostNames.filter(isDistinct), mark('computer')),
    (text) => text.replace(anyMark, (found) => markWords.get(found) ?? ''),
  ];
  return (text) => steps.reduce((before, step) => step(before), text);
}

/** The same value with every text in it redacted, but for keys and codes. Pure. */
export function redactAll(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return isCode(value) ? value : redact(value);
  if (Array.isArray(value)) return value.map((item) => redactAll(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redactAll(item, redact)]));
}

const tells = (name: string): boolean => !isOwnWord(name);

/** Whether a computer's name names it wherever it stands: one that is short is within too much else. */
function isDistinct(name: string): boolean {
  return name.length > 3 && tells(name);
}

/** Of a name that may be any word: only where it stands as a host within its domain. */
function domain(name: string, instead: string): Redact {
  const found = new RegExp(
    `(?<![\\p{L}\\p{N}.-])${literally(name)}(?:\\.[\\p{L}\\p{N}-]+)+\\.\\p{L}{2,}(?![\\p{L}\\p{N}])`,
    'giu',
  );
  return (text) => (name === '' ? text : text.replace(found, () => instead));
}

function literally(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

/** The longest first, so that one that begins with another goes as a whole. */
function words(all: readonly string[], instead: string): Redact[] {
  return [...new Set(all)]
    .filter((word) => word.length > 1 && !harmless.has(word.toLowerCase()))
    .sort((a, b) => b.length - a.length)
    .map((word) => {
      // Not within another word.
      const found = new RegExp(`(?<![\\p{L}\\p{N}])${literally(word)}(?![\\p{L}\\p{N}])`, 'giu');
      return (text) => text.replace(found, () => instead);
    });
}

/** What follows `scheme://`, without login, query and fragment; a host of one word is one of a private network. */
function withoutLogin(rest: string): string {
  const bare = rest.slice(rest.lastIndexOf('@') + 1).replace(/[?#].*$/, '');
  const [, host = '', more = ''] = /^([^/:]*)(.*)$/.exec(bare) ?? [];
  const isPrivate = /^[a-z0-9_-]+$/i.test(host) && host.toLowerCase() !== 'localhost';
  return `${isPrivate ? mark('host') : host}${more}`;
}

function privateOnly(found: string): string {
  const [bare = ''] = found.split('%');
  const family = isIP(bare);
  if (family === 0) return found;
  const inRange = privateAddresses.check(bare, family === 4 ? 'ipv4' : 'ipv6');
  return inRange || /^::ffff:/i.test(bare) ? mark('private') : found;
}

/** Whether letters and digits are mixed as chance, not people, mixes them. */
function looksRandom(found: string): boolean {
  const [hasDigit, hasLower, hasUpper] = [/\d/, /[a-z]/, /[A-Z]/].map((kind) => kind.test(found));
  if (hasDigit && hasLower && hasUpper) return true;
  return (
    !found.includes('/') &&
    found.length >= 24 &&
    hasDigit === true &&
    (hasLower === true || hasUpper === true)
  );
}
