import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { loadSensor, otherLoad, parseCpuTicks } from '../../electron/policy/sensors/load.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { SensorFixture, turn } from './sensors-fixture.ts';

let fixture: SensorFixture;

beforeEach(() => {
  fixture = new SensorFixture();
});

afterEach(async () => {
  await fixture.close();
});

describe('load', () => {
  const stat = (user: number, nice: number, system: number, idle: number, iowait = 0, steal = 0, guest = 0) =>
    `cpu  ${user} ${nice} ${system} ${idle} ${iowait} 0 0 ${steal} ${guest} 0\ncpu0 1 2 3 4\nintr 5`;

  test('counts a guest once, and neither waiting nor stolen time', () => {
    expect(parseCpuTicks('cpu  100 20 30 400 50 6 7 80 90 10\ncpu0 1')).toEqual({ busy: 163, total: 693 });
    // Before Linux 2.6.33 there were fewer columns.
    expect(parseCpuTicks('cpu 1 2 3 4 5 6 7')).toEqual({ busy: 19, total: 28 });
  });

  test.each([
    '',
    'cpu',
    'cpu0 1 2 3 4 5 6 7 8',
    'cpu  1 2 3',
    'cpu  1 2 3 4 5 -6 7',
    'cpu 1 2 3 4 x 6 7 8 9 10',
  ])('%j is no reading', (text) => {
    expect(parseCpuTicks(text)).toBe(undefined);
  });

  test('is a share, whatever the samples', () => {
    const sample = fc.record({
      busy: fc.nat(),
      total: fc.nat(),
      ownMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
    });
    fc.assert(
      fc.property(sample, sample, (before, after) => {
        const load = otherLoad(before, after);
        if (load === undefined) return;
        expect(load).toBeGreaterThanOrEqual(0);
        expect(load).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('leaves out what is ours; unknown until there are two samples, again after each start', async () => {
    const clock = new FakeClock();
    let ownMs = 5000;
    fixture.put({ stat: stat(1000, 0, 0, 1000) });
    const sensor = loadSensor(clock, fixture.dir, () => ownMs);
    const watched = await fixture.start(sensor);
    expect(watched.reading).toEqual({ otherLoad: null });
    // Of 200 ticks 120 were busy, and 0.5 s, that is 50, of these were ours.
    fixture.put({ stat: stat(1100, 10, 10, 1080) });
    ownMs += 500;
    await turn(clock, 1000, watched);
    expect(watched.reading.otherLoad).toBeCloseTo(0.35);
    // One of ours ended: what it had used is gone, and this second tells nothing.
    fixture.put({ stat: stat(1200, 10, 10, 1180) });
    ownMs = 0;
    await turn(clock, 1000, watched);
    expect(watched.reading.otherLoad).toBeCloseTo(0.35);
    fixture.put({ stat: stat(1200, 10, 10, 1280, 50, 50) });
    await turn(clock, 1000, watched);
    expect(watched.reading.otherLoad).toBe(0);
    await watched.stop();
    fixture.put({ stat: stat(9000, 10, 10, 1280, 50, 50) });
    expect((await fixture.start(sensor)).reading).toEqual({ otherLoad: null });
  });

  test('is unknown when the kernel talks nonsense', async () => {
    const clock = new FakeClock();
    fixture.put({ stat: stat(1, 1, 1, 1) });
    const watched = await fixture.start(loadSensor(clock, fixture.dir, () => 0));
    fixture.put({ stat: stat(1, 1, 1, 101) });
    await turn(clock, 1000, watched);
    expect(watched.reading).toEqual({ otherLoad: 0 });
    fixture.put({ stat: 'cpu ?' });
    await turn(clock, 1000, watched);
    expect(watched.reading).toEqual({ otherLoad: null });
  });

  test('of this machine: a busy process of another is seen, one of ours is not', async () => {
    const spinner = spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' });
    try {
      const cpuMs = () => {
        const fields =
          readFileSync(`/proc/${spinner.pid ?? 0}/stat`, 'utf8')
            .split(') ')[1]
            ?.split(' ') ?? [];
        return (Number(fields[11]) + Number(fields[12])) * 10;
      };
      const [all, others] = await Promise.all([
        fixture.start(loadSensor(systemClock, '/proc', () => 0)),
        fixture.start(loadSensor(systemClock, '/proc', cpuMs)),
      ]);
      await Promise.all([all.nextReport(), others.nextReport()]);
      const [{ otherLoad: seen }, { otherLoad: unseen }] = [all.reading, others.reading];
      expect(seen).toBeGreaterThan(0);
      expect(unseen).toBeLessThan(seen ?? 0);
    } finally {
      spinner.kill('SIGKILL');
      await once(spinner, 'exit');
    }
  });
});
