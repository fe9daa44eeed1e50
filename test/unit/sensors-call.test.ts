import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../electron/base/clock.ts';
import { callSensor } from '../../electron/policy/sensors/call.ts';
import { CameraLook } from '../../electron/policy/sensors/camera.ts';
import { alsaRecords } from '../../electron/policy/sensors/microphone.ts';
import { records } from '../../electron/policy/sensors/pulse.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { SoundServer } from '../fakes/sound-server.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';

vi.setConfig({ testTimeout: 20_000 });

let root: string;
let dirs: { proc: string; dev: string; sys: string };
const ends: (() => Promise<void>)[] = [];

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'gleaner-call-'));
  dirs = { proc: path.join(root, 'proc'), dev: path.join(root, 'dev'), sys: path.join(root, 'sys') };
  for (const dir of Object.values(dirs)) mkdirSync(dir);
});

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  rmSync(root, { recursive: true, force: true });
});

function put(filePath: string, text: string): void {
  const whole = path.join(root, filePath);
  mkdirSync(path.dirname(whole), { recursive: true });
  writeFileSync(whole, text);
}

/** A process of ours that holds `target` open. */
function holds(pid: number, target: string, comm = 'zoom'): string {
  put(`proc/${pid}/comm`, `${comm}\n`);
  mkdirSync(path.join(dirs.proc, String(pid), 'fd'), { recursive: true });
  const fd = path.join(dirs.proc, String(pid), 'fd', '7');
  symlinkSync(target, fd);
  return fd;
}

const status = (card: number, device: string, text: string) => {
  put(`proc/asound/card${card}/${device}/sub0/status`, text);
};
// As Linux 6.1 writes it.
const running =
  'state: RUNNING\nowner_pid   : 4242\ntrigger_time: 100.5\ntstamp      : 0.0\ndelay       : 512\n';

describe('the microphone by ALSA', () => {
  test('is in use while a capture stream runs, and by playing it is not', async () => {
    status(0, 'pcm0p', running);
    status(0, 'pcm0c', 'closed\n');
    status(1, 'pcm3c', 'state: PREPARED\nowner_pid   : 1\n');
    expect(await alsaRecords(dirs.proc)).toBe(false);
    status(1, 'pcm3c', running);
    expect(await alsaRecords(dirs.proc)).toBe(true);
  });

  test('is unknown without ALSA, and not in use without a card', async () => {
    expect(await alsaRecords(dirs.proc)).toBeNull();
    put('proc/asound/cards', '--- no soundcards ---\n');
    expect(await alsaRecords(dirs.proc)).toBe(false);
  });
});

describe('the camera', () => {
  /** As sysfs has it: the device's driver's module, with its count of users. */
  const users = (count: number) => {
    put('sys/class/video4linux/video0/device/driver/module/refcnt', `${count}\n`);
  };
  const camera = () => path.join(dirs.dev, 'video0');

  test('is in use while a process of this user holds it open', async () => {
    const look = new CameraLook(dirs, new FakeClock());
    expect(await look.inUse()).toBe(false);
    put('dev/video0', '');
    users(0);
    expect(await look.inUse()).toBe(false);
    holds(100, '/dev/null');
    users(1);
    const fd = holds(101, camera());
    expect(await look.inUse()).toBe(true);
    expect(await look.inUse()).toBe(true);
    unlinkSync(fd);
    expect(await look.inUse()).toBe(false);
  });

  test('held open by the sound and video server alone is not in use', async () => {
    put('dev/video0', '');
    users(2);
    holds(100, camera(), 'wireplumber');
    const look = new CameraLook(dirs, new FakeClock());
    expect(await look.inUse()).toBe(false);
    users(3);
    holds(101, camera());
    expect(await look.inUse()).toBe(true);
  });

  test('is looked for among all processes only when the count of users changes, or half a minute later', async () => {
    put('dev/video0', '');
    users(1);
    const clock = new FakeClock();
    const look = new CameraLook(dirs, clock);
    expect(await look.inUse()).toBe(false);
    holds(101, camera());
    expect(await look.inUse()).toBe(false);
    clock.advance(30_000);
    expect(await look.inUse()).toBe(true);
  });

  test('is unknown where devices or processes cannot be seen', async () => {
    const look = new CameraLook({ ...dirs, dev: '/nowhere' }, new FakeClock());
    expect(await look.inUse()).toBeNull();
    put('dev/video0', '');
    const blind = new CameraLook({ ...dirs, proc: '/nowhere' }, new FakeClock());
    expect(await blind.inUse()).toBeNull();
  });
});

describe('lists of the sound server', () => {
  const sources = '0\tout.monitor\tm.c\ts16le\tIDLE\n1\tmic\tm.c\ts16le\tRUNNING\n';

  test.each([
    ['', sources, false],
    ['0\t1\t1\tprotocol-native.c\ts16le\n', sources, true],
    ['0\t0\t1\tprotocol-native.c\ts16le\n', sources, false],
    ['0\t0\t1\tp.c\ts16le\n5\t1\t2\tp.c\ts16le\n', sources, true],
    ['0\t9\t1\tprotocol-native.c\ts16le\n', sources, true],
    ['nonsense', sources, false],
    [undefined, sources, null],
    ['', undefined, null],
  ])('%j with %j: %s', (outputs, given, expected) => {
    expect(records(outputs, given)).toBe(expected);
  });
});

describe('a call', () => {
  async function start(env: Readonly<Record<string, string | undefined>>, clock = systemClock) {
    const sensor = await WatchedSensor.start(callSensor({ env, clock, dirs }));
    ends.push(() => sensor.stop());
    return sensor;
  }

  test('is a microphone or a camera in use, and unknown while one of them is', async () => {
    const clock = new FakeClock();
    const sensor = await start({}, clock);
    expect(sensor.reading).toEqual({ call: null });
    const next = async () => {
      const told = sensor.nextReport();
      clock.advance(2000);
      await told;
      return sensor.reading.call;
    };
    status(0, 'pcm0c', 'closed\n');
    expect(await next()).toBe(false);
    status(0, 'pcm0c', running);
    expect(await next()).toBe(true);
    status(0, 'pcm0c', 'closed\n');
    expect(await next()).toBe(false);
    put('dev/video0', '');
    holds(101, path.join(dirs.dev, 'video0'));
    expect(await next()).toBe(true);
  });

  const hasServer = spawnSync('pulseaudio', ['--version']).status === 0;

  test.runIf(hasServer)('is told by the events of a real sound server', async () => {
    const server = await SoundServer.start();
    ends.push(() => server.close());
    status(0, 'pcm0c', 'closed\n');
    // Without the polling: all that is told comes by event.
    const clock: Clock = {
      ...systemClock,
      after: (ms, callback) => (ms === 2000 ? () => undefined : systemClock.after(ms, callback)),
    };
    const sensor = await start(server.env, clock);
    server.record('mic');
    await sensor.until(({ call }) => call === true);
  });

  test.runIf(hasServer)(
    'ends with the recording; recording what is played is none; no server: the kernel is asked',
    async () => {
      const server = await SoundServer.start();
      ends.push(() => server.close());
      status(0, 'pcm0c', 'closed\n');
      const sensor = await start(server.env);
      const stopMonitor = server.record('out.monitor');
      const stop = server.record('mic');
      await sensor.until(({ call }) => call === true);
      await stop();
      await sensor.until(({ call }) => call === false);
      await stopMonitor();
      await server.goDown();
      status(0, 'pcm0c', running);
      await sensor.until(({ call }) => call === true);
    },
  );
});
