import { afterEach, describe, expect, test } from 'vitest';
import { Bench, bounds, hello, limitMs, settle } from './session-fixture.ts';

const benches: Bench[] = [];
function bench(change?: Partial<typeof bounds>): Bench {
  const made = new Bench(change);
  benches.push(made);
  return made;
}
afterEach(async () => {
  for (const made of benches.splice(0)) {
    const gone = made.session.dispose();
    await made.buryKilled();
    await gone;
    expect(made.clock.pending).toBe(0);
    expect(made.workers.every((worker) => worker.killed)).toBe(true);
  }
});

const lost = { code: 'session-lost' };
const listener = { progress: () => undefined, usage: () => undefined };

describe('connect', () => {
  test('hands the child what it needs, and answers with the guest’s hello', async () => {
    const b = bench();
    const connected = b.session.connect(limitMs);
    expect(b.worker.sent).toEqual([
      {
        kind: 'open',
        files: { portPath: '/port', inDiskPath: '/in', outDiskPath: '/out' },
        keys: { clientPrivateKey: 'key', hostPublicKey: Buffer.from('pin') },
        fresh: true,
      },
    ]);
    b.worker.say({ kind: 'open', hello });
    expect(await connected).toEqual(hello);
  });

  test('a guest that never answers is not ready after the limit', async () => {
    const b = bench();
    const connected = b.session.connect(limitMs);
    const failure = expect(connected).rejects.toMatchObject({ code: 'guest-not-ready' });
    await b.pass(limitMs - 1);
    expect(b.worker.killed).toBe(false);
    await b.pass(1);
    await failure;
    expect(b.workers).toHaveLength(1);
  });

  test('a first session that does not open is tried anew before the limit', async () => {
    const b = bench({ openMs: 1000 });
    const connected = b.session.connect(limitMs);
    await b.pass(1000);
    await b.buryKilled();
    await b.pass(200);
    expect(b.workers).toHaveLength(2);
    b.worker.say({ kind: 'open', hello });
    expect(await connected).toEqual(hello);
  });

  test('frozen time does not count', async () => {
    const b = bench();
    const connected = b.session.connect(limitMs);
    await b.pass(limitMs - 10);
    b.session.frozen(true);
    expect(b.clock.pending).toBe(0);
    await b.pass(3_600_000);
    b.session.frozen(false);
    await b.pass(9);
    b.worker.say({ kind: 'open', hello });
    expect(await connected).toEqual(hello);
  });

  test('a child that fails is tried again, still as the first', async () => {
    const b = bench();
    const connected = b.session.connect(limitMs);
    b.worker.say({ kind: 'lost', failure: { code: 'session-lost', sentence: 'no port yet' } });
    await b.buryKilled();
    await b.pass(200);
    expect(b.workers).toHaveLength(2);
    expect(b.worker.sent[0]).toMatchObject({ fresh: true });
    b.worker.say({ kind: 'open', hello });
    await connected;
  });

  test('tells the last reason', async () => {
    const b = bench();
    const connected = b.session.connect(100);
    b.worker.say({ kind: 'lost', failure: { code: 'session-lost', sentence: 'no such port' } });
    const failure = expect(connected).rejects.toThrow('no such port');
    await b.buryKilled();
    await b.pass(100);
    await failure;
  });
});

