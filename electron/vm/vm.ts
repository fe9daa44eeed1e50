import { readdir } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { SpawnWorker } from '../base/worker.ts';
import type { Failure } from '../contract/failures.ts';
import type { VmView } from '../contract/snapshot.ts';
import type { AcceleratorSetting } from './accelerator.ts';
import { folderOf, removeFolder } from './folder.ts';
import { reapOrphan } from './orphans.ts';
import { systemProcesses } from './proc.ts';
import type { GuestSession } from './session/client.ts';
import { Supervisor } from './supervisor.ts';

/** By absolute path, readable by the user that QEMU runs as. */
export interface VmImages {
  readonly kernelPath: string;
  readonly initramfsPath: string;
  readonly rootPath: string;
  readonly rootDigest: string;
}

export interface VmOptions {
  /** `a-z0-9-`; also the name of its folder in `vmsDir`. */
  readonly name: string;
  readonly grid: string;
  /** A folder through which the VM's own user may pass. */
  readonly vmsDir: string;
  /** Asked before every boot. */
  readonly images: () => Promise<VmImages>;
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Size of the scratch disk, which bounds what a job may write. */
  readonly diskBytes: number;
  /** Size of each of the two disks that carry inputs and results. */
  readonly transferBytes: number;
  readonly accelerator: AcceleratorSetting;
  readonly spawnWorker: SpawnWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly qemuPath?: string;
  /** Unprivileged user id for QEMU; required when we are root, and of use only then. */
  readonly uid?: number;
  readonly allowReducedIsolation: boolean;
  /** Where the accelerator that proved itself is remembered. */
  readonly acceleratorMemoryPath: string;
  /** How long a boot may take, in ms of unfrozen time; by default 180 s emulated and 30 s accelerated. */
  readonly bootLimitMs?: { readonly emulated: number; readonly accelerated: number };
}

/** The contract's view and what only the host needs to know. */
export interface VmStatus extends VmView {
  readonly pid: number | null;
  /** All time that the VM stood frozen, in ms, over all its boots; never decreases. */
  readonly frozenMsTotal: number;
  readonly rssBytes: number | null;
  /** Why the isolation is reduced. */
  readonly isolationReason: string | null;
  /** What is wrong although the VM goes on. */
  readonly problems: readonly Failure[];
}

/** One virtual machine, from the host's side. */
export interface Vm extends Disposable {
  status(): VmStatus;
  /** Called after every change of what {@link status} tells, at most once a second for mere figures. */
  onChange(listener: () => void): () => void;
  /** Wants it to run, now and after failures. Throws `wrong-phase` while a saved state is being made or waits. */
  start(): void;
  /** Wants it not to run. Resolves when QEMU and its disks are gone. */
  stop(): Promise<void>;
  /**
   * Stops the vCPUs, also of a guest that still boots; the command is on its way when this returns. Rejects
   * `wrong-phase` where there is no QEMU, `qemu-exited` when it ends meanwhile.
   */
  freeze(): Promise<{ acknowledgedMs: number }>;
  /** Lets the vCPUs go on; resolves when the guest's clock is set, too. Rejects like {@link freeze}. */
  thaw(): Promise<void>;
  /** `state-unavailable` until saving is built; `wrong-phase` unless frozen. */
  save(): Promise<void>;
  /** The part of the VM's vCPU time that it may use, 0.01…1. */
  setShare(share: number): void;
  /** The session with a guest that is ready, running or frozen: the same object for a whole boot. */
  session(): GuestSession | undefined;
}

/** A stopped VM. Nothing is started or touched before {@link Vm.start}. */
export function createVm(o: VmOptions): Vm {
  const supervisor = new Supervisor({
    ...o,
    table: systemProcesses,
    bootId: systemProcesses.bootId(),
    bootLimitMs: o.bootLimitMs ?? { emulated: 180_000, accelerated: 30_000 },
  });
  return {
    status: () => describe(o, supervisor),
    onChange: (listener) => supervisor.onChange(listener),
    start: () => {
      supervisor.command('start');
    },
    stop: () => supervisor.stop(),
    freeze: () => supervisor.freeze(),
    thaw: () => supervisor.thaw(),
    save: () => supervisor.save(),
    setShare: (share) => {
      supervisor.setShare(Math.min(1, Math.max(0.01, share)));
    },
    session: () => (isReady(supervisor) ? supervisor.run?.session : undefined),
    dispose: () => supervisor.stop(),
  };
}

/**
 * Ends what an earlier host that died left running under `vmsDir`, and deletes its disks and keys. Before any
 * VM is started. Returns the pids that were ended.
 */
export async function reapLeftovers(vmsDir: string, o: { clock: Clock; log: Log }): Promise<number[]> {
  const entries = await readdir(vmsDir, { withFileTypes: true }).catch(() => []);
  const reaped: number[] = [];
  for (const entry of entries.filter((other) => other.isDirectory())) {
    const folder = folderOf(vmsDir, entry.name);
    reaped.push(...(await reapOrphan(folder.pidFilePath, { ...o, table: systemProcesses })));
    await removeFolder(folder);
  }
  return reaped;
}

function isReady({ state }: Supervisor): boolean {
  switch (state.phase) {
    case 'running':
    case 'saving':
      return true;
    case 'freezing':
    case 'frozen':
      return state.readyAt !== null;
    default:
      return false;
  }
}

function describe(o: VmOptions, supervisor: Supervisor): VmStatus {
  const { state, run, prepared } = supervisor;
  const failure = state.phase === 'backoff' || state.phase === 'failed' ? state.failure : null;
  return {
    name: o.name,
    grid: o.grid,
    phase: state.phase,
    since: supervisor.since,
    accelerator: prepared?.accelerator ?? null,
    isolation: prepared?.isolation ?? null,
    bootMs: supervisor.bootMs,
    vcpus: o.vcpus,
    memoryBytes: o.memoryBytes,
    shareGranted: supervisor.share,
    shareMeasured: run?.governor.measured ?? null,
    failure,
    pid: run?.pid ?? null,
    frozenMsTotal: supervisor.frozenMs,
    rssBytes: run?.residentBytes ?? null,
    isolationReason: prepared?.isolationReason ?? null,
    problems: run?.problems() ?? [],
  };
}
