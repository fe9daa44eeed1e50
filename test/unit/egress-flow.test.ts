import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { PassThrough, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../electron/egress/bucket.ts';
import { Denials } from '../../electron/egress/denials.ts';
import { watchIdle } from '../../electron/egress/idle.ts';
import { Latest } from '../../electron/egress/latest.ts';
import type { DenialRow, TrafficRow } from '../../electron/egress/messages.ts';
import { Meter } from '../../electron/egress/meter.ts';
import { Pump } from '../../electron/egress/pump.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

describe('a token bucket', () => {
  /** Takes pieces as fast as they pass; returns the bytes that passed in `ms`. */
  function passed(bucket: TokenBucket, clock: FakeClock, ms: number, lines: number): number {
    let bytes = 0;
    let over = false;
    const next = (): void => {
      const size = bucket.piece;
      bucket.take(size, () => {
        if (over) return;
        bytes += size;
        // Not from within, as a stream does not either.
        clock.after(0, next);
      });
    };
    for (let line = 0; line < lines; line += 1) next();
    clock.advance(ms);
    over = true;
    bucket.dispose();
    return bytes;
  }

  test('holds its rate over any span, whatever the rate and the number of connections', () => {
    const rates = fc.integer({ min: 1024, max: 50_000_000 });
    fc.assert(
      fc.property(
        rates,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 2, max: 20 }),
        (rate, lines, seconds) => {
          const clock = new FakeClock();
          const bytes = passed(new TokenBucket(clock, rate), clock, seconds * 1000, lines);
          // A quarter of a second at once, and one piece too much at a time.
          expect(bytes).toBeLessThanOrEqual(rate * (seconds + 0.5) + 2048);
          // Waking costs a ms for every piece.
          expect(bytes).toBeGreaterThanOrEqual(rate * seconds * 0.95 - 1024);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('serves those that wait in turn, and lets one leave the line', () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, 10_000);
    const order: string[] = [];
    const take = (name: string): (() => void) =>
      bucket.take(10_000, () => {
        order.push(name);
      });
    take('a');
    take('b');
    const leave = take('c');
    take('d');
    expect(order).toEqual(['a']);
    leave();
    clock.advance(10_000);
    expect(order).toEqual(['a', 'b', 'd']);
    expect(clock.pending).toBe(0);
  });

  test('without a limit everything passes at once; a limit that is lifted lets all go that wait', () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, 1024);
    let went = 0;
    for (let count = 0; count < 10; count += 1) {
      bucket.take(1_000_000, () => {
        went += 1;
      });
    }
    expect(went).toBe(1);
    bucket.setRate(null);
    expect([went, bucket.unlimited, clock.pending]).toEqual([10, true, 0]);
  });

  test('a debt made at a high rate does not outlive it', () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, 10_000_000);
    for (let count = 0; count < 39; count += 1) bucket.take(65_536, () => undefined);
    bucket.setRate(1024);
    let went = false;
    bucket.take(1024, () => {
      went = true;
    });
    clock.advance(60_000);
    expect(went).toBe(true);
  });
});

