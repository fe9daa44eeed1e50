import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Allowance,
  type Failure,
  GleanerError,
  type Rung,
  toFailure,
  type VmPhase,
} from '../contract/index.ts';
import { type HandBack, HandingBack } from './hand-back.ts';
import type { ProblemsOf } from './problems.ts';
import type { Yields } from './yields.ts';

/** A VM that could not be saved stays frozen; tried again after so long, in ms. */
const saveAgainMs = 10 * 60_000;

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
  /** Frozen → saved to disk, its memory returned; a `start` of a saved one goes on where it stood. */
  save(): Promise<unknown>;
  /** What saving it would take, in bytes and ms. */
  saveEstimate(): { readonly bytes: number; readonly ms: number };
  setShare(share: number): void;
  session(): Session | undefined;
}

export interface ContributionOptions<Session> {
  readonly vm: DrivenVm<Session>;
  /** Asked anew at every turn: cheap and pure. */
  readonly decide: () => Allowance;
  readonly hasWork: () => boolean;
  /** Whether a job is in the VM, or waits for the one that is saved. */
  readonly keepsSaved: () => boolean;
  /** Proves the isolation of a fresh guest; rejects when anything leaks. */
  readonly prove: (session: Session) => Promise<void>;
  /** Runs jobs until none is left; rejects when the session is gone. */
  readonly work: (session: Session) => Promise<unknown>;
  readonly problems: ProblemsOf;
  /** Lets what runs in the guest end in order, before an idle VM is stopped. */
  readonly quiet?: () => Promise<void>;
  /** Brings what runs in the guest to rest before a freeze that nobody waits for; resolves soon, in any case. */
  readonly soften?: () => Promise<void>;
  /** Work that is handed back rather than saved. */
  readonly handBack?: HandBack;
  readonly yields: Pick<Yields, 'measure'>;
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
  readonly #handing: HandingBack | undefined;
  /** The session on which jobs run, or whose isolation is being proved. */
  #busy: Session | undefined;
  #working: Promise<void> = Promise.resolve();
  #cancelLinger: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #cancelSaveAgain: (() => void) | undefined;
  /** How many calls of {@link save} are under way. */
  #saves = 0;
  #failures = 0;
  #quieting = false;
  #softening = false;
  /** It failed too often, and the person wants it to try again. */
  #forgiven = false;
  #share = Number.NaN;
  /** Before, nothing may be started or ended: what an earlier host left is not known yet. */
  #begun = false;
  #disposed = false;

