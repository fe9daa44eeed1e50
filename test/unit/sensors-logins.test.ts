import { Message, sessionBus, Variant } from 'dbus-next';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import type { Disposable } from '../../electron/base/disposal.ts';
import { loginSessionId } from '../../electron/policy/sensors/login-session.ts';
import { loginSessionsSensor } from '../../electron/policy/sensors/login-sessions.ts';
import type { LoginState } from '../../electron/policy/sensors/sessions.ts';
import { FakeSystemBus, logind } from '../fakes/fake-system-bus.ts';

const sessionInterface = 'org.freedesktop.login1.Session';
const manager = { path: '/org/freedesktop/login1', interface: 'org.freedesktop.login1.Manager' };
const objectOf = (id: string) => ({
  path: `/org/freedesktop/login1/session/${id}`,
  interface: sessionInterface,
});
const text = (value: string): Variant => new Variant('s', value);
const is = (value: boolean): Variant => new Variant('b', value);

let bus: FakeSystemBus;
let failed: (error: unknown) => void = () => undefined;
const running: Disposable[] = [];

/** The real sensor, and what it said last. */
async function start() {
  let logins: readonly LoginState[] = [];
  const waiting = new Set<() => void>();
  const sensor = loginSessionsSensor({
    env: process.env,
    clock: systemClock,
    hear: (heard) => {
      logins = heard;
      for (const resolve of waiting) resolve();
      waiting.clear();
    },
  });
  const fault = new Promise<unknown>((resolve) => {
    failed = resolve;
  });
  running.push(await sensor.start(() => undefined, failed));
  return {
    now: () => logins,
    fault,
    until: async (fits: (seen: readonly LoginState[]) => boolean): Promise<void> => {
      while (!fits(logins)) await new Promise<void>((resolve) => waiting.add(resolve));
    },
  };
}

async function mock(member: string, signature: string, body: unknown[]): Promise<void> {
  const caller = sessionBus({ busAddress: process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? '' });
  try {
    const head = { destination: logind.name, path: manager.path, interface: 'org.freedesktop.DBus.Mock' };
    await caller.call(new Message({ ...head, member, signature, body }));
  } finally {
    caller.disconnect();
  }
}

const logIn = (id: string, active: boolean): Promise<void> =>
  mock('AddSession', 'ssusb', [id, 'seat0', 1000, 'person', active]);

beforeAll(async () => {
  bus = await FakeSystemBus.start();
  await bus.mock(logind);
});
afterEach(async () => {
  for (const one of running.splice(0)) await one.dispose();
});
afterAll(() => bus.close());

test('login sessions are followed as they come, change places, idle, lock and go', async () => {
  await logIn('c1', true);
  await bus.update(logind, objectOf('c1'), { Type: text('x11') });
  const sensor = await start();
  expect(sensor.now()).toEqual([
    { id: 'c1', active: true, graphical: true, locked: false, remote: false, lastInputAt: null },
  ]);
  await logIn('c2', false);
  await bus.emit(logind, manager, 'SessionNew', text('c2'));
  await sensor.until((seen) => seen.length === 2);
  // Another person has the screen now.
  await bus.update(logind, objectOf('c1'), { Active: is(false) });
  await bus.update(logind, objectOf('c2'), { Active: is(true), LockedHint: is(true), Type: text('wayland') });
  await sensor.until((seen) =>
    seen.some(({ id, active, locked }) => id === 'c2' && active && locked === true),
  );
  expect(sensor.now().find(({ id }) => id === 'c1')?.active).toBe(false);
  const idleFrom = process.hrtime.bigint() / 1000n - 60_000_000n;
  await bus.update(logind, objectOf('c2'), {
    IdleHint: is(true),
    IdleSinceHintMonotonic: new Variant('t', idleFrom),
  });
  await sensor.until((seen) => seen.some(({ lastInputAt }) => typeof lastInputAt === 'number'));
  const at = sensor.now().find(({ id }) => id === 'c2')?.lastInputAt;
  expect(systemClock.monotonic() - Number(at)).toBeGreaterThan(59_000);
  expect(systemClock.monotonic() - Number(at)).toBeLessThan(90_000);
  await mock('RemoveObject', 's', [objectOf('c1').path]);
  await bus.emit(logind, manager, 'SessionRemoved', text('c1'));
  await sensor.until((seen) => seen.length === 1);
  await mock('RemoveObject', 's', [objectOf('c2').path]);
});

test('a session knows its id, and one without logind that it has none', async () => {
  await logIn('c7', true);
  expect(await loginSessionId({ env: { ...process.env, XDG_SESSION_ID: 'c7' }, clock: systemClock })).toBe(
    'c7',
  );
  const nowhere = { DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere/bus' };
  expect(await loginSessionId({ env: nowhere, clock: systemClock })).toBeNull();
  await mock('RemoveObject', 's', [objectOf('c7').path]);
});

test('a sensor that ends knows of nobody, and one whose logind goes away fails', async () => {
  await logIn('c9', true);
  const sensor = await start();
  expect(sensor.now()).toHaveLength(1);
  for (const one of running.splice(0)) await one.dispose();
  expect(sensor.now()).toEqual([]);
  const other = await start();
  await bus.unmock(logind);
  expect(await other.fault).toMatchObject({ code: 'sensor-failed' });
});