describe('calls', () => {
  test('are answered by id, and parsed', async () => {
    const b = await bench().opened();
    const usage = b.session.usage();
    const clock = b.session.setClock(1000);
    await settle();
    expect(b.request('clock').input).toEqual({ epochMs: 1000 });
    b.worker.say({ kind: 'answer', id: b.request('clock').id, value: null });
    const value = { cpuSeconds: 1, memoryBytes: 2 };
    b.worker.say({ kind: 'answer', id: b.request('usage').id, value });
    await clock;
    expect(await usage).toEqual(value);
  });

  test('reject with the guest’s failure, and the session stays', async () => {
    const b = await bench().opened();
    const killed = b.session.killJob('x');
    await settle();
    const failure = { code: 'not-found', sentence: 'no such job' };
    b.worker.say({ kind: 'refused', id: b.request('killJob').id, failure });
    await expect(killed).rejects.toMatchObject({ code: 'not-found' });
    expect(b.workers).toHaveLength(1);
  });

  test('a result that is too large is named so', async () => {
    const b = await bench().opened();
    const collected = b.session.collectJob('x', '/to', 1);
    await settle();
    const failure = { code: 'archive-too-large', sentence: 'too large' };
    b.worker.say({ kind: 'refused', id: b.request('collectJob').id, failure });
    await expect(collected).rejects.toMatchObject({ code: 'job-output-too-large' });
  });

  const nonsense: readonly (readonly [string, (id: number) => unknown])[] = [
    ['an answer out of bounds', (id) => ({ kind: 'answer', id, value: { cpuSeconds: -1, memoryBytes: 1 } })],
    ['an answer to nobody', (id) => ({ kind: 'answer', id: id + 1, value: null })],
    ['a second hello', () => ({ kind: 'open', hello })],
    ['an unknown message', () => ({ kind: 'run', command: 'rm' })],
    ['no message at all', () => null],
    ['an unknown failure', (id) => ({ kind: 'refused', id, failure: { code: 'boom', sentence: '' } })],
  ];
  for (const [name, message] of nonsense) {
    test(`${name}: the child is replaced`, async () => {
      const b = await bench().opened();
      const usage = b.session.usage();
      const failure = expect(usage).rejects.toMatchObject(lost);
      await settle();
      b.worker.say(message(b.request('usage').id));
      await failure;
      expect(b.worker.killed).toBe(true);
      await b.pass(0);
      expect(b.workers).toHaveLength(2);
      expect(b.worker.sent[0]).toMatchObject({ kind: 'open', fresh: false });
    });
  }
});

describe('a lost session', () => {
  test('is repaired; calls in flight are lost, later ones wait', async () => {
    const b = await bench().opened();
    const inFlight = expect(b.session.usage()).rejects.toMatchObject(lost);
    await settle();
    await b.crash();
    await inFlight;
    const later = b.session.usage();
    await b.open();
    const value = { cpuSeconds: 1, memoryBytes: 2 };
    b.worker.say({ kind: 'answer', id: b.request('usage').id, value });
    expect(await later).toEqual(value);
    expect(b.deaths).toEqual([]);
  });

  test('a watch goes on by itself', async () => {
    const b = await bench().opened();
    const seen: number[] = [];
    const watched = b.session.watchJob('x', { ...listener, progress: (fraction) => seen.push(fraction) });
    await settle();
    const tell = (fraction: number): void => {
      b.worker.say({
        kind: 'news',
        id: b.request('watchJob').id,
        news: { progress: { fraction, text: '' } },
      });
    };
    tell(0.25);
    await b.crash();
    await b.open();
    tell(0.5);
    const end = { kind: 'exit', code: 0, truncated: [] };
    b.worker.say({ kind: 'answer', id: b.request('watchJob').id, value: end });
    expect(await watched).toEqual(end);
    expect(seen).toEqual([0.25, 0.5]);
  });

  test('a watch that the guest ends makes a new session', async () => {
    const b = await bench().opened();
    const watched = b.session.watchJob('x', listener);
    await settle();
    const failure = { code: 'session-lost', sentence: 'stopped telling' };
    b.worker.say({ kind: 'refused', id: b.request('watchJob').id, failure });
    await b.buryKilled();
    await b.pass(0);
    expect(b.workers).toHaveLength(2);
    await b.open();
    const end = { kind: 'oom', truncated: [] };
    b.worker.say({ kind: 'answer', id: b.request('watchJob').id, value: end });
    expect(await watched).toEqual(end);
  });

  test('forwards are made again before anything else', async () => {
    const b = await bench().opened();
    const forward = { bindAddress: '127.0.0.1', port: 3128, toSocketPath: '/egress' };
    const forwarded = b.session.forward(forward);
    await settle();
    b.worker.say({ kind: 'answer', id: b.request('forward').id, value: null });
    await forwarded;
    await b.crash();
    await b.open();
    expect(b.request('forward').input).toEqual(forward);
    const usage = b.session.usage();
    await settle();
    expect(() => b.request('usage')).toThrow();
    b.worker.say({ kind: 'answer', id: b.request('forward').id, value: null });
    await settle();
    const value = { cpuSeconds: 0, memoryBytes: 0 };
    b.worker.say({ kind: 'answer', id: b.request('usage').id, value });
    await usage;
  });

  test('is not repaired while the VM is frozen', async () => {
    const b = await bench().opened();
    b.session.frozen(true);
    await b.crash();
    await b.pass(100_000);
    expect(b.workers).toHaveLength(1);
    b.session.frozen(false);
    await b.pass(0);
    expect(b.workers).toHaveLength(2);
  });

  test('that cannot be repaired is dead, once', async () => {
    const b = await bench().opened();
    await b.crash();
    const usage = expect(b.session.usage()).rejects.toMatchObject(lost);
    for (let ms = 0; ms < bounds.repairMs + bounds.attemptMs; ms += 100) await b.pass(100);
    await usage;
    expect(b.deaths).toHaveLength(1);
    await expect(b.session.usage()).rejects.toMatchObject(lost);
    await expect(b.session.watchJob('x', listener)).rejects.toMatchObject(lost);
    const workers = b.workers.length;
    await b.pass(100_000);
    expect(b.workers).toHaveLength(workers);
  });

  test('that is lost again and again is dead', async () => {
    const b = await bench().opened();
    for (let loss = 1; loss < bounds.losses; loss += 1) {
      await b.crash();
      await b.open();
    }
    expect(b.deaths).toEqual([]);
    await b.crash();
    expect(b.deaths).toHaveLength(1);
  });

  test('losses far apart do not add up', async () => {
    const b = await bench().opened();
    for (let loss = 0; loss < bounds.losses * 2; loss += 1) {
      await b.pass(bounds.steadyMs + 1);
      await b.crash();
      await b.open();
    }
    expect(b.deaths).toEqual([]);
  });
});

