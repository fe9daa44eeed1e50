import { describe, expect, it, test } from 'vitest';
import type { Failure } from '../../electron/contract/failures.ts';
import { vmPhases } from '../../electron/contract/snapshot.ts';
import {
  type Command,
  command,
  event,
  healthyMs,
  initialState,
  type MachineState,
  maxQuickFailures,
} from '../../electron/vm/machine.ts';

const exited: Failure = { code: 'qemu-exited', sentence: 'QEMU ended.' };
const full: Failure = { code: 'disk-full', sentence: 'The disk is full.' };
const missing: Failure = { code: 'qemu-missing', sentence: 'No QEMU.' };
const base = { run: 7, quick: 2 };

/** Every state, the ones with inner differences more than once. */
const states: Readonly<Record<string, MachineState>> = {
  stopped: { phase: 'stopped', ...base },
  preparing: { phase: 'preparing', restoring: false, ...base },
  'preparing to restore': { phase: 'preparing', restoring: true, ...base },
  starting: { phase: 'starting', origin: 'boot', ...base },
  'starting, held': { phase: 'starting', origin: 'held', ...base },
  'starting, used': { phase: 'starting', origin: 'used', ...base },
  running: { phase: 'running', readyAt: 1000, ...base },
  freezing: { phase: 'freezing', readyAt: 1000, origin: 'boot', ...base },
  'freezing in boot': { phase: 'freezing', readyAt: null, origin: 'boot', ...base },
  'freezing, held': { phase: 'freezing', readyAt: null, origin: 'held', ...base },
  frozen: { phase: 'frozen', readyAt: 1000, origin: 'boot', ...base },
  'frozen in boot': { phase: 'frozen', readyAt: null, origin: 'boot', ...base },
  'frozen, held': { phase: 'frozen', readyAt: null, origin: 'held', ...base },
  'frozen, used': { phase: 'frozen', readyAt: null, origin: 'used', ...base },
  saving: { phase: 'saving', readyAt: 1000, origin: 'boot', ...base },
  'saving, used': { phase: 'saving', readyAt: null, origin: 'used', ...base },
  saved: { phase: 'saved', ...base },
  'stopping for good': { phase: 'stopping', then: { to: 'stopped' }, ...base },
  'stopping to start': { phase: 'stopping', then: { to: 'start' }, ...base },
  'stopping to back off': { phase: 'stopping', then: { to: 'backoff', failure: exited }, ...base },
  'stopping to be saved': { phase: 'stopping', then: { to: 'saved' }, ...base },
  'stopping to fail': { phase: 'stopping', then: { to: 'failed', failure: exited }, ...base },
  backoff: { phase: 'backoff', attempt: 2, until: 5000, failure: exited, restoring: false, ...base },
  'backoff to restore': {
    phase: 'backoff',
    attempt: 2,
    until: 5000,
    failure: exited,
    restoring: true,
    ...base,
  },
  failed: { phase: 'failed', failure: exited, ...base },
};

type Expected = 'wrong-phase' | readonly [phase: string, ...effects: string[]];
const commands = ['start', 'stop', 'freeze', 'thaw', 'save', 'restore', 'leave'] as const;

