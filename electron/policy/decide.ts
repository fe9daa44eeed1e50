import { type Allowance, type Reason, type ReasonCode, type Rung, reasonCodes } from '../contract/policy.ts';
import { type Cause, causesNow, type Memory, type Moment, type Policy, usage } from './causes.ts';
import { quietLookMs, startQuiet, stepQuiet } from './quiet.ts';
import { scheduleAt } from './schedule.ts';
import { allowanceSentence, reasonWords } from './words.ts';

/** A cause that held lately still counts until its hold is over. */
interface Held {
  readonly cause: Cause;
  /** Monotonic ms at which it held for the last time; it held until the decision that found it gone. */
  readonly seenAt: number;
  readonly holds: boolean;
}

/** What one decision hands to the next. Nothing of it is persisted. */
export interface History extends Memory {
  readonly held: ReadonlyMap<ReasonCode, Held>;
  /** Monotonic ms since which nothing is allowed; null: something is. */
  readonly stoppedSince: number | null;
}

export const noHistory: History = {
  loadSince: null,
  loadHeld: false,
  lockedSince: null,
  quiet: null,
  held: new Map(),
  stoppedSince: null,
};

export interface Decision {
  readonly allowance: Allowance;
  readonly history: History;
  /** Monotonic ms at which time alone may change the answer; null: never. */
  readonly again: number | null;
}

/** A load counts as gone when it is this much below the threshold, so that one that hovers there does not flap. */
const loadGone = 0.7;

/**
 * What may be used right now, and why. Pure, total: the same inputs give the same answer, and any signal may be unknown.
 *
 * Each cause leaves a share; the least of them is granted. A cause counts from the moment it is seen (a load only
 * after its grace, the person's input at once) and for its hold after it is gone, so every cause can come and go at most
 * once in that time: that bounds all flapping. A stricter policy has causes that are no fewer, leave no more and hold no
 * shorter, so it never gives more.
 */
export function decide(moment: Moment, policy: Policy, history: History): Decision {
  const { monotonic } = moment;
  const memory = remember(moment, policy, history);
  const active = causesNow(moment, policy, memory);
  const held = new Map<ReasonCode, Held>();
  for (const [code, { cause, seenAt, holds }] of history.held) {
    const last = holds ? monotonic : seenAt;
    if (monotonic - last < cause.holdMs) held.set(code, { cause, seenAt: last, holds: false });
  }
  for (const cause of active) {
    if (cause.holdMs > 0) held.set(cause.code, { cause, seenAt: monotonic, holds: true });
  }
  const activeCodes = new Set(active.map(({ code }) => code));
  const lingering = [...held.values()].filter(({ cause }) => !activeCodes.has(cause.code));
  const causes = [
    ...active.map((cause) => ({ ...cause, lingers: false })),
    ...lingering.map(({ cause }) => ({ ...cause, lingers: true })),
  ];

  const share = causes.reduce((least, cause) => Math.min(least, cause.share), 1);
  const reasons = inOrder(causes, share).map((cause) => reasonOf(cause, moment.now));
  const stoppedSince = share > 0 ? null : (history.stoppedSince ?? monotonic);
  const next: History = { ...memory, held, stoppedSince };
  const { values, organization } = policy.effective;
  const { narrowing } = policy;
  return {
    allowance: {
      run: share > 0,
      rung: rungOf(share, reasons, stoppedSince, moment, policy),
      share,
      vcpus: Math.min(policy.vcpus, narrowing?.vcpus ?? policy.vcpus),
      memoryBytes: Math.min(values['vm.memoryBytes'], narrowing?.memoryBytes ?? values['vm.memoryBytes']),
      network:
        share > 0 &&
        (narrowing?.network ?? true) &&
        (values['network.metered'] || moment.signals.meteredNetwork !== true),
      reason: allowanceSentence(share, reasons[0], organization),
      organization,
      reasons,
    },
    history: next,
    again: nextLook(moment, policy, next),
  };
}

/** The person's "go on now" beats what only lingers: causes that hold right now stay. Pure. */
export function withoutHolds(history: History): History {
  return { ...history, held: new Map([...history.held].filter(([, { holds }]) => holds)) };
}

