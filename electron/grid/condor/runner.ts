import type { Disposable } from '../../base/disposal.ts';
import {
  type Failure,
  GleanerError,
  type GridView,
  type JobView,
  type PoolDetail,
  toFailure,
} from '../../contract/index.ts';
import { unitScale } from '../../contract/pool-charge.ts';
import { Halt } from '../halt.ts';
import { settledWithin, UnfrozenWait } from '../runner-time.ts';
import { Executions } from './executions.ts';
import type { Answer, NodeLook } from './messages.ts';
import type { NodeMachine, RunnerOptions } from './runner-machine.ts';
import { Stay } from './stay.ts';
import type { PoolTotals } from './store.ts';
import type { JoinedPool } from './store-rows.ts';
import { executionView, gridView, jobView, type Known } from './view.ts';

export type { NodeMachine } from './runner-machine.ts';

/** Of the executions that are over, how many the views tell of. */
const shownOver = 50;
/** After a failure the node is tried again after so long, longer each time. */
const firstPatienceMs = 30_000;
const longestPatienceMs = 15 * 60_000;
/** A node that was looked after for so long is no failing one. */
const soundMs = 10 * 60_000;
/** So many failures in a row are told, and a node that then still runs is not gone on with. */
const toldFailures = 3;
/** What handing back may take beyond the jobs' own time, in real ms. */
const handBackMarginMs = 30_000;

/** Runs one joined pool's execute node in its VM, and knows what is known and booked of it. */
export class CondorRunner implements Disposable {
  readonly #o: RunnerOptions;
  readonly #executions: Executions;
  readonly #secret: { value: string | null } = { value: null };
  #halt = new Halt();
  #stay: Stay | undefined;
  #machine: NodeMachine | undefined;
  #running: Promise<void> | undefined;
  #look: NodeLook | undefined;
  #totals: PoolTotals | undefined;
  /** Somebody wants the node to end in order. */
  #handsBack = false;
  /** The pool lets it in; null: not known yet. */
  #accepted: boolean | null = null;
  #refusal: Failure | null = null;
  #storage: Failure | null = null;
  #broken: Failure | null = null;
  #failures = 0;
  /** Monotonic ms at which the present stay began. */
  #beganAt = 0;
  #cancelPatience: (() => void) | undefined;
  #waits = false;
  #disposed = false;

  constructor(o: RunnerOptions) {
    this.#o = o;
    this.#executions = new Executions(o.store.open(o.id));
  }

  get id(): string {
    return this.#o.id;
  }