const no = 'wrong-phase';
/** state → what each of the commands leads to: the phase (and then), then the effects. */
const table: Readonly<Record<string, readonly Expected[]>> = {
  stopped: [['preparing', 'prepare'], ['stopped'], no, no, no, no, ['stopped']],
  preparing: [['preparing'], ['stopped', 'clean'], no, no, no, no, ['stopped', 'clean']],
  'preparing to restore': [
    ['preparing'],
    ['stopped', 'clean'],
    ['saved', 'keep'],
    no,
    no,
    no,
    ['saved', 'keep'],
  ],
  starting: [
    ['starting'],
    ['stopping stopped', 'quit'],
    ['freezing', 'pause'],
    ['starting'],
    no,
    no,
    ['stopping stopped', 'quit'],
  ],
  'starting, held': [
    ['starting'],
    ['stopping stopped', 'quit'],
    ['freezing', 'pause'],
    ['starting'],
    no,
    no,
    ['stopping saved', 'quit'],
  ],
  'starting, used': [
    ['starting'],
    ['stopping stopped', 'quit'],
    ['freezing', 'pause'],
    ['starting'],
    no,
    no,
    ['stopping stopped', 'quit'],
  ],
  running: [
    ['running'],
    ['stopping stopped', 'quit'],
    ['freezing', 'pause'],
    ['running'],
    no,
    no,
    ['stopping stopped', 'quit'],
  ],
  freezing: [
    ['freezing'],
    ['stopping stopped', 'quit'],
    ['freezing'],
    ['running', 'resume'],
    no,
    no,
    ['stopping stopped', 'quit'],
  ],
  'freezing in boot': [
    ['freezing'],
    ['stopping stopped', 'quit'],
    ['freezing'],
    ['starting', 'resume'],
    no,
    no,
    ['stopping stopped', 'quit'],
  ],
  'freezing, held': [
    ['freezing'],
    ['stopping stopped', 'quit'],
    ['freezing'],
    ['starting', 'resume'],
    no,
    no,
    ['stopping saved', 'quit'],
  ],
  frozen: [
    ['frozen'],
    ['stopping stopped', 'quit'],
    ['frozen'],
    ['running', 'resume'],
    ['saving', 'save'],
    no,
    ['stopping stopped', 'quit'],
  ],
  'frozen in boot': [
    ['frozen'],
    ['stopping stopped', 'quit'],
    ['frozen'],
    ['starting', 'resume'],
    no,
    no,
    ['stopping stopped', 'quit'],
  ],
  'frozen, held': [
    ['frozen'],
    ['stopping stopped', 'quit'],
    ['frozen'],
    ['starting', 'resume'],
    ['stopping saved', 'quit'],
    no,
    ['stopping saved', 'quit'],
  ],
  'frozen, used': [
    ['frozen'],
    ['stopping stopped', 'quit'],
    ['frozen'],
    ['starting', 'resume'],
    ['saving', 'save'],
    no,
    ['stopping stopped', 'quit'],
  ],
  saving: [
    no,
    ['stopping stopped', 'quit'],
    ['saving'],
    ['running', 'cancel-save', 'resume'],
    ['saving'],
    no,
    ['stopping stopped', 'quit'],
  ],
  'saving, used': [
    no,
    ['stopping stopped', 'quit'],
    ['saving'],
    ['starting', 'cancel-save', 'resume'],
    ['saving'],
    no,
    ['stopping stopped', 'quit'],
  ],
  saved: [['preparing', 'prepare'], ['stopped', 'clean'], no, no, no, ['preparing', 'prepare'], ['saved']],
  'stopping for good': [['stopping start'], ['stopping stopped'], no, no, no, no, ['stopping stopped']],
  'stopping to start': [['stopping start'], ['stopping stopped'], no, no, no, no, ['stopping stopped']],
  'stopping to back off': [['stopping backoff'], ['stopping stopped'], no, no, no, no, ['stopping stopped']],
  'stopping to be saved': [no, ['stopping stopped'], no, no, no, no, ['stopping saved']],
  'stopping to fail': [['stopping start'], ['stopping stopped'], no, no, no, no, ['stopping stopped']],
  backoff: [
    ['backoff'],
    ['stopped', 'cancel-wait', 'clean'],
    no,
    no,
    no,
    no,
    ['stopped', 'cancel-wait', 'clean'],
  ],
  'backoff to restore': [
    ['backoff'],
    ['stopped', 'cancel-wait', 'clean'],
    ['saved', 'cancel-wait', 'keep'],
    no,
    no,
    no,
    ['saved', 'cancel-wait', 'keep'],
  ],
  failed: [['preparing', 'prepare'], ['stopped', 'clean'], no, no, no, no, ['stopped', 'clean']],
};

function outcome(state: MachineState, type: Command['type']): Expected {
  const step = command(state, { type });
  if (!step) return 'wrong-phase';
  const { state: to, effects } = step;
  const phase = to.phase === 'stopping' ? `stopping ${to.then.to}` : to.phase;
  return [phase, ...effects.map((effect) => effect.type)];
}

const named = (name: string): MachineState => {
  const state = states[name];
  if (!state) throw new Error(`no state ${name}`);
  return state;
};

describe('every state × command', () => {
  it('covers every phase', () => {
    expect(new Set(Object.values(states).map(({ phase }) => phase))).toEqual(new Set(vmPhases));
    expect(Object.keys(table)).toEqual(Object.keys(states));
  });

  const cells = Object.entries(table).flatMap(([name, row]) =>
    commands.map((type, index) => [name, type, row[index]] as const),
  );
  test.each(cells)('%s × %s', (name, type, expected) => {
    expect(outcome(named(name), type)).toEqual(expected);
  });
});

