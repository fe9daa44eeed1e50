import { describe, expect, it } from 'vitest';
import type { Failure } from '../../electron/contract/failures.ts';
import { event, initialState, type MachineState } from '../../electron/vm/machine.ts';

const exited: Failure = { code: 'qemu-exited', sentence: 'QEMU ended.' };
const full: Failure = { code: 'disk-full', sentence: 'The disk is full.' };
const base = { run: 7, quick: 2 };

const states: Readonly<Record<string, MachineState>> = {
  'preparing to restore': { phase: 'preparing', restoring: true, ...base },
  'starting, held': { phase: 'starting', origin: 'held', ...base },
  'starting, used': { phase: 'starting', origin: 'used', ...base },
  running: { phase: 'running', readyAt: 1000, ...base },
  'frozen, held': { phase: 'frozen', readyAt: null, origin: 'held', ...base },
  'saving, used': { phase: 'saving', readyAt: null, origin: 'used', ...base },
  'stopping to be saved': { phase: 'stopping', then: { to: 'saved' }, ...base },
};

const named = (name: string): MachineState => {
  const state = states[name];
  if (!state) throw new Error(`no state ${name}`);
  return state;
};

describe('saved states', () => {
  const unfit: Failure = { code: 'state-unfit', sentence: 'It does not fit.' };

  it('that an earlier host left are taken up by a VM that was not started yet', () => {
    expect(event({ ...initialState }, { type: 'found', run: 0 }, 0).state.phase).toBe('saved');
    expect(event(named('running'), { type: 'found', run: 7 }, 0).state.phase).toBe('running');
  });

  it('come back held, and are used up before the guest is ready', () => {
    const prepared = event(named('preparing to restore'), { type: 'prepared', run: 7 }, 0);
    expect(prepared.state).toMatchObject({ phase: 'starting', origin: 'held' });
    const used = event(prepared.state, { type: 'consumed', run: 7 }, 0).state;
    expect(used).toMatchObject({ phase: 'starting', origin: 'used' });
    expect(event(used, { type: 'ready', run: 7 }, 5).state).toMatchObject({ phase: 'running', readyAt: 5 });
    expect(event(named('frozen, held'), { type: 'consumed', run: 7 }, 0).state).toMatchObject({
      phase: 'frozen',
      origin: 'used',
    });
  });

  it('that do not fit are forgone at once for a boot', () => {
    const step = event(named('preparing to restore'), { type: 'unprepared', run: 7, failure: unfit }, 0);
    expect(step.state).toMatchObject({ phase: 'preparing', restoring: false, run: 8 });
    expect(step.effects).toEqual([
      { type: 'forgo', failure: unfit },
      { type: 'prepare', run: 8, restoring: false },
    ]);
  });

  it('wait when it is something else that fails', () => {
    const step = event(named('preparing to restore'), { type: 'unprepared', run: 7, failure: full }, 0);
    expect(step.state).toMatchObject({ phase: 'backoff', restoring: true });
    expect(step.effects.map(({ type }) => type)).toEqual(['keep', 'wait']);
    expect(event(step.state, { type: 'waited', run: 8 }, 0).effects).toEqual([
      { type: 'prepare', run: 9, restoring: true },
    ]);
  });

  it('are tried once: a QEMU that ends with one, or finds it damaged, is followed by a boot', () => {
    const ended = event(
      named('starting, held'),
      { type: 'exited', run: 7, failure: exited, next: 'backoff' },
      0,
    );
    expect(ended.state).toMatchObject({ phase: 'preparing', restoring: false });
    expect(ended.effects.map(({ type }) => type)).toEqual(['forgo', 'prepare']);
    const bad = event(
      named('frozen, held'),
      { type: 'unusable', run: 7, failure: unfit, next: 'backoff' },
      0,
    );
    expect(bad.state).toMatchObject({ phase: 'stopping', then: { to: 'start' } });
    expect(bad.effects.map(({ type }) => type)).toEqual(['forgo', 'quit']);
  });

  it('that are used up leave an ordinary guest: its end is a failure', () => {
    const step = event(
      named('starting, used'),
      { type: 'exited', run: 7, failure: exited, next: 'backoff' },
      0,
    );
    expect(step.state).toMatchObject({ phase: 'backoff', restoring: false });
    expect(step.effects.map(({ type }) => type)).toEqual(['clean', 'wait']);
  });

  it('stay when QEMU ends as it was asked to', () => {
    const step = event(
      named('stopping to be saved'),
      { type: 'exited', run: 7, failure: exited, next: 'backoff' },
      0,
    );
    expect(step).toMatchObject({ state: { phase: 'saved' }, effects: [{ type: 'keep' }] });
  });

  it('take a guest that gets ready in the last instant', () => {
    expect(event(named('saving, used'), { type: 'ready', run: 7 }, 9).state).toMatchObject({
      phase: 'saving',
      readyAt: 9,
    });
  });
});
