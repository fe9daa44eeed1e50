import { Variant } from 'dbus-next';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { inputSensors } from '../../electron/policy/sensors/input.ts';
import { gnomeInputSensor } from '../../electron/policy/sensors/input-gnome.ts';
import { kdeInputSensor } from '../../electron/policy/sensors/input-kde.ts';
import { presentationSensor } from '../../electron/policy/sensors/presentation.ts';
import { lockerSensor } from '../../electron/policy/sensors/screen-lock.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeService } from '../fakes/fake-service.ts';
import { FakeSystemBus } from '../fakes/fake-system-bus.ts';
import { useBus } from './sensor-bus.ts';

const { start, serve, bus, address, env } = useBus();

describe('input on GNOME', () => {
  /** A fake of Mutter's idle monitor, whose person a test moves. */
  async function mutter() {
    const service = await serve(
      ['org.gnome.Mutter.IdleMonitor'],
      '/org/gnome/Mutter/IdleMonitor/Core',
      'org.gnome.Mutter.IdleMonitor',
    );
    let next = 0;
    const watches = { quiet: 0, active: [] as number[], intervals: [] as unknown[], idleMs: 10_000 };
    service.answers.set('GetIdletime', () => ['t', [BigInt(watches.idleMs)]]);
    service.answers.set('AddIdleWatch', ([interval]) => {
      next += 1;
      watches.quiet = next;
      watches.intervals.push(interval);
      return ['u', [next]];
    });
    service.answers.set('AddUserActiveWatch', () => {
      next += 1;
      watches.active.push(next);
      return ['u', [next]];
    });
    return {
      service,
      watches,
      move() {
        watches.idleMs = 0;
        for (const id of watches.active.splice(0)) service.signal('WatchFired', 'u', [id]);
      },
      rest() {
        watches.idleMs = 250;
        service.signal('WatchFired', 'u', [watches.quiet]);
      },
    };
  }

  test('is told at each first input after quiet, by the desktop’s own watches', async () => {
    const desktop = await mutter();
    const clock = new FakeClock();
    clock.advance(60_000);
    const sensor = await start(gnomeInputSensor({ env, clock }));
    expect(sensor.reading).toEqual({ lastInputAt: 50_000, inputSource: 'gnome', inputPollMs: 0 });
    expect(desktop.watches.intervals).toEqual([250n]);
    for (const at of [61_000, 62_000, 63_000]) {
      clock.advance(1000);
      const told = sensor.nextReport();
      desktop.move();
      await told;
      expect(sensor.reading.lastInputAt).toBe(at);
      const before = desktop.service.calls.length;
      desktop.rest();
      // It sets its next watch by itself.
      while (desktop.watches.active.length === 0) await bus().roundTrip();
      expect(desktop.service.calls.slice(before)).toEqual(['AddUserActiveWatch']);
    }
    // All that is left are answers under way; no timer.
    while (clock.pending > 0) await bus().roundTrip();
  });

  test('is asked for once a second while it goes on without a pause, and not at all in quiet', async () => {
    const desktop = await mutter();
    const clock = new FakeClock();
    clock.advance(60_000);
    const sensor = await start(gnomeInputSensor({ env, clock }));
    const told = sensor.nextReport();
    desktop.move();
    await told;
    for (const at of [61_000, 62_000]) {
      const refreshed = sensor.nextReport();
      clock.advance(1000);
      await refreshed;
      expect(sensor.reading.lastInputAt).toBe(at);
    }
    desktop.rest();
    while (desktop.watches.active.length === 0) await bus().roundTrip();
    const reports = sensor.reports;
    clock.advance(3_600_000);
    await bus().roundTrip();
    expect(sensor.reports).toBe(reports);
  });

  test('fails when the desktop goes away', async () => {
    const desktop = await mutter();
    const sensor = await start(gnomeInputSensor({ env, clock: systemClock }));
    desktop.service.vanish();
    expect(await sensor.failed).toMatchObject({ code: 'sensor-failed' });
  });

  test('is never there on another desktop', async () => {
    await expect(start(gnomeInputSensor({ env, clock: systemClock }))).rejects.toMatchObject({
      code: 'platform-not-ready',
    });
  });
});

