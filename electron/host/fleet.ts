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
import { arbitrate, type Contender } from '../grid/arbiter.ts';
import type { UsageWindow } from '../grid/usage.ts';
import type { Lane } from './lane.ts';
import type { Problems } from './problems.ts';

const minuteMs = 60_000;
const quantumMs = 60 * minuteMs;
const patienceMs = 6 * 60 * minuteMs;
/** How often CPU time is read while a VM may use some. */
const sampleMs = minuteMs;

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
}

/** All lanes: who of them has a turn, and what it may use of what the policy allows. */
export class Fleet implements Disposable {
  readonly #o: FleetOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #turns = new Map<string, Turn>();
  #go: ReadonlySet<string> = new Set();
  #cancelSample: (() => void) | undefined;
  #again = false;
  #chargedAt: number;
  #disposed = false;

  constructor(o: FleetOptions) {
    this.#o = o;
    this.#chargedAt = o.clock.monotonic();
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()];
  }

  add(lane: Lane): void {
    this.#lanes.set(lane.id, lane);
    this.#turns.set(lane.id, { turnSince: null, wantsSince: null, cpuMs: 0 });
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
    if (this.#o.policy().run) this.#arbitrate();
    for (const lane of this.#lanes.values()) {
      try {
        lane.contribution.turn();
      } catch (error) {
        // What is wrong with one must not keep the others from giving back.
        this.#o.log.warn('fleet', toFailure(error).sentence, { grid: lane.id });
      }
    }
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
    if (this.#go.has(id)) {
      return this.#go.size > 1 ? { ...allowance, share: allowance.share / this.#go.size } : allowance;
    }
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

  async save(): Promise<void> {
    for (const { contribution } of this.lanes) if (contribution.saveMs() !== null) await contribution.save();
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

  #arbitrate(): void {
    const { clock, settings } = this.#o;
    const now = clock.monotonic();
    this.#sample();
    const values = settings();
    const { turn, go } = arbitrate(
      this.lanes.map((lane) => this.#contender(lane, now)),
      {
        maxRunning: values['vm.maxRunning'],
        memoryBytes: values['vm.memoryTotalBytes'],
        now: clock.now() + quantumMs,
        quantumMs,
        patienceMs,
      },
    );
    this.#go = go;
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
    this.#watch();
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
      isNew: lane.isNew(),
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

  /** Reads what each VM has used since the last look. */
  #sample(): void {
    for (const [id, lane] of this.#lanes) {
      const state = this.#turns.get(id);
      const cpuMs = lane.vm.cpuMs();
      // Without a QEMU there is nothing to read.
      if (!state || cpuMs === state.cpuMs || cpuMs === 0) continue;
      // A new QEMU begins at 0.
      this.#o.usage.add(id, cpuMs < state.cpuMs ? cpuMs : cpuMs - state.cpuMs);
      state.cpuMs = cpuMs;
    }
    this.#charge();
  }

  /** A turn in which a VM does not come up is used, too: else it would be the least served for ever. */
  #charge(): void {
    const now = this.#o.clock.monotonic();
    const passed = now - this.#chargedAt;
    this.#chargedAt = now;
    for (const id of this.#go) {
      const phase = this.#lanes.get(id)?.vm.vm.status().phase;
      if (phase === 'backoff' || phase === 'preparing') this.#o.usage.add(id, passed);
    }
  }

  #write(): void {
    try {
      this.#o.usage.flush();
    } catch (error) {
      // Of use to fairness only: tried again with the next minute.
      this.#o.log.warn('fleet', `not written down: ${toFailure(error).sentence}`);
    }
  }

  /** Turns end by time, too; looked at only while somebody runs. */
  #watch(): void {
    if (this.#go.size === 0 || this.#cancelSample) return;
    this.#cancelSample = this.#o.clock.after(sampleMs, () => {
      this.#cancelSample = undefined;
      this.turn();
      this.#write();
    });
  }
}
