import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import type { WorkerHandle } from '../../electron/base/worker.ts';
import { Gateway } from '../../electron/egress/gateway.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { peer } from './egress-place.ts';
import { type Figure, median } from './figure.ts';

/** Measures inside a network namespace; one JSON line per figure on stdout. */
const MiB = 1024 * 1024;
const bytes = 128 * MiB;
const rounds = 7;
const requests = 200;
const echoes = 1000;

const dir = mkdtempSync(join(tmpdir(), 'bench-egress-'));
const socketPath = join(dir, 'gateway.sock');
const forked = forkWorkers({ egress: new URL('../../electron/egress/child.ts', import.meta.url) });
let worker: WorkerHandle | undefined;
const gateway = new Gateway({
  grid: 'bench',
  socketPath,
  spawnWorker: (name) => (worker = forked(name)),
  clock: systemClock,
  log: silentLog,
  askProxy: () => Promise.resolve('DIRECT'),
  onTraffic: () => undefined,
  onDenied: ({ sentence }) => {
    console.error(sentence);
  },
  onProblem: () => undefined,
  onChallenge: () => undefined,
  onLost: ({ sentence }) => {
    console.error(sentence);
  },
});
const report = (figure: Omit<Figure, 'name'>): void => {
  console.log(JSON.stringify(figure));
};
const workerMiB = (): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${worker?.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024;

type Way = (port: number) => Promise<Socket>;

const direct: Way = async (port) => {
  const socket = connect({ host: peer.address, port, noDelay: true, allowHalfOpen: true });
  await once(socket, 'connect');
  return socket;
};

const tunnelled: Way = async (port) => {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const at = `${peer.address}:${port}`;
  socket.write(`CONNECT ${at} HTTP/1.1\r\nHost: ${at}\r\n\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!head.toString('latin1').startsWith('HTTP/1.1 200 ')) throw new Error(head.toString('latin1'));
  return socket;
};

/** MiB/s of so many bytes from there. */
async function download(way: Way): Promise<number> {
  const socket = await way(peer.pour);
  const began = performance.now();
  socket.write(String(bytes));
  socket.resume();
  await once(socket, 'end');
  const ms = performance.now() - began;
  socket.destroy();
  return bytes / MiB / (ms / 1000);
}

/** MiB/s of so many bytes to there, until it says that it has them all. */
async function upload(way: Way): Promise<number> {
  const socket = await way(peer.take);
  const chunk = Buffer.alloc(64 * 1024);
  const began = performance.now();
  for (let left = bytes; left > 0; left -= chunk.length) {
    if (!socket.write(chunk)) await once(socket, 'drain');
  }
  socket.end();
  socket.resume();
  await once(socket, 'end');
  const ms = performance.now() - began;
  socket.destroy();
  return bytes / MiB / (ms / 1000);
}

/** ms from nothing to the first byte back. */
async function first(way: Way): Promise<number> {
  const began = performance.now();
  const socket = await way(peer.echo);
  socket.write('x');
  await once(socket, 'data');
  const ms = performance.now() - began;
  socket.destroy();
  return ms;
}

/** ms of round trips on one connection. */
async function roundTrips(way: Way): Promise<number[]> {
  const socket = await way(peer.echo);
  const times: number[] = [];
  for (let count = 0; count < echoes; count += 1) {
    const began = performance.now();
    socket.write('x');
    await once(socket, 'data');
    times.push(performance.now() - began);
  }
  socket.destroy();
  return times;
}

async function get(throughGateway: boolean): Promise<number> {
  const began = performance.now();
  const at = `${peer.address}:${peer.http}`;
  const asking = request({
    ...(throughGateway ? { socketPath, path: `http://${at}/` } : { host: peer.address, port: peer.http }),
    headers: { Host: at },
    agent: false,
  });
  asking.end();
  const [answer] = (await once(asking, 'response')) as [NodeJS.ReadableStream];
  answer.resume();
  await once(answer, 'end');
  return performance.now() - began;
}

/** Both ways in turn, so that whatever else the computer does meets both. */
async function inTurn(
  count: number,
  measure: (way: Way) => Promise<number>,
): Promise<{ direct: number; through: number }> {
  const times: { direct: number[]; through: number[] } = { direct: [], through: [] };
  // Once for nothing: code that is new is slow.
  await measure(direct);
  await measure(tunnelled);
  for (let round = 0; round < count; round += 1) {
    times.direct.push(await measure(direct));
    times.through.push(await measure(tunnelled));
  }
  return { direct: median(times.direct), through: median(times.through) };
}

const other = fork(new URL('./egress-peer.ts', import.meta.url));
try {
  await once(other, 'message');
  await gateway.open({
    contacts: Object.values(peer)
      .filter((value) => typeof value === 'number')
      .map((port) => ({ host: peer.address, port, source: 'project', private: false })),
    closed: null,
    downBytesPerSecond: null,
    upBytesPerSecond: null,
    proxy: { kind: 'none' },
    authorities: null,
    forwards: [],
  });
  for (const [metric, measure] of [
    ['download through a tunnel, median', download],
    ['upload through a tunnel, median', upload],
  ] as const) {
    const { direct: baseline, through } = await inTurn(rounds, measure);
    report({ metric, value: through, unit: 'MiB/s', baseline });
  }
  report({ metric: 'memory of the worker after that', value: workerMiB(), unit: 'MiB' });
  const opening = await inTurn(requests, first);
  report({
    metric: 'connection to first byte, median',
    value: opening.through,
    unit: 'ms',
    baseline: opening.direct,
  });
  const [plain, tunnel] = [await roundTrips(direct), await roundTrips(tunnelled)];
  report({
    metric: 'round trip on an open tunnel, median',
    value: median(tunnel),
    unit: 'ms',
    baseline: median(plain),
  });
  const gets: { direct: number[]; through: number[] } = { direct: [], through: [] };
  for (let count = 0; count < requests; count += 1) {
    gets.direct.push(await get(false));
    gets.through.push(await get(true));
  }
  report({
    metric: 'small GET, median',
    value: median(gets.through),
    unit: 'ms',
    baseline: median(gets.direct),
  });
} finally {
  await gateway.dispose();
  other.kill();
  rmSync(dir, { recursive: true });
}
