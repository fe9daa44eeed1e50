import { execFile } from 'node:child_process';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { fullScreenSensor } from '../../electron/policy/sensors/full-screen.ts';
import { SensorHub } from '../../electron/policy/sensors/hub.ts';
import { x11InputSensor } from '../../electron/policy/sensors/input-x11.ts';
import type { Sensor } from '../../electron/policy/sensors/sensor.ts';
import { findCookie, noCookie } from '../../electron/policy/sensors/x11/authority.ts';
import { authorityEntry, type Display, startDisplay } from '../../resources/dev/display.ts';
import { CountingClock } from '../fakes/counting-clock.ts';
import { FakeX11Desktop } from '../fakes/fake-x11-desktop.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';

const run = promisify(execFile);

// Real idle times add up; the limit only ends a hung run.
vi.setConfig({ testTimeout: 20_000 });

let display: Display;
let desktop: FakeX11Desktop;
const ends: (() => void | Promise<void>)[] = [];

async function start(sensor: Sensor): Promise<WatchedSensor> {
  const watched = await WatchedSensor.start(sensor);
  ends.push(() => watched.stop());
  return watched;
}

beforeAll(async () => {
  display = await startDisplay();
  desktop = await FakeX11Desktop.open(display.env);
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

afterAll(async () => {
  desktop.close();
  await display.close();
});

describe('input', () => {
  const sensorOf = (clock = systemClock) => x11InputSensor({ env: display.env, clock });

  test('is told by its event, within ms of when the server has it', async () => {
    const sensor = await start(sensorOf());
    const tookMs: number[] = [];
    for (let turn = 0; turn < 8; turn += 1) {
      await desktop.quiet(300);
      const told = sensor.nextReport();
      const before = performance.now();
      desktop.move();
      await told;
      tookMs.push(performance.now() - before);
      expect(sensor.reading.lastInputAt).toBeGreaterThanOrEqual(before);
      expect(sensor.reading).toMatchObject({ inputSource: 'x11', inputPollMs: 0 });
    }
    const sorted = tookMs.toSorted((a, b) => a - b);
    const [median = 0, worst = 0] = [sorted[4], sorted.at(-1)];
    console.log(`input to report: median ${median.toFixed(2)} ms, most ${worst.toFixed(2)} ms, n = 8`);
    // Far above what it takes, far below what polling could do.
    expect(median).toBeLessThan(50);
  });

  test('made by another program counts', async () => {
    const sensor = await start(sensorOf());
    await desktop.quiet(300);
    const told = sensor.nextReport();
    const before = performance.now();
    await run('xdotool', ['key', 'a'], { env: { ...process.env, ...display.env } });
    await told;
    expect(sensor.reading.lastInputAt).toBeGreaterThanOrEqual(before);
  });

  test('wakes nobody while all is quiet', async () => {
    const clock = new CountingClock(systemClock);
    desktop.move();
    const sensor = await start(sensorOf(clock));
    // One question a second may be under way from before.
    await desktop.quiet(1200);
    const [reports, timers] = [sensor.reports, clock.fired];
    await desktop.quiet(2700);
    expect(sensor.reports - reports).toBe(0);
    expect(clock.fired - timers).toBe(0);
  });

  test('is watched for without keeping others’ alarms, a screen saver’s, from firing', async () => {
    await start(sensorOf());
    for (let turn = 0; turn < 8; turn += 1) {
      desktop.move();
      await desktop.done();
      await desktop.quiet(260);
    }
  });

  test('that goes on without a pause is told about once a second, and costs little', async () => {
    const sensor = await start(sensorOf());
    await desktop.quiet(300);
    const reports = sensor.reports;
    const begin = performance.now();
    const cpu = process.cpuUsage();
    let moves = 0;
    while (performance.now() - begin < 2500) {
      desktop.move();
      moves += 1;
      // An alarm that is set up in the same instant would hide the input from other alarms.
      await desktop.done();
      await desktop.quiet(5);
    }
    const { user, system } = process.cpuUsage(cpu);
    console.log(
      `${moves} moves in 2.5 s: ${sensor.reports - reports} reports (this whole test ${(user + system) / 1000} ms CPU)`,
    );
    expect(moves).toBeGreaterThan(50);
    expect(sensor.reports - reports).toBeGreaterThanOrEqual(2);
    expect(sensor.reports - reports).toBeLessThanOrEqual(10);
    const last = sensor.reading.lastInputAt ?? 0;
    expect(performance.now() - last).toBeLessThan(2000);
  });

  test('tells what was last before it started', async () => {
    await desktop.quiet(700);
    const sensor = await start(sensorOf());
    const idle = performance.now() - (sensor.reading.lastInputAt ?? 0);
    expect(idle).toBeGreaterThanOrEqual(700);
  });

  test('is unknown when the server is killed, and known again from the next one', async () => {
    const other = await startDisplay();
    const env = { ...other.env };
    let changed: () => void = () => undefined;
    const sensor = x11InputSensor({ env, clock: systemClock });
    const hub = new SensorHub({
      sensors: [sensor],
      clock: systemClock,
      log: silentLog,
      onChange: () => {
        changed();
      },
    });
    ends.push(() => hub.dispose());
    const until = (fits: () => boolean) =>
      new Promise<void>((resolve) => {
        changed = () => {
          if (fits()) resolve();
        };
        changed();
      });
    hub.need(new Set(['input']));
    await until(() => hub.signals.inputSource === 'x11');
    await other.close();
    await until(() => hub.signals.lastInputAt === null && hub.signals.inputSource === null);
    expect(hub.troubles).toMatchObject([{ sensor: 'input-x11' }]);
    // The session is restarted: here, on the display that is there.
    Object.assign(env, display.env);
    await until(() => hub.signals.inputSource === 'x11');
    expect(hub.troubles).toEqual([]);
  });

  test.each([{ DISPLAY: 'far.example:0' }, { DISPLAY: '' }, {}, { DISPLAY: ':0; rm' }])(
    'is never there for %o',
    async (env) => {
      await expect(start(x11InputSensor({ env, clock: systemClock }))).rejects.toMatchObject({
        code: 'platform-not-ready',
      });
    },
  );

  test('is a trouble, to be tried again, where the server lets us not in or is not there', async () => {
    const locked = { ...display.env, XAUTHORITY: '/dev/null' };
    const away = { ...display.env, DISPLAY: ':64999' };
    for (const env of [locked, away]) {
      await expect(start(x11InputSensor({ env, clock: systemClock }))).rejects.toMatchObject({
        code: 'sensor-failed',
      });
    }
  });
});

describe('full screen', () => {
  const full = ['_NET_WM_STATE_FULLSCREEN'];

  test('follows the active window and its state', async () => {
    await desktop.activate(undefined);
    const sensor = await start(fullScreenSensor({ env: display.env, clock: systemClock }));
    expect(sensor.reading).toEqual({ fullScreen: null });
    const [game, mail] = [desktop.window(), desktop.window()];
    await desktop.setStates(game, full);
    await desktop.activate(game);
    await sensor.until(({ fullScreen }) => fullScreen === true);
    await desktop.setStates(game, ['_NET_WM_STATE_MAXIMIZED_VERT']);
    await sensor.until(({ fullScreen }) => fullScreen === false);
    await desktop.setStates(game, ['_NET_WM_STATE_ABOVE', ...full]);
    await sensor.until(({ fullScreen }) => fullScreen === true);
    await desktop.activate(mail);
    await sensor.until(({ fullScreen }) => fullScreen === false);
    await desktop.activate(game);
    await sensor.until(({ fullScreen }) => fullScreen === true);
    await desktop.activate(0);
    await sensor.until(({ fullScreen }) => fullScreen === false);
  });

  test('is not hurt by a window that is gone', async () => {
    const game = desktop.window();
    await desktop.setStates(game, full);
    await desktop.activate(game);
    const sensor = await start(fullScreenSensor({ env: display.env, clock: systemClock }));
    expect(sensor.reading).toEqual({ fullScreen: true });
    const next = desktop.window();
    desktop.destroy(game);
    desktop.destroy(next);
    await desktop.activate(next);
    await sensor.until(({ fullScreen }) => fullScreen === false);
    const last = desktop.window();
    await desktop.setStates(last, full);
    await desktop.activate(last);
    await sensor.until(({ fullScreen }) => fullScreen === true);
  });

  test('is never there under Wayland', async () => {
    const env = { ...display.env, WAYLAND_DISPLAY: 'wayland-0' };
    await expect(start(fullScreenSensor({ env, clock: systemClock }))).rejects.toMatchObject({
      code: 'platform-not-ready',
    });
  });
});

describe('the cookie', () => {
  const cookie = Buffer.from('00ff80417f', 'hex');
  const found = { name: 'MIT-MAGIC-COOKIE-1', data: cookie.toString('latin1') };

  test('is the one of this host and display', () => {
    const other = Buffer.from('other');
    const file = Buffer.concat([
      authorityEntry('1', other),
      authorityEntry('0', cookie),
      authorityEntry('', other),
    ]);
    expect(findCookie(file, hostname(), '0')).toEqual(found);
    expect(findCookie(file, hostname(), '7').data).toBe('other');
    expect(findCookie(file, 'elsewhere', '0')).toEqual(noCookie);
  });

  test('is none, or an earlier one, in a file that is cut short', () => {
    const file = Buffer.concat([authorityEntry('0', cookie), authorityEntry('1', cookie)]);
    const first = authorityEntry('0', cookie).length;
    for (let length = 0; length < file.length; length += 1) {
      const part = file.subarray(0, length);
      expect(findCookie(part, hostname(), '1')).toEqual(noCookie);
      expect(findCookie(part, hostname(), '0')).toEqual(length < first ? noCookie : found);
    }
  });
});
