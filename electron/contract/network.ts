import { z } from 'zod';
import { Said } from './said.ts';

/** Epoch milliseconds. */
const time = z.int();

/** A host's name (ASCII, lower case; a wildcard stands before two labels at least) or an address (IPv6 without brackets), as rules and records spell it. */
export const HostName = z
  .string()
  .min(1)
  .max(253)
  .regex(
    /^(\*\.(?=[^.]+\.[^.]))?[a-z0-9]([a-z0-9._-]*[a-z0-9])?$|^[0-9a-f:.]*:[0-9a-f:.]*$/,
    'a host is written like example.org',
  );
export const PortNumber = z.int().min(1).max(65_535);

/** `host:port`, an IPv6 address in brackets; null for what is not written so. Pure. */
export function parseHostPort(text: string): { host: string; port: number } | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/i.exec(text);
  const host = HostName.safeParse((match?.[1] ?? match?.[2] ?? '').toLowerCase());
  const port = PortNumber.safeParse(Number(match?.[3]));
  return host.success && port.success ? { host: host.data, port: port.data } : null;
}

/** Who put a contact on the list: the grid's definition, the person, or an administrator. */
export const ContactSource = z.enum(['project', 'person', 'organization']);
export type ContactSource = z.infer<typeof ContactSource>;

/** One place that a grid's VM may speak to. */
export const Contact = z.strictObject({
  /** Exact, or `*.example.org` for everything below it. */
  host: HostName,
  port: PortNumber,
  source: ContactSource,
  /** "On your company's network": whether its address may be a private one. Never this computer's own. */
  private: z.boolean(),
});
export type Contact = z.infer<typeof Contact>;

/** Why the gateway said no. */
export const denialReasons = [
  /** Not on the list of this grid. */
  'not-listed',
  /** The address is this computer's own, or one of its loopback. */
  'own-address',
  /** A private, link-local, multicast or reserved address, without an explicit entry for it. */
  'private-address',
  /** A wildcard entry does not count behind a proxy. */
  'wildcard-behind-proxy',
  'bad-request',
  'too-many',
  'metered',
  'quota-day',
  'quota-month',
] as const;
export const DenialReason = z.enum(denialReasons);
export type DenialReason = z.infer<typeof DenialReason>;

/** Something that a VM wanted to reach and did not. Equal ones are counted, not repeated. */
export const Denial = z.strictObject({
  grid: z.string(),
  /** As it was asked for, without path and query; hostile text. */
  host: z.string().max(260),
  port: z.int().min(0).max(65_535),
  reason: DenialReason,
  /** In a sentence, for the person. */
  sentence: z.string().max(500),
  said: Said,
  firstAt: time,
  lastAt: time,
  count: z.int().min(1),
  /** Whether `grids.allow` would open it. */
  allowable: z.boolean(),
});
export type Denial = z.infer<typeof Denial>;

/** Bytes through the gateway; `sent` is what the VM sent. */
export const HostTraffic = z.strictObject({
  grid: z.string(),
  host: z.string().max(260),
  sent: z.int().min(0),
  received: z.int().min(0),
  lastAt: time,
});
export type HostTraffic = z.infer<typeof HostTraffic>;

/** `network.report`: what went through the gateway, and what did not. */
export const NetworkReport = z.strictObject({
  todayBytes: z.int().min(0),
  monthBytes: z.int().min(0),
  /** null: no limit. */
  quotaDayBytes: z.int().nullable(),
  quotaMonthBytes: z.int().nullable(),
  metered: z.boolean().nullable(),
  /** The proxy in use, without its credentials; null: none. */
  proxy: z.string().nullable(),
  /** Of the last 30 days, by bytes, at most 200. */
  hosts: z.array(HostTraffic),
  /** The newest first, at most 100. */
  denials: z.array(Denial),
});
export type NetworkReport = z.infer<typeof NetworkReport>;
