import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { CountedApi } from '../../electron/shell/updates/counted-api.ts';
import { UpdateFiles } from '../../electron/shell/updates/files.ts';
import type { GuardOptions } from '../../electron/shell/updates/guard.ts';
import { isIssuedBy, proxyConfig } from '../../electron/shell/updates/trust.ts';
import { Upkeep } from '../../electron/shell/updates/upkeep.ts';
import { fakeAuthority } from '../fakes/certificates.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeFeed } from '../fakes/fake-feed.ts';
import { FakeHost, fakeSnapshot } from '../fakes/fake-host.ts';

describe('an installation that keeps itself up to date', () => {
  let dir: string;
  let target: string;
  let feed: FakeFeed;
  let host: FakeHost;
  let clock: FakeClock;
  let files: UpdateFiles;
  let guards: GuardOptions[];
  let proxies: string[];
  let left: Promise<void> | undefined;
  const before = process.env['APPIMAGE'];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'gl-upkeep-'));
    target = join(dir, 'Gleaner.AppImage');
    writeFileSync(target, 'the old program', { mode: 0o755 });
    writeFileSync(join(dir, 'gleaner.db'), 'the record');
    mkdirSync(join(dir, 'resources'));
    process.env['APPIMAGE'] = target;
    feed = await FakeFeed.open();
    const installation = { version: 1, kind: 'appimage', feed: feed.url, keys: [feed.keyText] };
    writeFileSync(join(dir, 'resources', 'install.json'), JSON.stringify(installation));
    files = new UpdateFiles(join(dir, 'updates'));
    host = new FakeHost();
    host.emit(fakeSnapshot({ jobs: [], vms: [] }));
    clock = new FakeClock();
    guards = [];
    proxies = [];
    left = undefined;
  });
  afterEach(async () => {
    await feed.close();
    rmSync(dir, { recursive: true });
    if (before === undefined) delete process.env['APPIMAGE'];
    else process.env['APPIMAGE'] = before;
  });

  const open = (
    stopped: boolean,
    trial: Parameters<typeof Upkeep.prepare>[0]['trial'] = null,
    pageLoaded: () => boolean | null = () => null,
  ): Promise<Upkeep> =>
    Upkeep.prepare({
      files,
      trial,
      version: '1.0.0',
      platform: 'linux',
      isDemo: false,
      resourcesDir: join(dir, 'resources'),
      appImage: target,
      paths: { databasePath: join(dir, 'gleaner.db'), logPath: join(dir, 'gleaner.log') },
      transport: () => ({
        open: feed.requests,
        useProxy: (setting) => {
          proxies.push(setting);
          return Promise.resolve();
        },
      }),
      again: () => ({ args: ['--hidden'], env: {} }),
      leave: (last) => {
        left = last(stopped);
      },
      leaveGuard: (guard) => {
        guards.push(guard);
        return Promise.resolve();
      },
      callsUnderWay: () => 0,
      isWatched: () => false,
      pageLoaded,
      clock,
      log: silentLog,
    });
  const untilLeft = async (upkeep: Upkeep): Promise<void> => {
    const leaving = new Promise<void>((resolve) => {
      upkeep.updates.onChange(() => {
        if (upkeep.updates.view().state === 'installing') resolve();
      });
    });
    await upkeep.updates.check();
    await leaving;
    // The call to leave follows the change of the view.
    await Promise.resolve();
    await left;
  };

  it('swaps, leaves a guard, and asks through the proxy that is set', async () => {
    feed.publish({ version: '1.1.0', content: Buffer.from('the new program') });
    const upkeep = await open(true);
    upkeep.follow(host);
    await untilLeft(upkeep);
    expect(readFileSync(target, 'utf8')).toBe('the new program');
    expect(guards).toMatchObject([{ target, previous: `${target}.previous`, args: ['--hidden'] }]);
    expect(proxies).toEqual(['system']);
    await upkeep.dispose();
  });

  it('starts the same version again when not everything stopped, and lets the newer one rest', async () => {
    feed.publish({ version: '1.1.0', content: Buffer.from('the new program') });
    const upkeep = await open(false);
    upkeep.follow(host);
    await untilLeft(upkeep);
    expect(readFileSync(target, 'utf8')).toBe('the old program');
    expect(guards).toMatchObject([{ target, previous: null }]);
    expect(files.readMemory().failed).toMatchObject({ version: '1.1.0', failure: { code: 'update-failed' } });
    await upkeep.dispose();
    const next = await open(true);
    expect(next.updates.view()).toMatchObject({ state: 'failed', version: '1.1.0' });
    await next.dispose();
  });

  it('is healthy after it has run for a while, and lets go of what was kept', async () => {
    const trial = { version: '1.0.0', from: '0.9.0', target, previous: `${target}.previous`, starts: 1 };
    await files.writeTrial(trial);
    const upkeep = await open(true, trial);
    upkeep.follow(host);
    clock.advance(19_000);
    expect(files.readTrial()).toEqual(trial);
    clock.advance(2_000);
    expect(readFileSync(files.healthyPath, 'utf8')).toBe('1.0.0');
    expect(files.readTrial()).toBeNull();
    await upkeep.dispose();
    expect(clock.pending).toBe(0);
  });

  it.each([
    { ranMs: 5_000, starts: 0, title: 'a short session that ends in good order does not count' },
    { ranMs: 25_000, starts: 1, title: 'one in which it had its time to become healthy does' },
  ])('on trial, $title', async ({ ranMs, starts }) => {
    const trial = { version: '1.0.0', from: '0.9.0', target, previous: `${target}.previous`, starts: 1 };
    await files.writeTrial(trial);
    const upkeep = await open(true, trial, () => false);
    upkeep.follow(host);
    clock.advance(ranMs);
    await upkeep.dispose();
    upkeep.endInOrder();
    expect(files.readTrial()).toEqual({ ...trial, starts });
  });

  it('gives nothing back of another version’s trial, or of one that is over', async () => {
    const trial = { version: '1.0.0', from: '0.9.0', target, previous: `${target}.previous`, starts: 1 };
    const upkeep = await open(true, trial);
    upkeep.endInOrder();
    expect(files.readTrial()).toBeNull();
    const next = { ...trial, version: '1.1.0', from: '1.0.0' };
    await files.writeTrial(next);
    upkeep.endInOrder();
    expect(files.readTrial()).toEqual(next);
    await upkeep.dispose();
  });

  it('is off where it says of itself what nobody understands', async () => {
    writeFileSync(join(dir, 'resources', 'install.json'), '{');
    const upkeep = await open(true);
    expect(upkeep.updates.view()).toMatchObject({ state: 'off', reason: 'unreadable' });
    await expect(upkeep.updates.check()).rejects.toMatchObject({ code: 'update-off' });
    expect(() => upkeep.updates.install(false)).toThrow();
    await upkeep.dispose();
  });
});

