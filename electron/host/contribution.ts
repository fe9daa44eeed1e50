import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { type Allowance, type Failure, GleanerError, toFailure, type VmPhase } from '../contract/index.ts';
import type { Problems } from './problems.ts';
import type { Yields } from './yields.ts';

/** The VM as the contribution drives it. */
export interface DrivenVm<Session> {
  status(): { readonly phase: VmPhase; readonly restoring: boolean };
  onChange(listener: () => void): () => void;
  start(): void;
  stop(): Promise<void>;
  /** Ends it, and leaves a saved state for the next host. */
  leave(): Promise<void>;
  freeze(): Promise<{ acknowledgedMs: number }>;
  thaw(): Promise<void>;
  save(): Promise<unknown>;
  setShare(share: number): void;
  session(): Session | undefined;
}

export interface ContributionOptions<Session> {
  readonly vm: DrivenVm<Session>;
  /** Asked anew at every turn: cheap and pure. */
  readonly decide: () => Allowance;
  readonly hasWork: () => boolean;
  /** Whether somebody waits for the VM that is saved. */
  readonly keepsSaved: () => boolean;
  /** Proves the isolation of a fresh guest; rejects when anything leaks. */
  readonly prove: (session: Session) => Promise<void>;
  /** Runs jobs until none is left; rejects when the session is gone. */
  readonly work: (session: Session) => Promise<unknown>;
  readonly problems: Problems;
  readonly yields: Yields;
  readonly clock: Clock;
  readonly log: Log;
  /** How long an idle VM is kept before it is stopped, in ms. */
  readonly lingerMs: number;
  readonly onChange: () => void;
}

/**
 * Brings the VM to where the allowance wants it, turn by turn: each turn looks at what is, not at what was
 * asked before. Giving the computer back is the first thing of every turn and waits for nothing.
 */
export class Contribution<Session extends object> implements Disposable {
  readonly #o: ContributionOptions<Session>;
  readonly #stopListening: () => void;
  /** The session on which jobs run, or whose isolation is being proved. */
  #busy: Session | undefined;
  #working: Promise<void> = Promise.resolve();
  #cancelLinger: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #failures = 0;
  #share = Number.NaN;
  #disposed = false;

