import type { InputSource } from '../../contract/signals.ts';
import type { Reading } from './sensor.ts';

/** What one person's session tells of itself; null: it does not know. */
export interface SessionState {
  /** Monotonic ms of the host. */
  readonly lastInputAt: number | null;
  readonly inputSource: InputSource | null;
  readonly inputPollMs: number;
  readonly screenLocked: boolean | null;
  readonly call: boolean | null;
  readonly fullScreen: boolean | null;
  readonly presentation: boolean | null;
  readonly remoteSession: boolean | null;
  readonly onBattery: boolean | null;
  /** Its id among {@link LoginState}s. */
  readonly loginSession: string | null;
}

/** A login session as the system knows it, whether or not it tells of itself. */
export interface LoginState {
  readonly id: string;
  /** false: another session has the screen. */
  readonly active: boolean;
  /** Whether it has a screen of its own; a terminal or a shell from afar has none. */
  readonly graphical: boolean;
  readonly locked: boolean | null;
  readonly remote: boolean | null;
  /** Monotonic ms of the host; `now`: it is being used, nobody knows since when; null: nobody knows. */
  readonly lastInputAt: number | 'now' | null;
}

/** A session of which nothing is known. */
export const silentSession: SessionState = {
  lastInputAt: null,
  inputSource: null,
  inputPollMs: 0,
  screenLocked: null,
  call: null,
  fullScreen: null,
  presentation: null,
  remoteSession: null,
  onBattery: null,
  loginSession: null,
};

/** How often the system's own sessions are looked at, in ms. */
export const loginPollMs = 5000;

/**
 * All sessions as one reading, in which the busiest counts: the latest input, a call of any, and a full screen, a presentation or a person
 * from afar of any that is seen. The screen is locked when it is in every session that is seen. What another session has taken the
 * screen from shows nothing to anybody, so its lock and its full screen count for nothing. A login session counts by itself in all
 * that none of `sessions` tells which say that they are that one. Pure; adding a session, to at least one that is seen, makes the
 * reading no less busy, but for what it tells in its login session's place.
 * @param now monotonic ms of the host
 * @param departedInputAt the last input in sessions that are gone: that it was stays true
 */
export function mergeSessions(
  sessions: readonly SessionState[],
  logins: readonly LoginState[],
  now: number,
  departedInputAt: number | null = null,
): Reading {
  const away = new Set(logins.filter(({ active }) => !active).map(({ id }) => id));
  const seen = sessions.filter(({ loginSession }) => loginSession === null || !away.has(loginSession));
  /** Login sessions of which no session tells `what`. */
  const untold = (what: keyof SessionState): LoginState[] => {
    const told = sessions.filter((session) => session[what] !== null).map(({ loginSession }) => loginSession);
    return logins.filter(({ id, active }) => active && !told.includes(id));
  };
  const inputUntold = untold('inputSource');
  const lockUntold = untold('screenLocked').filter(({ graphical }) => graphical);
  const hinted = new Set(lockUntold.map(({ id }) => id));
  const seenLocks = [
    ...seen
      .filter(({ screenLocked, loginSession }) => screenLocked !== null || !hinted.has(loginSession ?? ''))
      .map(({ screenLocked }) => screenLocked),
    ...lockUntold.map(({ locked }) => locked),
  ];
  const inputs = [
    departedInputAt,
    ...sessions.map(({ lastInputAt }) => lastInputAt),
    ...inputUntold.map(({ lastInputAt }) => (lastInputAt === 'now' ? now : lastInputAt)),
  ].filter((at) => at !== null);
  const [soonest] = sessions
    .filter(({ inputSource }) => inputSource !== null)
    .toSorted((a, b) => a.inputPollMs - b.inputPollMs);
  const polled = inputUntold.some(({ lastInputAt }) => lastInputAt !== null);
  return {
    lastInputAt: inputs.length === 0 ? null : Math.min(now, Math.max(...inputs)),
    inputSource: soonest?.inputSource ?? (polled ? 'polled' : null),
    inputPollMs: soonest?.inputPollMs ?? (polled ? loginPollMs : 0),
    screenLocked: everyLocked(seenLocks),
    call: anyOf(sessions.map(({ call }) => call)),
    fullScreen: anyOf(seen.map(({ fullScreen }) => fullScreen)),
    presentation: anyOf(seen.map(({ presentation }) => presentation)),
    remoteSession: anyOf([
      ...seen.map(({ remoteSession }) => remoteSession),
      ...untold('remoteSession')
        .filter(({ graphical }) => graphical)
        .map(({ remote }) => remote),
    ]),
    onBattery: anyOf(sessions.map(({ onBattery }) => onBattery)),
  };
}

/** null where nobody is seen, or somebody does not know: unknown is not guessed. */
function everyLocked(locks: readonly (boolean | null)[]): boolean | null {
  if (locks.includes(false)) return false;
  return locks.length === 0 || locks.includes(null) ? null : true;
}

function anyOf(told: readonly (boolean | null)[]): boolean | null {
  if (told.includes(true)) return true;
  return told.includes(false) ? false : null;
}
