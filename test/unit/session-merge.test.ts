import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noSignals } from '../../electron/contract/signals.ts';
import { stateAfter } from '../../electron/host/sessions.ts';
import { decide, noHistory } from '../../electron/policy/decide.ts';
import type { Reading } from '../../electron/policy/sensors/sensor.ts';
import {
  type LoginState,
  mergeSessions,
  type SessionState,
  silentSession,
} from '../../electron/policy/sensors/sessions.ts';
import { mergeLayers } from '../../electron/settings/layers.ts';

const now = 1_000_000;
const session = (changes: Partial<SessionState> = {}): SessionState => ({ ...silentSession, ...changes });
const login = (changes: Partial<LoginState> = {}): LoginState => ({
  id: '1',
  active: true,
  graphical: true,
  locked: false,
  remote: false,
  lastInputAt: null,
  ...changes,
});

const maybe = fc.option(fc.boolean(), { nil: null });
const inputAt = fc.option(fc.integer({ min: 0, max: now }), { nil: null });
const anySession: fc.Arbitrary<SessionState> = fc.record({
  lastInputAt: inputAt,
  inputSource: fc.constantFrom('x11', 'polled', null),
  inputPollMs: fc.constantFrom(0, 250),
  screenLocked: maybe,
  call: maybe,
  fullScreen: maybe,
  presentation: maybe,
  remoteSession: maybe,
  onBattery: maybe,
  loginSession: fc.constantFrom(null, '1', '2'),
});
const anyLogin: fc.Arbitrary<LoginState> = fc.record({
  id: fc.constantFrom('1', '2', '3'),
  active: fc.boolean(),
  graphical: fc.boolean(),
  locked: maybe,
  remote: maybe,
  lastInputAt: fc.oneof(inputAt, fc.constant('now' as const)),
});

/** Whether `more` is busy in every way in which `less` is. */
function isAsBusy(more: Reading, less: Reading): boolean {
  const flags = ['call', 'fullScreen', 'presentation', 'remoteSession', 'onBattery'] as const;
  return (
    (more.lastInputAt ?? -1) >= (less.lastInputAt ?? -1) &&
    flags.every((flag) => less[flag] !== true || more[flag] === true) &&
    (more.screenLocked !== true || less.screenLocked === true)
  );
}