  constructor(options: ContributionOptions<Session>) {
    this.#o = options;
    this.#stopListening = options.vm.onChange(() => {
      this.turn();
      options.onChange();
    });
  }

  get working(): boolean {
    return this.#busy !== undefined;
  }

  /** Looks at everything once and does the next thing; safe to call at any time. */
  turn(): void {
    if (this.#disposed) return;
    const { vm } = this.#o;
    const allowance = this.#o.decide();
    const { phase, restoring } = vm.status();
    // What ran in it is over, or was aborted meanwhile.
    if (phase === 'saved' && this.#busy === undefined && !this.#o.keepsSaved()) {
      this.#try('stop', vm.stop());
      return;
    }
    if (!allowance.run) {
      this.#giveBack(phase, restoring);
      return;
    }
    if (this.#share !== allowance.share) {
      this.#share = allowance.share;
      vm.setShare(allowance.share);
    }
    const wanted = this.#busy !== undefined || this.#o.hasWork();
    if (phase === 'frozen' || phase === 'saving') this.#try('thaw', vm.thaw());
    else if (phase === 'saved' && wanted && this.#busy === undefined && !this.#refused()) vm.start();
    else if (phase === 'stopped' && wanted && !this.#refused()) vm.start();
    else if (phase === 'running') this.#useVm(wanted);
  }

  /** After a failure that stopped contribution: the person asked to try again. */
  retry(): void {
    this.#o.problems.set('isolation', null);
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (this.#o.vm.status().phase === 'failed' && this.#o.hasWork()) this.#o.vm.start();
    this.turn();
  }

  /**
   * Ends the VM and waits until nothing of it or of its jobs runs; one that is saved waits for the next host.
   * @param o.save saves it first, if a job is in it
   */
  async dispose({ save = false } = {}): Promise<void> {
    this.#disposed = true;
    this.#stopListening();
    this.#cancelLinger?.();
    this.#cancelRetry?.();
    if (save) await this.#save();
    await this.#o.vm.leave();
    await this.#working;
  }

  /** Resolves also when it cannot be saved: its job then goes on from its checkpoint. */
  async #save(): Promise<void> {
    const { vm, keepsSaved, log } = this.#o;
    try {
      if (!keepsSaved()) return;
      if (['running', 'starting', 'freezing'].includes(vm.status().phase)) await vm.freeze();
      if (['frozen', 'saving'].includes(vm.status().phase)) await vm.save();
    } catch (error) {
      log.warn('contribution', `not saved: ${toFailure(error).sentence}`);
    }
  }

  #giveBack(phase: VmPhase, restoring: boolean): void {
    const { vm, yields } = this.#o;
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    // A guest that still boots is frozen where it stands and boots on afterwards.
    // One on its way back that has no QEMU yet is saved again.
    if (
      phase === 'running' ||
      phase === 'starting' ||
      (restoring && phase !== 'freezing' && phase !== 'frozen')
    ) {
      this.#try(
        'freeze',
        vm.freeze().then(({ acknowledgedMs }) => {
          yields.add(acknowledgedMs);
          this.#o.onChange();
        }),
      );
    } else if (phase === 'preparing' || phase === 'backoff') {
      this.#try('stop', vm.stop());
    }
  }

  #useVm(wanted: boolean): void {
    const { vm, clock } = this.#o;
    if (!wanted) {
      this.#cancelLinger ??= clock.after(this.#o.lingerMs, () => {
        this.#cancelLinger = undefined;
        if (this.#busy === undefined && !this.#o.hasWork()) this.#try('stop', vm.stop());
      });
      return;
    }
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    const session = vm.session();
    if (!session || this.#busy || this.#cancelRetry || this.#refused()) return;
    this.#busy = session;
    this.#working = this.#workOn(session).then((ok) => {
      this.#busy = undefined;
      this.#failures = ok ? 0 : this.#failures + 1;
      this.#o.onChange();
      if (this.#disposed) return;
      // By a timer in any case, so that work that ends at once can never keep the loop to itself.
      this.#cancelRetry = clock.after(ok ? 0 : backoffMs(this.#failures), () => {
        this.#cancelRetry = undefined;
        this.turn();
      });
    });
  }

  /** Whether all went well: until no work was left. */
  async #workOn(session: Session): Promise<boolean> {
    const { problems, log, vm } = this.#o;
    try {
      await this.#o.prove(session);
      for (const cause of ['isolation', 'proof']) problems.set(cause, null);
    } catch (error) {
      const failure = toFailure(error);
      log.warn('contribution', failure.sentence, { code: failure.code });
      if (failure.code !== 'session-lost') {
        // A leak waits for the person; a guest that could not even be examined is booted anew.
        problems.set(failure.code === 'isolation-leak' ? 'isolation' : 'proof', failure);
        this.#try('stop', vm.stop());
      }
      return false;
    }
    try {
      // What was in the way may be so no more; else it is told again at once.
      problems.set('work', null);
      await this.#o.work(session);
      return true;
    } catch (error) {
      const failure = toFailure(error);
      log.warn('contribution', failure.sentence, { code: failure.code });
      if (failure.code !== 'session-lost') problems.set('work', failure);
      return false;
    }
  }

  #refused(): boolean {
    return this.#o.problems.get('isolation') !== undefined;
  }

  /** A phase that changed under us is no failure: the change has its own turn. */
  #try(what: string, doing: Promise<unknown>): void {
    doing.catch((error: unknown) => {
      if (error instanceof GleanerError && error.code === 'wrong-phase') return;
      const failure: Failure = toFailure(error);
      this.#o.log.warn('contribution', `${what}: ${failure.sentence}`, { code: failure.code });
    });
  }
}
