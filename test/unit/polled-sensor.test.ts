import { afterEach, describe, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/failures.ts';
import { polledSensor } from '../../electron/policy/sensors/polled-sensor.ts';
import type { Reading } from '../../electron/policy/sensors/sensor.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { WatchedSensor } from '../fakes/watched-sensor.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Lets promises that are due settle; no time passes. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function world() {
  const clock = new FakeClock();
  const reads = { begun: 0, next: (): Promise<Reading> | Reading => ({ charge: 0.5 }) };
  const sensor = polledSensor({
    name: 'battery',
    cost: 'nothing',
    gives: ['charge'],
    everyMs: 1000,
    clock,
    read: () => {
      reads.begun += 1;
      return reads.next();
    },
  });
  const start = async () => {
    const watched = await WatchedSensor.start(sensor);
    ends.push(() => watched.stop());
    return watched;
  };
  return { clock, reads, start };
}

/** A read that ends when a test says so. */
function slowRead() {
  let end: (reading: Reading) => void = () => undefined;
  const answer = new Promise<Reading>((resolve) => {
    end = resolve;
  });
  return { answer, end };
}

describe('a sensor that asks in turns', () => {
  test('reads at its start, and then after each wait', async () => {
    const { clock, reads, start } = world();
    const sensor = await start();
    expect([reads.begun, sensor.reading]).toEqual([1, { charge: 0.5 }]);
    reads.next = () => ({ charge: 0.4 });
    clock.advance(999);
    expect(reads.begun).toBe(1);
    clock.advance(1);
    await settle();
    expect([reads.begun, sensor.reading]).toEqual([2, { charge: 0.4 }]);
  });

  test('waits from the end of a read, and never reads twice at once', async () => {
    const { clock, reads, start } = world();
    await start();
    const slow = slowRead();
    reads.next = () => slow.answer;
    clock.advance(1000);
    await settle();
    clock.advance(4000);
    await settle();
    expect(reads.begun).toBe(2);
    slow.end({ charge: 0.1 });
    await settle();
    clock.advance(999);
    expect(reads.begun).toBe(2);
    clock.advance(1);
    await settle();
    expect(reads.begun).toBe(3);
  });

  test('ends when stopped: no read, no report', async () => {
    const { clock, reads, start } = world();
    const sensor = await start();
    const slow = slowRead();
    reads.next = () => slow.answer;
    clock.advance(1000);
    await settle();
    await sensor.stop();
    slow.end({ charge: 0.1 });
    await settle();
    clock.advance(60_000);
    await settle();
    expect([reads.begun, sensor.reports]).toEqual([2, 1]);
    expect(clock.pending).toBe(0);
  });

  test.each<[string, () => Promise<Reading> | Reading]>([
    [
      'throws',
      () => {
        throw new Error('broken');
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
    ['tells what cannot be', () => ({ charge: 7 })],
    ['tells no number', () => ({ charge: Number.NaN })],
  ])('fails when a read %s, at its start too', async (_how, next) => {
    const { clock, reads, start } = world();
    const sensor = await start();
    reads.next = next;
    clock.advance(1000);
    expect(await sensor.failed).toBeInstanceOf(Error);
    expect(sensor.reading).toEqual({ charge: 0.5 });
    clock.advance(60_000);
    await settle();
    expect(reads.begun).toBe(2);
    await expect(start()).rejects.toBeInstanceOf(Error);
  });

  test('hands on that there is no such thing here', async () => {
    const { reads, start } = world();
    reads.next = () => Promise.reject(new GleanerError('platform-not-ready', 'No battery.'));
    await expect(start()).rejects.toMatchObject({ code: 'platform-not-ready' });
  });

  test('gives up a read that hangs for 5 s, and does not start another while it hangs', async () => {
    const { clock, reads, start } = world();
    const sensor = await start();
    const slow = slowRead();
    reads.next = () => slow.answer;
    clock.advance(1000);
    await settle();
    clock.advance(5000);
    expect(await sensor.failed).toMatchObject({ code: 'sensor-failed' });
    await expect(start()).rejects.toMatchObject({ code: 'sensor-failed' });
    expect(reads.begun).toBe(2);
    slow.end({ charge: 0.1 });
    await settle();
    expect(sensor.reading).toEqual({ charge: 0.5 });
    reads.next = () => ({ charge: 0.9 });
    expect((await start()).reading).toEqual({ charge: 0.9 });
  });
});
