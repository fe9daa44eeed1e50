import type { ReasonCode } from '../contract/policy.ts';
import { plainly } from '../contract/said.ts';
import type { EffectiveSettings, SettingKey, Source } from '../contract/settings.ts';
import type { Signals } from '../contract/signals.ts';
import type { Pause } from './pause.ts';
import { type QuietState, quietShare } from './quiet.ts';
import { scheduleAt } from './schedule.ts';
import type { ReasonSaid } from './words.ts';

/** What the decision looks at, at one moment. */
export interface Moment {
  /** Epoch ms; may jump. */
  readonly now: number;
  /** Ms that never jump; the time of {@link Signals.lastInputAt}. */
  readonly monotonic: number;
  readonly pause: Pause | null;
  readonly signals: Signals;
}

/** What a joined grid asks to be held to: it can only narrow. */
export interface Narrowing {
  readonly share: number;
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly network: boolean;
}

export interface Policy {
  readonly effective: EffectiveSettings;
  /** Of the VM, already resolved for this computer. */
  readonly vcpus: number;
  readonly narrowing: Narrowing | null;
}

/** Something that leaves only a part, as long as it holds and for `holdMs` afterwards. */
export interface Cause {
  readonly code: ReasonCode;
  readonly said: ReasonSaid;
  readonly source: Source;
  readonly share: number;
  readonly holdMs: number;
}

/** What the causes need to know of before; see `decide`. */
export interface Memory {
  /** Monotonic ms since which others use the processor more than is allowed; null: they do not. */
  readonly loadSince: number | null;
  /** Whether contribution stands still for that load. */
  readonly loadHeld: boolean;
  /** Monotonic ms since which the screen is locked; null: it is not, or nobody knows. */
  readonly lockedSince: number | null;
  readonly quiet: QuietState | null;
}

/** A lock by keyboard is followed by the release of its keys: input of the person who leaves. In ms. */
const leavingMs = 2000;

/** Whether the person counts as using the computer, and until when (monotonic ms) without further input. Pure. */
export function usage(
  { signals, monotonic }: Moment,
  memory: Memory,
  idleAfterMs: number,
): { readonly inUse: boolean; readonly until: number | null } {
  const { lastInputAt } = signals;
  if (lastInputAt === null) return { inUse: false, until: null };
  const leftAt = memory.lockedSince;
  if (leftAt !== null && lastInputAt <= leftAt + leavingMs) return { inUse: false, until: null };
  const until = lastInputAt + idleAfterMs;
  return { inUse: monotonic < until, until };
}

/** Every cause that holds now. Pure. */
export function causesNow(moment: Moment, policy: Policy, memory: Memory): Cause[] {
  const { signals, pause, now } = moment;
  const { values, sources, broken } = policy.effective;
  const settleMs = values['resume.afterSeconds'] * 1000;
  const causes: Cause[] = [];
  const add: Add = (code, key, said, share = 0, holdMs = 0) => {
    const source = key in sources ? sources[key as SettingKey] : (key as Source);
    if (share < 1) causes.push({ code, said, source, share, holdMs });
  };
  const settles = (holds: boolean, code: ReasonCode, key: SettingKey, said: ReasonSaid): void => {
    if (holds) add(code, key, said, 0, settleMs);
  };

  if (broken) add('profile-broken', 'locked', plainly('reason.profile-broken'));
  if (signals.shuttingDown) add('shutdown', 'built-in', plainly('reason.shutdown'));
  if (signals.sleeping) add('sleep', 'built-in', plainly('reason.sleep'), 0, settleMs);
  if (pause && (pause.until === null || pause.until > now)) {
    add('pause', 'user', untilSaid('reason.pause', pause.until));
  }
  if (!values.contribute) add('disabled', 'contribute', plainly('reason.disabled'));
  settles(values['pauseOn.call'] && signals.call === true, 'call', 'pauseOn.call', plainly('reason.call'));
  settles(
    values['pauseOn.presentation'] && signals.presentation === true,
    'presentation',
    'pauseOn.presentation',
    plainly('reason.presentation'),
  );
  settles(
    values['pauseOn.fullScreen'] && signals.fullScreen === true,
    'full-screen',
    'pauseOn.fullScreen',
    plainly('reason.full-screen'),
  );
  const program = values['pauseOn.programs'].find((name) => signals.programs?.includes(name) === true);
  settles(program !== undefined, 'program', 'pauseOn.programs', {
    code: 'reason.program',
    values: { program: program ?? '' },
  });
  settles(
    values['pauseOn.remoteSession'] && signals.remoteSession === true,
    'remote-session',
    'pauseOn.remoteSession',
    plainly('reason.remote-session'),
  );
  if (signals.sessionActive === false) {
    add('session-away', 'built-in', plainly('reason.session-away'), 0, settleMs);
  }
  settles(memory.loadHeld, 'load', 'pauseOn.load', plainly('reason.load'));
  settles(
    drains(signals, values['battery.aboveCharge']),
    'battery',
    'battery.aboveCharge',
    plainly('reason.battery'),
  );
  settles(
    signals.diskFreeBytes !== null && signals.diskFreeBytes < values['pauseOn.diskFreeBelowBytes'],
    'disk',
    'pauseOn.diskFreeBelowBytes',
    plainly('reason.disk'),
  );

  const schedule = scheduleAt(values['schedule.windows'], values['schedule.timeZone'], now);
  if (!schedule.open) {
    add('schedule', 'schedule.windows', untilSaid('reason.schedule', schedule.changesAt));
  }
  addShares(moment, policy, memory, add);
  return causes;
}

type Add = (
  code: ReasonCode,
  key: SettingKey | Source,
  said: ReasonSaid,
  share?: number,
  holdMs?: number,
) => void;

/** @param until epoch ms; null: nobody knows */
function untilSaid(code: 'reason.pause' | 'reason.schedule', until: number | null): ReasonSaid {
  return until === null ? plainly(code) : { code: `${code}-until`, values: { until } };
}

function addShares(moment: Moment, policy: Policy, memory: Memory, add: Add): void {
  const { signals } = moment;
  const { values } = policy.effective;
  if (memory.quiet) {
    const left = quietShare(memory.quiet, values, signals);
    const code = memory.quiet.readable ? 'reason.quiet' : 'reason.quiet-blind';
    add('quiet', 'quiet.enabled', plainly(code), left);
  }
  // Use of the computer comes on top of what an unused one is held to, so it never gives more.
  if (usage(moment, memory, values['idle.afterSeconds'] * 1000).inUse) {
    add('input', 'inUse.share', plainly('reason.input'), values['inUse.share']);
  }
  if (signals.screenLocked === true) {
    add('locked-screen', 'locked.share', plainly('reason.locked-screen'), values['locked.share']);
  } else {
    add('limit', 'idle.share', plainly('reason.limit'), values['idle.share']);
  }
  if (policy.narrowing) add('limit', 'grid', plainly('reason.limit-of-grid'), policy.narrowing.share);
}

function drains({ onBattery, charge }: Signals, above: number | null): boolean {
  return onBattery === true && (above === null || charge === null || charge <= above);
}
