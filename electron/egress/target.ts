import { isIPv4, isIPv6 } from 'node:net';
import { canonicalAddress } from './addresses.ts';

/** Where a request wants to go. */
export interface Target {
  /** A name in lower case, or an address in its one spelling, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly literal: boolean;
}

export interface UrlTarget extends Target {
  /** Path and query as they came; `/` where there are none. Never logged. */
  readonly path: string;
}

/** What is wrong with it, as the rest of "The request …". */
export interface Fault {
  readonly fault: string;
}

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
/** A last label like this makes a resolver read the whole name as an IPv4 address (inet_aton; URL Standard). */
const numberLike = /^(\d+|0x[0-9a-f]*)$/;
const dottedDecimal = /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/;

/**
 * Reads `host:port`, `[IPv6]:port`, or without a port where there is a default. Upper case is only another spelling
 * of the same name; every other liberty (user names, escapes, other alphabets, final dots, zones, numbers that are
 * read as addresses, IPv4 inside IPv6) is refused. Pure.
 */
export function parseAuthority(text: string, defaultPort?: number): Target | Fault {
  if (text === '') return { fault: 'names no host' };
  if (text.length > 300) return { fault: 'names an endless host' };
  if (!/^[\x21-\x7e]+$/.test(text)) return { fault: 'names a host in characters that are not ASCII' };
  if (text.includes('@')) return { fault: 'carries a user name in its address' };
  const match = /^(\[([^[\]]*)\]|([^[\]:]*))(?::(\d{1,5}))?$/.exec(text);
  if (!match) return { fault: 'has an address that makes no sense' };
  const port = match[4] === undefined ? defaultPort : Number(match[4]);
  if (port === undefined || port < 1 || port > 65_535 || (match[4] ?? '').startsWith('0')) {
    return { fault: 'names no usable port' };
  }
  if (match[2] !== undefined) return ipv6Target(match[2], port);
  return hostTarget((match[3] ?? '').toLowerCase(), port);
}

function ipv6Target(text: string, port: number): Target | Fault {
  if (text.includes('%')) return { fault: 'names an address with a zone' };
  if (!isIPv6(text)) return { fault: 'has an address that makes no sense' };
  const host = canonicalAddress(text);
  if (!host.includes(':')) return { fault: 'hides an IPv4 address in an IPv6 address' };
  return { host, port, literal: true };
}

function hostTarget(host: string, port: number): Target | Fault {
  const labels = host.split('.');
  if (numberLike.test(labels.at(-1) ?? '')) {
    if (dottedDecimal.test(host) && isIPv4(host)) return { host, port, literal: true };
    return { fault: 'names an address in an unusual spelling' };
  }
  if (host.length > 253 || !labels.every((part) => label.test(part))) {
    return { fault: 'names a host that cannot be one' };
  }
  return { host, port, literal: false };
}

/** Reads the target of a request to a proxy: an absolute `http:` URL. Pure. */
export function parseUrl(text: string): UrlTarget | Fault {
  if (!/^[\x21-\x7e]+$/.test(text)) return { fault: 'has characters in its URL that do not belong there' };
  const match = /^http:\/\/([^/?#\\]*)([^#\\]*)$/i.exec(text);
  if (!match) {
    if (text.startsWith('/') || text === '*') return { fault: 'is not one for a proxy' };
    if (/^http:/i.test(text)) return { fault: 'has a URL that makes no sense' };
    return { fault: 'is for something else than http' };
  }
  const target = parseAuthority(match[1] ?? '', 80);
  if ('fault' in target) return target;
  const rest = match[2] ?? '';
  return { ...target, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/** `host:port` as a person and a proxy read it. Pure. */
export function authorityOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The host of the computer itself by name (RFC 6761): never looked up. Pure. */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** What may be shown of a place that could not be read: no user name, path or query, no strange characters. Pure. */
export function shownHost(text: string): string {
  const place = text.replace(/^[a-z]+:\/\//i, '').split(/[/?#\\]/)[0] ?? '';
  return place
    .slice(place.lastIndexOf('@') + 1)
    .replace(/[^\x21-\x7e]/g, '?')
    .slice(0, 100);
}
