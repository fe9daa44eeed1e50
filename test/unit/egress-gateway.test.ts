import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import type { Failure } from '../../electron/contract/failures.ts';
import { DenialReason } from '../../electron/contract/network.ts';
import { Gateway, type GatewayRules } from '../../electron/egress/gateway.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeWorker } from '../fakes/fake-worker.ts';

const rules: GatewayRules = {
  contacts: [],
  closed: null,
  downBytesPerSecond: null,
  upBytesPerSecond: null,
  proxy: { kind: 'none' },
  authorities: null,
  forwards: [],
};

let dir = '';
let worker: FakeWorker;
let clock: FakeClock;
let told: [string, unknown][];
let lost: Failure[];
let answerProxy: (url: string) => Promise<string>;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gateway-'));
  worker = new FakeWorker();
  clock = new FakeClock();
  told = [];
  lost = [];
  answerProxy = () => Promise.resolve('DIRECT');
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

function make(): Gateway {
  return new Gateway({
    grid: 'test',
    socketPath: join(dir, 'socket'),
    spawnWorker: () => worker,
    clock,
    log: silentLog,
    askProxy: (url) => answerProxy(url),
    onTraffic: (rows) => told.push(['traffic', rows]),
    onDenied: (denial) => told.push(['denied', denial]),
    onProblem: (problem) => told.push(['problem', problem]),
    onChallenge: (proxy) => told.push(['challenge', proxy]),
    onLost: (failure) => lost.push(failure),
  });
}

async function opened(): Promise<Gateway> {
  const gateway = make();
  const opening = gateway.open(rules);
  worker.say({ kind: 'listening' });
  await opening;
  return gateway;
}

const kinds = (): unknown[] => worker.sent.map((message) => (message as { kind: string }).kind);
const denied = {
  host: 'a.example',
  port: 80,
  reason: 'not-listed',
  sentence: 'No.',
  said: { code: 'denial.not-listed', values: { place: 'a.example:80' } },
  allowable: true,
  count: 1,
};

describe('opening', () => {
  test('hands over rules and limits, and later other rules', async () => {
    const gateway = await opened();
    gateway.set({ ...rules, downBytesPerSecond: 5 });
    expect(worker.sent).toMatchObject([
      { kind: 'open', socketPath: join(dir, 'socket'), rules, limits: { connections: 64 } },
      { kind: 'set', rules: { downBytesPerSecond: 5 } },
    ]);
  });

  test('rejects with what the worker says, when it cannot listen, and ends it', async () => {
    const opening = make().open(rules);
    worker.say({ kind: 'failed', failure: { code: 'network-unavailable', sentence: 'No room.' } });
    await expect(opening).rejects.toMatchObject({ code: 'network-unavailable', message: 'No room.' });
    expect([worker.killed, lost]).toEqual([true, []]);
  });

  test.each<[string, () => void]>([
    [
      'dies',
      () => {
        worker.exit(1);
      },
    ],
    [
      'says nothing',
      () => {
        clock.advance(30_000);
      },
    ],
    [
      'says nonsense',
      () => {
        worker.say({ kind: 'listening?' });
      },
    ],
  ])('rejects when the worker %s', async (_, happens) => {
    const opening = make().open(rules);
    happens();
    await expect(opening).rejects.toMatchObject({ code: 'network-unavailable' });
    expect([worker.killed, lost]).toEqual([true, []]);
  });

  test('happens once', async () => {
    const gateway = await opened();
    await expect(gateway.open(rules)).rejects.toMatchObject({ code: 'network-unavailable' });
  });
});

