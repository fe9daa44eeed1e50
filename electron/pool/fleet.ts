import type { ClassAd } from '../base/classad.ts';
import { PoolHost, PoolTag, PoolUnit } from '../contract/pool.ts';
import { identityOf, provenIdentity, silentSeconds } from './condor-conf.ts';

/** What one host publishes, as far as it is well formed. */
export interface FleetHost {
  readonly host: string;
  /** What it says of itself; `silent` when it has said nothing for a while: frozen, asleep, off or out of reach. */
  readonly state: string;
  readonly version: string;
  readonly department: string;
  readonly presence: string;
  readonly coresOffered: number;
  readonly coresClaimed: number;
  /** Its own totals since it joined, by its own metering. */
  readonly own: {
    readonly executions: number;
    readonly coreSeconds: number;
    readonly frozenSeconds: number;
    readonly amount: number;
    readonly unit: string | null;
  } | null;
}

export interface Fleet {
  readonly hosts: readonly FleetHost[];
  /** Ads that are of no host that can be told. */
  readonly malformed: number;
  /** Ads whose sender had proved to be somebody else. */
  readonly notProved: number;
}

const coresMax = 4096;
/** What cannot be told is counted under this. */
export const unknown = 'unknown';
const silent = 'silent';

/**
 * One entry for each host out of its slots' ads. Nothing in them is trusted: a word is kept if it is short and plain, a number
 * if it is within what can be, and a name only if its sender proved it (where the collector says who that was). Pure.
 * @param pool of its hosts alone; null for those of any
 * @param now in ms, when the collector was asked; null: the time of the newest ad
 */
export function fleetOf(ads: readonly ClassAd[], pool: string | null, now: number | null): Fleet {
  const asked = now === null ? ads.reduce((newest, ad) => Math.max(newest, heardAt(ad)), 0) : now / 1000;
  const hosts = new Map<string, FleetHost>();
  let malformed = 0;
  let notProved = 0;
  for (const ad of ads) {
    const host = PoolHost.safeParse(ad.string('GleanerHost')).data;
    if (host === undefined) {
      malformed += 1;
      continue;
    }
    const proved = ad.string(provenIdentity);
    const isProved =
      proved === null ||
      (pool === null ? proved.startsWith(identityOf(host, '')) : proved === identityOf(host, pool));
    if (!isProved) {
      notProved += 1;
      continue;
    }
    hosts.set(host, merged(hosts.get(host), hostOf(host, ad, asked)));
  }
  return { hosts: [...hosts.values()].sort((a, b) => (a.host < b.host ? -1 : 1)), malformed, notProved };
}

/** How many hosts have each value, the most first. */
export function tally(
  hosts: readonly FleetHost[],
  of: (host: FleetHost) => string,
): [value: string, count: number][] {
  const counts = new Map<string, number>();
  for (const host of hosts) counts.set(of(host), (counts.get(of(host)) ?? 0) + 1);
  return [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

/** When the collector last heard of it, in seconds since 1970. */
function heardAt(ad: ClassAd): number {
  return ad.number('LastHeardFrom') ?? 0;
}

function hostOf(host: string, ad: ClassAd, asked: number): FleetHost {
  const heard = heardAt(ad);
  const isSilent = heard > 0 && asked - heard > silentSeconds;
  const isClaimed = ad.string('State') === 'Claimed' && ad.string('SlotType') !== 'Partitionable';
  const coreSeconds = count(ad, 'GleanerCoreSeconds');
  const amount = count(ad, 'GleanerAmount');
  return {
    host,
    state: isSilent ? silent : word(ad, 'GleanerState'),
    version: word(ad, 'GleanerVersion'),
    department: word(ad, 'GleanerDepartment'),
    presence: word(ad, 'GleanerPresence'),
    coresOffered: isSilent ? 0 : Math.min(count(ad, 'GleanerCores') ?? 0, coresMax),
    coresClaimed: isClaimed ? Math.min(count(ad, 'Cpus') ?? 0, coresMax) : 0,
    own:
      coreSeconds === null || amount === null
        ? null
        : {
            executions: count(ad, 'GleanerExecutions') ?? 0,
            coreSeconds,
            frozenSeconds: count(ad, 'GleanerFrozenSeconds') ?? 0,
            amount,
            unit: PoolUnit.safeParse(ad.string('GleanerUnit')).data ?? null,
          },
  };
}

/** Slots of one host: what is claimed adds up, the rest is said by each. */
function merged(a: FleetHost | undefined, b: FleetHost): FleetHost {
  if (a === undefined) return b;
  const known = (x: string, y: string): string => (y === unknown ? x : y);
  return {
    host: a.host,
    // Its slots are advertised one by one: what one of them said last counts.
    state: a.state === silent ? b.state : b.state === silent ? a.state : known(a.state, b.state),
    version: known(a.version, b.version),
    department: known(a.department, b.department),
    presence: known(a.presence, b.presence),
    coresOffered: Math.max(a.coresOffered, b.coresOffered),
    coresClaimed: Math.min(a.coresClaimed + b.coresClaimed, coresMax),
    own: (b.own?.coreSeconds ?? -1) > (a.own?.coreSeconds ?? -1) ? b.own : a.own,
  };
}

function word(ad: ClassAd, name: string): string {
  return PoolTag.safeParse(ad.string(name)).data ?? unknown;
}

function count(ad: ClassAd, name: string): number | null {
  const value = ad.number(name);
  return value === null || value < 0 || value > 1e15 ? null : value;
}
