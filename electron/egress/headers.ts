import { authorityOf, type Fault, parseAuthority, type Target } from './target.ts';

/** Header lines as they came: name, value, name, value, … */
export type RawHeaders = readonly string[];

/** Of one connection only (RFC 9110, 7.6.1), written anew by us, or about who sits behind a proxy. */
const dropped = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'content-length',
  'expect',
  'host',
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
]);

const pairsOf = (raw: RawHeaders): [name: string, value: string][] => {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return pairs;
};

const valuesOf = (raw: RawHeaders, name: string): string[] =>
  pairsOf(raw)
    .filter(([known]) => known.toLowerCase() === name)
    .map(([, value]) => value);

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** How the body of a message is bounded. */
export type Framing =
  | { readonly kind: 'none' | 'chunked' }
  | { readonly kind: 'length'; readonly bytes: string };

export interface Head {
  readonly method: string;
  /** `1.1`. */
  readonly version: string;
  readonly raw: RawHeaders;
}

/**
 * What is wrong with the head of a request for `target`, beyond what the parser refuses; else how its body is
 * bounded. Everything that two readers could take in two ways is refused. Pure.
 */
export function checkHead({ method, version, raw }: Head, target: Target): Framing | Fault {
  if (version !== '1.0' && version !== '1.1') return { fault: 'speaks another version of HTTP' };
  if (method !== 'CONNECT' && !methods.has(method)) return { fault: 'uses a method that does not pass' };
  if (raw.some((text) => /[\r\n\0]/.test(text)))
    return { fault: 'has a header that goes over several lines' };
  const hosts = valuesOf(raw, 'host');
  if (hosts.length > 1) return { fault: 'has several Host headers' };
  if (hosts[0] !== undefined && !agrees(hosts[0], target, method === 'CONNECT')) {
    return { fault: 'has a Host header that disagrees with its URL' };
  }
  if (valuesOf(raw, 'upgrade').length > 0) return { fault: 'wants to change the protocol' };
  const lengths = valuesOf(raw, 'content-length');
  const encodings = valuesOf(raw, 'transfer-encoding');
  if (lengths.length + encodings.length > 1) return { fault: 'has a body of uncertain length' };
  if (encodings[0] !== undefined && (version !== '1.1' || encodings[0].toLowerCase() !== 'chunked')) {
    return { fault: 'has a body in an encoding that does not pass' };
  }
  if (lengths[0] !== undefined && !/^\d{1,15}$/.test(lengths[0])) {
    return { fault: 'has a body of uncertain length' };
  }
  if (method === 'CONNECT' && (encodings.length > 0 || (lengths[0] ?? '0') !== '0')) {
    return { fault: 'has a body where there can be none' };
  }
  if (encodings.length > 0) return { kind: 'chunked' };
  return lengths[0] === undefined ? { kind: 'none' } : { kind: 'length', bytes: lengths[0] };
}

function agrees(host: string, target: Target, isConnect: boolean): boolean {
  // Some clients leave the port out of the Host header of a CONNECT (RFC 9110, 7.2 wants it).
  const named = parseAuthority(host, isConnect ? target.port : 80);
  return !('fault' in named) && named.host === target.host && named.port === target.port;
}

/** The header lines that are passed on: those of the message itself, without what is between two neighbours. Pure. */
function passedOn(raw: RawHeaders): [string, string][] {
  const named = new Set(
    valuesOf(raw, 'connection')
      .flatMap((value) => value.split(','))
      .map((name) => name.trim().toLowerCase()),
  );
  return pairsOf(raw).filter(([name]) => {
    const lower = name.toLowerCase();
    return !dropped.has(lower) && !lower.startsWith('x-forwarded-') && !named.has(lower);
  });
}

/** The whole head that goes out, written anew. Pure. */
export function requestHeaders(
  raw: RawHeaders,
  target: Target,
  framing: Framing,
  authorization: string | undefined,
): string[] {
  const host = target.port === 80 ? authorityOf(target).replace(/:80$/, '') : authorityOf(target);
  return [
    ['Host', host],
    ...passedOn(raw),
    ...(framing.kind === 'length' ? [['Content-Length', framing.bytes]] : []),
    ...(framing.kind === 'chunked' ? [['Transfer-Encoding', 'chunked']] : []),
    ...(authorization === undefined ? [] : [['Proxy-Authorization', authorization]]),
    ['Connection', 'close'],
  ].flat();
}

/** Whether an answer's body has an encoding of the connection's that only its receiver could undo. Pure. */
export function hasOddEncoding(raw: RawHeaders): boolean {
  const encodings = valuesOf(raw, 'transfer-encoding');
  return encodings.length > 1 || (encodings[0] ?? 'chunked').toLowerCase() !== 'chunked';
}

/** The head of an answer as it goes to the guest; how its body is bounded is told by `length`. Pure. */
export function answerHeaders(raw: RawHeaders): string[] {
  const lengths = valuesOf(raw, 'content-length');
  const chunked = valuesOf(raw, 'transfer-encoding').length > 0;
  const length = chunked ? undefined : lengths[0];
  return [...passedOn(raw), ...(length === undefined ? [] : [['Content-Length', length]])].flat();
}
