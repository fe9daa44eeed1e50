import { backoffMs } from '../base/backoff.ts';
import type { Failure, FailureCode } from '../contract/failures.ts';

/** What follows once QEMU is gone. */
export type Then =
  | { readonly to: 'stopped' }
  | { readonly to: 'start' }
  | { readonly to: 'backoff'; readonly failure: Failure }
  | { readonly to: 'saved' }
  | { readonly to: 'failed'; readonly failure: Failure };

/**
 * Where a guest that is not ready yet comes from: it boots; or it comes out of a saved state that still lies whole
 * on the disk (its vCPUs have not run since); or out of one that was used up.
 */
export type Origin = 'boot' | 'held' | 'used';

type Phase =
  | { readonly phase: 'stopped' }
  | { readonly phase: 'preparing'; readonly restoring: boolean }
  | { readonly phase: 'starting'; readonly origin: Origin }
  | { readonly phase: 'running'; readonly readyAt: number }
  /** `readyAt` is null when the guest was frozen before it was ready. */
  | { readonly phase: 'freezing'; readonly readyAt: number | null; readonly origin: Origin }
  | { readonly phase: 'frozen'; readonly readyAt: number | null; readonly origin: Origin }
  | { readonly phase: 'saving'; readonly readyAt: number | null; readonly origin: Origin }
  | { readonly phase: 'saved' }
  | { readonly phase: 'stopping'; readonly then: Then }
  | {
      readonly phase: 'backoff';
      readonly attempt: number;
      readonly until: number;
      readonly failure: Failure;
      readonly restoring: boolean;
    }
  | { readonly phase: 'failed'; readonly failure: Failure };

/**
 * The whole state of one VM's life. `run` counts the QEMUs (and preparations of one) so that late events of an
 * earlier one are told apart; `quick` counts failures since the VM was last healthy. Nothing of it is persisted.
 */
export type MachineState = Phase & { readonly run: number; readonly quick: number };

/** What the shell around the reducer has to do, in order. */
export type Effect =
  | { readonly type: 'prepare'; readonly run: number; readonly restoring: boolean }
  | { readonly type: 'launch'; readonly run: number }
  | { readonly type: 'pause'; readonly run: number }
  | { readonly type: 'resume'; readonly run: number }
  | { readonly type: 'save'; readonly run: number }
  /** Whatever of a saved state is on the disk by now goes, before anything that follows. */
  | { readonly type: 'cancel-save' }
  /** The saved state is of no use: it goes with the disks that the next preparation makes anew. */
  | { readonly type: 'forgo'; readonly failure: Failure }
  /** Ask, wait, kill; the `exited` event follows. */
  | { readonly type: 'quit'; readonly run: number }
  | { readonly type: 'wait'; readonly run: number; readonly ms: number }
  | { readonly type: 'cancel-wait' }
  /** No QEMU is left: its disks stay with the saved state that they belong to, keys and sockets go. */
  | { readonly type: 'keep' }
  /** No QEMU is left: its disks go, and the saved state with them. */
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
  'data-unusable',
  'platform-not-ready',
  'accelerator-unusable',
];
/** Failures that mend themselves one day, so that trying goes on, seldom. */
const patientCodes: readonly FailureCode[] = ['disk-full'];

export const same = (state: MachineState): Step => ({ state, effects: [] });

/** Whether a saved state lies whole on the disk although the VM is on its way back from it. */
export function isHeld(state: MachineState): boolean {
  if ('restoring' in state) return state.restoring;
  return 'origin' in state && state.origin === 'held';
}

export function hasUsableQemu(state: MachineState): boolean {
  return ['starting', 'running', 'freezing', 'frozen', 'saving'].includes(state.phase);
}

export function prepare(state: MachineState, quick: number, restoring: boolean): Step {
  const run = state.run + 1;
  return {
    state: { phase: 'preparing', restoring, run, quick },
    effects: [{ type: 'prepare', run, restoring }],
  };
}

export function stopped(state: MachineState, effects: readonly Effect[]): Step {
  return {
    state: { phase: 'stopped', run: state.run + 1, quick: 0 },
    effects: [...effects, { type: 'clean' }],
  };
}

/** No QEMU is there, or will be: what is on the disk waits. */
export function saved(state: MachineState, effects: readonly Effect[]): Step {
  return {
    state: { phase: 'saved', run: state.run + 1, quick: 0 },
    effects: [...effects, { type: 'keep' }],
  };
}

export function quit(state: MachineState, then: Then, quick: number): Step {
  return {
    state: { phase: 'stopping', then, run: state.run, quick },
    effects: [{ type: 'quit', run: state.run }],
  };
}

/** QEMU, or the preparation of one, failed. A saved state on the disk waits with the VM. */
export function backoff(state: MachineState, quick: number, failure: Failure, now: number): Step {
  const ms = backoffMs(Math.max(1, quick));
  const run = state.run + 1;
  const restoring = isHeld(state);
  return {
    state: { phase: 'backoff', attempt: quick, until: now + ms, failure, restoring, run, quick },
    effects: [restoring ? { type: 'keep' } : { type: 'clean' }, { type: 'wait', run, ms }],
  };
}

/** This failure counted in: the first again once the VM has been healthy. */
export function failuresAfter(state: MachineState, failure: Failure, now: number): number {
  const readyAt = 'readyAt' in state ? state.readyAt : null;
  const before = readyAt !== null && now - readyAt >= healthyMs ? 0 : state.quick;
  return Math.min(before + 1, patientCodes.includes(failure.code) ? maxQuickFailures - 1 : maxQuickFailures);
}

export function givesUp(failure: Failure, quick: number): boolean {
  return finalCodes.includes(failure.code) || quick >= maxQuickFailures;
}

/** Whether it boots and is not ready yet, frozen or not. Pure. */
export function isBooting(state: MachineState): boolean {
  if (!('origin' in state) || state.origin !== 'boot' || state.phase === 'saving') return false;
  return state.phase === 'starting' || state.readyAt === null;
}

/** What a log says of a phase that came from a failure. Pure. */
export function whyOf(state: MachineState): { why?: string } {
  return state.phase === 'backoff' || state.phase === 'failed' ? { why: state.failure.sentence } : {};
}
