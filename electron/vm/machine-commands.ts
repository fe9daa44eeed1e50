import {
  isHeld,
  type MachineState,
  prepare,
  quit,
  type Step,
  same,
  saved,
  stopped,
} from './machine-state.ts';

export type Command =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'freeze' }
  | { readonly type: 'thaw' }
  | { readonly type: 'save' }
  | { readonly type: 'restore' }
  | { readonly type: 'leave' };

/**
 * Takes one command. Pure. Undefined means: not in this phase (`wrong-phase`). A command that asks for what is
 * already so, or already under way, changes nothing. A stop is right in every phase and beats a pending start; it
 * gives up a saved state, where `leave` leaves it to the next host.
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
    case 'leave':
      return leave(state);
  }
}

function start(state: MachineState): Step | undefined {
  switch (state.phase) {
    case 'stopped':
    case 'failed':
      return prepare(state, 0, false);
    case 'saved':
      return prepare(state, 0, true);
    case 'stopping':
      if (state.then.to === 'saved') return undefined;
      return same(
        state.then.to === 'stopped' || state.then.to === 'failed'
          ? { ...state, then: { to: 'start' }, quick: 0 }
          : state,
      );
    case 'saving':
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

function leave(state: MachineState): Step {
  if (state.phase === 'saved' || (state.phase === 'stopping' && state.then.to === 'saved'))
    return same(state);
  return isHeld(state) ? backToSaved(state) : stop(state);
}

/** From anywhere on the way back from a saved state that still lies whole on the disk. */
function backToSaved(state: MachineState): Step {
  switch (state.phase) {
    case 'preparing':
      return saved(state, []);
    case 'backoff':
      return saved(state, [{ type: 'cancel-wait' }]);
    default:
      return quit(state, { to: 'saved' }, 0);
  }
}

function freeze(state: MachineState): Step | undefined {
  switch (state.phase) {
    case 'freezing':
    case 'frozen':
    case 'saving':
      return same(state);
    case 'preparing':
    case 'backoff':
      // No QEMU is there yet to be frozen.
      return isHeld(state) ? backToSaved(state) : undefined;
    case 'starting':
    case 'running': {
      const { run, quick } = state;
      const from =
        state.phase === 'running'
          ? ({ readyAt: state.readyAt, origin: 'boot' } as const)
          : ({ readyAt: null, origin: state.origin } as const);
      return { state: { phase: 'freezing', ...from, run, quick }, effects: [{ type: 'pause', run }] };
    }
    default:
      return undefined;
  }
}

function thaw(state: MachineState): Step | undefined {
  if (state.phase === 'running' || state.phase === 'starting') return same(state);
  if (state.phase !== 'freezing' && state.phase !== 'frozen' && state.phase !== 'saving') return undefined;
  const { run, quick, readyAt, origin } = state;
  return {
    state:
      readyAt === null
        ? { phase: 'starting', origin, run, quick }
        : { phase: 'running', readyAt, run, quick },
    effects: [
      ...(state.phase === 'saving' ? [{ type: 'cancel-save' } as const] : []),
      { type: 'resume', run },
    ],
  };
}

/** A guest that was never ready has nothing worth saving; one whose saved state is whole on the disk needs no other. */
function save(state: MachineState): Step | undefined {
  if (state.phase === 'saving') return same(state);
  if (state.phase !== 'frozen') return undefined;
  const { run, quick, readyAt, origin } = state;
  if (origin === 'held') return backToSaved(state);
  if (readyAt === null && origin === 'boot') return undefined;
  return { state: { phase: 'saving', readyAt, origin, run, quick }, effects: [{ type: 'save', run }] };
}
