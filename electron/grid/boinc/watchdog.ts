import type { ClientTask } from './messages.ts';
import { isExecuting } from './tasks.ts';

/**
 * How much CPU time a task could have had, in ms, before its not using any counts: 20 minutes at the full share, 80 at
 * a quarter.
 */
export const windowMs = 20 * 60_000;
/** Using less than this part of what it could have had is using none. */
const leastUse = 0.01;
/** Of the time that passed, how much its client must say that it ran; else it did something else. */
const leastElapsed = 0.5;

/** A task since it was seen to use its CPU for the last time. Seconds of the task's own; times in unfrozen ms. */
interface Watched {
  readonly since: number;
  /** CPU time that the share granted since then to one vCPU, in ms. */
  readonly grantedMs: number;
  readonly elapsedSeconds: number;
  readonly cpuSeconds: number;
  /** The first progress since then that was told. */
  readonly told: Told;
}

type Told = Pick<ClientTask, 'progress' | 'elapsedSeconds'>;

export interface WatchdogState {
  readonly at: number | null;
  readonly watched: ReadonlyMap<string, Watched>;
  /** For whose sake the client was started anew. */
  readonly restarted: ReadonlySet<string>;
}

export const startWatchdog: WatchdogState = { at: null, watched: new Map(), restarted: new Set() };

/** `restart`: the client is to be started anew, its tasks go on from their checkpoints; `abort`: this did not help. */
export interface WatchdogOrder {
  readonly task: string;
  readonly what: 'restart' | 'abort';
}

export interface Measure {
  /** Unfrozen time. */
  readonly nowMs: number;
  /** What the VM's vCPUs were granted lately, 0…1: a throttled task uses less. */
  readonly share: number;
  /** {@link windowMs} unless told otherwise. */
  readonly patienceMs?: number | undefined;
}

/**
 * Looks for running tasks whose elapsed time grows while their CPU time does not. Pure.
 *
 * A task whose progress grows, though it hardly uses the CPU, lives (some projects have such); but a client makes
 * progress up for a task that tells none, see {@link isMadeUp}.
 */
export function watchTasks(
  state: WatchdogState,
  tasks: readonly ClientTask[],
  measure: Measure,
): { readonly state: WatchdogState; readonly orders: readonly WatchdogOrder[] } {
  const { nowMs, share, patienceMs = windowMs } = measure;
  const passedMs = Math.max(0, nowMs - (state.at ?? nowMs));
  const watched = new Map<string, Watched>();
  const restarted = new Set<string>();
  const orders: WatchdogOrder[] = [];
  for (const task of tasks) {
    const { name } = task;
    const wasRestarted = state.restarted.has(name);
    if (wasRestarted) restarted.add(name);
    if (!isExecuting(task)) continue;
    const before = state.watched.get(name);
    const grantedMs = (before?.grantedMs ?? 0) + passedMs * Math.min(1, Math.max(0, share));
    if (!before || lives(before, task, Math.max(grantedMs, patienceMs))) {
      watched.set(name, freshly(task, nowMs));
      continue;
    }
    watched.set(name, { ...before, grantedMs, told: firstTold(before.told, task) });
    if (grantedMs < patienceMs) continue;
    const ranMs = (task.elapsedSeconds - before.elapsedSeconds) * 1000;
    if (ranMs >= leastElapsed * (nowMs - before.since) && !isUnclear(before.told, task)) {
      orders.push({ task: name, what: wasRestarted ? 'abort' : 'restart' });
      restarted.add(name);
    }
    watched.set(name, freshly(task, nowMs));
  }
  return { state: { at: nowMs, watched, restarted }, orders };
}

/** A client that was started anew, or another one: what was measured so far says nothing about it. Pure. */
export function forgetMeasures(state: WatchdogState): WatchdogState {
  return { ...state, at: null, watched: new Map() };
}

function freshly(task: ClientTask, since: number): Watched {
  const { elapsedSeconds, cpuSeconds, progress } = task;
  return { since, grantedMs: 0, elapsedSeconds, cpuSeconds, told: { elapsedSeconds, progress } };
}

function firstTold(before: Told, { elapsedSeconds, progress }: ClientTask): Told {
  return before.progress > 0 ? before : { elapsedSeconds, progress };
}

/** `couldMs`: what it could have used; no less than the whole window, so that a trace of it early on is no use. */
function lives(before: Watched, task: ClientTask, couldMs: number): boolean {
  const usedMs = (task.cpuSeconds - before.cpuSeconds) * 1000;
  // Back at its checkpoint, it begins anew.
  if (usedMs < 0 || task.elapsedSeconds < before.elapsedSeconds) return true;
  if (usedMs > leastUse * couldMs) return true;
  const { told } = before;
  return told.progress > 0 && task.progress > told.progress && !isMadeUp(told, task);
}

/** A client tells progress with six digits after the point. */
const progressError = 1e-6;
const errorOf = ({ progress }: Told): number => progressError / Math.min(progress, 1 - progress);

/** Progress so small that nobody can tell whether it is made up: the next window shows. */
function isUnclear(a: Told, b: Told): boolean {
  if (a.progress <= 0 || b.progress <= a.progress || b.progress >= 1) return false;
  // By so much the two rates below differ for a task that tells progress in proportion to time.
  return errorOf(a) + errorOf(b) >= (b.progress - a.progress) / 2;
}

/**
 * Whether the progress between two looks may be what a client makes up from elapsed time for a task that does not tell
 * any: 1 − e^(−elapsed/estimate), see ACTIVE_TASK::write_gui in BOINC's client/app.cpp. Pure.
 */
export function isMadeUp(a: Told, b: Told): boolean {
  for (const { progress, elapsedSeconds } of [a, b]) {
    if (progress <= 0 || progress >= 1 || elapsedSeconds <= 0) return false;
  }
  const rate = ({ progress, elapsedSeconds }: Told): number => -Math.log1p(-progress) / elapsedSeconds;
  const [first, second] = [rate(a), rate(b)];
  return Math.abs(first - second) <= (errorOf(a) + errorOf(b)) * Math.max(first, second);
}
