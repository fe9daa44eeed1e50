import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { type Failure, fromFailure, GleanerError, toFailure } from '../contract/failures.ts';
import { didNotBoot, type Refusals, remember } from './accelerator.ts';
import { folderOf, removeFolder, tidyFolder, type VmFolder } from './folder.ts';
import {
  type Command,
  command,
  type Effect,
  event,
  initialState,
  type MachineEvent,
  type MachineState,
  type Next,
} from './machine.ts';
import { reapOrphan } from './orphans.ts';
import { type Prepared, type PrepareOptions, prepareSaved, prepareVm } from './prepare.ts';
import type { ProcessTable } from './proc.ts';
import { exitFailure } from './process.ts';
import { VmRun } from './run.ts';
import { Saver, unsavedFailure } from './saver.ts';
import { readHeader, removeStates } from './state-file.ts';
import { unfit } from './state-format.ts';

export interface SupervisorOptions extends PrepareOptions {
  readonly spawnWorker: SpawnWorker;
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a boot may take, in ms of unfrozen time, before it counts as failed. */
  readonly bootLimitMs: Readonly<Record<'emulated' | 'accelerated', number>>;
}

/** Carries out what the reducer decides. All decisions about phases are the reducer's. */
export class Supervisor {
  readonly #o: SupervisorOptions;
  readonly #listeners = new Set<() => void>();
  /** Preparing and cleaning touch the same folder: one at a time, in order. */
  readonly #folderWork = new Mutex();
  #state: MachineState = initialState;
  #since: number;
  #prepared: Prepared | undefined;
  #launch: Promise<VmRun> | undefined;
  #run: VmRun | undefined;
  #share = 1;
  #bootMs: number | null = null;
  #frozenMs = 0;
  #frozenAt: number | undefined;
  #pauses = 0;
  #pausing: Promise<{ acknowledgedMs: number }> = Promise.resolve({ acknowledgedMs: 0 });
  #resuming: Promise<void> = Promise.resolve();
  readonly #saver: Saver;
  #saving: Promise<{ bytes: number; ms: number }> = Promise.resolve({ bytes: 0, ms: 0 });
  #cancelSave = new AbortController();
  #onDisk: { readonly generation: string; readonly bytes: number } | undefined;
  /** Why the last save, or the last saved state, came to nothing. */
  #trouble: Failure | undefined;
  #cancelWait: () => void = () => undefined;
  /** Accelerators that failed since the last good boot. */
  #tried: Refusals = {};

  constructor(o: SupervisorOptions) {
    this.#o = o;
    this.#since = o.clock.now();
    this.#saver = new Saver(o);
  }

  get state(): MachineState {
    return this.#state;
  }

  /** Epoch ms of the last change of phase. */
  get since(): number {
    return this.#since;
  }

  get share(): number {
    return this.#share;
  }

  get bootMs(): number | null {
    return this.#bootMs;
  }

  /** What the present or last launch was made of. */
  get prepared(): Prepared | undefined {
    return this.#prepared;
  }

  /** The QEMU that lives, if one does. */
  get run(): VmRun | undefined {
    return this.#run;
  }

  /** The saved state that lies on the disk; undefined before it is whole and from when it is used up. */
  get onDisk(): { readonly generation: string; readonly bytes: number } | undefined {
    return this.#onDisk;
  }

  /** Why the last save came to nothing, or why a saved state did not come back. */
  get trouble(): Failure | undefined {
    return this.#trouble;
  }

  estimate(): { bytes: number; ms: number } {
    return this.#saver.estimate(this.#run?.residentBytes ?? 0);
  }

