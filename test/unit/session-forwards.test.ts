import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import type { ServerChannel } from 'ssh2';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { defaultLimits } from '../../electron/egress/limits.ts';
import { outwardMax, Room } from '../../electron/vm/session/forwards.ts';
import { ChildBench, dialIn } from './session-child-fixture.ts';

/** What becomes of a connection's two directions, out of the guest and into it, through the real child process. */

// Starting a process can take seconds on a busy computer; the limit only ends a hung test.
vi.setConfig({ testTimeout: 60_000 });

const place = { bindAddress: '10.1.2.3', port: 9618 };
const service = 9620;
/** More than all that waits on the way: SSH's windows, streams, the system's sockets. */
const much = Buffer.alloc(12 * 1024 * 1024, 'gleaner');

let bench: ChildBench;
let server: Server | undefined;
let sockets: Socket[] = [];

beforeEach(() => {
  bench = new ChildBench();
  server = undefined;
  sockets = [];
});
afterEach(async () => {
  await bench.end();
  for (const socket of sockets) socket.destroy();
  if (server) await promisify(server.close.bind(server))();
});

/** What the host has behind the forward. */
async function behind(serve: (socket: Socket) => void): Promise<void> {
  const listening = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
    serve(socket);
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(bench.at('pool'), resolve));
}

async function forwarded(serve: (socket: Socket) => void): Promise<ServerChannel> {
  const session = await bench.start();
  await behind(serve);
  await session.forward({ ...place, toSocketPath: bench.at('pool') });
  return bench.dialOut(place.bindAddress, place.port);
}

async function reached(serve: (channel: ServerChannel) => void): Promise<Socket> {
  const session = await bench.start({ services: { [service]: serve } });
  await session.reach({ port: service, socketPath: bench.at('agent') });
  return dialIn(bench.at('agent'), true);
}

async function heard(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const parts: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => parts.push(chunk));
  stream.resume();
  await once(stream, 'end');
  return Buffer.concat(parts);
}

/** Ends one direction of a guest's connection alone, once all is on its way: the fake's own `end` closes both. */
const endWriting = (channel: ServerChannel, last: Uint8Array | string): void => {
  channel.write(last, () => {
    channel.eof();
  });
};

test('out of the guest: who has said all is answered still', async () => {
  const channel = await forwarded((socket) => {
    void heard(socket).then((asked) => socket.end(`${asked.length} bytes`));
  });
  const answer = heard(channel);
  const closed = once(channel, 'close');
  endWriting(channel, much);
  expect((await answer).toString()).toBe(`${much.length} bytes`);
  await closed;
});

test('out of the guest: who answers first and ends is told the rest still', async () => {
  let told: Promise<Buffer> | undefined;
  const channel = await forwarded((socket) => {
    socket.end(much);
    told = heard(socket);
  });
  expect((await heard(channel)).equals(much)).toBe(true);
  endWriting(channel, 'thanks');
  expect((await told)?.toString()).toBe('thanks');
});

test('into the guest: who has said all is answered still', async () => {
  const socket = await reached((channel) => {
    void heard(channel).then((asked) => channel.end(`${asked.length} bytes`));
  });
  const closed = once(socket, 'close');
  socket.end(much);
  expect((await heard(socket)).toString()).toBe(`${much.length} bytes`);
  await closed;
});

test('into the guest: who answers first and ends is told the rest still', async () => {
  let told: Promise<Buffer> | undefined;
  const socket = await reached((channel) => {
    endWriting(channel, much);
    told = heard(channel);
  });
  expect((await heard(socket)).equals(much)).toBe(true);
  socket.end('thanks');
  expect((await told)?.toString()).toBe('thanks');
});

test('a guest that closes both directions at once is heard to its end, by one who reads late', async () => {
  const channel = await forwarded((socket) => {
    socket.pause();
  });
  const half = much.subarray(0, much.length / 8);
  channel.end(half);
  await once(channel, 'finish');
  const [late] = sockets;
  expect(late && (await heard(late)).equals(half)).toBe(true);
});

test('one of the host who says something and goes is heard to the end, by a guest that reads late', async () => {
  const channel = await forwarded((socket) => {
    // Of what it is told, most is left unread, which makes its going an error.
    socket.once('readable', () => {
      socket.write(much, () => socket.destroy());
    });
  });
  channel.write(much.subarray(0, much.length / 8));
  const closed = once(channel, 'close');
  expect((await heard(channel)).length).toBe(much.length);
  await closed;
});

test('who breaks off takes the other side along, in mid-stream', async () => {
  const first = await forwarded((socket) => {
    socket.once('data', () => socket.destroy());
  });
  const closed = once(first, 'close');
  first.resume();
  // More than is ever taken.
  first.write(much);
  await closed;

  const second = await bench.dialOut(place.bindAddress, place.port);
  const told = sockets.at(-1);
  // `once` of events would take its error for a failure.
  const gone = new Promise((resolve) => told?.once('close', resolve));
  // It is told more than it takes, and closes without an end of its own words.
  told?.on('data', () => undefined).write(much);
  second.close();
  await gone;
});

test('a place that is given back is there again, and connections that are over leave none taken', async () => {
  const channel = await forwarded((socket) => socket.pipe(socket));
  channel.destroy();
  for (let count = 0; count < outwardMax + 20; count += 1) {
    const next = await bench.dialOut(place.bindAddress, place.port);
    const answer = heard(next);
    const closed = once(next, 'close');
    endWriting(next, 'x');
    expect((await answer).toString()).toBe('x');
    await closed;
  }
  expect(bench.warnings).toEqual([]);
});

test('a bounded number at a time, no smaller than the gateway’s; more are refused, and it is logged', async () => {
  expect(outwardMax).toBeGreaterThanOrEqual(defaultLimits.connections + defaultLimits.forwardConnections);
  const first = await forwarded((socket) => socket.pipe(socket));
  const others = Array.from({ length: outwardMax - 1 }, () => bench.dialOut(place.bindAddress, place.port));
  await Promise.all(others);
  await expect(bench.dialOut(place.bindAddress, place.port)).rejects.toThrow('Channel open failure');
  await expect(bench.dialOut(place.bindAddress, place.port)).rejects.toThrow('Channel open failure');
  const answer = once(first, 'data');
  first.write('still here');
  expect(String((await answer)[0])).toBe('still here');
  expect(bench.warnings).toEqual([
    {
      words: 'too many connections of the guest at a time',
      fields: { way: 'out', connections: outwardMax, refused: 1 },
    },
  ]);
});

test('a room says that it is full at most once a minute, and then of how many', () => {
  const told: unknown[] = [];
  let now = 0;
  const room = new Room(
    'in',
    1,
    (crowding) => told.push(crowding),
    () => now,
  );
  const leave = room.enter();
  expect(leave).toBeDefined();
  for (let count = 0; count < 5; count += 1) expect(room.enter()).toBeUndefined();
  now = 60_000;
  expect(room.enter()).toBeUndefined();
  expect(told).toEqual([
    { way: 'in', connections: 1, refused: 1 },
    { way: 'in', connections: 1, refused: 5 },
  ]);
  leave?.();
  expect(room.enter()).toBeDefined();
});
