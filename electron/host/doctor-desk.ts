import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Check,
  type CheckId,
  type FailureCode,
  type FixReport,
  GleanerError,
  toFailure,
} from '../contract/index.ts';
import { type AutomaticFix, type Checker, type Examined, lookAt, mending } from './doctor.ts';
import { type ClockFacts, clockChecker } from './doctor-clock.ts';
import { ageChecker, type ImageFacts, imagesChecker } from './doctor-images.ts';
import {
  acceleratorChecker,
  isolationChecker,
  kvmChecker,
  type MachineFacts,
  qemuChecker,
} from './doctor-machine.ts';
import { type NetworkFacts, networkChecker } from './doctor-network.ts';
import {
  inputChecker,
  problemsChecker,
  type SessionFacts,
  sleepChecker,
  trayChecker,
} from './doctor-session.ts';
import { type SettingsFacts, settingsChecker } from './doctor-settings.ts';
import { diskChecker, ledgerChecker, type StorageFacts, secretsChecker } from './doctor-storage.ts';
import { type VersionFacts, versionsChecker } from './doctor-versions.ts';

/** All that doctor looks at. */
export type Facts = MachineFacts &
  ImageFacts &
  StorageFacts &
  SettingsFacts &
  SessionFacts &
  NetworkFacts &
  ClockFacts &
  VersionFacts;

/** In the order in which they are shown; the open problems follow. */
const checkers: readonly Checker<CheckId, Facts>[] = [
  qemuChecker,
  acceleratorChecker,
  kvmChecker,
  isolationChecker,
  imagesChecker,
  ageChecker,
  secretsChecker,
  ledgerChecker,
  settingsChecker,
  inputChecker,
  trayChecker,
  sleepChecker,
  networkChecker,
  clockChecker,
  diskChecker,
  versionsChecker,
];

/** What stopped a virtual machine for good, and is over when the check is well. */
const stoppedBy: Readonly<Partial<Record<CheckId, readonly FailureCode[]>>> = {
  qemu: ['qemu-missing', 'qemu-too-old'],
  accelerator: ['accelerator-unusable'],
  isolation: ['isolation-unavailable'],
  images: ['image-missing', 'image-damaged', 'image-build-failed'],
};

export interface DoctorOptions {
  /** As they are now; what is slow to learn may be shared within one of them. */
  readonly facts: () => Facts;
  /** Virtual machines that stopped for one of these reasons may try again. */
  readonly mended: (codes: readonly FailureCode[]) => void;
  readonly clock: Clock;
  readonly log: Log;
}

interface Mending {
  readonly since: number;
  readonly end: AbortController;
  /** undefined: it is looked at still. */
  fix: AutomaticFix | undefined;
  done: Promise<unknown>;
}

/** Looks at what Gleaner needs, and mends what it can when it is asked to. */
export class Doctor implements Disposable {
  readonly #o: DoctorOptions;
  readonly #mending = new Map<CheckId, Mending>();
  #disposed = false;

  constructor(options: DoctorOptions) {
    this.#o = options;
  }

  /** Every check that this computer has; what is well again is taken up at once. Never rejects. */
  async examine(): Promise<Check[]> {
    const facts = this.#o.facts();
    const here = checkers.filter((checker) => checker.applicable?.(facts) ?? true);
    const look = async (checker: Checker<CheckId, Facts>): Promise<Check> => {
      const { fix, since = 0 } = this.#mending.get(checker.id) ?? {};
      if (fix) return mending(checker, { fix, since });
      return (await lookAt(checker, facts, this.#o.clock)).check;
    };
    const checks = await Promise.all(here.map(look));
    this.#takeUp(checks.filter(({ state }) => state === 'ok').map(({ id }) => id));
    // What was just found mended is a problem no more.
    return [...checks, await look(problemsChecker)];
  }

  /**
   * Mends one thing, or looks at it again where only the person can. Rejects `wrong-phase` while the same is being
   * mended, `not-found` for what this computer has not, and what the fix rejects with.
   */
  async fix(id: CheckId): Promise<FixReport> {
    if (this.#disposed || this.#mending.has(id))
      throw new GleanerError('wrong-phase', 'This is being mended already.', 'Wait for it, or end it.');
    const { clock } = this.#o;
    const end = new AbortController();
    const mine: Mending = { since: clock.now(), end, fix: undefined, done: Promise.resolve() };
    this.#mending.set(id, mine);
    const work = this.#fix(id, mine).finally(() => {
      this.#mending.delete(id);
    });
    mine.done = work.catch(() => undefined);
    return await work;
  }

  /** Ends the fix of one thing. Throws `wrong-phase` when none is under way, or when it cannot be ended. */
  cancel(id: CheckId): void {
    const mine = this.#mending.get(id);
    if (!mine?.fix?.cancellable)
      throw new GleanerError('wrong-phase', 'There is nothing under way that could be ended.');
    mine.end.abort();
  }

  /** Ends what is under way. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const all = [...this.#mending.values()];
    for (const { end } of all) end.abort();
    await Promise.all(all.map(({ done }) => done));
  }

  async #fix(id: CheckId, mine: Mending): Promise<FixReport> {
    const { check, fix } = await this.#look(id);
    if (!fix) return this.#report(check.state === 'ok' ? 'done' : 'nothing', check, null);
    if (fix.kind === 'manual') return this.#report('manual', check, null);
    mine.fix = fix;
    this.#o.log.info('doctor', 'mends', { check: id, fix: fix.code });
    let freedBytes: number | null;
    try {
      freedBytes = await fix.run(mine.end.signal);
    } catch (error) {
      mine.fix = undefined;
      if (!mine.end.signal.aborted) {
        this.#o.log.warn('doctor', `could not mend: ${toFailure(error).sentence}`, { check: id });
        throw error;
      }
      return this.#report('cancelled', (await this.#look(id)).check, null);
    }
    mine.fix = undefined;
    return this.#report('done', (await this.#look(id)).check, freedBytes);
  }

  async #look(id: CheckId): Promise<Examined> {
    const { facts: factsNow, clock } = this.#o;
    const facts = factsNow();
    const checker = [...checkers, problemsChecker].find((one) => one.id === id);
    if (!checker || checker.applicable?.(facts) === false)
      throw new GleanerError('not-found', 'This computer has nothing of that kind.', 'See: gleaner doctor');
    return await lookAt(checker, facts, clock);
  }

  #report(outcome: FixReport['outcome'], check: Check, freedBytes: number | null): FixReport {
    if (outcome === 'done' || check.state === 'ok') this.#takeUp([check.id]);
    return { outcome, freedBytes, check };
  }

  #takeUp(ids: readonly CheckId[]): void {
    const codes = ids.flatMap((id) => stoppedBy[id] ?? []);
    if (codes.length > 0 && !this.#disposed) this.#o.mended(codes);
  }
}
