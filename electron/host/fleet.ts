import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Allowance,
  GleanerError,
  plainly,
  type Settings,
  toFailure,
  type VmPhase,
} from '../contract/index.ts';
import { arbitrate, type Contender, divide, type Turns } from '../grid/arbiter.ts';
import { charged, type UsageWindow } from '../grid/usage.ts';
import type { Lane } from './lane.ts';
import type { Problems } from './problems.ts';

const minuteMs = 60_000;
const quantumMs = 60 * minuteMs;
const patienceMs = 6 * 60 * minuteMs;
/** A VM that keeps its memory so long, although it has lost its turn, cannot be saved. Saving takes a minute or two. */
const stuckMs = 5 * minuteMs;
/** How often CPU time is read while a VM may use some. */
const sampleMs = minuteMs;
/** Of a longer time between two looks, the computer slept through the rest. */
const longestMs = 2 * sampleMs;

const withoutMemory: ReadonlySet<VmPhase> = new Set(['stopped', 'preparing', 'saved', 'backoff', 'failed']);

export interface FleetOptions {
  readonly policy: () => Allowance;
  readonly settings: () => Settings;
  readonly usage: UsageWindow;
  readonly problems: Problems;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is said of a lane that has no turn. */
export const anothersTurn: Pick<Allowance, 'reason' | 'reasons'> = {
  reason: 'It is another grid’s turn.',
  reasons: [
    {
      code: 'turn',
      words: 'it is another grid’s turn',
      said: plainly('reason.turn'),
      lingers: false,
      source: 'built-in',
      share: 0,
    },
  ],
};

interface Turn {
  /** Monotonic ms since which it has its turn; null: it has none. */
  turnSince: number | null;
  /** Monotonic ms since which it wants without having one; null: it does not want, or has one. */
  wantsSince: number | null;
  /** QEMU's CPU time at the last look. */
  cpuMs: number;
  /** How long it could have run since it was joined, or since this host began, in ms. */
  goneMs: number;
}

/** All lanes: who of them has a turn, and what it may use of what the policy allows. */
export class Fleet implements Disposable {
  readonly #o: FleetOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #turns = new Map<string, Turn>();
  /** Who may go, and its part of what the policy grants, 0…1. */
  #go: ReadonlyMap<string, number> = new Map();
  /** What the policy grants those that may go, since the last turn; null: nothing. */
  #granted: Allowance | null = null;
  /** Monotonic ms since which one has its turn and no memory for it; null: none. */
  #blockedSince: number | null = null;
  /** Monotonic ms until which nothing is expected of whoever holds memory. */
  #stuckUntil = 0;
  #cancelSample: (() => void) | undefined;
  #again = false;
  #sampledAt: number;
  #disposed = false;