  constructor(options: ContributionOptions<Session>) {
    this.#o = options;
    const { vm, handBack, decide, clock } = options;
    this.#handing =
      handBack &&
      new HandingBack({
        ...handBack,
        vm,
        mayRun: () => decide().run,
        clock,
        onOver: () => {
          this.turn();
        },
      });
    this.#stopListening = options.vm.onChange(() => {
      this.turn();
      options.onChange();
    });
  }

  get working(): boolean {
    return this.#busy !== undefined;
  }

  /** Its guest leaks, or its VM failed too often: no work until the person asks for it. */
  get isRefused(): boolean {
    const { phase } = this.#o.vm.status();
    return this.#refused() || (phase === 'failed' && !this.#forgiven);
  }

  /** What an earlier host left is known: from now on turns count. */
  begin(): void {
    this.#begun = true;
  }

  /** Looks at everything once and does the next thing; safe to call at any time. */
  turn(): void {
    if (this.#disposed || !this.#begun) return;
    const { vm } = this.#o;
    const allowance = this.#o.decide();
    const { phase, restoring } = vm.status();
    // What ran in it is over, or was aborted meanwhile.
    if (phase === 'saved' && this.#busy === undefined && !this.#o.keepsSaved()) {
      this.#try('stop', vm.stop());
      return;
    }
    if (!allowance.run) {
      this.#giveBack(phase, restoring, allowance);
      return;
    }
    if (this.#share !== allowance.share) {
      this.#share = allowance.share;
      vm.setShare(allowance.share);
    }
    const wanted = this.#busy !== undefined || this.#o.hasWork();
    // That it could not be saved is past.
    this.#cancelSaveAgain?.();
    this.#cancelSaveAgain = undefined;
    if (phase === 'frozen' || phase === 'saving') this.#try('thaw', vm.thaw());
    else if (phase === 'saved' && wanted && this.#busy === undefined && !this.#refused()) vm.start();
    else if ((phase === 'stopped' || this.#mayTryAgain(phase)) && wanted && !this.#refused()) {
      this.#forgiven = false;
      vm.start();
    } else if (phase === 'running') this.#useVm(wanted);
  }

  /** After a failure that stopped contribution: the person asked to try again. */
  retry(): void {
    this.#o.problems.set('isolation', null);
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#forgiven = this.#o.vm.status().phase === 'failed';
    this.turn();
  }

  /** Resolves when the VM, if it was told to stand still, does so or has ended. */
  async settled(): Promise<void> {
    const { vm } = this.#o;
    // Asked again, it answers when the one that is under way is done.
    if (vm.status().phase === 'freezing') await vm.freeze().catch(() => undefined);
  }

  /** How long saving would take, in ms; null while nothing stands still that would be worth the disk. */
  saveMs(): number | null {
    const { vm } = this.#o;
    return this.#o.keepsSaved() && vm.status().phase === 'frozen' ? vm.saveEstimate().ms : null;
  }

  /** Frozen → saved. Rejects when it cannot be: it stays frozen then, tells so itself, and is tried again later. */
  async save(): Promise<void> {
    this.#saves += 1;
    try {
      await this.#save();
    } finally {
      this.#saves -= 1;
      this.turn();
    }
  }

  /** The last turn: saves the VM if a job is in it. Resolves to whether it is saved; never rejects. */
  async end(): Promise<boolean> {
    this.#halt();
    const { vm, keepsSaved, log } = this.#o;
    const phase = (): VmPhase => vm.status().phase;
    try {
      if (keepsSaved()) {
        if (['running', 'starting', 'freezing'].includes(phase())) await vm.freeze();
        if (['frozen', 'saving'].includes(phase())) await vm.save();
      }
    } catch (error) {
      log.warn('contribution', `not saved: ${toFailure(error).sentence}`);
    }
    return phase() === 'saved';
  }

  /** Ends the VM, and leaves one that is saved for the next host. */
  async dispose(): Promise<void> {
    this.#halt();
    await this.#o.vm.leave();
  }

  /** Resolves when the work on the last session has ended. */
  finished(): Promise<void> {
    return this.#working;
  }

  #halt(): void {
    this.#disposed = true;
    this.#stopListening();
    this.#cancelLinger?.();
    this.#cancelRetry?.();
    this.#cancelSaveAgain?.();
    this.#handing?.dispose();
  }

  async #save(): Promise<void> {
    const { vm, clock } = this.#o;
    try {
      await vm.save();
    } catch (error) {
      const { code } = toFailure(error);
      // The person came back meanwhile, or the VM ended: nothing is wrong with that.
      if (code !== 'wrong-phase' && code !== 'qemu-exited') {
        this.#cancelSaveAgain ??= clock.after(saveAgainMs, () => {
          this.#cancelSaveAgain = undefined;
          this.turn();
        });
      }
      throw error;
    }
  }

  #giveBack(phase: VmPhase, restoring: boolean, allowance: Allowance): void {
    const { vm, yields } = this.#o;
    this.#cancelLinger?.();
    this.#cancelLinger = undefined;
    // A guest that still boots is frozen where it stands and boots on afterwards; one on its way back that has no
    // QEMU yet is saved again.
    const returns = restoring && (phase === 'preparing' || phase === 'backoff');
    // Another grid's turn gives nothing back to the person, and can wait for a moment.
    const isTurn = allowance.reasons[0]?.code === 'turn';
    if (isTurn && phase === 'running' && this.#o.soften && this.#busy) {
      this.#soften(this.#o.soften);
    } else if (phase === 'running' && this.#handing?.goesOn === true) {
      // It goes on for that, and for nothing else.
    } else if (phase === 'running' || phase === 'starting' || returns) {
      const frozen = vm.freeze();
      if (phase === 'running' && !isTurn) yields.measure(allowance, frozen);
      this.#try('freeze', frozen);
    } else if (phase === 'preparing' || phase === 'backoff') {
      this.#try('stop', vm.stop());
    } else if (phase === 'frozen') {
      this.#climbDown(allowance.rung);
    } else if (phase === 'saved' && allowance.rung === 'off') {
      this.#try('stop', vm.stop());
    }
  }

  /** What runs in the guest beside jobs ends in order, unless there is work again or it must be given back meanwhile. */
  async #stopQuietly(): Promise<void> {
    const { vm, quiet } = this.#o;
    if (this.#quieting) return;
    this.#quieting = true;
    try {
      if (quiet) await quiet();
    } finally {
      this.#quieting = false;
    }
    if (!this.#disposed && this.#busy === undefined && vm.status().phase === 'running') await vm.stop();
  }

  /** Softly first, then frozen, unless it may run again meanwhile. */
  #soften(soften: () => Promise<void>): void {
    if (this.#softening) return;
    this.#softening = true;
    const { vm, decide } = this.#o;
    const after = (): void => {
      this.#softening = false;
      if (this.#disposed || vm.status().phase !== 'running' || decide().run) return;
      this.#try('freeze', vm.freeze());
    };
    soften().then(after, after);
  }

  /** The last steps of the ladder, which return the memory. */
  #climbDown(rung: Rung): void {
    const { vm } = this.#o;
    if (rung === 'frozen' || this.#saves > 0) return;
    if (this.#handing?.takesOver() === true) {
      this.#share = Number.NaN;
      return;
    }
    // Nothing runs in it that would be worth the disk.
    if (rung === 'off' || !this.#o.keepsSaved()) {
      this.#try('stop', vm.stop());
      return;
    }
    if (!this.#cancelSaveAgain) this.#try('save', this.save());
  }

  #useVm(wanted: boolean): void {
    const { vm, clock } = this.#o;
    if (!wanted) {
      this.#cancelLinger ??= clock.after(this.#o.lingerMs, () => {
        this.#cancelLinger = undefined;
        if (this.#busy === undefined && !this.#o.hasWork()) this.#try('stop', this.#stopQuietly());
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

  #mayTryAgain(phase: VmPhase): boolean {
    return phase === 'failed' && this.#forgiven;
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
