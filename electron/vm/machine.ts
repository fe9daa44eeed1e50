import { backoffMs } from '../base/backoff.ts';
import type { Failure, FailureCode } from '../contract/failures.ts';

/** What follows once QEMU is gone. */
export type Then =
  | { readonly to: 'stopped' }
  | { readonly to: 'start' }
  | { readonly to: 'backoff'; readonly failure: Failure }
  | { readonly to: 'saved' }
  | { readonly to: 'failed'; readonly failure: Failure };

type Phase =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'preparing'; readonly restoring: boolean }
  | { readonly phase: 'starting' }
  | { readonly phase: 'running'; readonly readyAt: number }
  /** `readyAt` is null when the guest was frozen before it was ready. */
  | { readonly phase: 'freezing'; readonly readyAt: number | null }
  | { readonly phase: 'frozen'; readonly readyAt: number | null }
  | { readonly phase: 'saving'; readonly readyAt: number }
  | { readonly phase: 'saved' }
  | { readonly phase: 'stopping'; readonly then: Then }
  | {
      readonly phase: 'backoff';
      readonly attempt: number;
      readonly until: number;
      readonly failure: Failure;
    }
  | { readonly phase: 'failed'; readonly failure: Failure };

/**
 * The whole state of one VM's life. `run` counts the QEMUs (and preparations of one) so that late events of an
 * earlier one are told apart; `quick` counts failures since the VM was last healthy. Nothing of it is persisted.
 */
export type MachineState = Phase & { readonly run: number; readonly quick: number };

export type Command =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'freeze' }
  | { readonly type: 'thaw' }
  | { readonly type: 'save' }
  | { readonly type: 'restore' };

/** After a failure: try again in a while, or at once because another accelerator is to be tried. */
export type Next = 'backoff' | 'start';

/** What the effects report; each names its run. */
export type MachineEvent = { readonly run: number } & (
  | { readonly type: 'prepared' }
  | { readonly type: 'unprepared'; readonly failure: Failure }
  | { readonly type: 'ready' }
  /** QEMU lives but its guest is of no use: not ready in time, or its session is lost for good. */
  | { readonly type: 'unusable'; readonly failure: Failure; readonly next: Next }
  | { readonly type: 'paused' }
  /** QEMU and its wrapper are gone. */
  | { readonly type: 'exited'; readonly failure: Failure; readonly next: Next }
  | { readonly type: 'waited' }
  | { readonly type: 'saved' }
  | { readonly type: 'unsaved'; readonly failure: Failure }
);

/** What the shell around the reducer has to do, in order. */
export type Effect =
  | { readonly type: 'prepare'; readonly run: number; readonly restoring: boolean }
  | { readonly type: 'launch'; readonly run: number }
  | { readonly type: 'pause'; readonly run: number }
  | { readonly type: 'resume'; readonly run: number }
  | { readonly type: 'save'; readonly run: number }
  /** Ask, wait, kill; the `exited` event follows. */
  | { readonly type: 'quit'; readonly run: number }
  | { readonly type: 'wait'; readonly run: number; readonly ms: number }
  | { readonly type: 'cancel-wait' }
  /** No QEMU is left: its disks go. */
  | { readonly type: 'clean' };

export interface Step {
  readonly state: MachineState;
  readonly effects: readonly Effect[];
}

/** A VM that lived this long after being ready was healthy: its next failure counts as the first again. In ms. */
export const healthyMs = 60_000;
/** So many failures in a row without health, and the VM is given up until somebody starts it anew. */
export const maxQuickFailures = 5;

export const initialState: MachineState = { phase: 'stopped', run: 0, quick: 0 };

/** Failures that waiting does not mend: a person has to do something. */
const finalCodes: readonly FailureCode[] = [
  'qemu-missing',
  'qemu-too-old',
  'isolation-unavailable',
  'isolation-leak',
  'image-missing',
  'image-damaged',
  'image-build-failed',
  'platform-not-ready',
  'accelerator-unusable',
];
/** Failures that mend themselves one day, so that trying goes on, seldom. */
const patientCodes: readonly FailureCode[] = ['disk-full'];