  constructor(o: FleetOptions) {
    this.#o = o;
    this.#sampledAt = o.clock.monotonic();
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  add(lane: Lane): void {
    this.#lanes.set(lane.id, lane);
    this.#turns.set(lane.id, { turnSince: null, wantsSince: null, cpuMs: 0, goneMs: 0 });
  }

  /** The lane is over: its VM has ended. */
  remove(id: string): void {
    this.#lanes.delete(id);
    this.#turns.delete(id);
  }

  /** Throws `not-joined`. */
  lane(id: string): Lane {
    const lane = this.#lanes.get(id);
    if (lane) return lane;
    throw new GleanerError('not-joined', `There is no grid ${id}.`, 'See: gleaner grids list');
  }

  /** Looks at everything once and does the next thing; giving back waits for nothing. */
  turn(): void {
    if (this.#disposed) return;
    const allowance = this.#o.policy();
    if (allowance.run) this.#arbitrate(allowance);
    for (const lane of this.#lanes.values()) {
      try {
        lane.contribution.turn();
      } catch (error) {
        // What is wrong with one must not keep the others from giving back.
        this.#o.log.warn('fleet', toFailure(error).sentence, { grid: lane.id });
      }
    }
    // After giving back, which waits for nothing.
    if (!allowance.run) this.#stand();
  }

  /** A turn right after what goes on now; many askings are one. */
  turnSoon(): void {
    if (this.#again) return;
    this.#again = true;
    queueMicrotask(() => {
      this.#again = false;
      this.turn();
    });
  }

  /** What this lane may use now. */
  decide(id: string): Allowance {
    const allowance = this.#o.policy();
    const part = this.#go.get(id);
    if (part !== undefined) return { ...allowance, share: allowance.share * part };
    if (!allowance.run) return { ...allowance, rung: allowance.rung === 'off' ? 'off' : 'saved' };
    return {
      ...allowance,
      run: false,
      rung: 'saved',
      share: 0,
      ...anothersTurn,
    };
  }

  /** Resolves when no VM is about to stand still. */
  async settled(): Promise<void> {
    await Promise.all(this.lanes.map(({ contribution }) => contribution.settled()));
  }

  /** How long saving what stands still would take, in ms, one after the other; null: nothing would be worth it. */
  saveMs(): number | null {
    const times = this.lanes.map(({ contribution }) => contribution.saveMs()).filter((ms) => ms !== null);
    return times.length === 0 ? null : times.reduce((sum, ms) => sum + ms, 0);
  }

  /** Saves what stands still, one after the other. Rejects with the first failure when all were tried. */
  async save(): Promise<void> {
    const failures: Error[] = [];
    for (const { id, contribution } of this.lanes) {
      if (contribution.saveMs() === null) continue;
      try {
        await contribution.save();
      } catch (error) {
        this.#o.log.warn('fleet', `not saved: ${toFailure(error).sentence}`, { grid: id });
        failures.push(error instanceof Error ? error : new Error(String(error)));
      }
    }
    if (failures[0]) throw failures[0];
  }

  async keepProgress(ms: number): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.keepProgress(ms)));
  }

  /** CPU time of all VMs that live, in ms. */
  cpuMs(): number {
    return this.lanes.reduce((sum, { vm }) => sum + vm.cpuMs(), 0);
  }

  dispose(): void {
    this.#disposed = true;
    this.#cancelSample?.();
    this.#sample();
    this.#write();
  }

  /** Nobody may run: what the turns were charged until now is all. */
  #stand(): void {
    this.#blockedSince = null;
    if (!this.#granted) return;
    this.#sample();
    this.#granted = null;
  }

  #arbitrate(allowance: Allowance): void {
    const { clock, settings } = this.#o;
    const now = clock.monotonic();
    this.#sample();
    const values = settings();
    const contenders = this.lanes.map((lane) => this.#contender(lane, now));
    const bounds = {
      maxRunning: values['vm.maxRunning'],
      memoryBytes: values['vm.memoryTotalBytes'],
      now: clock.now() + quantumMs,
      quantumMs,
      patienceMs,
    };
    let turns = arbitrate(contenders, { ...bounds, memoryIsStuck: now < this.#stuckUntil });
    if (this.#getsStuck(turns, now)) {
      this.#stuckUntil = now + quantumMs;
      turns = arbitrate(contenders, { ...bounds, memoryIsStuck: true });
    }
    const { turn, go } = turns;
    this.#go = divide(contenders.filter(({ id }) => go.has(id)));
    this.#granted = allowance;
    for (const [id, state] of this.#turns) {
      if (turn.has(id)) {
        state.turnSince ??= now;
        state.wantsSince = null;
      } else {
        state.turnSince = null;
        state.wantsSince = this.#wants(this.lane(id)) ? (state.wantsSince ?? now) : null;
      }
    }
    this.#tellMemory(turn);
    if (turn.size > 0) this.#watch();
  }

  /**
   * Whether one waits in vain for the memory of another that stands still and could run on: that one goes on, for a
   * quantum, rather than none of them.
   */
  #getsStuck({ turn, go }: Turns, now: number): boolean {
    const isBlocked = [...turn].some((id) => !go.has(id));
    this.#blockedSince = isBlocked ? (this.#blockedSince ?? now) : null;
    if (this.#blockedSince === null || now - this.#blockedSince < stuckMs) return false;
    return this.lanes.some(
      (lane) => !turn.has(lane.id) && lane.vm.vm.status().phase === 'frozen' && this.#wants(lane),
    );
  }

  #contender(lane: Lane, now: number): Contender {
    const state = this.#turns.get(lane.id);
    const holdsMemory = !withoutMemory.has(lane.vm.vm.status().phase);
    return {
      id: lane.id,
      share: lane.share(),
      wants: this.#wants(lane),
      used: this.#o.usage.seconds(lane.id),
      memoryBytes: this.#memoryOf(lane),
      holdsMemory,
      turnMs: state?.turnSince == null ? null : now - state.turnSince,
      waitedMs: state?.wantsSince == null ? 0 : now - state.wantsSince,
      // One that cannot be attached is not waited for for ever.
      isNew: lane.isNew() && (state?.goneMs ?? 0) < quantumMs,
      latestStartAt: lane.latestStartAt(),
    };
  }

  /** What it takes, or took when it was saved; else what the next boot would take. */
  #memoryOf({ vm }: Lane): number {
    const { phase, memoryBytes } = vm.vm.status();
    return withoutMemory.has(phase) && phase !== 'saved' ? vm.shape().memoryBytes : memoryBytes;
  }