describe('forwards', () => {
  const forwards = (...names: string[]): GatewayRules => ({
    ...rules,
    forwards: names.map((name) => ({ socketPath: join(dir, name), host: `${name}.example`, port: 9618 })),
  });
  const failure = { code: 'network-unavailable', sentence: 'No room.' } as const;

  test('listen by the latest rules only once the worker says so', async () => {
    const gateway = await opened();
    await gateway.listening();
    gateway.set(forwards('a'));
    gateway.set(forwards('a', 'b'));
    let listens = false;
    const listening = gateway.listening().then(() => {
      listens = true;
    });
    worker.say({ kind: 'forwarding', number: 1, failure });
    await new Promise(setImmediate);
    expect(listens).toBe(false);
    worker.say({ kind: 'forwarding', number: 2, failure: null });
    await listening;
    await gateway.listening();
    expect(worker.sent.slice(1)).toMatchObject([
      { kind: 'set', number: 1 },
      { kind: 'set', number: 2 },
    ]);
  });

  test('that cannot listen are told, until other rules are followed; the gateway goes on', async () => {
    const gateway = await opened();
    gateway.set(forwards('a'));
    const listening = expect(gateway.listening()).rejects.toMatchObject({ message: 'No room.' });
    worker.say({ kind: 'forwarding', number: 1, failure });
    await listening;
    await expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    gateway.set(forwards());
    const again = gateway.listening();
    worker.say({ kind: 'forwarding', number: 2, failure: null });
    await again;
    expect([worker.killed, lost]).toEqual([false, []]);
  });

  test.each([
    ['that were never set', [1]],
    ['that it follows already', [0, 1, 1]],
    ['older than those that it follows', [0, 0, 2, 1]],
  ])('the worker follows no rules %s', async (_, numbers) => {
    const gateway = await opened();
    for (const number of numbers) {
      if (number === 0) gateway.set(rules);
      else worker.say({ kind: 'forwarding', number, failure: null });
    }
    expect([worker.killed, lost.length]).toEqual([true, 1]);
  });

  test('are waited for no longer than the gateway is there', async () => {
    const gateway = await opened();
    gateway.set(forwards('a'));
    const lostOne = expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    worker.exit(1);
    await lostOne;
    await expect(gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    expect(gateway.isOpen).toBe(false);
    worker = new FakeWorker();
    const ended = await opened();
    ended.set(forwards('a'));
    const waiting = expect(ended.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
    const disposed = ended.dispose();
    await waiting;
    // Too late, as are further rules.
    ended.set(forwards('b'));
    worker.say({ kind: 'forwarding', number: 1, failure: null });
    worker.say({ kind: 'closed' });
    await new Promise(setImmediate);
    worker.exit(null);
    await disposed;
    expect(kinds()).toEqual(['open', 'set', 'close']);
  });

  test('leave no socket behind, whatever became of the worker', async () => {
    const gateway = make();
    const opening = gateway.open(forwards('a'));
    worker.say({ kind: 'listening' });
    await opening;
    gateway.set(forwards('b'));
    for (const name of ['socket', 'a', 'b']) writeFileSync(join(dir, name), '');
    worker.exit(null);
    await gateway.dispose();
    expect(['socket', 'a', 'b'].map((name) => existsSync(join(dir, name)))).toEqual([false, false, false]);
  });
});

describe('news', () => {
  test('are passed on as they come', async () => {
    await opened();
    const rows = [{ host: 'a.example', sent: 1, received: 2 }];
    worker.say({ kind: 'traffic', rows });
    worker.say({ kind: 'denied', denial: denied });
    worker.say({ kind: 'trouble', sentence: 'The proxy sleeps.' });
    worker.say({ kind: 'trouble', sentence: null });
    worker.say({ kind: 'challenge', proxy: 'http://proxy.example:3128' });
    expect(told).toEqual([
      ['traffic', rows],
      ['denied', denied],
      ['problem', expect.objectContaining({ code: 'proxy-refused', sentence: 'The proxy sleeps.' })],
      ['problem', null],
      ['challenge', 'http://proxy.example:3128'],
    ]);
    expect(lost).toEqual([]);
  });

  test('a question about the proxy is answered, also with that nobody knows', async () => {
    await opened();
    answerProxy = (url) =>
      url.includes('bad') ? Promise.reject(new Error('no')) : Promise.resolve(`PROXY ${url}`);
    worker.say({ kind: 'ask', id: 1, url: 'https://a.example:443/' });
    worker.say({ kind: 'ask', id: 2, url: 'https://bad.example:443/' });
    await new Promise(setImmediate);
    expect(worker.sent.slice(1)).toEqual([
      { kind: 'answer', id: 1, answer: 'PROXY https://a.example:443/' },
      { kind: 'answer', id: 2, answer: null },
    ]);
  });

  test.each<[string, unknown]>([
    ['no message', 'hello'],
    ['an unknown kind', { kind: 'exec', command: 'x' }],
    ['negative bytes', { kind: 'traffic', rows: [{ host: 'a', sent: -1, received: 0 }] }],
    ['broken bytes', { kind: 'traffic', rows: [{ host: 'a', sent: 0.5, received: 0 }] }],
    [
      'too many rows',
      { kind: 'traffic', rows: Array.from({ length: 129 }, () => ({ host: 'a', sent: 1, received: 0 })) },
    ],
    ['an endless host', { kind: 'denied', denial: { ...denied, host: 'a'.repeat(261) } }],
    ['an endless sentence', { kind: 'denied', denial: { ...denied, sentence: 'a'.repeat(501) } }],
    [
      'what no one says',
      { kind: 'denied', denial: { ...denied, said: { code: 'denial.metered', values: { x: 1 } } } },
    ],
    ['an unknown reason', { kind: 'denied', denial: { ...denied, reason: 'because' } }],
    ['a question about a file', { kind: 'ask', id: 1, url: 'file:///etc/passwd' }],
    ['a proxy that is none', { kind: 'challenge', proxy: 'http://me:secret@proxy.example:3128' }],
    ['a proxy in another spelling', { kind: 'challenge', proxy: 'HTTP://proxy.example' }],
    ['a second start', { kind: 'listening' }],
    ['a failure after the start', { kind: 'failed', failure: { code: 'internal', sentence: 'x' } }],
    ['an end that nobody asked for', { kind: 'closed' }],
  ])('%s is the end of the gateway, once', async (_, message) => {
    await opened();
    worker.say(message);
    worker.say(message);
    worker.say({ kind: 'denied', denial: denied });
    expect(worker.killed).toBe(true);
    expect(lost).toMatchObject([{ code: 'network-unavailable' }]);
    expect(told).toEqual([]);
  });

  test('so is a flood; what comes at a good pace is not', async () => {
    await opened();
    for (let second = 0; second < 20; second += 1) {
      for (let count = 0; count < 90; count += 1) worker.say({ kind: 'denied', denial: denied });
      clock.advance(1000);
    }
    expect(lost).toEqual([]);
    for (let count = 0; count < 201; count += 1) worker.say({ kind: 'denied', denial: denied });
    expect(lost).toHaveLength(1);
    expect(worker.killed).toBe(true);
  });
});

describe('signs of life', () => {
  test('are asked for now and then; a worker that gives none is given up', async () => {
    await opened();
    for (let round = 0; round < 5; round += 1) {
      clock.advance(30_000);
      expect(kinds().filter((kind) => kind === 'ping')).toHaveLength(round + 1);
      worker.say({ kind: 'pong' });
    }
    expect(lost).toEqual([]);
    clock.advance(60_000);
    expect(lost).toHaveLength(1);
    expect(worker.killed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('a worker that dies is told of once', async () => {
    const gateway = await opened();
    worker.exit(null);
    expect(lost).toHaveLength(1);
    gateway.set(rules);
    await gateway.dispose();
    expect(lost).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe('the end', () => {
  test('waits for the last account, and is no loss', async () => {
    const gateway = await opened();
    const disposed = gateway.dispose();
    expect(kinds().at(-1)).toBe('close');
    worker.say({ kind: 'traffic', rows: [{ host: 'a.example', sent: 1, received: 0 }] });
    worker.say({ kind: 'closed' });
    await new Promise(setImmediate);
    expect(worker.killed).toBe(true);
    worker.exit(null);
    await disposed;
    expect(told).toHaveLength(1);
    expect(lost).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('hears the last account also behind all that waited to be told', async () => {
    const gateway = await opened();
    for (let id = 1; id <= 30; id += 1) worker.say({ kind: 'ask', id, url: 'https://a.example:443/' });
    const disposed = gateway.dispose();
    for (let count = 0; count < 4 + 64 + DenialReason.options.length; count += 1)
      worker.say({ kind: 'denied', denial: denied });
    worker.say({ kind: 'traffic', rows: [{ host: 'a.example', sent: 1, received: 0 }] });
    worker.say({ kind: 'closed' });
    await new Promise(setImmediate);
    worker.exit(null);
    await disposed;
    expect(told.at(-1)?.[0]).toBe('traffic');
    expect(clock.pending).toBe(0);
  });

  test('does not wait for ever', async () => {
    const gateway = await opened();
    const disposed = gateway.dispose();
    clock.advance(2000);
    await new Promise(setImmediate);
    expect(worker.killed).toBe(true);
    worker.exit(null);
    await disposed;
    expect(lost).toEqual([]);
  });

  test('while it opens rejects the opening', async () => {
    const gateway = make();
    const opening = gateway.open(rules);
    const disposed = gateway.dispose();
    await expect(opening).rejects.toMatchObject({ code: 'network-unavailable' });
    worker.say({ kind: 'listening' });
    worker.say({ kind: 'closed' });
    await new Promise(setImmediate);
    worker.exit(0);
    await disposed;
    expect(lost).toEqual([]);
  });

  test('of one that was never opened', async () => {
    const gateway = make();
    const disposed = gateway.dispose();
    worker.say({ kind: 'closed' });
    await new Promise(setImmediate);
    worker.exit(0);
    await disposed;
    expect(lost).toEqual([]);
  });
});
