import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { type Failure, GleanerError, toFailure } from '../contract/failures.ts';
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
import { type SaveFigures, States } from './states.ts';
import { Trials } from './trials.ts';

export interface SupervisorOptions extends PrepareOptions {
  /** Asked before every boot; what it answers holds from then on. */
  readonly reshape?: () => Partial<VmShape>;
  readonly spawnWorker: SpawnWorker;
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a boot may take, in ms of unfrozen time, before it counts as failed. */
  readonly bootLimitMs: Readonly<Record<'emulated' | 'accelerated', number>>;
}

/** What a VM is made of and may change from one boot to the next; bytes. */
export type VmShape = Pick<
  PrepareOptions,
  'vcpus' | 'memoryBytes' | 'diskBytes' | 'transferBytes' | 'accelerator' | 'allowReducedIsolation'
>;

/** Carries out what the reducer decides. All decisions about phases are the reducer's. */
export class Supervisor {
  #o: SupervisorOptions;
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
  readonly #states: States;
  readonly #trials: Trials;
  #cancelWait: () => void = () => undefined;

  constructor(o: SupervisorOptions) {
    this.#o = o;
    this.#since = o.clock.now();
    this.#states = new States(o);
    this.#trials = new Trials(() => this.#o);
  }

  /** Of the present or last launch, or of the first to come. */
  get shape(): VmShape {
    return this.#o;
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

  /** The saved state that lies on the disk. */
  get onDisk(): States['onDisk'] {
    return this.#states.onDisk;
  }

  /** Why the last save came to nothing, or why a saved state did not come back. */
  get trouble(): Failure | undefined {
    return this.#states.trouble;
  }

  estimate(): SaveFigures {
    return this.#states.estimate(this.#run);
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
  async save(): Promise<SaveFigures> {
    this.command('save');
    const saved = await this.#states.saving;
    await this.#ended();
    return saved;
  }

  /** To be called once, before anything is started: takes up the state that an earlier host saved, if there is one. */
  async recover(): Promise<void> {
    const { run } = this.#state;
    if (await this.#states.find(this.#folder)) this.#event({ type: 'found', run });
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
        this.#save(effect.run);
        return;
      case 'cancel-save':
        this.#states.cancel();
        return;
      case 'forgo':
        this.#states.forgo(effect.failure);
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
        this.#states.gone();
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
        // What is saved comes back as what it was.
        if (!restoring) this.#o = { ...this.#o, ...this.#o.reshape?.() };
        this.#prepared = restoring
          ? await prepareSaved(this.#o, this.#prepared)
          : await prepareVm(this.#o, this.#trials.tried);
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
        this.#states.gone();
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
        this.#trials.good(prepared);
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

  #blame(run: number, failure: Failure): { failure: Failure; next: Next } {
    const booting = this.#state.run === run && isBooting(this.#state);
    if (!booting || !this.#prepared) return { failure, next: 'backoff' };
    return this.#trials.blame(this.#prepared, failure);
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
    this.#states.forget();
    this.#endFrozen();
    // Before the vCPUs run.
    await this.#states.cancelled();
    // Frozen again meanwhile.
    if (turn !== this.#pauses) return;
    const live = this.#run ?? (await this.#launch);
    await live?.resume();
    if (this.#state.phase !== 'running' || this.#run !== live) return;
    live?.governor.run();
    await live?.setClock();
  }

  #save(run: number): void {
    this.#states.save(
      (work) =>
        this.#folderWork.run(async () => {
          const [live, prepared] = [this.#run, this.#prepared];
          if (live && prepared && this.#state.run === run) return work(live, prepared);
          throw new GleanerError('qemu-exited', 'The virtual machine has ended.');
        }),
      {
        done: () => {
          this.#event({ type: 'saved', run });
        },
        failed: (failure) => {
          this.#event({ type: 'unsaved', run, failure });
        },
      },
    );
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
