import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Login } from './messages.ts';
import { type ProxyRoute, proxyAnswerOf, proxyOfUrl, proxyUrlOf } from './proxy-answer.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the environment names, for a host that can ask no system: `http_proxy`, `https_proxy`, `all_proxy` and
 * `no_proxy` as curl reads them (of the first only the lower case counts). The answer is in the manner of a PAC script;
 * a proxy that the gateway cannot use (SOCKS, nonsense) is answered as such, so that nothing goes round it. Never rejects.
 */
export function environmentProxy(environment: Environment): (url: string) => Promise<string> {
  return (url) => {
    const target = new URL(url);
    return Promise.resolve(isExempt(environment, target) ? 'DIRECT' : answerFor(environment, target));
  };
}

/** The names and passwords that the environment's proxy addresses carry, each for its own proxy. */
export function environmentLogins(environment: Environment): Login[] {
  const values = [
    read(environment, 'https_proxy'),
    environment['http_proxy'],
    read(environment, 'all_proxy'),
  ];
  return values.map((value) => loginOf(value ?? '')).filter((login) => login !== null);
}

const withLogin = /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?:(?<login>[^/?#]*)@)?(?<place>[^/?#@]+)/i;

/** A kind that the gateway cannot speak to. */
const unusable = 'SOCKS';

function answerFor(environment: Environment, target: URL): string {
  const own = target.protocol === 'http:' ? environment['http_proxy'] : read(environment, 'https_proxy');
  // Set to nothing means none, also where there is one for everything.
  const value = own ?? read(environment, 'all_proxy') ?? '';
  if (value.trim() === '') return 'DIRECT';
  const route = routeOf(value);
  return route ? proxyAnswerOf([route]) : unusable;
}

function routeOf(value: string): ProxyRoute | undefined {
  const { scheme = 'http', place = '' } = withLogin.exec(value.trim())?.groups ?? {};
  return proxyOfUrl(`${scheme}://${place}`);
}

function loginOf(value: string): Login | null {
  const login = withLogin.exec(value.trim())?.groups?.['login'];
  const route = routeOf(value);
  if (login === undefined || login === '' || !route) return null;
  const proxy = proxyUrlOf(route);
  const [name = '', ...password] = login.split(':');
  try {
    return { proxy, name: decodeURIComponent(name), password: decodeURIComponent(password.join(':')) };
  } catch {
    return null;
  }
}

/** Whether `no_proxy` names it: a host and all below it, an address, a range, with or without a port, or `*`. */
function isExempt(environment: Environment, { hostname, port, protocol }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const at = port === '' ? (protocol === 'http:' ? '80' : '443') : port;
  return (read(environment, 'no_proxy') ?? '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const bare = isIP(entry) ? [entry] : /^\[?(.+?)\]?(?::(\d+))?$/.exec(entry)?.slice(1);
      const [place = '', entryPort] = bare ?? [];
      if (entryPort !== undefined && entryPort !== at) return false;
      return matches(host, place.toLowerCase());
    });
}

function matches(host: string, place: string): boolean {
  const [network = '', bits] = place.split('/');
  if (isIP(host) !== 0) {
    if (isIP(network) !== isIP(host)) return false;
    const list = new BlockList();
    const family = isIPv4(host) ? 'ipv4' : 'ipv6';
    try {
      if (bits === undefined) list.addAddress(network, family);
      else list.addSubnet(network, Number(bits), family);
    } catch {
      return false;
    }
    return list.check(host, family);
  }
  const name = place.replace(/^\*?\./, '').replace(/\.$/, '');
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

const read = (environment: Environment, name: string): string | undefined =>
  environment[name] ?? environment[name.toUpperCase()];
