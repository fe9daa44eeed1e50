import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';

/**
 * What an address is to the gateway: `public` may be spoken to; `private` (RFC 1918, RFC 6598, RFC 4193) only by an
 * entry that says so; `special` (link-local, multicast, documentation, benchmarking, transition and everything that
 * IANA's registries reserve) and `own` (loopback and unspecified) never.
 */
export type AddressClass = 'public' | 'private' | 'special' | 'own';

const severity = { public: 0, private: 1, special: 2, own: 3 } as const;

const worst = (...classes: readonly AddressClass[]): AddressClass =>
  classes.reduce((a, b) => (severity[b] > severity[a] ? b : a));

const classes4: Partial<Record<string, AddressClass>> = {
  unicast: 'public',
  private: 'private',
  carrierGradeNat: 'private',
  loopback: 'own',
  unspecified: 'own',
};

/** Global unicast, as far as IANA has given it out; the rest of IPv6 is not in use. */
const global6 = ipaddr.IPv6.parseCIDR('2000::/3');
const compatible6 = ipaddr.IPv6.parseCIDR('::/96');
/** RFC 6052's well-known prefix, by which hosts with IPv6 alone reach public IPv4. */
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/** The library takes `::1.2.3.4` for `::ffff:1.2.3.4`, which is not what a socket does. Throws for no address. */
function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const compatible = /^::(\d+(?:\.\d+){3})$/.exec(address);
  if (!compatible) return ipaddr.parse(address);
  const inner = ipaddr.IPv4.parse(compatible[1] ?? '').toByteArray();
  return new ipaddr.IPv6([...Array<number>(12).fill(0), ...inner]);
}

/** The class of an address in any spelling that the system's resolver or a socket gives. Pure. */
export function classOf(address: string): AddressClass {
  let parsed: ipaddr.IPv4 | ipaddr.IPv6;
  try {
    parsed = parse(address);
  } catch {
    return 'special';
  }
  return parsed instanceof ipaddr.IPv4 ? class4(parsed) : class6(parsed);
}

const class4 = (address: ipaddr.IPv4): AddressClass => classes4[address.range()] ?? 'special';

/** An address that carries an IPv4 address ends up there, so that one counts as well. */
function class6(address: ipaddr.IPv6): AddressClass {
  const bytes = address.toByteArray();
  const inner = (at: number, mask = 0): AddressClass =>
    class4(new ipaddr.IPv4(bytes.slice(at, at + 4).map((byte) => byte ^ mask)));
  switch (address.range()) {
    case 'ipv4Mapped':
    case 'rfc6145':
      return inner(12);
    case 'rfc6052':
      return address.match(nat64) ? inner(12) : 'special';
    case '6to4':
      return worst('special', inner(2));
    case 'teredo':
      return worst('special', inner(4), inner(12, 0xff));
    case 'loopback':
    case 'unspecified':
      return 'own';
    case 'uniqueLocal':
      return 'private';
    case 'unicast':
      if (address.match(compatible6)) return worst('special', inner(12));
      if (!address.match(global6)) return 'special';
      return isIsatap(bytes) ? inner(12) : 'public';
    default:
      return isIsatap(bytes) ? worst('special', inner(12)) : 'special';
  }
}

/** An interface identifier of RFC 5214: `[02]00:5efe` and an IPv4 address. */
function isIsatap(bytes: readonly number[]): boolean {
  return ((bytes[8] ?? 0) & 0xfd) === 0 && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe;
}

/** The one spelling of an address (RFC 5952), without a zone; IPv4 inside IPv6 as IPv4. Pure. Throws for no address. */
export function canonicalAddress(address: string): string {
  const parsed = parse(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return new ipaddr.IPv6(parsed.parts).toRFC5952String();
}

/** All that the interfaces of this computer list at the moment. */
export function ownAddresses(): ReadonlySet<string> {
  const listed = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return new Set(listed.map(({ address }) => canonicalAddress(address)));
}

export type AddressFault = 'own' | 'private' | 'special';

/** Why this address may not be spoken to; undefined when it may. Pure. */
export function addressFault(
  address: string,
  { own, privateAllowed }: { readonly own: ReadonlySet<string>; readonly privateAllowed: boolean },
): AddressFault | undefined {
  const kind = classOf(address);
  if (kind === 'own' || kind === 'special') return kind;
  if (own.has(canonicalAddress(address)) || own.has(innermost(address))) return 'own';
  return kind === 'private' && !privateAllowed ? 'private' : undefined;
}

/** The IPv4 address at the end of an IPv6 address, by which a translator would send on; else the address itself. */
function innermost(address: string): string {
  const parsed = parse(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return new ipaddr.IPv4(parsed.toByteArray().slice(12)).toString();
}
