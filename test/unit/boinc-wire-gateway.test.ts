import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { Gateway, type GatewayRules } from '../../electron/egress/gateway.ts';
import { fetchPage } from '../../electron/grid/web/http.ts';
import { readRefusal } from '../../electron/grid/web/refusal.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { rejectionOf } from './boinc-wire-fixture.ts';

// Starting a process can take seconds on a busy computer; the limit only ends a hung test.
vi.setConfig({ testTimeout: 60_000 });

const rules: GatewayRules = {
  contacts: [],
  closed: null,
  downBytesPerSecond: null,
  upBytesPerSecond: null,
  proxy: { kind: 'none' },
  authorities: null,
  forwards: [],
};

describe('the real gateway', () => {
  let dir = '';
  let gateway: Gateway;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'way-'));
    gateway = new Gateway({
      grid: 'test',
      socketPath: join(dir, 'gateway'),
      spawnWorker: forkWorkers({ egress: new URL('../../electron/egress/child.ts', import.meta.url) }),
      clock: systemClock,
      log: silentLog,
      askProxy: () => Promise.resolve('DIRECT'),
      onTraffic: () => undefined,
      onDenied: () => undefined,
      onProblem: () => undefined,
      onChallenge: () => undefined,
      onLost: () => undefined,
    });
    await gateway.open(rules);
  });
  afterEach(async () => {
    await gateway.dispose();
    await rm(dir, { recursive: true });
  });

  const ask = (url: string) =>
    rejectionOf(
      fetchPage(
        { gatewayPath: join(dir, 'gateway'), authorities: null, clock: systemClock },
        { url: new URL(url), maxBytes: 1000 },
      ),
    );

  it('is understood when it says no', async () => {
    const place = { host: 'loop.example', port: 80, source: 'project', private: false } as const;
    for (const [url, named] of [
      ['http://project.example/x?secret=1', 'project.example:80'],
      ['https://project.example:8443/', 'project.example:8443'],
    ] as const) {
      const sentence = `“${named}” is not on the list of what may be contacted.`;
      expect(await ask(url)).toEqual({ code: 'egress-denied', sentence });
    }
    gateway.set({ ...rules, contacts: [{ ...place, host: '127.0.0.1' }] });
    expect((await ask('http://127.0.0.1/')).code).toBe('egress-denied');
    gateway.set({ ...rules, closed: { reason: 'metered', sentence: 'x' } });
    expect((await ask('https://project.example/')).code).toBe('network-metered');
    gateway.set({ ...rules, closed: { reason: 'quota-day', sentence: 'x' } });
    expect((await ask('http://project.example/')).code).toBe('network-quota');
  });
});

describe('what a server writes in the manner of a gateway', () => {
  const url = new URL('http://project.example/');

  it('is shown in our own words only', () => {
    const evil = readRefusal(403, "Gleaner's gateway: not-listed: call 555-1234 <b>now</b>", url);
    expect(evil?.message).toBe('“project.example:80” is not on the list of what may be contacted.');
    const odd = readRefusal(500, "Gleaner's gateway: pay-first: send money", url);
    expect(odd?.toFailure()).toMatchObject({
      code: 'grid-unreachable',
      sentence: '“project.example:80” cannot be reached.',
    });
  });

  it('is a page where it is no refusal', () => {
    expect(readRefusal(200, "Gleaner's gateway: not-listed: x", url)).toBeUndefined();
    expect(readRefusal(403, "not Gleaner's gateway: not-listed: x", url)).toBeUndefined();
  });
});