function remember({ signals, monotonic }: Moment, { effective }: Policy, before: History): Memory {
  const { values } = effective;
  const limit = values['pauseOn.load'];
  const load = signals.otherLoad;
  const high = limit !== null && load !== null && load > (before.loadHeld ? limit * loadGone : limit);
  const loadSince = high ? (before.loadSince ?? monotonic) : null;
  const lasted = loadSince !== null && monotonic - loadSince >= values['pauseOn.loadSeconds'] * 1000;
  const quiet = values['quiet.enabled']
    ? stepQuiet(before.quiet ?? startQuiet(monotonic), values, signals, monotonic)
    : null;
  return {
    loadSince,
    loadHeld: high && (before.loadHeld || lasted),
    lockedSince: signals.screenLocked === true ? (before.lockedSince ?? monotonic) : null,
    quiet,
  };
}

type ToldCause = Cause & { readonly lingers: boolean };

/** What binds most comes first; among those, and then among the others, in the order of {@link reasonCodes}. */
function inOrder(causes: readonly ToldCause[], share: number): ToldCause[] {
  const rank = (cause: Cause): number =>
    (cause.share <= share ? 0 : 1) * 100 + reasonCodes.indexOf(cause.code);
  return causes.toSorted((a, b) => rank(a) - rank(b));
}

function reasonOf({ code, said, source, share, lingers }: ToldCause, now: number): Reason {
  const words = reasonWords(said, now);
  return { code, words: lingers ? `${words} (just ended)` : words, said, lingers, source, share };
}

/** Turned off means that no memory is held either. */
const savesAtOnce: readonly ReasonCode[] = ['disabled', 'profile-broken'];
function rungOf(
  share: number,
  reasons: readonly Reason[],
  stoppedSince: number | null,
  { monotonic, signals }: Moment,
  { effective: { values } }: Policy,
): Rung {
  if (share >= 1) return 'full';
  if (share > 0 || stoppedSince === null) return 'throttled';
  // Memory survives a sleep; a shutdown is the host's own matter.
  if (signals.sleeping || signals.shuttingDown) return 'frozen';
  const { saveAt, offAt } = ladderTimes(stoppedSince, values);
  if (offAt !== null && monotonic >= offAt) return 'off';
  if (saveAt !== null && monotonic >= saveAt) return 'saved';
  return reasons.some(({ code, share: left }) => left === 0 && savesAtOnce.includes(code))
    ? 'saved'
    : 'frozen';
}

type LadderValues = Pick<Policy['effective']['values'], 'ladder.saveAfterSeconds' | 'ladder.offAfterSeconds'>;

/** Monotonic ms of the two last steps; null: never. */
function ladderTimes(
  stoppedSince: number,
  values: LadderValues,
): { readonly saveAt: number | null; readonly offAt: number | null } {
  const save = values['ladder.saveAfterSeconds'];
  const off = values['ladder.offAfterSeconds'];
  return {
    saveAt: save === null ? null : stoppedSince + save * 1000,
    offAt: off === null ? null : stoppedSince + off * 1000,
  };
}

/** Monotonic ms of the next moment at which the answer may change without any signal. */
function nextLook(moment: Moment, policy: Policy, history: History): number | null {
  const { monotonic, now, pause } = moment;
  const { values } = policy.effective;
  const fromEpoch = (at: number): number => monotonic + (at - now);
  const schedule = scheduleAt(values['schedule.windows'], values['schedule.timeZone'], now).changesAt;
  const { until } = usage(moment, history, values['idle.afterSeconds'] * 1000);
  const times = [
    pause?.until == null ? null : fromEpoch(pause.until),
    schedule === null ? null : fromEpoch(schedule),
    until,
    history.loadSince === null || history.loadHeld
      ? null
      : history.loadSince + values['pauseOn.loadSeconds'] * 1000,
    history.quiet === null ? null : history.quiet.at + quietLookMs,
    ...[...history.held.values()].flatMap(({ cause, seenAt, holds }) =>
      holds ? [] : [seenAt + cause.holdMs],
    ),
    ...(history.stoppedSince === null ? [] : Object.values(ladderTimes(history.stoppedSince, values))),
  ];
  const ahead = times.filter((time): time is number => time !== null && time > monotonic);
  return ahead.length === 0 ? null : Math.min(...ahead);
}
