import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FailureCode } from '../../electron/contract/failures.ts';
import {
  type Command,
  command,
  type Effect,
  event,
  initialState,
  type MachineEvent,
  type MachineState,
} from '../../electron/vm/machine.ts';

/** What the world does next; an act that is impossible at the moment is skipped. */
type Act =
  | { readonly do: 'command'; readonly type: Command['type'] }
  | { readonly do: 'prepare'; readonly failure: FailureCode | undefined }
  | { readonly do: 'ready' }
  | { readonly do: 'consume' }
  | { readonly do: 'next host' }
  | { readonly do: 'unusable'; readonly next: 'backoff' | 'start'; readonly code: FailureCode }
  | { readonly do: 'pause' }
  | { readonly do: 'save'; readonly works: boolean }
  | { readonly do: 'die'; readonly next: 'backoff' | 'start' }
  | { readonly do: 'quit' }
  | { readonly do: 'wait' }
  | { readonly do: 'time'; readonly ms: number };

const code = fc.constantFrom<FailureCode>(
  'qemu-exited',
  'disk-full',
  'qemu-missing',
  'session-lost',
  'isolation-leak',
  'state-unfit',
);
const next = fc.constantFrom('backoff' as const, 'start' as const);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    do: fc.constant('command' as const),
    type: fc.constantFrom<Command['type']>('start', 'stop', 'freeze', 'thaw', 'save', 'restore', 'leave'),
  }),
  fc.record({ do: fc.constant('prepare' as const), failure: fc.option(code, { nil: undefined }) }),
  fc.record({
    do: fc.constantFrom(
      'ready' as const,
      'consume' as const,
      'pause' as const,
      'quit' as const,
      'wait' as const,
      'next host' as const,
    ),
  }),
  fc.record({ do: fc.constant('unusable' as const), next, code }),
  fc.record({ do: fc.constant('save' as const), works: fc.boolean() }),
  fc.record({ do: fc.constant('die' as const), next }),
  fc.record({ do: fc.constant('time' as const), ms: fc.integer({ min: 0, max: 120_000 }) }),
);

/** A world that obeys the effects, as the supervisor does, and checks what must always hold. */
class World {
  state: MachineState = initialState;
  now = 0;
  /** Runs of the QEMUs that live: never more than one. */
  readonly alive = new Set<number>();
  /** What is prepared, and whether for a restore. */
  readonly #preparing = new Map<number, boolean>();
  /** A saved state lies whole on the disk. */
  #onDisk = false;
  /** The QEMU that lives was given a saved state which is not used up. */
  #held = false;
  #quitting = false;
  #pausing: number | undefined;
  #saving: number | undefined;
  #waiting: number | undefined;
  #restoring = false;

  command(type: Command['type']): void {
    const step = command(this.state, { type });
    if (step) this.#take(step.state, step.effects);
    else expect(type).not.toBe('stop');
  }