describe('input on KDE', () => {
  const names = ['org.freedesktop.ScreenSaver', 'org.kde.screensaver'];

  test('is polled in ms, and believed once it counts', async () => {
    const service = await serve(names, '/ScreenSaver', 'org.freedesktop.ScreenSaver');
    let idle = 0;
    service.answers.set('GetSessionIdleTime', () => ['u', [idle]]);
    const clock = new FakeClock();
    clock.advance(60_000);
    const sensor = await start(kdeInputSensor({ env, clock }));
    expect(sensor.reading.lastInputAt).toBeNull();
    for (const [asked, told] of [
      [5000, 55_250],
      [0, 60_500],
    ] as const) {
      idle = asked;
      const report = sensor.nextReport();
      clock.advance(250);
      await report;
      expect(sensor.reading).toEqual({ lastInputAt: told, inputSource: 'kde', inputPollMs: 250 });
    }
  });

  test('is never there where Plasma refuses, as it does on Wayland', async () => {
    await serve(names, '/ScreenSaver', 'org.freedesktop.ScreenSaver');
    await expect(start(kdeInputSensor({ env, clock: systemClock }))).rejects.toMatchObject({
      code: 'platform-not-ready',
    });
  });
});

test('the ways to notice input follow the session: X11 only where it is the whole screen', () => {
  const names = (session: Record<string, string>) =>
    inputSensors({ env: session, clock: systemClock }).map(({ name }) => name);
  expect(names({ DISPLAY: ':0' })).toEqual(['input-x11']);
  expect(names({ DISPLAY: ':0', WAYLAND_DISPLAY: '' })).toEqual(['input-x11']);
  expect(names({ DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['input-gnome', 'input-kde']);
  expect(names({})).toEqual(['input']);
});

test('input without any screen is left to the shell', async () => {
  const [sensor] = inputSensors({ env: {}, clock: systemClock });
  await expect(sensor && start(sensor)).rejects.toMatchObject({ code: 'platform-not-ready' });
});

describe('screen lock', () => {
  test('follows the desktop’s locker, also one that comes and goes', async () => {
    const sensor = await start(lockerSensor({ env, clock: systemClock }));
    expect(sensor.reading).toEqual({ screenLocked: null });
    const gnome = await FakeService.appear(
      address(),
      ['org.gnome.ScreenSaver'],
      '/org/gnome/ScreenSaver',
      'org.gnome.ScreenSaver',
    );
    let active = false;
    gnome.answers.set('GetActive', () => ['b', [active]]);
    await sensor.until(({ screenLocked }) => screenLocked === false);
    active = true;
    gnome.signal('ActiveChanged', 'b', [true]);
    await sensor.until(({ screenLocked }) => screenLocked === true);
    gnome.vanish();
    await sensor.until(({ screenLocked }) => screenLocked === null);
  });

  test('does not believe what others send in the locker’s name', async () => {
    const kde = await serve(
      ['org.freedesktop.ScreenSaver'],
      '/org/freedesktop/ScreenSaver',
      'org.freedesktop.ScreenSaver',
    );
    kde.answers.set('GetActive', () => ['b', [false]]);
    const sensor = await start(lockerSensor({ env, clock: systemClock }));
    const asked = kde.calls.length;
    const forger = await serve(
      ['org.example.Forger'],
      '/org/freedesktop/ScreenSaver',
      'org.freedesktop.ScreenSaver',
    );
    forger.signal('ActiveChanged', 'b', [true]);
    await bus().roundTrip();
    await bus().roundTrip();
    expect(kde.calls.length).toBe(asked);
    expect(sensor.reading).toEqual({ screenLocked: false });
  });

  test('a flood of signals costs a few looks', async () => {
    const kde = await serve(
      ['org.freedesktop.ScreenSaver'],
      '/org/freedesktop/ScreenSaver',
      'org.freedesktop.ScreenSaver',
    );
    let active = false;
    kde.answers.set('GetActive', () => ['b', [active]]);
    const clock = new FakeClock();
    const sensor = await start(lockerSensor({ env, clock }));
    const asked = kde.calls.length;
    for (let turn = 0; turn < 500; turn += 1) kde.signal('ActiveChanged', 'b', [turn % 2 === 0]);
    active = true;
    kde.signal('ActiveChanged', 'b', [true]);
    // Whatever was skipped is looked at once more in the end.
    while (sensor.reading.screenLocked !== true) {
      await bus().roundTrip();
      clock.advance(200);
    }
    expect(kde.calls.length - asked).toBeLessThanOrEqual(5);
  });

  test('fails when the session bus goes away', async () => {
    const other = await FakeSystemBus.start();
    const otherEnv = { DBUS_SESSION_BUS_ADDRESS: process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? '' };
    const sensor = await start(lockerSensor({ env: otherEnv, clock: systemClock }));
    await other.vanish();
    expect(await sensor.failed).toMatchObject({ code: 'sensor-failed' });
    await other.close();
  });

  test('is never there without a session bus', async () => {
    for (const nowhere of [{}, { XDG_RUNTIME_DIR: '/nowhere' }]) {
      await expect(start(lockerSensor({ env: nowhere, clock: systemClock }))).rejects.toMatchObject({
        code: 'platform-not-ready',
      });
    }
  });
});

describe('presentation', () => {
  test('is what org.freedesktop.PowerManagement.Inhibit says', async () => {
    const name = 'org.freedesktop.PowerManagement.Inhibit';
    const service = await serve([name], '/org/freedesktop/PowerManagement/Inhibit', name);
    let has = false;
    service.answers.set('HasInhibit', () => ['b', [has]]);
    const sensor = await start(presentationSensor({ env, clock: systemClock }));
    expect(sensor.reading).toEqual({ presentation: false });
    has = true;
    service.signal('HasInhibitChanged', 'b', [true]);
    await sensor.until(({ presentation }) => presentation === true);
  });

  test('is an inhibitor of idleness in GNOME’s session that is not ours', async () => {
    const name = 'org.gnome.SessionManager';
    const service = await serve([name], '/org/gnome/SessionManager', name);
    let inhibitors: [path: string, flags: number, app: string][] = [];
    const at = (path: string) => inhibitors.find(([other]) => other === path);
    service.answers.set('GetAll', () => [
      'a{sv}',
      [
        {
          InhibitedActions: new Variant(
            'u',
            inhibitors.reduce((all, [, flags]) => all | flags, 0),
          ),
        },
      ],
    ]);
    service.answers.set('GetInhibitors', () => ['ao', [inhibitors.map(([path]) => path)]]);
    service.answers.set('GetFlags', (_body, path) => ['u', [at(path)?.[1] ?? 0]]);
    service.answers.set('GetAppId', (_body, path) => ['s', [at(path)?.[2] ?? '']]);
    const sensor = await start(presentationSensor({ env, clock: systemClock }));
    expect(sensor.reading).toEqual({ presentation: false });
    const change = async (now: [string, number, string][]) => {
      inhibitors = now;
      const told = sensor.nextReport();
      service.tellProperties({ InhibitedActions: new Variant('u', 0) });
      await told;
      return sensor.reading.presentation;
    };
    expect(await change([['/i/1', 8, 'Gleaner']])).toBe(false);
    expect(
      await change([
        ['/i/1', 8, 'Gleaner'],
        ['/i/2', 4, 'backup'],
      ]),
    ).toBe(false);
    expect(
      await change([
        ['/i/1', 8, 'Gleaner'],
        ['/i/3', 12, 'impress'],
      ]),
    ).toBe(true);
    expect(await change([])).toBe(false);
  });

  test('is unknown where nobody can be asked', async () => {
    const sensor = await start(presentationSensor({ env, clock: systemClock }));
    expect(sensor.reading).toEqual({ presentation: null });
  });
});