describe('a pump', () => {
  const bytesOf = (size: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: size }, (_, index) => (index * 31) % 251));

  test.each([null, 200_000])('carries all bytes in order at a rate of %s', async (rate) => {
    const clock = new FakeClock();
    const content = bytesOf(500_000);
    const got: Buffer[] = [];
    const to = new Writable({
      highWaterMark: 1000,
      write(chunk: Buffer, _encoding, done) {
        got.push(chunk);
        // The sink takes its time, so that every piece has to be waited for.
        setImmediate(done);
      },
    });
    const pieces = Array.from({ length: 50 }, (_, index) =>
      content.subarray(index * 10_000, (index + 1) * 10_000),
    );
    new Pump({
      from: Readable.from(pieces, { objectMode: false }),
      to,
      bucket: new TokenBucket(clock, rate),
      onProgress: () => undefined,
      onEnd: () => to.end(),
    });
    const done = finished(to);
    let ended = false;
    void done.then(() => {
      ended = true;
    });
    while (!ended) {
      clock.advance(50);
      await new Promise(setImmediate);
    }
    expect(Buffer.concat(got).equals(content)).toBe(true);
  });

  test('hands on what waits for its turn when its source has ended already', async () => {
    const clock = new FakeClock();
    const content = bytesOf(20_000);
    const from = new PassThrough();
    const order: (Buffer | 'end')[] = [];
    const to = new Writable({
      write(chunk: Buffer, _encoding, done) {
        order.push(chunk);
        done();
      },
    });
    const bucket = new TokenBucket(clock, 4096);
    new Pump({ from, to, bucket, onProgress: () => undefined, onEnd: () => order.push('end') });
    from.end(content);
    await finished(from, { writable: false });
    expect(order).not.toContain('end');
    while (clock.pending > 0) {
      clock.advance(1000);
      await new Promise(setImmediate);
    }
    expect(order.at(-1)).toBe('end');
    expect(order.filter((part) => part === 'end')).toHaveLength(1);
    const got = Buffer.concat(order.filter((part) => part !== 'end'));
    expect(got.equals(content)).toBe(true);
  });

  test('ends once when a limit is lifted after its source ended', async () => {
    const clock = new FakeClock();
    const from = new PassThrough();
    const to = new PassThrough();
    const bucket = new TokenBucket(clock, 1024);
    let ends = 0;
    const onEnd = (): void => {
      ends += 1;
      to.end();
    };
    new Pump({ from, to, bucket, onProgress: () => undefined, onEnd });
    from.end(bytesOf(10_000));
    await finished(from, { writable: false });
    bucket.setRate(null);
    const got: Buffer[] = [];
    for await (const chunk of to) got.push(chunk as Buffer);
    expect(Buffer.concat(got).equals(bytesOf(10_000))).toBe(true);
    expect(ends).toBe(1);
  });

  test('reads nothing that the other side does not take', async () => {
    let read = 0;
    const from = new Readable({
      read() {
        read += 16_384;
        this.push(Buffer.alloc(16_384));
      },
    });
    const to = new PassThrough({ highWaterMark: 1000 });
    const pump = new Pump({
      from,
      to,
      bucket: new TokenBucket(new FakeClock(), null),
      onProgress: () => undefined,
      onEnd: () => undefined,
    });
    for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
    expect(read).toBeLessThan(20 * 16_384);
    pump.dispose();
  });
});

describe('a meter', () => {
  class FakeSocket extends EventEmitter {
    bytesWritten = 0;
    bytesRead = 0;
  }
  const socketOf = (fake: FakeSocket): Socket => fake as unknown as Socket;

  test('tells increments by host, once a second and only while there are any', () => {
    const clock = new FakeClock();
    const told: TrafficRow[][] = [];
    const meter = new Meter(clock, (rows) => told.push(rows));
    const [a, b, c] = [new FakeSocket(), new FakeSocket(), new FakeSocket()];
    meter.follow('a.example', socketOf(a));
    meter.follow('a.example', socketOf(b));
    meter.follow('c.example', socketOf(c));
    [a.bytesWritten, b.bytesWritten, c.bytesRead] = [10, 5, 7];
    clock.advance(999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told.splice(0)).toEqual([
      [
        { host: 'a.example', sent: 15, received: 0 },
        { host: 'c.example', sent: 0, received: 7 },
      ],
    ]);
    clock.advance(5000);
    expect(told).toEqual([]);
    a.bytesRead = 100;
    a.emit('close');
    c.emit('close');
    b.emit('close');
    clock.advance(1000);
    expect(told).toEqual([[{ host: 'a.example', sent: 0, received: 100 }]]);
    expect(clock.pending).toBe(0);
  });

  test('no byte is lost or counted twice, however often it looks', () => {
    const steps = fc.array(
      fc.record({ which: fc.nat(4), bytes: fc.nat(1000), wait: fc.nat(1500), close: fc.boolean() }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const clock = new FakeClock();
        let counted = 0;
        const meter = new Meter(clock, (rows) => {
          for (const { sent, received } of rows) counted += sent + received;
        });
        const sockets = Array.from({ length: 5 }, () => new FakeSocket());
        const gone = new Set<number>();
        for (const [index, socket] of sockets.entries())
          meter.follow(`${index % 2}.example`, socketOf(socket));
        let put = 0;
        for (const { which, bytes, wait, close } of all) {
          const socket = sockets[which];
          if (!socket || gone.has(which)) continue;
          socket.bytesRead += bytes;
          put += bytes;
          if (close) {
            gone.add(which);
            socket.emit('close');
          }
          clock.advance(wait);
        }
        meter.dispose();
        expect(counted).toBe(put);
      }),
    );
  });

  test('many hosts are told as some, and the rest together', () => {
    const clock = new FakeClock();
    const told: TrafficRow[][] = [];
    const meter = new Meter(clock, (rows) => told.push(rows));
    for (let index = 0; index < 1000; index += 1) {
      const socket = new FakeSocket();
      meter.follow(`${index}.example`, socketOf(socket));
      socket.bytesWritten = 1;
      socket.emit('close');
    }
    clock.advance(1000);
    expect(told[0]).toHaveLength(128);
    expect(told[0]?.reduce((sum, { sent }) => sum + sent, 0)).toBe(1000);
    expect(told[0]?.find(({ host }) => host === '')?.sent).toBe(1000 - 127);
  });
});