describe('a child that', () => {
  test('does not answer a call in time is replaced; frozen time does not count', async () => {
    const b = await bench().opened();
    const usage = expect(b.session.usage()).rejects.toMatchObject(lost);
    await settle();
    await b.pass(bounds.callMs - 1);
    b.session.frozen(true);
    await b.pass(1_000_000);
    expect(b.worker.killed).toBe(false);
    b.session.frozen(false);
    await b.pass(1);
    await usage;
    await b.pass(0);
    expect(b.workers).toHaveLength(2);
  });

  test('hangs while nobody asks is found by its missing sign of life', async () => {
    const b = await bench({ heartbeatMs: 2000 }).opened();
    await b.pass(2000);
    b.worker.say({ kind: 'answer', id: b.request('hello').id, value: hello });
    await settle();
    await b.pass(2000);
    expect(b.workers).toHaveLength(1);
    await b.pass(bounds.callMs);
    await b.pass(0);
    expect(b.workers).toHaveLength(2);
  });

  test('floods is replaced', async () => {
    const b = await bench().opened();
    const watched = b.session.watchJob('x', listener);
    await settle();
    const { id } = b.request('watchJob');
    for (let count = 0; count < 300; count += 1) b.worker.say({ kind: 'news', id, news: {} });
    expect(b.worker.killed).toBe(true);
    await b.pass(0);
    expect(b.workers).toHaveLength(2);
    watched.catch(() => undefined);
  });
});

describe('the end', () => {
  test('dispose rejects what is pending, and waits for the child', async () => {
    const b = await bench().opened();
    const usage = expect(b.session.usage()).rejects.toMatchObject(lost);
    const watch = expect(b.session.watchJob('x', listener)).rejects.toMatchObject(lost);
    await settle();
    let gone = false;
    const disposed = b.session.dispose().then(() => {
      gone = true;
    });
    await usage;
    await watch;
    expect(gone).toBe(false);
    b.worker.exit(null);
    await disposed;
    expect(b.deaths).toEqual([]);
  });

  test('dispose ends a repair under way', async () => {
    const b = await bench().opened();
    await b.crash();
    const disposed = b.session.dispose();
    await b.buryKilled();
    await disposed;
    await b.pass(100_000);
    expect(b.workers).toHaveLength(2);
    expect(b.deaths).toEqual([]);
  });

  test('power-off takes the loss for its answer, and repairs nothing', async () => {
    const b = await bench().opened();
    const off = b.session.powerOff();
    await settle();
    b.request('powerOff');
    b.worker.exit(0);
    await off;
    await b.pass(100_000);
    expect(b.workers).toHaveLength(1);
    expect(b.deaths).toEqual([]);
  });
});
