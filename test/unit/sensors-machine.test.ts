import { setImmediate as nextTurn } from 'node:timers/promises';
import { Variant } from 'dbus-next';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { presetValues, type Settings } from '../../electron/contract/settings.ts';
import { SensorHub } from '../../electron/policy/sensors/hub.ts';
import { machineSensors } from '../../electron/policy/sensors/machine.ts';
import { type Situation, sensorsNeeded } from '../../electron/policy/sensors/needs.ts';
import { CountingClock } from '../fakes/counting-clock.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeSystemBus, logind, networkManager } from '../fakes/fake-system-bus.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';

const manager = { path: '/org/freedesktop/login1', interface: 'org.freedesktop.login1.Manager' };
/** Of a polled sensor's reading; no sensor that runs while frozen polls at this pace. */
const readLimitMs = 5000;

const make = (platform: NodeJS.Platform, clock = new FakeClock()) => {
  const counting = new CountingClock(clock);
  const sensors = machineSensors({
    platform,
    clock: counting,
    log: silentLog,
    dataDir: '/tmp',
    ownCpuMs: () => 0,
    programNames: () => ['zoom'],
  });
  return { clock, counting, sensors };
};

test('each signal of the machine has one sensor', () => {
  const { sensors } = make('linux');
  const given = sensors.flatMap(({ gives }) => gives);
  expect(new Set(given).size).toBe(given.length);
  expect(sensors.map(({ name }) => name).sort()).toEqual([
    ...['disk', 'load', 'login1', 'metered', 'power', 'programs', 'thermal'],
  ]);
  for (const { cost } of sensors) expect(cost).toMatch(/\.$/);
});

test.each(['win32', 'darwin'] as const)('%s is not ready, and says so', async (platform) => {
  const { sensors, clock } = make(platform);
  for (const sensor of sensors) {
    await expect(WatchedSensor.start(sensor)).rejects.toMatchObject({ code: 'platform-not-ready' });
  }
  expect(clock.pending).toBe(0);
});

describe('timers', () => {
  let bus: FakeSystemBus;
  const settings: Settings = {
    preset: 'gentle',
    ...presetValues.gentle,
    'pauseOn.programs': ['zoom'],
    'battery.aboveCharge': 0.5,
  };
  const frozen = { paused: false, wantsToRun: true, running: false };

  beforeAll(async () => {
    bus = await FakeSystemBus.start();
    await Promise.all([bus.mock(logind), bus.mock(networkManager)]);
  });

  afterAll(async () => {
    await bus.close();
  });

  test('are none without work, and a sleep that is announced is seen all the same', async () => {
    const { clock, sensors } = make('linux');
    let changed: () => void = () => undefined;
    const change = new Promise<void>((resolve) => {
      changed = resolve;
    });
    let counted: () => void = () => undefined;
    const hub = new SensorHub({
      sensors: sensors.map((sensor) => ({
        ...sensor,
        start: async (report, fail) => {
          const started = await sensor.start(report, fail);
          counted();
          return started;
        },
      })),
      clock,
      log: silentLog,
      onChange: () => {
        if (hub.signals.sleeping) changed();
      },
    });
    const running = new Promise<void>((resolve) => {
      counted = resolve;
    });
    hub.need(sensorsNeeded(settings, { paused: false, wantsToRun: false, running: false }));
    await running;
    await bus.emit(logind, manager, 'PrepareForSleep', new Variant('b', true));
    await change;
    expect(hub.sensors.filter(({ state }) => state !== 'off').map(({ name }) => name)).toEqual(['login1']);
    await hub.dispose();
    expect(clock.pending).toBe(0);
  });

  /** Timers that fire in a minute, on this machine's /proc and /sys. */
  async function minute(situation: Situation): Promise<CountingClock> {
    const { clock, counting, sensors } = make('linux');
    const names = sensorsNeeded(settings, situation);
    const running = await Promise.all(
      sensors.filter(({ name }) => names.has(name)).map((sensor) => WatchedSensor.start(sensor)),
    );
    const failed = Promise.race(running.map((sensor) => sensor.failed));
    // The pause of a bus sensor after its first reading.
    clock.advance(1000);
    counting.fired = 0;
    for (let second = 0; second < 60; second += 1) {
      await settled(counting);
      clock.advance(1000);
    }
    await settled(counting);
    expect(await Promise.race([failed, nextTurn('none')])).toBe('none');
    await Promise.all(running.map((sensor) => sensor.stop()));
    expect(clock.pending).toBe(0);
    return counting;
  }

  test.each<[string, Situation, number]>([
    ['off: no work', { paused: false, wantsToRun: false, running: false }, 0],
    ['frozen by the person', { ...frozen, paused: true }, 0],
    // The disk and the battery every 30 s, programs every 2 s, the load every second.
    ['frozen by input', { ...frozen, heldBy: new Set(['input']) }, 4],
    ['frozen by a program', { ...frozen, heldBy: new Set(['program', 'input']) }, 34],
    ['frozen by load', { ...frozen, heldBy: new Set(['load']) }, 94],
    ['frozen, nothing known', frozen, 94],
  ])('%s: none faster than once a second', async (_, situation, most) => {
    const { fired, shortestMs } = await minute(situation);
    expect(shortestMs).toBeGreaterThanOrEqual(1000);
    expect(fired).toBeLessThanOrEqual(most);
    if (most > 0) expect(fired).toBeGreaterThan(most / 2);
  });
});

/** Every reading that was due has ended, so that its time limit is set no more, and the next is planned. */
async function settled(clock: CountingClock): Promise<void> {
  await clock.none(readLimitMs);
  await nextTurn();
}