describe('what follows a stop', () => {
  const after = (name: string, ...types: Command['type'][]): MachineState => {
    let state = named(name);
    for (const type of types) state = command(state, { type })?.state ?? state;
    return event(state, { type: 'exited', run: state.run, failure: exited, next: 'backoff' }, 9000).state;
  };

  it('is a start when one was asked meanwhile', () => {
    expect(after('running', 'stop', 'start').phase).toBe('preparing');
    expect(after('stopping to fail', 'start')).toMatchObject({ phase: 'preparing', quick: 0 });
  });

  it('is rest when the stop came last: it beats a pending start', () => {
    expect(after('running', 'stop', 'start', 'stop').phase).toBe('stopped');
    expect(after('stopping to start', 'stop').phase).toBe('stopped');
    expect(after('stopping to back off', 'stop').phase).toBe('stopped');
    expect(after('stopping to be saved', 'stop').phase).toBe('stopped');
  });

  it('is what the failure led to otherwise', () => {
    expect(after('stopping to be saved').phase).toBe('saved');
    expect(after('stopping to fail')).toMatchObject({ phase: 'failed', failure: exited });
    expect(after('stopping to back off')).toMatchObject({ phase: 'backoff', attempt: 2, until: 9000 + 2000 });
  });
});

describe('failures', () => {
  it('are retried with a growing wait and given up after five quick ones', () => {
    let state: MachineState = { ...initialState };
    const waits: number[] = [];
    state = command(state, { type: 'start' })?.state ?? state;
    for (let now = 0; state.phase !== 'failed'; now += 1000) {
      state = event(state, { type: 'prepared', run: state.run }, now).state;
      state = event(state, { type: 'exited', run: state.run, failure: exited, next: 'backoff' }, now).state;
      if (state.phase !== 'backoff') break;
      waits.push(state.until - now);
      state = event(state, { type: 'waited', run: state.run }, now).state;
    }
    expect(state).toMatchObject({ phase: 'failed', failure: exited });
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
    expect(waits).toHaveLength(maxQuickFailures - 1);
  });

  it('count anew after a minute of health', () => {
    const end = (now: number): MachineState =>
      event(named('running'), { type: 'exited', run: 7, failure: exited, next: 'backoff' }, now).state;
    expect(end(1000 + healthyMs - 1)).toMatchObject({ phase: 'backoff', quick: 3 });
    expect(end(1000 + healthyMs)).toMatchObject({ phase: 'backoff', quick: 1 });
  });

  it('that only a person can mend are final at once', () => {
    const step = event(named('preparing'), { type: 'unprepared', run: 7, failure: missing }, 0);
    expect(step.state).toMatchObject({ phase: 'failed', failure: missing });
  });

  it('of a full disk are retried for ever', () => {
    let state = named('preparing');
    for (let turn = 0; turn < 50; turn += 1) {
      state = event(state, { type: 'unprepared', run: state.run, failure: full }, turn).state;
      expect(state.phase).toBe('backoff');
      state = event(state, { type: 'waited', run: state.run }, turn).state;
    }
  });

  it('of one accelerator lead to the next at once and count for nothing', () => {
    const died = event(named('starting'), { type: 'exited', run: 7, failure: exited, next: 'start' }, 0);
    expect(died.state).toMatchObject({ phase: 'preparing', quick: 2, run: 8 });
    const hung = event(named('starting'), { type: 'unusable', run: 7, failure: exited, next: 'start' }, 0);
    expect(hung.state).toMatchObject({ phase: 'stopping', then: { to: 'start' } });
    expect(hung.effects).toEqual([{ type: 'quit', run: 7 }]);
  });
});

describe('events', () => {
  it('of another run change nothing', () => {
    for (const state of Object.values(states)) {
      const stale = { type: 'exited', run: state.run - 1, failure: exited, next: 'backoff' } as const;
      expect(event(state, stale, 0)).toEqual({ state, effects: [] });
    }
  });

  it('make a guest ready that was frozen while it booted', () => {
    const frozen = event(named('frozen in boot'), { type: 'ready', run: 7 }, 3000).state;
    expect(frozen).toMatchObject({ phase: 'frozen', readyAt: 3000 });
    expect(command(frozen, { type: 'thaw' })?.state.phase).toBe('running');
  });

  it('bring a save that failed back to frozen, and one that worked to saved', () => {
    expect(event(named('saving'), { type: 'unsaved', run: 7, failure: full }, 0).state.phase).toBe('frozen');
    const saved = event(named('saving'), { type: 'saved', run: 7 }, 0).state;
    expect(saved).toMatchObject({ phase: 'stopping', then: { to: 'saved' } });
  });
});
