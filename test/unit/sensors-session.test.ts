import { Variant } from 'dbus-next';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import {
  activeReading,
  remoteReading,
  remoteSessionSensor,
  sessionActiveSensor,
} from '../../electron/policy/sensors/remote-session.ts';
import { lockHintSensor } from '../../electron/policy/sensors/screen-lock.ts';
import { logind } from '../fakes/fake-system-bus.ts';
import { useBus } from './sensor-bus.ts';

const { start, serve, bus, env, ends } = useBus();

describe('the login session', () => {
  const object = { path: '/org/freedesktop/login1/session/c1', interface: 'org.freedesktop.login1.Session' };

  let gone = false;
  const seat = { path: '/org/freedesktop/login1/seat/seat0', interface: 'org.freedesktop.login1.Seat' };
  /** Another session at the same seat. */
  let add: (id: string) => Promise<void>;
  /** Gives the screen to a session. */
  let screenOf: (id: string, at: string) => Promise<void>;

  async function session(values: Record<string, Variant>) {
    await bus().mock(logind);
    gone = false;
    ends.push(async () => {
      if (!gone) await bus().unmock(logind);
    });
    const person = await serve(['org.example.Person'], '/', 'org.example.Person');
    const head = {
      destination: logind.name,
      path: '/org/freedesktop/login1',
      interface: 'org.freedesktop.DBus.Mock',
      member: 'AddSession',
    };
    add = async (id) => {
      await person.call(head, 'ssusb', [id, 'seat0', 1000, 'person', true]);
    };
    screenOf = async (id, at) => {
      const set = { ...head, path: seat.path, interface: 'org.freedesktop.DBus.Properties', member: 'Set' };
      const active = new Variant('(so)', [id, at]);
      await person.call(set, 'ssv', [seat.interface, 'ActiveSession', active]);
    };
    await add('c1');
    await bus().update(logind, object, values);
    return { ...env, XDG_SESSION_ID: 'c1' };
  }

  test('tells its lock, and whether it is remote', async () => {
    const inSession = await session({ Type: new Variant('s', 'x11') });
    const lock = await start(lockHintSensor({ env: inSession, clock: systemClock }));
    const remote = await start(remoteSessionSensor({ env: inSession, clock: systemClock }));
    expect(lock.reading).toEqual({ screenLocked: false });
    expect(remote.reading).toEqual({ remoteSession: false });
    await bus().update(logind, object, { LockedHint: new Variant('b', true) });
    await lock.until(({ screenLocked }) => screenLocked === true);
    await bus().update(logind, object, { Remote: new Variant('b', true) });
    await remote.until(({ remoteSession }) => remoteSession === true);
  });

  test('tells that another one was switched to', async () => {
    const inSession = await session({ Type: new Variant('s', 'x11'), Active: new Variant('b', true) });
    const sensor = await start(sessionActiveSensor({ env: inSession, clock: systemClock }));
    expect(sensor.reading).toEqual({ sessionActive: true });
    await bus().update(logind, object, { Active: new Variant('b', false) });
    await sensor.until(({ sessionActive }) => sessionActive === false);
    const shell = { locked: null, remote: null, active: false, type: 'tty', screen: null };
    expect(activeReading(shell, {})).toEqual({ sessionActive: null });
  });

  test.each([
    ['a greeter', '/org/freedesktop/login1/session/greeter', 'greeter', true],
    ['nobody at all', '/', 'user', true],
    ['another person', '/org/freedesktop/login1/session/greeter', 'user', false],
    ['a session that is gone already', '/org/freedesktop/login1/session/gone', 'user', false],
  ])('%s has the screen', async (_, path, sessionClass, stays) => {
    const inSession = await session({ Type: new Variant('s', 'x11'), Active: new Variant('b', true) });
    await add('greeter');
    const greeter = { ...object, path: '/org/freedesktop/login1/session/greeter' };
    await bus().update(logind, greeter, { Class: new Variant('s', sessionClass) });
    const sensor = await start(sessionActiveSensor({ env: inSession, clock: systemClock }));
    expect(sensor.reading).toEqual({ sessionActive: true });
    const reported = async (count: number): Promise<boolean | null | undefined> => {
      while (sensor.reports < count) await sensor.nextReport();
      return sensor.reading.sessionActive;
    };
    await screenOf('it', path);
    await bus().update(logind, object, { Active: new Variant('b', false) });
    expect(await reported(3)).toBe(stays);
    // From a greeter to another person: nothing of this session changes.
    await bus().update(logind, greeter, { Class: new Variant('s', 'user') });
    await screenOf('greeter', greeter.path);
    expect(await reported(4)).toBe(false);
    // Whoever did not have it last does not get it by a greeter.
    await screenOf('', '/');
    expect(await reported(5)).toBe(false);
    await bus().update(logind, object, { Active: new Variant('b', true) });
    expect(await reported(6)).toBe(true);
  });

  test('fails when logind goes away', async () => {
    const inSession = await session({});
    const lock = await start(lockHintSensor({ env: inSession, clock: systemClock }));
    await bus().unmock(logind);
    gone = true;
    expect(await lock.failed).toMatchObject({ code: 'sensor-failed' });
  });

  test('is never there without logind', async () => {
    await expect(start(lockHintSensor({ env, clock: systemClock }))).rejects.toMatchObject({
      code: 'platform-not-ready',
    });
  });

  test('a shell from afar says nothing of who sits at the screen', () => {
    const [locked, active, screen] = [null, true, null];
    expect(remoteReading({ locked, active, screen, remote: true, type: 'tty' })).toEqual({
      remoteSession: null,
    });
    expect(remoteReading({ locked, active, screen, remote: false, type: 'tty' })).toEqual({
      remoteSession: false,
    });
    expect(remoteReading({ locked, active, screen, remote: true, type: 'x11' })).toEqual({
      remoteSession: true,
    });
    expect(remoteReading({ locked, active, screen, remote: null, type: 'wayland' })).toEqual({
      remoteSession: null,
    });
  });

  test('a remote desktop’s mark is enough', async () => {
    const sensor = await start(remoteSessionSensor({ env: { XRDP_SESSION: '1' }, clock: systemClock }));
    expect(sensor.reading).toEqual({ remoteSession: true });
  });
});
