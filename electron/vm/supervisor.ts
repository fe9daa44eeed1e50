import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { type Failure, GleanerError, toFailure } from '../contract/failures.ts';
import { didNotBoot, type Refusals, remember } from './accelerator.ts';
import { folderOf, removeFolder } from './folder.ts';
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
import { type Prepared, type PrepareOptions, prepareVm } from './prepare.ts';
import type { ProcessTable } from './proc.ts';
import { exitFailure } from './process.ts';
import { VmRun } from './run.ts';

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
  #saving: Promise<void> = Promise.resolve();
  #cancelWait: () => void = () => undefined;
  /** Accelerators that failed since the last good boot. */
  #tried: Refusals = {};

  constructor(o: SupervisorOptions) {
    this.#o = o;
    this.#since = o.clock.now();
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
    if (this.#state.phase === 'frozen') return Promise.resolve({ acknowledgedMs: 0 });
    this.command('freeze');
    return this.#pausing;
  }

  async thaw(): Promise<void> {
    this.command('thaw');
    await this.#resuming;
  }

  async save(): Promise<void> {
    this.command('save');
    await this.#saving;
  }

  /** Resolves when neither QEMU nor its disks are left. */
  async stop(): Promise<void> {
    this.command('stop');
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
        void this.#prepare(effect.run);
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
      case 'clean':
        void this.#folderWork
          .run(() => removeFolder(folderOf(this.#o.vmsDir, this.#o.name)))
          .catch(() => undefined);
    }
  }

  async #prepare(run: number): Promise<void> {
    try {
      await this.#folderWork.run(async () => {
        // Stopped while this waited for its turn: there is nothing to prepare any more.
        if (this.#state.run !== run) return;
        const { pidFilePath } = folderOf(this.#o.vmsDir, this.#o.name);
        await reapOrphan(pidFilePath, this.#o);
        this.#prepared = await prepareVm(this.#o, this.#tried);
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
    const tail = await this.#run?.consoleTail();
    this.#o.log.warn('vm', failure.sentence, { vm: this.#o.name, console: tail });
    this.#event({ type: 'unusable', run, ...this.#blame(run, failure) });
  }

  /**
   * A first boot that failed under an accelerator which never proved itself: the next candidate is tried at
   * once. A forced one has no next, and says so.
   */
  #blame(run: number, failure: Failure): { failure: Failure; next: Next } {
    const prepared = this.#prepared;
    const booting =
      this.#state.run === run && (this.#state.phase === 'starting' || isFrozenBoot(this.#state));
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
    if (!prepared.proven && this.#o.accelerator === 'auto') {
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
    this.#pauses += 1;
    this.#endFrozen();
    const live = this.#run ?? (await this.#launch);
    await live?.resume();
    if (this.#state.phase !== 'running' || this.#run !== live) return;
    live?.governor.run();
    await live?.setClock();
  }

  #save(run: number): Promise<void> {
    const failure = new GleanerError('state-unavailable', 'Saving a virtual machine is not built yet.');
    this.#event({ type: 'unsaved', run, failure: failure.toFailure() });
    return Promise.reject(failure);
  }

  #endFrozen(): void {
    this.#frozenMs = this.frozenMs;
    this.#frozenAt = undefined;
  }
}

function isFrozenBoot(state: MachineState): boolean {
  return (state.phase === 'freezing' || state.phase === 'frozen') && state.readyAt === null;
}

function words(state: MachineState): { why?: string } {
  if (state.phase === 'backoff' || state.phase === 'failed') return { why: state.failure.sentence };
  return {};
}
