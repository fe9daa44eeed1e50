import { readdir } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { type Failure, fromFailure } from '../contract/failures.ts';
import type { VmView } from '../contract/snapshot.ts';
import type { AcceleratorSetting } from './accelerator.ts';
import type { DataDisk } from './data-disk.ts';
import { folderOf, removeFolder, tidyFolder } from './folder.ts';
import { isHeld } from './machine-state.ts';
import { reapOrphan } from './orphans.ts';
import type { VmShape } from './prepare.ts';
import { systemProcesses } from './proc.ts';
import type { GuestSession } from './session/client.ts';
import { isSaved, type Secrets } from './state-file.ts';
import { Supervisor } from './supervisor.ts';

export type { VmShape } from './prepare.ts';
export type { Secrets } from './state-file.ts';

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
  /** Asked before every boot; what it answers holds from then on. */
  readonly reshape?: () => Partial<VmShape>;
  readonly vcpus: number;
  readonly memoryBytes: number;
  /** Size of the scratch disk, which bounds what a job may write. */
  readonly diskBytes: number;
  /** Size of each of the two disks that carry inputs and results. */
  readonly transferBytes: number;
  /**
   * A disk that outlives the VM, made sparse when it is missing, grown when it is to be larger, and never deleted by
   * the VM. Its folder must let QEMU's own user pass. A saved state names it as it names the others; one that is
   * given up leaves it as it is.
   */
  readonly dataDisk?: DataDisk;
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
  /** Where the key is kept under which states are saved. */
  readonly secrets: Secrets;
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
  /** Length of the saved state that lies on the disk; null when there is none. */
  readonly savedBytes: number | null;
  /** Names that saved state: of a VM that is saved or about to be, or that is on its way back. */
  readonly generation: string | null;
  /** The saved state that the present guest was brought back from; null for one that was booted. */
  readonly restoredFrom: string | null;
  /** On the way back from a saved state that can still be come back to: a freeze leads there, a stop gives it up. */
  readonly restoring: boolean;
}

/** One virtual machine, from the host's side. */
export interface Vm extends Disposable {
  status(): VmStatus;
  /** Called after every change of what {@link status} tells, at most once a second for mere figures. */
  onChange(listener: () => void): () => void;
  /** Takes up what an earlier host saved; to be called once, after {@link reapLeftovers}, before anything is started. */
  recover(): Promise<void>;
  /**
   * Wants it to run, now and after failures; a saved VM comes back, or boots when that fails. Throws `wrong-phase`
   * while a saved state is being made.
   */
  start(): void;
  /** Wants it not to run. Resolves when QEMU and its disks are gone, and a saved state with them. */
  stop(): Promise<void>;
  /** {@link stop} for a host that ends: a state that is saved stays, with its disks, for the next host. */
  leave(): Promise<void>;
  /**
   * Stops the vCPUs, also of a guest that still boots; the command is on its way when this returns. One on its way
   * back from a saved state that has no QEMU yet is saved again. Rejects `wrong-phase` where there is no QEMU,
   * `qemu-exited` when it ends meanwhile.
   */
  freeze(): Promise<{ acknowledgedMs: number }>;
  /**
   * Lets the vCPUs go on; resolves when the guest's clock is set, too. Ends a save that is under way. Rejects like
   * {@link freeze}.
   */
  thaw(): Promise<void>;
  /**
   * Saves a frozen VM to the disk and returns its memory; resolves when QEMU is gone. Rejects `wrong-phase` unless
   * frozen or when thawed meanwhile, `disk-full`, `state-unavailable`; it then stays frozen.
   */
  save(): Promise<{ readonly bytes: number; readonly ms: number }>;
  /** What {@link save} would take now. */
  saveEstimate(): { readonly bytes: number; readonly ms: number };
  /**
   * Brings a saved VM back; resolves when it runs, or stands frozen because that was asked for meanwhile. Rejects
   * `wrong-phase` unless saved, and `state-unfit` when it boots anew instead.
   */
  restore(): Promise<void>;
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
    recover: () => supervisor.recover(),
    stop: () => supervisor.stop(),
    leave: () => supervisor.leave(),
    freeze: () => supervisor.freeze(),
    thaw: () => supervisor.thaw(),
    save: () => supervisor.save(),
    saveEstimate: () => supervisor.estimate(),
    restore: async () => {
      supervisor.command('restore');
      await back(supervisor);
    },
    setShare: (share) => {
      supervisor.setShare(Math.min(1, Math.max(0.01, share)));
    },
    session: () => (isReady(supervisor) ? supervisor.run?.session : undefined),
    dispose: () => supervisor.leave(),
  };
}

