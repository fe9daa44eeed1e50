import { z } from 'zod';
import { Failure } from '../contract/failures.ts';
import { type Contact, DenialReason } from '../contract/network.ts';
import { Said } from '../contract/said.ts';
import type { GatewayLimits } from './limits.ts';
import { isProxyUrl } from './proxy-answer.ts';

/** Name and password for one proxy. Never logged, never shown. */
export interface Login {
  /** The only one that is told them, in the manner of {@link proxyUrlOf}. */
  readonly proxy: string;
  readonly name: string;
  readonly password: string;
}

/** The proxy between this computer and the internet. `ask`: the host asks the system for every place. */
export type ProxyRule =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixed'; readonly url: string; readonly logins: readonly Login[] }
  | { readonly kind: 'pac'; readonly url: string; readonly logins: readonly Login[] }
  | { readonly kind: 'ask'; readonly logins: readonly Login[] };

/** Why nothing at all may pass. */
export type ClosedReason = 'metered' | 'quota-day' | 'quota-month';

/** One raw TCP connection after the other to this one place, whatever is spoken there. */
export interface Forward {
  /** A Unix socket of its own, made 0600, that a connection comes in by; its folder is the host's. */
  readonly socketPath: string;
  /** Exact: a name or an address. Whether it may be contacted is for the contacts to say, as for every other place. */
  readonly host: string;
  readonly port: number;
}

export interface GatewayRules {
  readonly contacts: readonly Contact[];
  /** Everything is refused with it, and what is open is ended: metered, quota, not allowed now. null: open. */
  readonly closed: { readonly reason: ClosedReason; readonly sentence: string } | null;
  /** Over all connections together; null: no limit. */
  readonly downBytesPerSecond: number | null;
  readonly upBytesPerSecond: number | null;
  readonly proxy: ProxyRule;
  /** PEM of authorities trusted besides the public ones, for proxies and scripts by https. What a guest speaks is its own. */
  readonly authorities: string | null;
  /** What is not named any more is closed, with its connections. */
  readonly forwards: readonly Forward[];
}

/** The host is trusted, so these are types only. */
export type ToChild =
  | {
      readonly kind: 'open';
      readonly socketPath: string;
      readonly limits: GatewayLimits;
      readonly rules: GatewayRules;
    }
  /** Answered with `forwarding` and the number of the latest, 1 for the first. */
  | { readonly kind: 'set'; readonly number: number; readonly rules: GatewayRules }
  /** What the system said about `ask` number `id`; null: it could not say. */
  | { readonly kind: 'answer'; readonly id: number; readonly answer: string | null }
  | { readonly kind: 'ping' }
  | { readonly kind: 'close' };

const Host = z.string().max(260);
const Bytes = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Increments since the last message; `sent` is what went out. */
export const TrafficRow = z.object({ host: Host, sent: Bytes, received: Bytes });
export type TrafficRow = z.infer<typeof TrafficRow>;

/** Something refused, `count` times since the last message about the same. Host and port are hostile text. */
export const DenialRow = z.object({
  host: Host,
  port: z.int().min(0).max(65_535),
  reason: DenialReason,
  sentence: z.string().min(1).max(500),
  said: Said,
  allowable: z.boolean(),
  count: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
});
export type DenialRow = z.infer<typeof DenialRow>;

/** What the child may say: it has read a guest's and the network's bytes, so all of it is parsed and bounded. */
export const FromChild = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('listening') }),
  z.object({ kind: z.literal('failed'), failure: Failure }),
  /** By the rules of that number: null when all forwards listen, else why one cannot; the others do. */
  z.object({ kind: z.literal('forwarding'), number: z.int().min(1), failure: Failure.nullable() }),
  z.object({ kind: z.literal('ask'), id: z.int().min(1), url: z.url({ protocol: /^https?$/ }).max(400) }),
  z.object({ kind: z.literal('traffic'), rows: z.array(TrafficRow).max(128) }),
  z.object({ kind: z.literal('denied'), denial: DenialRow }),
  /** The proxy does not do what it should; null: it does again. */
  z.object({ kind: z.literal('trouble'), sentence: z.string().min(1).max(500).nullable() }),
  /** A proxy wants a name and a password, or others than it was told. */
  z.object({ kind: z.literal('challenge'), proxy: z.string().max(300).refine(isProxyUrl) }),
  z.object({ kind: z.literal('pong') }),
  z.object({ kind: z.literal('closed') }),
]);
export type FromChild = z.infer<typeof FromChild>;