const same = (state: MachineState): Step => ({ state, effects: [] });

/**
 * Takes one command. Pure. Undefined means: not in this phase (`wrong-phase`). A command that asks for what is
 * already so, or already under way, changes nothing. A stop is right in every phase and beats a pending start.
 */
export function command(state: MachineState, asked: Command): Step | undefined {
  switch (asked.type) {
    case 'start':
      return start(state);
    case 'stop':
      return stop(state);
    case 'freeze':
      return freeze(state);
    case 'thaw':
      return thaw(state);
    case 'save':
      return save(state);
    case 'restore':
      return state.phase === 'saved' ? prepare(state, 0, true) : undefined;
  }
}

/** Takes one event; `now` is monotonic ms. Pure. Events of another run, or that no longer matter, change nothing. */
export function event(state: MachineState, happened: MachineEvent, now: number): Step {
  if (happened.run !== state.run) return same(state);
  switch (happened.type) {
    case 'prepared':
      if (state.phase !== 'preparing') return same(state);
      return {
        state: { phase: 'starting', run: state.run, quick: state.quick },
        effects: [{ type: 'launch', run: state.run }],
      };
    case 'unprepared':
      return state.phase === 'preparing' ? afterEnd(state, happened.failure, 'backoff', now) : same(state);
    case 'ready':
      return ready(state, now);
    case 'unusable':
      return unusable(state, happened.failure, happened.next, now);
    case 'paused':
      return state.phase === 'freezing' ? same({ ...state, phase: 'frozen' }) : same(state);
    case 'exited':
      return exited(state, happened.failure, happened.next, now);
    case 'waited':
      return state.phase === 'backoff' ? prepare(state, state.quick, false) : same(state);
    case 'saved':
      return state.phase === 'saving' ? quit(state, { to: 'saved' }, state.quick) : same(state);
    case 'unsaved':
      if (state.phase !== 'saving') return same(state);
      return same({ phase: 'frozen', readyAt: state.readyAt, run: state.run, quick: state.quick });
  }
}

function start(state: MachineState): Step | undefined {
  switch (state.phase) {
    case 'stopped':
    case 'failed':
      return prepare(state, 0, false);
    case 'stopping':
      if (state.then.to === 'saved') return undefined;
      return same(
        state.then.to === 'stopped' || state.then.to === 'failed'
          ? { ...state, then: { to: 'start' }, quick: 0 }
          : state,
      );
    case 'saving':
    case 'saved':
      return undefined;
    case 'preparing':
    case 'starting':
    case 'running':
    case 'freezing':
    case 'frozen':
    case 'backoff':
      return same(state);
  }
}

function stop(state: MachineState): Step {
  switch (state.phase) {
    case 'stopped':
      return same(state);
    case 'stopping':
      return same({ ...state, then: { to: 'stopped' } });
    case 'backoff':
      return stopped(state, [{ type: 'cancel-wait' }]);
    case 'preparing':
    case 'saved':
    case 'failed':
      return stopped(state, []);
    case 'starting':
    case 'running':
    case 'freezing':
    case 'frozen':
    case 'saving':
      return quit(state, { to: 'stopped' }, 0);
  }
}

function freeze(state: MachineState): Step | undefined {
  if (state.phase === 'freezing' || state.phase === 'frozen') return same(state);
  if (state.phase !== 'running' && state.phase !== 'starting') return undefined;
  const readyAt = state.phase === 'running' ? state.readyAt : null;
  return {
    state: { phase: 'freezing', readyAt, run: state.run, quick: state.quick },
    effects: [{ type: 'pause', run: state.run }],
  };
}

function thaw(state: MachineState): Step | undefined {
  if (state.phase === 'running' || state.phase === 'starting') return same(state);
  if (state.phase !== 'freezing' && state.phase !== 'frozen') return undefined;
  const { run, quick, readyAt } = state;
  return {
    state: readyAt === null ? { phase: 'starting', run, quick } : { phase: 'running', readyAt, run, quick },
    effects: [{ type: 'resume', run }],
  };
}

