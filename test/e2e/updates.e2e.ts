import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { Installation } from '../../electron/contract/install.ts';
import type { SettingsLayer } from '../../electron/contract/settings.ts';
import type { UpdateView } from '../../electron/contract/update.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { type FakeAppImage, fakeAppImage } from '../fakes/fake-appimage.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeFeed } from '../fakes/fake-feed.ts';
import { bookingOf, somebody } from '../fakes/ledger-bookings.ts';
import { writeSettings } from '../fixtures/undisturbed.ts';
import { commandOf, type Home, makeHome } from './support/launch.ts';
import { processesNaming } from './support/processes.ts';

/** The real app, electron-updater and Chromium's transport, with a stand-in for the AppImage's own runtime. */
test.describe('updates', () => {
  let home: Home;
  let feed: FakeFeed;
  let target: string;
  let client: SocketClient;

  test.beforeEach(async () => {
    home = makeHome({ contribute: false });
    // Or a window would come to say that there is no tray.
    mkdirSync(path.join(home.homeDir, 'window'));
    writeFileSync(path.join(home.homeDir, 'window', 'shell.json'), JSON.stringify({ toldAboutTray: true }));
    feed = await FakeFeed.open();
    target = path.join(home.homeDir, 'Gleaner.AppImage');
    client = new SocketClient(
      resolvePaths({
        platform: process.platform,
        home: '/',
        uid: process.getuid?.(),
        env: { GLEANER_HOME: home.homeDir },
      }),
    );
  });
  test.afterEach(async ({}, info) => {
    // The guard first, or it would start the program anew.
    for (const word of ['gleaner-guard', 'gleaner-app']) {
      for (const { pid, command } of processesNaming(home.homeDir)) {
        if (command.includes(word) && !command.includes('--type=')) process.kill(pid, 'SIGTERM');
      }
    }
    await expect.poll(() => processesNaming(home.homeDir).length).toBe(0);
    await feed.close();
    await home.keepLog(info);
    home.remove();
  });

  const version = (name: string, changes: Partial<Installation> = {}, main?: string): FakeAppImage =>
    fakeAppImage({
      dir: home.homeDir,
      version: name,
      installation: {
        version: 1,
        kind: 'appimage',
        feed: feed.url,
        keys: [feed.keyText],
        authority: feed.authority.certificate,
        ...changes,
      },
      switches: ['--no-sandbox', '--log-level=3'],
      ...(main === undefined ? {} : { main }),
    });
  const begin = async ({ content }: FakeAppImage, settings: SettingsLayer = {}): Promise<void> => {
    writeSettings(home.homeDir, { contribute: false, ...settings });
    writeFileSync(target, content, { mode: 0o755 });
    const { env } = commandOf({ homeDir: home.homeDir });
    spawn(target, ['--hidden'], { env, stdio: 'ignore' });
    await running();
  };
  const status = async (): Promise<{ version: string; update: UpdateView } | null> => {
    try {
      return await client.call('status', {});
    } catch {
      // Between two versions.
      return null;
    }
  };
  const running = (name?: string): Promise<void> =>
    expect.poll(async () => (await status())?.version ?? '').toMatch(name ?? /./);
  const update = async (): Promise<UpdateView | undefined> => (await status())?.update;

  test('a good version is swapped in by itself, runs, and loses nothing of the record', async () => {
    const database = openDatabase(path.join(home.homeDir, 'gleaner.db'));
    const ledger = new Ledger(database, new FakeClock());
    for (const n of [1, 2]) database.transaction(() => ledger.book(bookingOf(n), somebody));
    database.close();
    const [one, two] = [version('1.0.0'), version('1.1.0')];
    feed.publish(two);
    await begin(one);
    const before = await client.call('ledger.verify', {});
    expect(before).toMatchObject({ ok: true, entries: 2 });
    expect((await client.call('update.check', {})).version).toBe('1.1.0');

    await running('1.1.0');
    expect(readFileSync(target).equals(Buffer.from(two.content))).toBe(true);
    expect(await client.call('ledger.verify', {})).toEqual(before);
    // On trial until it has shown that it runs; then nothing of the old one is left.
    expect(existsSync(`${target}.previous`)).toBe(true);
    await expect.poll(() => existsSync(`${target}.previous`)).toBe(false);
    await expect
      .poll(() => processesNaming(home.homeDir).some(({ command }) => command.includes('gleaner-guard')))
      .toBe(false);
    expect(existsSync(path.join(home.homeDir, 'updates', 'trial.json'))).toBe(false);
    expect(await client.call('update.check', {})).toMatchObject({ state: 'idle', version: null });
  });

  test('a version that crashes at its start is taken back, and never offered again', async () => {
    const one = version('1.0.0');
    const bad = version('1.1.0', {}, 'process.exit(7);');
    feed.publish(bad);
    await begin(one);
    await client.call('update.check', {});
    await expect.poll(async () => (await update())?.failure?.code).toBe('update-taken-back');
    expect((await status())?.version).toBe('1.0.0');
    expect(readFileSync(target).equals(Buffer.from(one.content))).toBe(true);
    expect(await client.call('update.check', {})).toMatchObject({ state: 'idle', version: null });
    const log = readFileSync(path.join(home.homeDir, 'logs', 'gleaner.log'), 'utf8');
    expect(log).toContain('a newer version was taken back');
    // The one after it is taken.
    feed.publish(version('1.1.1'));
    await client.call('update.check', {});
    await running('1.1.1');
  });

  test('the restart is the person’s where they want to be asked', async () => {
    feed.publish(version('1.1.0'));
    await begin(version('1.0.0'), { 'updates.mode': 'ask' });
    await client.call('update.check', {});
    await expect.poll(async () => (await update())?.state).toBe('ready');
    expect((await status())?.version).toBe('1.0.0');
    await client.call('update.install', {});
    await running('1.1.0');
  });

  test('what was tampered with, is older or comes from elsewhere changes nothing', async () => {
    const one = version('1.0.0');
    await begin(one);
    const look = async (): Promise<UpdateView> => await client.call('update.check', {});
    feed.publish({ version: '0.9.0', content: one.content });
    expect(await look()).toMatchObject({ state: 'idle', version: null });

    const name = feed.publish({ version: '1.1.0', content: one.content });
    const manifest = Buffer.from(feed.files.get(name) ?? []);
    feed.files.set(name, Buffer.concat([manifest, Buffer.from('# more\n')]));
    expect(await look()).toMatchObject({ state: 'failed', failure: { code: 'update-refused' } });

    feed.files.set(name, manifest);
    feed.files.set('Gleaner-1.1.0.AppImage', Buffer.from(one.content).reverse());
    await look();
    await expect.poll(async () => (await update())?.failure?.code).toBe('update-refused');

    feed.intercept = (_asked, response) => {
      response.writeHead(302, { location: 'https://127.0.0.1:9/' }).end();
      return true;
    };
    expect(await look()).toMatchObject({ state: 'failed' });
    expect(readFileSync(target).equals(Buffer.from(one.content))).toBe(true);
    expect((await status())?.version).toBe('1.0.0');
  });

  test('a download that is cut off begins again', async () => {
    const two = version('1.1.0');
    feed.publish(two);
    let cut = 0;
    feed.intercept = (asked, response) => {
      if (asked.url?.includes('.AppImage') !== true || cut > 0) return false;
      cut += 1;
      response.writeHead(200, { 'content-length': two.content.length });
      response.write(two.content.subarray(0, 20), () => response.destroy());
      return true;
    };
    await begin(version('1.0.0'));
    await client.call('update.check', {});
    await expect.poll(async () => (await update())?.failure?.code).toBe('update-unreachable');
    await client.call('update.check', {});
    await running('1.1.0');
    expect(cut).toBe(1);
  });

  test('a feed whose certificate nobody knows is not asked', async () => {
    feed.publish(version('1.1.0'));
    await begin(version('1.0.0', { authority: undefined }));
    expect(await client.call('update.check', {})).toMatchObject({ failure: { code: 'update-unreachable' } });
    expect(feed.asked).toEqual([]);
  });

  for (const [reason, name, changes, settings] of [
    ['package', '1.0.0', { kind: 'deb' }, {}],
    ['development', '1.0.0+devruntime', {}, {}],
    ['turned-off', '1.0.0', {}, { 'updates.mode': 'off' }],
  ] as const) {
    test(`are off: ${reason}`, async () => {
      feed.publish(version('1.1.0'));
      await begin(version(name, changes), settings);
      expect(await update()).toMatchObject({ state: 'off', reason });
      await expect(client.call('update.check', {})).rejects.toMatchObject({ code: 'update-off' });
      expect(feed.asked).toEqual([]);
    });
  }
});
