import { describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { reportOf, SessionSenses } from '../../electron/host/session-senses.ts';
import { Sessions } from '../../electron/host/sessions.ts';
import { loginState } from '../../electron/policy/sensors/login-sessions.ts';
import type { Reading, Sensor } from '../../electron/policy/sensors/sensor.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

describe('a report', () => {
  const seen = { ...noSignals, lastInputAt: 700, inputSource: 'x11' as const };
  test('holds what is new', () => {
    expect(reportOf(noSignals, noSignals, 1000)).toBeNull();
    expect(reportOf(noSignals, seen, 1000)).toEqual({ idleMs: 300, pollMs: 0, inputSource: 'x11' });
    expect(reportOf(seen, { ...seen, screenLocked: true }, 1000)).toEqual({ screenLocked: true });
    expect(reportOf({ ...seen, call: true }, { ...seen, call: null }, 1000)).toEqual({ call: null });
    expect(reportOf(seen, noSignals, 1000)).toEqual({ idleMs: null });
  });
});

describe('the sensors of a session', () => {
  const input = (): { sensor: Sensor; tell: (reading: Reading) => void; runs: () => boolean } => {
    let report: ((reading: Reading) => void) | undefined;
    return {
      tell: (reading) => report?.(reading),
      runs: () => report !== undefined,
      sensor: {
        name: 'input-x11',
        cost: '',
        gives: ['lastInputAt', 'inputSource', 'inputPollMs'],
        start: (tell) => {
          report = tell;
          return {
            dispose: () => {
              report = undefined;
            },
          };
        },
      },
    };
  };

  test('run while the service asks, and report in their own turn', async () => {
    const clock = new FakeClock();
    const { sensor, tell, runs } = input();
    const reports: unknown[] = [];
    const senses = new SessionSenses({
      sensors: [sensor],
      clock,
      log: silentLog,
      report: (report) => reports.push(report),
    });
    senses.follow(['call']);
    await Promise.resolve();
    expect(runs()).toBe(false);
    senses.follow(['input']);
    await Promise.resolve();
    expect(runs()).toBe(true);
    expect(senses.hearsInput).toBe(false);
    tell({ lastInputAt: clock.monotonic(), inputSource: 'x11', inputPollMs: 0 });
    expect(reports).toEqual([{ idleMs: 0, pollMs: 0, inputSource: 'x11' }]);
    expect(senses.hearsInput).toBe(true);
    senses.follow([]);
    expect(reports.at(-1)).toEqual({ idleMs: null });
    await senses.dispose();
    expect(runs()).toBe(false);
  });
});

describe('what the service holds of sessions', () => {
  const open = () => {
    const clock = new FakeClock();
    const readings: Reading[] = [];
    const sessions = new Sessions({ clock, onReading: (reading) => readings.push(reading) });
    return { clock, sessions, last: () => readings.at(-1), count: () => readings.length };
  };

  test('is told in the turn in which it comes, and forgotten with the session but for its input', () => {
    const { clock, sessions, last } = open();
    const [one, other] = [sessions.open(), sessions.open()];
    one.report({ fullScreen: true, idleMs: 0, inputSource: 'x11', tray: true });
    expect(last()).toMatchObject({ fullScreen: true, lastInputAt: clock.monotonic(), inputSource: 'x11' });
    other.report({ fullScreen: false, screenLocked: false, tray: false });
    expect(sessions.tray).toBe(true);
    const at = clock.monotonic();
    one.end();
    expect(last()).toMatchObject({ fullScreen: false, lastInputAt: at, screenLocked: false });
    expect(sessions.tray).toBe(false);
    // Too late.
    one.report({ fullScreen: true });
    expect(last()).toMatchObject({ fullScreen: false });
  });

  test('stays in use as long as a desktop says so, and no longer', () => {
    const { clock, sessions, last, count } = open();
    const login = { id: '1', active: true, graphical: true, locked: false, remote: false } as const;
    sessions.setLogins([{ ...login, lastInputAt: 'now' }]);
    clock.advance(1000);
    expect(last()?.lastInputAt).toBe(clock.monotonic());
    sessions.setLogins([{ ...login, lastInputAt: clock.monotonic() - 10 }]);
    const told = count();
    clock.advance(10_000);
    expect(count()).toBe(told);
    sessions.setLogins([]);
    expect(last()?.lastInputAt).toBeNull();
    sessions.dispose();
  });
});

describe('a login session', () => {
  const properties = (changes: Record<string, unknown>) =>
    new Map<string, unknown>(
      Object.entries({
        Id: '3',
        Class: 'user',
        Type: 'x11',
        State: 'active',
        Active: true,
        Remote: false,
        LockedHint: false,
        IdleHint: false,
        IdleSinceHintMonotonic: 0n,
        ...changes,
      }),
    );
  const state = (changes: Record<string, unknown>) => loginState(properties(changes), 5000, 100_000);

  test.each([
    ['of a desktop that never said that it is idle', {}, null],
    ['of one that says that it is not', { IdleSinceHintMonotonic: 90_000_000n }, 'now'],
    ['of one that is', { IdleHint: true, IdleSinceHintMonotonic: 98_000_000n }, 3000],
    ['of a terminal', { Type: 'tty', IdleSinceHintMonotonic: 99_500_000n }, 4500],
    ['of a terminal nobody touched', { Type: 'tty' }, null],
    ['in the future', { IdleHint: true, IdleSinceHintMonotonic: 200_000_000n }, null],
  ] as const)('%s', (_of, changes, lastInputAt) => {
    expect(state(changes)).toMatchObject({ id: '3', lastInputAt });
  });

  test('of no person is none', () => {
    for (const kind of ['greeter', 'lock-screen', 'background', 'manager'])
      expect(state({ Class: kind })).toBeNull();
    expect(state({ State: 'closing' })).toBeNull();
    expect(state({ Id: undefined })).toBeNull();
  });
});
