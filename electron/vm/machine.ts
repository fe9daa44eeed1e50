import type { Failure } from '../contract/failures.ts';
import {
  backoff,
  failuresAfter,
  givesUp,
  hasUsableQemu,
  isHeld,
  type MachineState,
  prepare,
  quit,
  type Step,
  same,
  saved,
  stopped,
} from './machine-state.ts';

export { type Command, command } from './machine-commands.ts';
export {
  type Effect,
  healthyMs,
  initialState,
  type MachineState,
  maxQuickFailures,
} from './machine-state.ts';

/** After a failure: try again in a while, or at once because another accelerator is to be tried. */
export type Next = 'backoff' | 'start';

/** What the effects report; each names its run. */
export type MachineEvent = { readonly run: number } /** An earlier host left a saved state. */ & (
  | { readonly type: 'found' }
  | { readonly type: 'prepared' }
  | { readonly type: 'unprepared'; readonly failure: Failure }
  /** The saved state cannot be used any more: from here on only the disks count. Before the vCPUs run. */
  | { readonly type: 'consumed' }
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

/** Takes one event; `now` is monotonic ms. Pure. Events of another run, or that no longer matter, change nothing. */
export function event(state: MachineState, happened: MachineEvent, now: number): Step {
  if (happened.run !== state.run) return same(state);
  switch (happened.type) {
    case 'found':
      return state.phase === 'stopped' ? same({ phase: 'saved', run: state.run, quick: 0 }) : same(state);
    case 'prepared':
      if (state.phase !== 'preparing') return same(state);
      return {
        state: {
          phase: 'starting',
          origin: state.restoring ? 'held' : 'boot',
          run: state.run,
          quick: state.quick,
        },
        effects: [{ type: 'launch', run: state.run }],
      };
    case 'unprepared':
      if (state.phase !== 'preparing') return same(state);
      if (state.restoring && happened.failure.code === 'state-unfit') return forgo(state, happened.failure);
      return afterEnd(state, happened.failure, 'backoff', now);
    case 'consumed':
      return 'origin' in state && state.origin === 'held' ? same({ ...state, origin: 'used' }) : same(state);
    case 'ready':
      return ready(state, now);
    case 'unusable':
      return unusable(state, happened.failure, happened.next, now);
    case 'paused':
      return state.phase === 'freezing' ? same({ ...state, phase: 'frozen' }) : same(state);
    case 'exited':
      return exited(state, happened.failure, happened.next, now);
    case 'waited':
      return state.phase === 'backoff' ? prepare(state, state.quick, state.restoring) : same(state);
    case 'saved':
      return state.phase === 'saving' ? quit(state, { to: 'saved' }, state.quick) : same(state);
    case 'unsaved':
      return state.phase === 'saving' ? same({ ...state, phase: 'frozen' }) : same(state);
  }
}

function ready(state: MachineState, now: number): Step {
  switch (state.phase) {
    case 'starting':
      return same({ phase: 'running', readyAt: now, run: state.run, quick: state.quick });
    case 'freezing':
    case 'frozen':
    case 'saving':
      // The last bytes of a handshake may be under way while the vCPUs stop.
      return state.readyAt === null ? same({ ...state, readyAt: now }) : same(state);
    default:
      return same(state);
  }
}

function unusable(state: MachineState, failure: Failure, next: Next, now: number): Step {
  if (!hasUsableQemu(state)) return same(state);
  if (isHeld(state)) {
    const { state: stopping, effects } = quit(state, { to: 'start' }, state.quick);
    return { state: stopping, effects: [{ type: 'forgo', failure }, ...effects] };
  }
  if (next === 'start') return quit(state, { to: 'start' }, state.quick);
  const quick = failuresAfter(state, failure, now);
  return quit(state, { to: givesUp(failure, quick) ? 'failed' : 'backoff', failure }, quick);
}

function exited(state: MachineState, failure: Failure, next: Next, now: number): Step {
  if (state.phase !== 'stopping') {
    if (!hasUsableQemu(state)) return same(state);
    return isHeld(state) ? forgo(state, failure) : afterEnd(state, failure, next, now);
  }
  switch (state.then.to) {
    case 'stopped':
      return stopped(state, []);
    case 'saved':
      return saved(state, []);
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

/** A saved state that does not come back is tried once only: the guest is booted anew. */
function forgo(state: MachineState, failure: Failure): Step {
  const { state: preparing, effects } = prepare(state, state.quick, false);
  return { state: preparing, effects: [{ type: 'forgo', failure }, ...effects] };
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