describe('denials', () => {
  const denial = (host: string) =>
    ({
      host,
      port: 80,
      reason: 'not-listed',
      sentence: 'No.',
      said: { code: 'denial.others', values: {} },
      allowable: true,
    }) as const;

  test('the first at once, equal ones together, four in a second', () => {
    const clock = new FakeClock();
    const told: DenialRow[] = [];
    const denials = new Denials(clock, (row) => told.push(row));
    denials.add(denial('a'));
    expect(told).toMatchObject([{ host: 'a', count: 1 }]);
    for (let count = 0; count < 10; count += 1) denials.add(denial('a'));
    for (const host of ['b', 'c', 'b', 'd', 'e', 'f']) denials.add(denial(host));
    clock.advance(1000);
    expect(told.slice(1).map(({ host, count }) => [host, count])).toEqual([
      ['a', 10],
      ['b', 2],
      ['c', 1],
      ['d', 1],
    ]);
    clock.advance(1000);
    expect(told.slice(5).map(({ host }) => host)).toEqual(['e', 'f']);
    expect(clock.pending).toBe(0);
  });

  test('none is lost, whatever their number', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(300), fc.nat(100)), { maxLength: 500 }), (all) => {
        const clock = new FakeClock();
        const told: DenialRow[] = [];
        const denials = new Denials(clock, (row) => told.push(row));
        let waited = 0;
        for (const [host, wait] of all) {
          denials.add(denial(String(host)));
          clock.advance(wait);
          waited += wait;
        }
        expect(told.length).toBeLessThanOrEqual(waited / 250 + 1);
        denials.dispose();
        expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
      }),
    );
  });
});

test('a value that flutters is told at most once in a while, and its last state in the end', () => {
  const clock = new FakeClock();
  const told: (string | null)[] = [];
  const latest = new Latest<string | null>(clock, 1000, null, (value) => told.push(value));
  latest.set(null);
  expect(told).toEqual([]);
  for (let round = 0; round < 100; round += 1) {
    latest.set('trouble');
    latest.set(null);
  }
  latest.set('other trouble');
  clock.advance(1000);
  expect(told).toEqual(['trouble', 'other trouble']);
  latest.set(null);
  latest.set('other trouble');
  clock.advance(5000);
  expect(told).toEqual(['trouble', 'other trouble']);
  expect(clock.pending).toBe(0);
});

test('a watch fires once nothing was touched for its time, and never when stopped', () => {
  const clock = new FakeClock();
  let fired = 0;
  const watch = watchIdle(clock, 1000, () => {
    fired += 1;
  });
  for (let round = 0; round < 10; round += 1) {
    clock.advance(900);
    watch.touch();
  }
  expect(fired).toBe(0);
  clock.advance(999);
  expect(fired).toBe(0);
  clock.advance(1);
  expect(fired).toBe(1);
  watch.stop();
  const stopped = watchIdle(clock, 1000, () => {
    fired += 1;
  });
  stopped.stop();
  clock.advance(5000);
  expect(fired).toBe(1);
  expect(clock.pending).toBe(0);
});