  /**
   * One that is about to end keeps its turn, so that it ends in order. One that failed for good, or leaks, waits for the
   * person, and lets others work.
   */
  #wants(lane: Lane): boolean {
    const { phase } = lane.vm.vm.status();
    if (lane.contribution.isRefused) return false;
    return lane.hasWork() || lane.contribution.working || phase === 'running' || phase === 'stopping';
  }

  #tellMemory(turn: ReadonlySet<string>): void {
    const { problems, settings } = this.#o;
    const limit = settings()['vm.memoryTotalBytes'];
    const tooBig = this.lanes.some((lane) => lane.hasWork() && this.#memoryOf(lane) > limit);
    problems.set(
      'memory',
      tooBig && turn.size === 0
        ? {
            code: 'resources-unavailable',
            sentence: 'No virtual machine may run: one needs more memory than all together may have.',
            hint: 'Raise vm.memoryTotalBytes, or lower vm.memoryBytes.',
          }
        : null,
    );
  }

  /** Reads what each VM has used since the last look, and charges it. */
  #sample(): void {
    const now = this.#o.clock.monotonic();
    const passed = Math.min(now - this.#sampledAt, longestMs);
    this.#sampledAt = now;
    for (const [id, lane] of this.#lanes) {
      const state = this.#turns.get(id);
      if (!state) continue;
      this.#o.usage.add(id, charged(used(state, lane.vm.cpuMs()), this.#grantedMs(id, passed)));
      if (this.#granted && this.#go.has(id)) state.goneMs += passed;
    }
  }

  /** CPU time that the lane could have used in so many ms, in ms. */
  #grantedMs(id: string, ms: number): number {
    const { share, vcpus } = this.#granted ?? { share: 0, vcpus: 0 };
    return ms * share * vcpus * (this.#go.get(id) ?? 0);
  }

  #write(): void {
    try {
      this.#o.usage.flush();
    } catch (error) {
      // Of use to fairness only: tried again with the next minute.
      this.#o.log.warn('fleet', `not written down: ${toFailure(error).sentence}`);
    }
  }

  /** Turns end by time, too; looked at only while somebody has one. */
  #watch(): void {
    this.#cancelSample ??= this.#o.clock.after(sampleMs, () => {
      this.#cancelSample = undefined;
      this.turn();
      this.#write();
    });
  }
}

/** What a VM has used since the last look, in ms; 0 without a QEMU, of which there is nothing to read. */
function used(state: Turn, cpuMs: number): number {
  if (cpuMs === 0) return 0;
  // A new QEMU begins at 0.
  const since = cpuMs < state.cpuMs ? cpuMs : cpuMs - state.cpuMs;
  state.cpuMs = cpuMs;
  return since;
}