describe('commands that are not answered yet', () => {
  it('are counted until their answer, or their last byte, is there; those about updates are not', async () => {
    const host = new FakeHost();
    const api = new CountedApi(host);
    const call = api.call('status', {});
    const update = api.call('update.check', {});
    expect(api.underWay).toBe(1);
    await Promise.all([call, update]);
    expect(api.underWay).toBe(0);
    const bytes = await api.download('ledger.export', { format: 'csv' });
    let chunks = 0;
    for await (const { length } of bytes) {
      chunks += length > 0 ? 1 : 0;
      expect(api.underWay).toBe(1);
    }
    expect([chunks > 0, api.underWay]).toEqual([true, 0]);
  });
});

describe('the transport', () => {
  it('knows the proxies that a setting may name', () => {
    expect(proxyConfig('system')).toEqual({ mode: 'system' });
    expect(proxyConfig('none')).toEqual({ mode: 'direct' });
    expect(proxyConfig('http://p:3128')).toEqual({ mode: 'fixed_servers', proxyRules: 'http://p:3128' });
    expect(proxyConfig('pac+https://p/a.pac')).toEqual({ mode: 'pac_script', pacScript: 'https://p/a.pac' });
  });

  it('trusts what the installation’s own authority has issued, for that host, while it holds', () => {
    const [one, other] = [fakeAuthority('One'), fakeAuthority('Other')];
    const now = Date.now();
    const { certificate } = one.certify('updates.example.org');
    expect(isIssuedBy(one.certificate, certificate, 'updates.example.org', now)).toBe(true);
    expect(isIssuedBy(one.certificate, one.certify('127.0.0.1').certificate, '127.0.0.1', now)).toBe(true);
    expect(isIssuedBy(other.certificate, certificate, 'updates.example.org', now)).toBe(false);
    expect(isIssuedBy(fakeAuthority('One').certificate, certificate, 'updates.example.org', now)).toBe(false);
    expect(isIssuedBy(one.certificate, certificate, 'evil.example.org', now)).toBe(false);
    expect(isIssuedBy(one.certificate, certificate, 'updates.example.org', now + 2 * 86_400_000)).toBe(false);
    expect(isIssuedBy(certificate, certificate, 'updates.example.org', now)).toBe(false);
    expect(isIssuedBy('nonsense', certificate, 'updates.example.org', now)).toBe(false);
  });
});
