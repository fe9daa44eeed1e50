import { createHash } from 'node:crypto';
import type { PoolPlace } from '../../contract/index.ts';

const MiB = 1024 * 1024;

/** What a node is made of. */
export interface NodeShape {
  readonly pool: string;
  readonly host: string;
  readonly collector: PoolPlace;
  /** Of the VM, and what jobs may have of its memory together. */
  readonly cores: number;
  readonly memoryBytes: number;
  readonly vacateSeconds: number;
}

/** What new jobs may use now, all together; null: none are taken. */
export interface Offer {
  readonly cores: number;
  readonly memoryBytes: number;
}

export type Attributes = Readonly<Record<string, string | number | boolean>>;

/**
 * What the appliance's own (`resources/guest/condor/appliance.conf`) leaves open of an execute node: one partitionable
 * slot of the largest size, whose START lets in what the present offer has room for. All of its network is the pool's
 * own addresses, on its own loopback, so nobody can connect in but by the collector's broker (CCB). Pure.
 */
export function nodeConfig(shape: NodeShape, offer: Offer | null, attributes: Attributes): string {
  const { pool, host, collector, cores, memoryBytes, vacateSeconds } = shape;
  const collectorPlace = `${collector.address}:${collector.port}`;
  const values: readonly (readonly [string, string | number])[] = [
    ['CONDOR_HOST', collector.address],
    ['COLLECTOR_HOST', collectorPlace],
    ['UID_DOMAIN', pool],
    ['TRUST_DOMAIN', pool],
    ['FILESYSTEM_DOMAIN', `${host}.${pool}`],
    ['NO_DNS', 'True'],
    ['DEFAULT_DOMAIN_NAME', pool],
    ['NETWORK_HOSTNAME', `${host}.${pool}`],
    ['NETWORK_INTERFACE', nodeAddress(pool, host)],
    ['PRIVATE_NETWORK_NAME', `${host}.${pool}`],
    ['BIND_ALL_INTERFACES', 'False'],
    ['ENABLE_IPV6', 'False'],
    ['USE_SHARED_PORT', 'True'],
    ['CCB_ADDRESS', '$(COLLECTOR_HOST)'],
    ['CCB_HEARTBEAT_INTERVAL', 30],
    ['CCB_RECONNECT_TIME', 5],
    ['UPDATE_COLLECTOR_WITH_TCP', 'True'],
    ['UPDATE_INTERVAL', 30],
    // CPU time is sampled: with the defaults (60 s, 300 s) the record of a short job has none.
    ['PROCD_MAX_SNAPSHOT_INTERVAL', 5],
    ['STARTER_UPDATE_INTERVAL', 60],
    ['DAEMON_LIST', 'MASTER STARTD'],
    // The pool's addresses are on this node's own loopback: a family session would be tried with the pool's daemons.
    ['SEC_USE_FAMILY_SESSION', 'False'],
    ['SEC_ENABLE_REMOTE_ADMINISTRATION', 'False'],
    ['SEC_DEFAULT_AUTHENTICATION', 'REQUIRED'],
    ['SEC_DEFAULT_ENCRYPTION', 'REQUIRED'],
    ['SEC_DEFAULT_INTEGRITY', 'REQUIRED'],
    ['SEC_DEFAULT_AUTHENTICATION_METHODS', 'IDTOKENS, FS'],
    ['SEC_CLIENT_AUTHENTICATION_METHODS', 'IDTOKENS, FS'],
    ['ALLOW_READ', '*'],
    ['ALLOW_WRITE', 'condor@*, root@*'],
    ['ALLOW_DAEMON', 'condor@*, root@*'],
    ['ALLOW_ADMINISTRATOR', 'condor@*, root@*'],
    ['NUM_CPUS', cores],
    ['MEMORY', Math.floor(memoryBytes / MiB)],
    ['NUM_SLOTS', 1],
    ['NUM_SLOTS_TYPE_1', 1],
    ['SLOT_TYPE_1', '100%'],
    ['SLOT_TYPE_1_PARTITIONABLE', 'True'],
    ['START', startOf(offer)],
    // Whether to go on is decided outside of the VM, which then stands still or hands its jobs back.
    ['SUSPEND', 'False'],
    ['PREEMPT', 'False'],
    ['KILL', 'False'],
    ['MachineMaxVacateTime', vacateSeconds],
    ['STARTD_ATTRS', [...Object.keys(attributes), '$(STARTD_ATTRS)'].join(' ')],
    ...Object.entries(attributes).map(([name, value]) => [name, literal(value)] as const),
  ];
  return `${values.map(([name, value]) => `${name} = ${value}`).join('\n')}\n`;
}

/**
 * A partitionable slot counts what its parts have together with what the next job wants; a part that is claimed already
 * takes another job when that fits. `MY` is the slot, `TARGET` the job.
 */
function startOf(offer: Offer | null): string {
  if (!offer) return 'False';
  const { cores } = offer;
  const memory = Math.floor(offer.memoryBytes / MiB);
  const fits = (what: 'Cpus' | 'Memory', most: number): string =>
    `ifThenElse(MY.PartitionableSlot =?= True, MY.TotalSlot${what} - MY.${what} + TARGET.Request${what}, ` +
    `MY.${what}) <= ${most}`;
  return `${goesOn} && TARGET.RequestCpus >= 1 && ${fits('Cpus', cores)} && ${fits('Memory', memory)}`;
}

/**
 * A submit node that was out of reach when it gave its claim up could not say so: the claim would stand idle, for half an
 * hour by default, and keep others out. One that is in use has its next job within seconds.
 */
const goesOn =
  '(MY.State =!= "Claimed" || MY.Activity =!= "Idle" || time() - MY.EnteredCurrentActivity < 60)';

/**
 * The address that a node has on its own loopback, from the range that carriers use among themselves (RFC 6598), so that
 * it is none of the pool's. Two hosts may have the same: what tells them apart is their name, and who is reached by it is
 * the broker's business. Pure.
 */
export function nodeAddress(pool: string, host: string): string {
  const [a = 0, b = 0, c = 0] = createHash('sha256').update(`${host}.${pool}`).digest();
  // 100.64.0.0/10, without the first and the last of each 256.
  return `100.${64 + (a & 0x3f)}.${b}.${1 + (c % 254)}`;
}

function literal(value: string | number | boolean): string {
  if (typeof value === 'string') return `"${value.replaceAll(/["\\\p{C}$]/gu, '')}"`;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'undefined';
  return value ? 'True' : 'False';
}