  perform(done: Act): void {
    const { run } = this.state;
    const [alive] = this.alive;
    switch (done.do) {
      case 'command':
        this.command(done.type);
        return;
      case 'prepare': {
        const [first] = this.#preparing.keys();
        if (first === undefined) return;
        this.#restoring = this.#preparing.get(first) ?? false;
        this.#preparing.delete(first);
        if (done.failure) this.#event({ type: 'unprepared', run: first, failure: failure(done.failure) });
        else this.#event({ type: 'prepared', run: first });
        return;
      }
      case 'consume':
        if (alive === undefined || !this.#held || !['starting', 'frozen'].includes(this.state.phase)) return;
        // Used once, and there to be used.
        expect(this.#onDisk).toBe(true);
        this.#held = false;
        this.#onDisk = false;
        this.#event({ type: 'consumed', run: alive });
        return;
      case 'next host':
        if (this.alive.size > 0 || this.#preparing.size > 0 || this.#waiting !== undefined) return;
        this.state = initialState;
        if (this.#onDisk) this.#event({ type: 'found', run: 0 });
        return;
      case 'ready':
        if (alive !== undefined && !this.#held) this.#event({ type: 'ready', run: alive });
        return;
      case 'unusable':
        if (alive !== undefined)
          this.#event({ type: 'unusable', run: alive, failure: failure(done.code), next: done.next });
        return;
      case 'pause':
        if (this.#pausing === undefined) return;
        this.#pausing = undefined;
        this.#event({ type: 'paused', run });
        return;
      case 'save':
        if (this.#saving === undefined) return;
        this.#saving = undefined;
        if (done.works) this.#onDisk = true;
        if (done.works) this.#event({ type: 'saved', run });
        else this.#event({ type: 'unsaved', run, failure: failure('state-unavailable') });
        return;
      case 'die':
        if (alive !== undefined) this.#exit(alive, done.next);
        return;
      case 'quit':
        if (alive !== undefined && this.#quitting) this.#exit(alive, 'backoff');
        return;
      case 'wait': {
        const waiting = this.#waiting;
        this.#waiting = undefined;
        if (waiting !== undefined) this.#event({ type: 'waited', run: waiting });
        return;
      }
      case 'time':
        this.now += done.ms;
    }
  }

  /** Something is under way that will bring the next event, or the state is one to rest in. */
  hasAWayOn(): boolean {
    switch (this.state.phase) {
      case 'stopped':
      case 'failed':
        return this.alive.size === 0 && !this.#onDisk;
      case 'saved':
        return this.alive.size === 0 && this.#onDisk;
      case 'preparing':
        return this.#preparing.has(this.state.run);
      case 'starting':
      case 'running':
      case 'frozen':
        return this.alive.has(this.state.run);
      case 'freezing':
        return this.alive.has(this.state.run) && this.#pausing !== undefined;
      case 'saving':
        return this.alive.has(this.state.run) && this.#saving !== undefined;
      case 'stopping':
        return this.alive.has(this.state.run) && this.#quitting;
      case 'backoff':
        return this.#waiting === this.state.run;
    }
  }

  #exit(run: number, after: 'backoff' | 'start'): void {
    this.alive.delete(run);
    this.#quitting = false;
    this.#pausing = undefined;
    this.#saving = undefined;
    this.#held = false;
    this.#event({ type: 'exited', run, failure: failure('qemu-exited'), next: after });
  }

  #event(happened: MachineEvent): void {
    const step = event(this.state, happened, this.now);
    this.#take(step.state, step.effects);
  }

  #take(state: MachineState, effects: readonly Effect[]): void {
    this.state = state;
    for (const effect of effects) {
      switch (effect.type) {
        case 'prepare':
          if (effect.restoring) expect(this.#onDisk).toBe(true);
          // Disks are made anew.
          else this.#onDisk = false;
          this.#preparing.set(effect.run, effect.restoring);
          break;
        case 'launch':
          this.alive.add(effect.run);
          this.#held = this.#restoring;
          expect([...this.alive]).toHaveLength(1);
          break;
        case 'pause':
          this.#pausing = effect.run;
          break;
        case 'resume':
          // Never runs on beside a saved state of itself, unless that is to be used up first.
          expect(this.#onDisk && !this.#held).toBe(false);
          this.#pausing = undefined;
          break;
        case 'save':
          this.#saving = effect.run;
          break;
        case 'cancel-save':
          expect(this.alive.size).toBe(1);
          this.#saving = undefined;
          this.#onDisk = false;
          break;
        case 'forgo':
          this.#onDisk = false;
          break;
        case 'keep':
          expect(this.alive.size).toBe(0);
          expect(this.#onDisk).toBe(true);
          break;
        case 'quit':
          expect(this.alive.has(effect.run)).toBe(true);
          this.#quitting = true;
          break;
        case 'wait':
          expect(this.#waiting).toBeUndefined();
          this.#waiting = effect.run;
          break;
        case 'cancel-wait':
          this.#waiting = undefined;
          break;
        case 'clean':
          // Disks never go while a QEMU has them open.
          expect(this.alive.size).toBe(0);
          this.#onDisk = false;
      }
    }
  }
}

const failure = (why: FailureCode): { code: FailureCode; sentence: string } => ({ code: why, sentence: why });

it('never runs two QEMUs, never sticks, and always ends in stopped when asked', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const world = new World();
      for (const done of acts) {
        world.perform(done);
        expect(world.hasAWayOn(), `stuck in ${world.state.phase}`).toBe(true);
      }
      world.command('stop');
      world.perform({ do: 'quit' });
      expect(world.state.phase).toBe('stopped');
      expect(world.alive.size).toBe(0);
    }),
    { numRuns: 2000 },
  );
});

it('gets to running again from wherever it was stopped', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const world = new World();
      for (const done of acts) world.perform(done);
      world.command('stop');
      world.perform({ do: 'quit' });
      world.command('start');
      for (let turn = 0; turn < 50 && world.state.phase === 'preparing'; turn += 1)
        world.perform({ do: 'prepare', failure: undefined });
      world.perform({ do: 'consume' });
      world.perform({ do: 'ready' });
      expect(world.state.phase).toBe('running');
    }),
    { numRuns: 500 },
  );
});
