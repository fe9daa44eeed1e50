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
    await person.call(head, 'ssusb', ['c1', 'seat0', 1000, 'person', true]);
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
    const shell = { locked: null, remote: null, active: false, type: 'tty' };
    expect(activeReading(shell)).toEqual({ sessionActive: null });
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
    const [locked, active] = [null, true];
    expect(remoteReading({ locked, active, remote: true, type: 'tty' })).toEqual({ remoteSession: null });
    expect(remoteReading({ locked, active, remote: false, type: 'tty' })).toEqual({ remoteSession: false });
    expect(remoteReading({ locked, active, remote: true, type: 'x11' })).toEqual({ remoteSession: true });
    expect(remoteReading({ locked, active, remote: null, type: 'wayland' })).toEqual({ remoteSession: null });
  });

  test('a remote desktop’s mark is enough', async () => {
    const sensor = await start(remoteSessionSensor({ env: { XRDP_SESSION: '1' }, clock: systemClock }));
    expect(sensor.reading).toEqual({ remoteSession: true });
  });
});