describe('several sessions', () => {
  test('are never less busy for one more', () => {
    fc.assert(
      fc.property(fc.array(anySession), fc.array(anyLogin), anySession, (sessions, logins, one) => {
        // One that has no login session stands for nobody else, and somebody is seen already.
        const added = { ...one, loginSession: null };
        const seen = [session({ screenLocked: true }), ...sessions];
        const before = mergeSessions(seen, logins, now);
        expect(isAsBusy(mergeSessions([...seen, added], logins, now), before)).toBe(true);
      }),
    );
  });

  test('leave to the system what they name as their login session but do not tell themselves', () => {
    const logins = fc.uniqueArray(anyLogin, { selector: ({ id }) => id });
    const told = fc.array(anySession, { minLength: 1 });
    fc.assert(
      fc.property(told, logins, anySession, (sessions, known, one) => {
        const [before, after] = [sessions, [...sessions, one]].map((all) => mergeSessions(all, known, now));
        if (!before || !after) return;
        if (one.inputSource === null) {
          expect(after.lastInputAt ?? -1).toBeGreaterThanOrEqual(before.lastInputAt ?? -1);
          expect(after.inputSource).toBe(before.inputSource);
        }
        if (one.screenLocked === null && after.screenLocked === true) expect(before.screenLocked).toBe(true);
        if (one.remoteSession === null) expect(after.remoteSession).toBe(before.remoteSession);
      }),
      { numRuns: 2000 },
    );
  });

  test('that hear nothing leave their person to be seen as the system sees them', () => {
    const deaf = session({ loginSession: '1', call: false });
    const known = [login({ lastInputAt: 'now', locked: true, remote: true })];
    const reading = { lastInputAt: now, inputSource: 'polled', screenLocked: true, remoteSession: true };
    expect(mergeSessions([deaf], known, now)).toMatchObject(reading);
    const told = { inputSource: 'x11', screenLocked: false, remoteSession: false } as const;
    expect(mergeSessions([{ ...deaf, ...told }], known, now)).toMatchObject({ ...told, lastInputAt: null });
  });

  test('never get more than fewer of them, where a locked screen gives no less than an idle one', () => {
    const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
    fc.assert(
      fc.property(
        fc.array(anySession),
        anySession,
        fc.tuple(share, share, share),
        (sessions, one, [inUse, idle, locked]) => {
          const effective = mergeLayers({
            problems: [],
            user: {
              version: 2,
              settings: { 'inUse.share': inUse, 'idle.share': idle, 'locked.share': Math.max(idle, locked) },
            },
          });
          const shareOf = (all: readonly SessionState[]): number => {
            const signals = { ...noSignals, ...mergeSessions(all, [], now) };
            const moment = { now, monotonic: now, pause: null, signals };
            return decide(moment, { effective, vcpus: 1, narrowing: null }, noHistory).allowance.share;
          };
          const seen = [session({ screenLocked: true }), ...sessions];
          const added = { ...one, loginSession: null };
          expect(shareOf([...seen, added])).toBeLessThanOrEqual(shareOf(seen));
        },
      ),
    );
  });

  test('have the latest input, and of a session that is gone its input', () => {
    const sessions = [session({ lastInputAt: 5 }), session({ lastInputAt: 9 })];
    expect(mergeSessions(sessions, [], now).lastInputAt).toBe(9);
    expect(mergeSessions(sessions, [], now, 12).lastInputAt).toBe(12);
    expect(mergeSessions([], [], now).lastInputAt).toBeNull();
  });

  test('are locked when all that are seen are', () => {
    const [open, locked] = [session({ screenLocked: false }), session({ screenLocked: true })];
    const lockOf = (sessions: SessionState[], logins: LoginState[] = []) =>
      mergeSessions(sessions, logins, now).screenLocked;
    expect(lockOf([locked, open])).toBe(false);
    expect(lockOf([locked, locked])).toBe(true);
    expect(lockOf([locked, session()])).toBeNull();
    expect(lockOf([])).toBeNull();
    // A shell from afar says nothing of a screen.
    expect(lockOf([locked], [login({ id: '7', graphical: false })])).toBe(true);
  });

  test('count for nothing in what they show once another session has the screen, and their input still counts', () => {
    const first = session({
      loginSession: '1',
      screenLocked: false,
      fullScreen: true,
      presentation: true,
      lastInputAt: 7,
      call: true,
    });
    const second = session({ loginSession: '2', screenLocked: true });
    const logins = [login({ id: '1', active: false, locked: false }), login({ id: '2', locked: true })];
    expect(mergeSessions([first, second], logins, now)).toMatchObject({
      screenLocked: true,
      fullScreen: null,
      presentation: null,
      lastInputAt: 7,
      call: true,
    });
  });

  test('count without a tray as the system knows them', () => {
    expect(mergeSessions([], [login({ lastInputAt: 'now' })], now)).toMatchObject({
      lastInputAt: now,
      inputSource: 'polled',
      inputPollMs: 5000,
    });
    // The tray of that session knows better.
    const tray = session({ loginSession: '1', lastInputAt: 3, inputSource: 'x11' });
    expect(mergeSessions([tray], [login({ lastInputAt: 'now' })], now)).toMatchObject({
      lastInputAt: 3,
      inputSource: 'x11',
      inputPollMs: 0,
    });
    expect(mergeSessions([], [login({ active: false, lastInputAt: 'now' })], now).lastInputAt).toBeNull();
    expect(mergeSessions([], [login({ remote: true })], now).remoteSession).toBe(true);
    expect(mergeSessions([], [login({ remote: true, graphical: false })], now).remoteSession).toBeNull();
  });
});

test('what a session tells replaces what it told, and nothing else', () => {
  const first = stateAfter(silentSession, { idleMs: 100, inputSource: 'x11', call: true, tray: true }, now);
  expect(first).toEqual(session({ lastInputAt: now - 100, inputSource: 'x11', call: true }));
  const second = stateAfter(first, { call: null, screenLocked: true, loginSession: '4' }, now + 5);
  expect(second).toEqual({ ...first, call: null, screenLocked: true, loginSession: '4' });
  // It can no longer tell; that there was input stays true.
  expect(stateAfter(second, { idleMs: null }, now)).toMatchObject({
    lastInputAt: now - 100,
    inputSource: null,
  });
});
