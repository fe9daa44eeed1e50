import { describe, expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import type { PresenceReport } from '../../electron/contract/policy.ts';
import { Snapshot } from '../../electron/contract/snapshot.ts';
import { awaySnapshot } from '../../electron/control/away.ts';
import { RemoteHost } from '../../electron/control/remote-host.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeHost, fakeNow, fakeSnapshot } from '../fakes/fake-host.ts';

const service = { mayPause: 'everyone', asks: ['input'] } as const;
const there = fakeSnapshot({ service: { mayPause: 'everyone', asks: ['input'] } });
const notThere = (): GleanerError =>
  new GleanerError('host-not-running', 'Gleaner is not running.', 'Start it.');

/** A service that comes and goes as a test wants it. */
class FakeService {
  readonly host = new FakeHost();
  readonly told: PresenceReport[] = [];
  isThere = false;
  tries = 0;
  #leave: (() => void) | undefined;
  readonly #tried: (() => void)[] = [];

  readonly client = {
    call: this.host.call.bind(this.host) as never,
    upload: this.host.upload.bind(this.host) as never,
    download: this.host.download.bind(this.host) as never,
    session: (onOpen: (tell: (report: PresenceReport) => void) => void, signal?: AbortSignal) =>
      this.#session(onOpen, signal),
  };

  leave(): void {
    this.isThere = false;
    this.#leave?.();
  }

  /** Resolves at the next try to reach it. */
  async tried(): Promise<void> {
    await new Promise<void>((resolve) => this.#tried.push(resolve));
  }

  async *#session(onOpen: (tell: (report: PresenceReport) => void) => void, signal?: AbortSignal) {
    this.tries += 1;
    queueMicrotask(() => {
      for (const resolve of this.#tried.splice(0)) resolve();
    });
    if (!this.isThere) throw notThere();
    onOpen((report) => this.told.push(report));
    yield { type: 'snapshot' as const, snapshot: there };
    await new Promise<void>((resolve) => {
      this.#leave = resolve;
      signal?.addEventListener('abort', () => {
        resolve();
      });
    });
    if (!signal?.aborted) throw notThere();
  }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function open(reason: { code: 'profile-broken'; sentence: string } | null = null) {
  const clock = new FakeClock();
  const fake = new FakeService();
  const remote = new RemoteHost({
    client: fake.client,
    clock,
    log: silentLog,
    version: '9',
    reason,
    view: (snapshot) => ({ ...snapshot, asksPresence: true }),
  });
  const seen: Snapshot[] = [];
  remote.subscribe(({ snapshot }) => seen.push(snapshot));
  return { clock, fake, remote, seen, last: () => seen.at(-1) };
}

describe('an app whose host is a service', () => {
  test('shows what it says, as this session sees it', async () => {
    const { fake, remote, last } = open();
    fake.isThere = true;
    remote.begin();
    await settle();
    expect(last()).toEqual({ ...there, asksPresence: true });
    await remote.call('status', {});
    expect(fake.host.asked.map(({ name }) => name)).toEqual(['status']);
    await remote.dispose();
  });

  test('waits for it, says so, and finds it again by itself', async () => {
    const { clock, fake, remote, last, seen } = open();
    remote.begin();
    await settle();
    expect(last()).toMatchObject({
      contribution: { state: 'attention', sentence: 'Gleaner is not running.' },
      problems: [{ code: 'host-not-running', hint: 'Start it.' }],
      version: '9',
    });
    fake.isThere = true;
    clock.advance(1000);
    await settle();
    expect(last()?.contribution.state).toBe('working');
    fake.leave();
    await settle();
    expect(last()).toMatchObject({
      contribution: { state: 'attention' },
      today: there.today,
      vms: [],
      jobs: [],
    });
    fake.isThere = true;
    clock.advance(1000);
    await settle();
    expect(last()?.contribution.state).toBe('working');
    expect(seen).toHaveLength(4);
    await remote.dispose();
    expect(clock.pending).toBe(0);
  });

  test('looks no more often than once a second, and less so after a while', async () => {
    const { clock, fake, remote } = open();
    remote.begin();
    await settle();
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000);
      await settle();
    }
    expect(fake.tries).toBeGreaterThan(10);
    expect(fake.tries).toBeLessThan(20);
    await remote.dispose();
  });

  test('tells each service anew what this session is, with the time that has gone by', async () => {
    const { clock, fake, remote } = open();
    await remote.call('presence.report', { tray: true });
    remote.report({ idleMs: 500, pollMs: 0, inputSource: 'x11' });
    remote.report({ call: true });
    fake.isThere = true;
    remote.begin();
    await settle();
    expect(fake.told).toEqual([{ tray: true, call: true, idleMs: 500, pollMs: 0, inputSource: 'x11' }]);
    remote.report({ call: false });
    expect(fake.told.at(-1)).toEqual({ call: false });
    fake.leave();
    await settle();
    remote.report({ screenLocked: true });
    fake.isThere = true;
    clock.advance(1000);
    await settle();
    expect(fake.told.at(-1)).toEqual({
      tray: true,
      call: false,
      screenLocked: true,
      idleMs: 1500,
      pollMs: 0,
      inputSource: 'x11',
    });
    expect(fake.host.asked).toEqual([]);
    await remote.dispose();
  });

  test('says why nobody can tell where the host lives', async () => {
    const { remote, last } = open({ code: 'profile-broken', sentence: 'It is not JSON.' });
    remote.begin();
    await settle();
    expect(last()?.problems).toEqual([{ code: 'profile-broken', sentence: 'It is not JSON.' }]);
    await remote.dispose();
  });
});

test('what is shown of a service that is away fits the contract, and offers nothing', () => {
  const failure = { code: 'host-not-running', sentence: 'Gleaner is not running.' } as const;
  for (const last of [null, { ...there, service }]) {
    const away = awaySnapshot(last as Snapshot | null, failure, {
      now: fakeNow,
      since: fakeNow - 5,
      version: '9',
    });
    expect(Snapshot.parse(away)).toEqual(away);
    expect(away.service).toEqual({ mayPause: null, asks: [] });
    expect(away.contribution.allowance.run).toBe(false);
  }
});
