import type { Allowance, Settings, Signals } from '../contract/index.ts';
import { unitScale } from '../contract/pool-charge.ts';
import type { Attributes, Offer } from '../grid/condor/config.ts';
import { published } from '../grid/condor/published.ts';
import type { NodeRoom } from '../grid/condor/runner-machine.ts';
import type { PoolTotals } from '../grid/condor/store.ts';
import type { JoinedPool } from '../grid/condor/store-rows.ts';
import { guestOwnBytes, vcpusOf } from './grid-vm.ts';

const MiB = 1024 * 1024;
/** What HTCondor's daemons take beside jobs. */
const daemonBytes = 64 * MiB;

/** What a pool's VM has for its node. */
export function roomOf(values: Settings): NodeRoom {
  const agentMemoryBytes = Math.max(64 * MiB, values['vm.memoryBytes'] - guestOwnBytes);
  return {
    vcpus: vcpusOf(values),
    agentMemoryBytes,
    jobMemoryBytes: Math.max(32 * MiB, agentMemoryBytes - daemonBytes),
  };
}

/**
 * What new jobs may have by the rules in force, the pool's included; null: none. A part of a core counts as a core: the VM's
 * share sees to it that it is no more. Pure.
 * @param now epoch ms
 */
export function offerOf(
  { documents, state, suspended, membership }: JoinedPool,
  { run, share, vcpus, memoryBytes }: Pick<Allowance, 'run' | 'share' | 'vcpus' | 'memoryBytes'>,
  room: NodeRoom,
  now: number,
): Offer | null {
  if (!documents || state === 'leaving' || suspended) return null;
  const { policy, expiresAt } = documents;
  const isOut = !policy.run || expiresAt < now || policy.revoked.includes(membership.host);
  const granted = Math.min(share, policy.share);
  if (isOut || !run || granted === 0) return null;
  const cores = Math.min(vcpus, policy.vcpus ?? vcpus, room.vcpus);
  return {
    cores: Math.max(1, Math.ceil(cores * granted)),
    memoryBytes: Math.min(room.jobMemoryBytes, memoryBytes, policy.memoryBytes ?? memoryBytes),
  };
}

/** What the machine's ad tells of this computer beside what HTCondor itself does. Pure. */
export function attributesOf(
  { membership, documents, noNewWork }: JoinedPool,
  now: {
    readonly version: string;
    readonly values: Settings;
    readonly signals: Signals;
    readonly monotonic: number;
    readonly allowance: Pick<Allowance, 'share'>;
    readonly offer: Offer | null;
    readonly accelerator: string;
    readonly totals: PoolTotals;
  },
): Attributes {
  const { values, offer, totals } = now;
  return published({
    ...membership,
    ...now,
    idleAfterMs: values['idle.afterSeconds'] * 1000,
    share: Math.min(now.allowance.share, documents?.policy.share ?? 1),
    cores: offer?.cores ?? 0,
    memoryBytes: offer?.memoryBytes ?? 0,
    takesJobs: offer !== null && !noNewWork,
    pricePerKwh: values['pools.shareEnergyPrice'] ? values['energy.pricePerKwh'] : null,
    policyVersion: documents?.version ?? 0,
    totals: { ...totals, amount: totals.amount / unitScale, unit: documents?.tariff?.unit ?? 'points' },
  });
}