/**
 * Ends what an earlier host that died left running under `vmsDir`, and deletes its disks and keys, unless a whole
 * saved state belongs to them. Before any VM is started. Returns the pids that were ended.
 */
export async function reapLeftovers(vmsDir: string, o: { clock: Clock; log: Log }): Promise<number[]> {
  const entries = await readdir(vmsDir, { withFileTypes: true }).catch(() => []);
  const reaped: number[] = [];
  for (const entry of entries.filter((other) => other.isDirectory())) {
    const folder = folderOf(vmsDir, entry.name);
    reaped.push(...(await reapOrphan(folder.pidFilePath, { ...o, table: systemProcesses })));
    if (await isSaved(folder)) await tidyFolder(folder);
    else await removeFolder(folder);
  }
  return reaped;
}

/** Resolves when the guest that is brought back runs, or stands frozen; rejects when it will not. */
function back(supervisor: Supervisor): Promise<void> {
  const { run } = supervisor.state;
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const { state, trouble } = supervisor;
      const isBack = state.run === run && (state.phase === 'running' || state.phase === 'frozen');
      if (!isBack && state.run === run && state.phase !== 'stopping') return;
      off();
      if (isBack) resolve();
      else reject(fromFailure(('failure' in state ? state.failure : trouble) ?? stoppedMeanwhile));
    };
    const off = supervisor.onChange(look);
    look();
  });
}

const stoppedMeanwhile: Failure = {
  code: 'wrong-phase',
  sentence: 'The virtual machine was stopped while it came back.',
};

function isReady({ state }: Supervisor): boolean {
  switch (state.phase) {
    case 'running':
      return true;
    case 'freezing':
    case 'frozen':
    case 'saving':
      return state.readyAt !== null;
    default:
      return false;
  }
}

function describe(o: VmOptions, supervisor: Supervisor): VmStatus {
  const { state, run, prepared, onDisk, trouble } = supervisor;
  const standsStill = state.phase === 'frozen' || state.phase === 'saving';
  const failure = state.phase === 'backoff' || state.phase === 'failed' ? state.failure : null;
  return {
    name: o.name,
    grid: o.grid,
    phase: state.phase,
    since: supervisor.since,
    accelerator: prepared?.accelerator ?? null,
    isolation: prepared?.isolation ?? null,
    bootMs: supervisor.bootMs,
    vcpus: supervisor.shape.vcpus,
    memoryBytes: supervisor.shape.memoryBytes,
    shareGranted: supervisor.share,
    // What stands still is not sampled, and uses nothing.
    shareMeasured: standsStill ? 0 : (run?.governor.measured ?? null),
    failure,
    pid: run?.pid ?? null,
    frozenMsTotal: supervisor.frozenMs,
    rssBytes: run?.residentBytes ?? null,
    isolationReason: prepared?.isolationReason ?? null,
    problems: [...(run?.problems() ?? []), ...(trouble ? [trouble] : [])],
    savedBytes: onDisk?.bytes ?? null,
    generation: onDisk?.generation ?? null,
    restoredFrom: run?.restoredFrom ?? null,
    restoring: isHeld(state),
  };
}