  /** All time in which the vCPUs stood still because of a freeze, in ms; never decreases. */
  get frozenMs(): number {
    return this.#frozenMs + (this.#frozenAt === undefined ? 0 : this.#o.clock.monotonic() - this.#frozenAt);
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Throws `wrong-phase`. */
  command(asked: Command['type']): void {
    const before = this.#state;
    const step = command(before, { type: asked });
    if (!step) {
      throw new GleanerError(
        'wrong-phase',
        `The virtual machine cannot ${asked} while it is ${before.phase}.`,
      );
    }
    this.#take(step.state, step.effects);
  }

  /** Resolves with the time QEMU took to acknowledge, in ms; 0 when already frozen. */
  freeze(): Promise<{ acknowledgedMs: number }> {
    const before = this.#state.phase;
    this.command('freeze');
    const atOnce = before === 'frozen' || before === 'saving' || this.#state.phase === 'saved';
    return atOnce ? Promise.resolve({ acknowledgedMs: 0 }) : this.#pausing;
  }

  async thaw(): Promise<void> {
    this.command('thaw');
    await this.#resuming;
  }

  /** Resolves when the state is on the disk and QEMU is gone. */
  async save(): Promise<{ bytes: number; ms: number }> {
    this.command('save');
    const saved = await this.#saving;
    await this.#ended();
    return saved;
  }

  /** Resolves when the guest runs again, or stands frozen because that was asked for meanwhile. */
  async restore(): Promise<void> {
    this.command('restore');
    const { run } = this.#state;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        const state = this.#state;
        const back = state.run === run && (state.phase === 'running' || state.phase === 'frozen');
        const failure = 'failure' in state ? state.failure : this.#trouble;
        if (!back && state.run === run) return;
        off();
        if (back) resolve();
        else
          reject(
            failure ? fromFailure(failure) : new GleanerError('wrong-phase', 'It was stopped meanwhile.'),
          );
      };
      const off = this.onChange(look);
      look();
    });
  }

  /** To be called once, before anything is started: takes up the state that an earlier host saved, if there is one. */
  async recover(): Promise<void> {
    const { run } = this.#state;
    try {
      const { header, bytes } = await readHeader(this.#folder.statePath);
      this.#onDisk = { generation: header.generation, bytes };
    } catch (error) {
      if (error instanceof GleanerError) this.#o.log.warn('vm', error.message, { vm: this.#o.name });
      return;
    }
    this.#event({ type: 'found', run });
  }

  /** Resolves when neither QEMU nor its disks are left. */
  async stop(): Promise<void> {
    this.command('stop');
    await this.#ended();
  }

  /** Resolves when QEMU is gone; a saved state and its disks stay for the next host. */
  async leave(): Promise<void> {
    this.command('leave');
    await this.#ended();
  }

  async #ended(): Promise<void> {
    await this.#launch?.then(
      (run) => run.exited,
      () => undefined,
    );
    await this.#folderWork.run(() => Promise.resolve());
  }

  setShare(share: number): void {
    this.#share = share;
    this.#run?.governor.setShare(share);
    this.#changed();
  }

  #event(happened: MachineEvent): void {
    const step = event(this.#state, happened, this.#o.clock.monotonic());
    this.#take(step.state, step.effects);
  }

  #take(state: MachineState, effects: readonly Effect[]): void {
    const before = this.#state;
    if (state === before) return;
    this.#state = state;
    if (state.phase !== before.phase) {
      this.#since = this.#o.clock.now();
      this.#o.log.info('vm', state.phase, { vm: this.#o.name, from: before.phase, ...words(state) });
    }
    for (const effect of effects) this.#do(effect);
    this.#changed();
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #do(effect: Effect): void {
    switch (effect.type) {
      case 'prepare':
        void this.#prepare(effect.run, effect.restoring);
        return;
      case 'launch':
        this.#start(effect.run);
        return;
      case 'pause':
        this.#pausing = this.#pause(effect.run);
        this.#pausing.catch(() => undefined);
        return;
      case 'resume':
        this.#resuming = this.#resume();
        this.#resuming.catch(() => undefined);
        return;
      case 'save':
        this.#saving = this.#save(effect.run);
        this.#saving.catch(() => undefined);
        return;
      case 'cancel-save':
        this.#cancelSave.abort(
          new GleanerError('wrong-phase', 'The virtual machine goes on, so it is not saved.'),
        );
        return;
      case 'forgo':
        this.#forgo(effect.failure);
        return;
      case 'quit':
        // Its `exited` tells the reducer.
        void this.#launch?.then((run) => run.quit()).catch(() => undefined);
        return;
      case 'wait':
        this.#cancelWait = this.#o.clock.after(effect.ms, () => {
          this.#event({ type: 'waited', run: effect.run });
        });
        return;
      case 'cancel-wait':
        this.#cancelWait();
        return;
      case 'keep':
        void this.#folderWork.run(() => tidyFolder(this.#folder)).catch(() => undefined);
        return;
      case 'clean':
        this.#onDisk = undefined;
        void this.#folderWork.run(() => removeFolder(this.#folder)).catch(() => undefined);
    }
  }

  get #folder(): VmFolder {
    return folderOf(this.#o.vmsDir, this.#o.name);
  }

  async #prepare(run: number, restoring: boolean): Promise<void> {
    try {
      await this.#folderWork.run(async () => {
        // Stopped while this waited for its turn: there is nothing to prepare any more.
        if (this.#state.run !== run) return;
        await reapOrphan(this.#folder.pidFilePath, this.#o);
        this.#prepared = restoring ? await prepareSaved(this.#o) : await prepareVm(this.#o, this.#tried);
      });
      this.#event({ type: 'prepared', run });
    } catch (error) {
      this.#event({ type: 'unprepared', run, failure: toFailure(error) });
    }
  }

  #start(run: number): void {
    const prepared = this.#prepared;
    if (!prepared) throw new Error('launch without preparation');
    this.#bootMs = null;
    const launch = VmRun.launch({
      ...this.#o,
      prepared,
      share: this.#share,
      onChange: () => {
        this.#changed();
      },
      onLost: (failure) => {
        void this.#lost(run, failure);
      },
      onConsumed: () => {
        this.#onDisk = undefined;
        this.#event({ type: 'consumed', run });
      },
    });
    this.#launch = launch;
    launch.then(
      (started) => {
        this.#follow(run, started, prepared);
      },
      (error: unknown) => {
        this.#event({ type: 'exited', run, failure: toFailure(error), next: 'backoff' });
      },
    );
  }

  #follow(run: number, started: VmRun, prepared: Prepared): void {
    this.#run = started;
    void started.exited.then((exit) => {
      this.#run = undefined;
      this.#endFrozen();
      this.#event({ type: 'exited', run, ...this.#blame(run, exitFailure(exit).toFailure()) });
    });
    const { bootLimitMs } = this.#o;
    const limit = prepared.accelerator.name === 'tcg' ? bootLimitMs.emulated : bootLimitMs.accelerated;
    const frozenBefore = this.frozenMs;
    started.boot(limit).then(
      () => {
        if (this.#run !== started) return;
        this.#bootMs = this.#o.clock.monotonic() - started.launchedAt - (this.frozenMs - frozenBefore);
        this.#tried = this.#remember(prepared);
        this.#event({ type: 'ready', run });
        if (this.#state.phase === 'running') started.governor.run();
      },
      (error: unknown) => {
        // When QEMU is gone or going, what made it go says more.
        const ending = this.#run !== started || this.#state.phase === 'stopping';
        if (!ending && started.pid !== undefined) void this.#lost(run, toFailure(error));
      },
    );
    this.#changed();
  }

  async #lost(run: number, failure: Failure): Promise<void> {
    if (failure.code === 'qemu-exited') return;
    const tail = failure.code === 'state-unfit' ? '' : await this.#run?.consoleTail();
    this.#o.log.warn('vm', failure.sentence, { vm: this.#o.name, console: tail });
    this.#event({ type: 'unusable', run, ...this.#blame(run, failure) });
  }

  /**
   * A first boot that failed under an accelerator which never proved itself: the next candidate is tried at
   * once. A forced one has no next, and says so.
   */
  #blame(run: number, failure: Failure): { failure: Failure; next: Next } {
    const prepared = this.#prepared;
    const booting = this.#state.run === run && isBooting(this.#state);
    if (!booting || !prepared || prepared.proven) return { failure, next: 'backoff' };
    const { name } = prepared.accelerator;
    if (name === 'tcg') {
      // Nothing boots: that is no accelerator's fault.
      this.#tried = {};
      return { failure, next: 'backoff' };
    }
    if (this.#o.accelerator === 'auto') {
      this.#tried = { ...this.#tried, [name]: didNotBoot(name) };
      this.#o.log.warn('vm', didNotBoot(name), { why: failure.sentence });
      return { failure, next: 'start' };
    }
    const sentence = `${didNotBoot(name)}: ${failure.sentence}`.slice(0, 1000);
    return {
      failure: { code: 'accelerator-unusable', sentence, hint: 'Set the accelerator to “auto”.' },
      next: 'backoff',
    };
  }

  #remember(prepared: Prepared): Refusals {
    if (!prepared.proven && !prepared.saved && this.#o.accelerator === 'auto') {
      const { acceleratorMemoryPath } = this.#o;
      try {
        remember(acceleratorMemoryPath, prepared.proofKey, {
          good: prepared.accelerator.name,
          refusals: this.#tried,
        });
      } catch (error) {
        this.#o.log.warn('vm', 'the accelerator could not be remembered', { why: String(error) });
      }
    }
    return {};
  }

  async #pause(run: number): Promise<{ acknowledgedMs: number }> {
    const { clock } = this.#o;
    const asked = clock.monotonic();
    const turn = ++this.#pauses;
    // The fast path: when QEMU is known, nothing is awaited before the command is written.
    const live = this.#run ?? (await this.#launch);
    await live?.pause();
    if (turn === this.#pauses && this.#state.phase === 'freezing' && this.#state.run === run) {
      this.#frozenAt ??= clock.monotonic();
      this.#event({ type: 'paused', run });
    }
    return { acknowledgedMs: clock.monotonic() - asked };
  }

  async #resume(): Promise<void> {
    const turn = ++this.#pauses;
    this.#trouble = undefined;
    this.#endFrozen();
    if (this.#cancelSave.signal.aborted) {
      // Nothing of a state may be left, and QEMU must have stopped sending, before the vCPUs run.
      await this.#saving.catch(() => undefined);
      // Frozen again meanwhile.
      if (turn !== this.#pauses) return;
    }
    const live = this.#run ?? (await this.#launch);
    await live?.resume();
    if (this.#state.phase !== 'running' || this.#run !== live) return;
    live?.governor.run();
    await live?.setClock();
  }

  async #save(run: number): Promise<{ bytes: number; ms: number }> {
    const cancel = new AbortController();
    this.#cancelSave = cancel;
    try {
      const saved = await this.#folderWork.run(async () => {
        const [live, prepared] = [this.#run, this.#prepared];
        if (!live || !prepared || this.#state.run !== run) {
          throw new GleanerError('qemu-exited', 'The virtual machine has ended.');
        }
        return this.#saver.save(live, prepared, this.#o.memoryBytes, cancel.signal);
      });
      if (cancel.signal.aborted) {
        await this.#folderWork.run(() => removeStates(this.#folder));
        cancel.signal.throwIfAborted();
      }
      const { generation, bytes, ms } = saved;
      if (this.#state.phase === 'saving') this.#onDisk = { generation, bytes };
      this.#trouble = undefined;
      this.#o.log.info('vm', 'the state is saved', { bytes, ms: Math.round(ms) });
      this.#event({ type: 'saved', run });
      return { bytes, ms };
    } catch (error) {
      if (!cancel.signal.aborted) {
        const failure = unsavedFailure(error);
        this.#o.log.warn('vm', failure.sentence, { vm: this.#o.name, code: failure.code });
        if (failure.code !== 'qemu-exited') this.#trouble = failure;
        this.#event({ type: 'unsaved', run, failure });
      }
      throw error;
    }
  }

  #forgo(failure: Failure): void {
    this.#onDisk = undefined;
    this.#trouble =
      failure.code === 'state-unfit'
        ? failure
        : unfit(`it did not come back (${failure.sentence})`).toFailure();
    this.#o.log.warn('vm', this.#trouble.sentence, { vm: this.#o.name });
  }

  #endFrozen(): void {
    this.#frozenMs = this.frozenMs;
    this.#frozenAt = undefined;
  }
}

/** Frozen or not. */
function isBooting(state: MachineState): boolean {
  if (!('origin' in state) || state.origin !== 'boot' || state.phase === 'saving') return false;
  return state.phase === 'starting' || state.readyAt === null;
}

function words(state: MachineState): { why?: string } {
  if (state.phase === 'backoff' || state.phase === 'failed') return { why: state.failure.sentence };
  return {};
}