  /** Whether it wants its VM now: an execute node that may take jobs always does. Cheap and pure. */
  hasWork(): boolean {
    const { state, documents, noNewWork, suspended } = this.#pool;
    if (this.#disposed || state === 'leaving' || suspended || this.#waits || this.#revoked) return false;
    if (!this.#o.permitted() || documents === null) return false;
    // Its pool would wait in vain. With a quota used up, jobs are handed back first; a metered network is closed already.
    if (this.#o.networkClosed() !== null) return false;
    // What runs is finished, whatever else there is.
    if (this.holdsJobs()) return true;
    return !noNewWork && documents.policy.run && !this.#isStale(documents.expiresAt);
  }

  /** Whether a job is in the machine, or a slot is claimed for one: then the VM is never saved. */
  holdsJobs(): boolean {
    return (
      this.#machine !== undefined && (this.#executions.open().length > 0 || (this.#look?.claimed ?? 0) > 0)
    );
  }

  /**
   * Brings the node up on this machine, or finds it running there, and looks after it. Resolves when it was handed back, or
   * disposed of. Rejects with `session-lost` when the machine is gone, and with what went wrong with the node.
   */
  run(machine: NodeMachine): Promise<void> {
    if (this.#running) {
      return Promise.reject(new GleanerError('wrong-phase', 'This pool’s node already runs on a machine.'));
    }
    if (this.#disposed) return Promise.resolve();
    const run = this.#run(machine).finally(() => {
      this.#running = undefined;
      this.#stay = undefined;
      this.#look = undefined;
      this.#accepted = null;
      this.#handsBack = false;
      this.#o.onChange();
    });
    this.#running = run;
    return run;
  }

  /** The machine is gone for good: what ran on it is lost. Throws what the database throws. */
  machineGone(): void {
    this.#machine = undefined;
    this.#secret.value = null;
    const tariff = this.#pool.documents?.tariff ?? null;
    this.#o.store.record(this.#o.id, this.#executions.lose({ now: this.#o.clock.now(), tariff }));
    this.#totals = undefined;
  }

  /** Hands what runs back to the pool and ends the node, in time for jobs to write checkpoints. Resolves in any case. */
  async handBack(): Promise<void> {
    if (!this.#running) return;
    this.#handsBack = true;
    this.#stay?.wake();
    this.#o.onChange();
    const ms = this.handBackMs();
    await settledWithin(this.#o.clock, ms, this.#running, () => this.#machine?.frozenMs() ?? 0).catch(
      (error: unknown) => {
        this.#o.log.info('condor', `hand back: ${toFailure(error).sentence}`, { grid: this.#o.id });
      },
    );
  }

  /** How long that may take, in real ms. */
  handBackMs(): number {
    return (this.#pool.documents?.policy.vacateSeconds ?? 60) * 1000 + handBackMarginMs;
  }

  /** The person leaves the pool. Resolves, in any case and soon, when nothing of it runs here any more. */
  async leave(): Promise<void> {
    this.#o.store.leave(this.#o.id);
    this.#o.onChange();
    await this.handBack();
    await this.#end();
    this.machineGone();
    this.#o.onProblem(null);
  }

  /** Settings, documents or the person's wish are different: what was in the way is tried again. */
  follow(): void {
    this.#stay?.wake();
    this.#o.onChange();
  }

  /** The person acts: what failed is tried again at once. */
  retry(): void {
    this.#failures = 0;
    this.#waits = false;
    this.#broken = null;
    this.#refusal = null;
    this.#cancelPatience?.();
    this.#tell();
    this.follow();
  }

  view(): GridView {
    return gridView(this.#known());
  }

  jobs(): JobView[] {
    const pool = this.#pool;
    const all = [...this.#executions.open(), ...this.#o.store.over(this.#o.id, shownOver)];
    return all.map((execution) => jobView(execution, pool, this.#isLive));
  }

  detail(): Omit<PoolDetail, 'documents'> {
    const { membership, documents, documentsAt } = this.#pool;
    const { store, id, attributes } = this.#o;
    return {
      domain: membership.pool,
      host: membership.host,
      department: membership.department,
      tags: membership.tags,
      connected: this.#isLive ? this.#accepted : null,
      policy: documents?.policy ?? null,
      policyVersion: documents?.version ?? null,
      policyAt: documentsAt,
      tariff: documents?.tariff ?? null,
      executions: [...this.#executions.open(), ...store.over(id, shownOver)].map(executionView),
      lost: this.totals.lost,
      statements: store.statements(id).map((statement) => ({
        period: statement.period,
        from: statement.from,
        to: statement.to,
        unit: statement.unit,
        executions: statement.executions,
        bookedAt: statement.bookedAt,
        amount: statement.amount / unitScale,
        pending: statement.pending / unitScale,
      })),
      published: Object.entries(attributes()).map(([name, value]) => ({ name, value: String(value) })),
    };
  }

  /** What this computer has done for the pool. */
  get totals(): PoolTotals {
    this.#totals ??= this.#o.store.totals(this.#o.id);
    return this.#totals;
  }

  /** Lets go of the node, which runs on; resolves when nothing of it is held here any more. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#cancelPatience?.();
    await this.#end();
  }

  get #isLive(): boolean {
    return this.#look !== undefined && this.#o.machineRuns();
  }

  get #pool(): JoinedPool {
    return this.#o.store.pool(this.#o.id);
  }

  get #revoked(): boolean {
    const { documents, membership } = this.#pool;
    return documents?.policy.revoked.includes(membership.host) === true;
  }

  #isStale(expiresAt: number): boolean {
    return expiresAt < this.#o.clock.now();
  }

  async #run(machine: NodeMachine): Promise<void> {
    const halt = new Halt();
    this.#halt = halt;
    this.#machine = machine;
    this.#beganAt = this.#o.clock.monotonic();
    const wait = new UnfrozenWait(this.#o.clock, () => machine.frozenMs());
    const stay = new Stay({
      ...this.#o,
      machine,
      executions: this.#executions,
      halt,
      wait,
      secret: this.#secret,
      isOver: () => this.#handsBack || !this.hasWork(),
      onLook: (look) => {
        this.#looked(look);
      },
      onPing: (answer) => {
        this.#pinged(answer);
      },
      onStorage: (failure) => {
        this.#storage = failure;
        this.#tell();
      },
    });
    this.#stay = stay;
    this.#o.onChange();
    try {
      const end = await stay.run();
      if (end === 'handed-back') this.#machine = undefined;
    } catch (error) {
      const failure = toFailure(error);
      // The machine has its own reasons, and comes back or not.
      if (failure.code !== 'session-lost') this.#failed(failure);
      throw error;
    }
  }

  #looked(look: NodeLook): void {
    this.#look = look;
    if (look.records.length > 0) this.#totals = undefined;
    if (look.master) this.#broken = null;
    this.#tell();
    this.#o.onChange();
  }

  #pinged({ answer, words }: Answer<'ping'>): void {
    const { name } = this.#pool.membership;
    this.#accepted = answer === 'accepted';
    this.#refusal =
      answer === 'accepted'
        ? null
        : answer === 'refused'
          ? new GleanerError(
              'pool-refused',
              `${name} does not let this computer in: ${words}`.slice(0, 500),
              'Ask who administers the pool.',
            ).toFailure()
          : { code: 'grid-unreachable', sentence: `${name} cannot be reached; it is tried again.` };
    this.#tell();
    this.#o.onChange();
  }

  #failed(failure: Failure): void {
    this.#failures = this.#o.clock.monotonic() - this.#beganAt > soundMs ? 1 : this.#failures + 1;
    if (this.#failures >= toldFailures) this.#secret.value = null;
    this.#broken = failure;
    this.#waits = true;
    this.#o.log.warn('condor', failure.sentence, { grid: this.#o.id, code: failure.code });
    const ms = Math.min(longestPatienceMs, firstPatienceMs * 2 ** Math.min(10, this.#failures - 1));
    this.#cancelPatience = this.#o.clock.after(ms, () => {
      this.#waits = false;
      this.#o.onChange();
    });
    this.#tell();
  }

  #tell(): void {
    this.#o.onProblem(this.#storage ?? this.#attention);
  }

  /** What waits for somebody. */
  get #attention(): Failure | null {
    if (this.#revoked) {
      const { name } = this.#pool.membership;
      return {
        code: 'pool-revoked',
        sentence: `${name} has taken this computer’s permission back.`,
        hint: 'Leave the pool, or ask who administers it.',
      };
    }
    if (this.#broken && this.#failures >= toldFailures) return this.#broken;
    return this.#refusal?.code === 'pool-refused' ? this.#refusal : null;
  }

  #known(): Known {
    const attention = this.#attention;
    return {
      pool: this.#pool,
      open: this.#executions.open(),
      totals: this.totals,
      live: this.#isLive,
      connected: this.#accepted === true,
      handsBack: this.#handsBack && this.#running !== undefined,
      attention,
      passing: attention ? null : (this.#o.networkClosed() ?? this.#broken ?? this.#refusal ?? this.#storage),
    };
  }

  async #end(): Promise<void> {
    this.#halt.halt();
    await this.#running?.catch(() => undefined);
  }
}
