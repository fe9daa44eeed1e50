import { authorityOf, parseAuthority, type Target } from './target.ts';

/** `secure`: the proxy itself is spoken to by TLS. */
export interface ProxyRoute {
  readonly kind: 'proxy';
  readonly secure: boolean;
  readonly at: Target;
}

/** One way to the outside. */
export type Route = { readonly kind: 'direct' } | ProxyRoute;

/** Ways that are tried, at most. */
const routesMax = 4;

/**
 * Reads an answer such as `PROXY a:3128; HTTPS b:443; DIRECT`, as scripts and systems give it; an empty one means
 * direct. What cannot be used (SOCKS, nonsense) is left out, so that nothing may be left. Pure.
 */
export function parseProxyAnswer(answer: string): readonly Route[] {
  const entries = answer
    .split(';')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  if (entries.length === 0) return [{ kind: 'direct' }];
  return entries
    .flatMap((entry): Route[] => {
      const [kind = '', place = '', ...more] = entry.split(/\s+/);
      if (/^direct$/i.test(kind) && place === '') return [{ kind: 'direct' }];
      if (!/^(proxy|http|https)$/i.test(kind) || more.length > 0) return [];
      const secure = /^https$/i.test(kind);
      const at = parseAuthority(place, secure ? 443 : 80);
      return 'fault' in at ? [] : [{ kind: 'proxy', secure, at }];
    })
    .slice(0, routesMax);
}

/** The proxy of a URL such as `https://proxy.example.org:3129`; undefined when it is not one. Pure. */
export function proxyOfUrl(url: string): ProxyRoute | undefined {
  const match = /^(https?):\/\/([^/?#@\s]+)\/?$/i.exec(url);
  if (!match) return undefined;
  const secure = match[1]?.toLowerCase() === 'https';
  const at = parseAuthority(match[2] ?? '', secure ? 443 : 80);
  return 'fault' in at ? undefined : { kind: 'proxy', secure, at };
}

/** How a proxy is named where it has to be told from others: `https://host:port`, the reverse of {@link proxyOfUrl}. Pure. */
export function proxyUrlOf({ secure, at }: ProxyRoute): string {
  return `${secure ? 'https' : 'http'}://${authorityOf(at)}`;
}

/** Whether it is how {@link proxyUrlOf} names one. Pure. */
export function isProxyUrl(text: string): boolean {
  const route = proxyOfUrl(text);
  return route !== undefined && proxyUrlOf(route) === text;
}

/** `PROXY host:port` for a proxy, `DIRECT` else: the reverse of {@link parseProxyAnswer}. Pure. */
export function proxyAnswerOf(routes: readonly Route[]): string {
  return routes
    .map((route) => {
      if (route.kind === 'direct') return 'DIRECT';
      return `${route.secure ? 'HTTPS' : 'PROXY'} ${authorityOf(route.at)}`;
    })
    .join('; ');
}