function save(state: MachineState): Step | undefined {
  if (state.phase === 'saving') return same(state);
  if (state.phase !== 'frozen' || state.readyAt === null) return undefined;
  return {
    state: { phase: 'saving', readyAt: state.readyAt, run: state.run, quick: state.quick },
    effects: [{ type: 'save', run: state.run }],
  };
}

function ready(state: MachineState, now: number): Step {
  if (state.phase === 'starting')
    return same({ phase: 'running', readyAt: now, run: state.run, quick: state.quick });
  // The last bytes of a handshake may be under way while the vCPUs stop.
  if ((state.phase === 'freezing' || state.phase === 'frozen') && state.readyAt === null)
    return same({ ...state, readyAt: now });
  return same(state);
}

function unusable(state: MachineState, failure: Failure, next: Next, now: number): Step {
  if (!hasUsableQemu(state)) return same(state);
  if (next === 'start') return quit(state, { to: 'start' }, state.quick);
  const quick = failuresAfter(state, failure, now);
  return quit(state, { to: givesUp(failure, quick) ? 'failed' : 'backoff', failure }, quick);
}

function exited(state: MachineState, failure: Failure, next: Next, now: number): Step {
  if (state.phase !== 'stopping') {
    return hasUsableQemu(state) ? afterEnd(state, failure, next, now) : same(state);
  }
  switch (state.then.to) {
    case 'stopped':
      return stopped(state, []);
    case 'saved':
      // Its state and disks are kept: they are one generation.
      return same({ phase: 'saved', run: state.run, quick: 0 });
    case 'start':
      return prepare(state, state.quick, false);
    case 'failed':
      return {
        state: { phase: 'failed', failure: state.then.failure, run: state.run, quick: state.quick },
        effects: [{ type: 'clean' }],
      };
    case 'backoff':
      return backoff(state, state.quick, state.then.failure, now);
  }
}

/** QEMU, or the preparation of one, came to an end that nobody asked for. */
function afterEnd(state: MachineState, failure: Failure, next: Next, now: number): Step {
  if (next === 'start') return prepare(state, state.quick, false);
  const quick = failuresAfter(state, failure, now);
  if (givesUp(failure, quick)) {
    return {
      state: { phase: 'failed', failure, run: state.run, quick },
      effects: [{ type: 'clean' }],
    };
  }
  return backoff(state, quick, failure, now);
}

function backoff(state: MachineState, quick: number, failure: Failure, now: number): Step {
  const ms = backoffMs(Math.max(1, quick));
  const run = state.run + 1;
  return {
    state: { phase: 'backoff', attempt: quick, until: now + ms, failure, run, quick },
    effects: [{ type: 'clean' }, { type: 'wait', run, ms }],
  };
}

function prepare(state: MachineState, quick: number, restoring: boolean): Step {
  const run = state.run + 1;
  return {
    state: { phase: 'preparing', restoring, run, quick },
    effects: [{ type: 'prepare', run, restoring }],
  };
}

function stopped(state: MachineState, effects: readonly Effect[]): Step {
  return {
    state: { phase: 'stopped', run: state.run + 1, quick: 0 },
    effects: [...effects, { type: 'clean' }],
  };
}

function quit(state: MachineState, then: Then, quick: number): Step {
  return {
    state: { phase: 'stopping', then, run: state.run, quick },
    effects: [{ type: 'quit', run: state.run }],
  };
}

function hasUsableQemu(state: MachineState): boolean {
  return ['starting', 'running', 'freezing', 'frozen', 'saving'].includes(state.phase);
}

/** This failure counted in: the first again once the VM has been healthy. */
function failuresAfter(state: MachineState, failure: Failure, now: number): number {
  const readyAt = 'readyAt' in state ? state.readyAt : null;
  const before = readyAt !== null && now - readyAt >= healthyMs ? 0 : state.quick;
  return Math.min(before + 1, patientCodes.includes(failure.code) ? maxQuickFailures - 1 : maxQuickFailures);
}

function givesUp(failure: Failure, quick: number): boolean {
  return finalCodes.includes(failure.code) || quick >= maxQuickFailures;
}
