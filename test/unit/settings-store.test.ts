import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { type Failure, GleanerError } from '../../electron/contract/failures.ts';
import type { SettingsLayer } from '../../electron/contract/settings.ts';
import { LinuxProfiles } from '../../electron/settings/profiles/linux.ts';
import { SettingsStore } from '../../electron/settings/store.ts';

const containing = (words: string): unknown => expect.stringContaining(words);

const clock = { ...systemClock, now: () => 1234 };
let dir = '';
let settingsPath = '';
let profilesDir = '';
const stores: SettingsStore[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
  settingsPath = join(dir, 'settings.json');
  profilesDir = join(dir, 'etc');
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.dispose();
  await rm(dir, { recursive: true, force: true });
});

async function open(path = settingsPath): Promise<SettingsStore> {
  const trustedUid = process.getuid?.();
  const profiles = new LinuxProfiles({
    profilesDir,
    clock,
    ...(trustedUid === undefined ? {} : { trustedUid }),
  });
  const computer = { cores: 8, memoryBytes: 16 * 1024 ** 3 };
  const store = await SettingsStore.open({ settingsPath: path, profiles, clock, log: silentLog, computer });
  stores.push(store);
  return store;
}

const document = (settings: SettingsLayer, more: object = {}): string =>
  JSON.stringify({ version: 2, ...more, settings });
const writeProfile = async (name: 'defaults' | 'locked', text: string): Promise<void> => {
  await mkdir(profilesDir, { recursive: true, mode: 0o755 });
  await writeFile(join(profilesDir, `${name}.json`), text, { mode: 0o644 });
};
const saved = async (): Promise<unknown> => JSON.parse(await readFile(settingsPath, 'utf8'));
/** Resolves at a change after which `is` holds; how long it took is judged where it is asked for. */
const changed = (store: SettingsStore, is: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const stop = store.onChange(() => {
      if (!is()) return;
      stop();
      resolve();
    });
  });
const failureOf = async (promise: Promise<unknown>): Promise<Failure> => {
  try {
    await promise;
  } catch (error) {
    if (error instanceof GleanerError) return error.toFailure();
    throw error;
  }
  throw new Error('it did not fail');
};

describe('the person’s settings', () => {
  test('without a file are the built-in ones, and nothing is written', async () => {
    const store = await open();
    expect(store.current.values.preset).toBe('balanced');
    expect(store.list().every(({ source }) => source === 'built-in')).toBe(true);
    expect(store.current.problems).toEqual([]);
    expect(await readdir(dir)).toEqual([]);
  });

  test('are set, kept for the person alone, and in force after a restart', async () => {
    const store = await open();
    expect(await store.set('idle.share', 0.5)).toEqual({
      key: 'idle.share',
      value: 0.5,
      source: 'user',
      preset: null,
    });
    await store.set('preset', 'gentle');
    expect((await stat(settingsPath)).mode & 0o777).toBe(0o600);
    expect(await saved()).toEqual({ version: 2, settings: { preset: 'gentle', 'idle.share': 0.5 } });
    const again = await open();
    expect(again.current).toEqual(store.current);
    expect(await again.unset('preset')).toMatchObject({ value: 'balanced', source: 'built-in' });
    expect(await again.unset('idle.share')).toMatchObject({
      value: 1,
      source: 'built-in',
      preset: 'balanced',
    });
    expect(await saved()).toEqual({ version: 2, settings: {} });
  });

  test('set at once are all kept', async () => {
    const store = await open();
    const keys = ['inUse.share', 'idle.share', 'locked.share', 'quiet.fallbackShare'];
    await Promise.all(keys.map((key) => store.set(key, 0.5)));
    expect(await saved()).toEqual({
      version: 2,
      settings: Object.fromEntries(keys.map((key) => [key, 0.5])),
    });
  });

  test('are refused with what was meant, or what they may hold', async () => {
    const store = await open();
    expect(await failureOf(store.set('idle.shar', 1))).toMatchObject({
      code: 'setting-unknown',
      hint: containing('"idle.share"'),
    });
    expect(await failureOf(store.set('vcpus', 1))).toMatchObject({ hint: containing('"vm.vcpus"') });
    expect(await failureOf(store.unset('__proto__'))).toMatchObject({ code: 'setting-unknown' });
    // Whatever the value.
    for (const value of [[{ enrolment: '/etc/pool.json' }], [], 7]) {
      expect(await failureOf(store.set('grids.pools', value))).toEqual({
        code: 'setting-reserved',
        sentence: "grids.pools is for an organization's profile alone and cannot be set by a person.",
        hint: 'To join a pool yourself: gleaner grids join condor:FILE',
      });
    }
    expect(await store.unset('grids.pools')).toMatchObject({ value: [], source: 'built-in' });
    expect(await failureOf(store.set('idle.share', 7))).toEqual({
      code: 'setting-invalid',
      sentence: 'idle.share cannot be 7.',
      hint: 'It may hold a share from 0 (not at all) to 1 (all of it), e.g. 0.25.',
    });
    expect(await readdir(dir)).toEqual([]);
  });

  test('of version 1 are migrated, and written anew with the next change', async () => {
    await writeFile(settingsPath, '{"schema":1,"share":0.5,"vcpus":2}');
    const store = await open();
    expect(store.current.values).toMatchObject({ 'idle.share': 0.5, 'vm.vcpus': 2 });
    expect(store.current.problems).toEqual([]);
    await store.set('vm.vcpus', 3);
    expect(await saved()).toEqual({
      version: 2,
      settings: { 'idle.share': 0.5, 'locked.share': 0.5, 'vm.vcpus': 3 },
    });
  });

  test.each([
    ['{"version":2,"settings":', 'not JSON'],
    ['{"version":3,"settings":{}}', 'version (3)'],
    ['{"version":2,"settings":{"idle.share":7}}', 'idle.share'],
    [' '.repeat(300 * 1024), 'larger than'],
  ])('that cannot be used are kept aside, and that is said: %#', async (text, words) => {
    await writeFile(settingsPath, text);
    const store = await open();
    expect(store.current.values.preset).toBe('balanced');
    expect(store.current.problems).toEqual([
      {
        code: 'settings-invalid',
        sentence: containing(words),
        hint: containing(`${settingsPath}.damaged-1234`),
      },
    ]);
    expect(await readFile(`${settingsPath}.damaged-1234`, 'utf8')).toBe(text);
    expect(await readdir(dir)).toEqual(['settings.json.damaged-1234']);
    // It is still said after a change from here, and no more once a good file is put there.
    await store.set('idle.share', 0.5);
    expect(store.current.problems).toHaveLength(1);
    const mended = changed(store, () => store.current.problems.length === 0);
    await writeFile(settingsPath, document({ 'idle.share': 0.4 }));
    await mended;
    expect(store.current.values['idle.share']).toBe(0.4);
    expect((await open()).current.problems).toEqual([]);
  });

  test.each(['mkdir', 'mkfifo'])('are a problem, and no wait, after a %s', async (made) => {
    execFileSync(made, [settingsPath]);
    expect((await open()).current.problems).toMatchObject([{ code: 'settings-invalid' }]);
  });

  test('edited by hand are in force within 2 s, and deleted no more', async () => {
    const store = await open();
    const edited = changed(store, () => store.current.values['idle.share'] === 0.3);
    const began = performance.now();
    await writeFile(settingsPath, document({ 'idle.share': 0.3 }));
    await edited;
    expect(performance.now() - began).toBeLessThan(2000);
    const replaced = changed(store, () => store.current.values['idle.share'] === 0.2);
    await writeFile(`${settingsPath}~`, document({ 'idle.share': 0.2 }));
    await rename(`${settingsPath}~`, settingsPath);
    await replaced;
    const gone = changed(store, () => store.current.sources['idle.share'] === 'built-in');
    await rm(settingsPath);
    await gone;
  });

  test('damaged by hand change nothing, are left where they are, and kept aside before they are written over', async () => {
    await writeFile(settingsPath, document({ contribute: false }));
    const store = await open();
    const damaged = changed(store, () => store.current.problems.length > 0);
    await writeFile(settingsPath, '{ half a fi');
    await damaged;
    expect(store.current.values.contribute).toBe(false);
    expect(store.current.problems).toMatchObject([{ sentence: containing('stay in force: it is not JSON') }]);
    expect(await readFile(settingsPath, 'utf8')).toBe('{ half a fi');
    await store.set('idle.share', 0.5);
    expect(await saved()).toEqual({ version: 2, settings: { contribute: false, 'idle.share': 0.5 } });
    expect(await readFile(`${settingsPath}.damaged-1234`, 'utf8')).toBe('{ half a fi');
  });

  test('keep what was edited by hand in the moment before a change', async () => {
    const store = await open();
    await writeFile(settingsPath, document({ 'vm.vcpus': 5 }));
    await store.set('idle.share', 0.5);
    expect(await saved()).toEqual({ version: 2, settings: { 'vm.vcpus': 5, 'idle.share': 0.5 } });
  });

  test('that change nothing tell nobody', async () => {
    const store = await open();
    await store.set('idle.share', 0.5);
    let calls = 0;
    store.onChange(() => {
      calls += 1;
    });
    await store.set('idle.share', 0.5);
    await store.unset('vm.vcpus');
    await writeFile(settingsPath, `${document({ 'idle.share': 0.5 })}\n\n`);
    const last = changed(store, () => store.current.values['idle.share'] === 0.6);
    await store.set('idle.share', 0.6);
    await last;
    expect(calls).toBe(1);
  });

  test('a listener that fails does not keep others from hearing', async () => {
    const store = await open();
    store.onChange(() => {
      throw new Error('no');
    });
    const heard = changed(store, () => true);
    await store.set('idle.share', 0.5);
    await heard;
  });

  test('on a full disk stay as they were, and are saved once there is room', async () => {
    const diskDir = join(dir, 'disk');
    await mkdir(diskDir);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', diskDir], { stdio: 'ignore' });
    } catch {
      // Only root may mount; /dev/full would test the kernel, not us.
      return;
    }
    try {
      const path = join(diskDir, 'settings.json');
      const store = await open(path);
      await store.set('idle.share', 0.5);
      const before = await readFile(path, 'utf8');
      const ballast = join(diskDir, 'ballast');
      await writeFile(ballast, Buffer.alloc(64 * 1024)).catch(() => undefined);
      expect(await failureOf(store.set('idle.share', 0.6))).toMatchObject({ code: 'disk-full' });
      expect(store.current.values['idle.share']).toBe(0.5);
      expect(await readFile(path, 'utf8')).toBe(before);
      expect((await readdir(diskDir)).sort()).toEqual(['ballast', 'settings.json']);
      await writeFile(path, '{ half');
      expect(await failureOf(store.set('idle.share', 0.6))).toMatchObject({ code: 'disk-full' });
      expect((await readdir(diskDir)).sort()).toEqual(['ballast', 'settings.json']);
      expect(await readFile(path, 'utf8')).toBe('{ half');
      await rm(ballast);
      expect(await store.set('idle.share', 0.6)).toMatchObject({ value: 0.6 });
      await store.dispose();
    } finally {
      execFileSync('umount', ['--lazy', diskDir]);
    }
  });

  test('that cannot be saved for another reason say so', async () => {
    const store = await open(join(dir, 'none', 'settings.json'));
    expect(await failureOf(store.set('idle.share', 0.5))).toMatchObject({ code: 'storage-failed' });
    expect(store.current.values['idle.share']).toBe(1);
  });
});

describe('an administrator’s profiles', () => {
  test('appear, change and go while the host runs, each within 2 s', async () => {
    const store = await open();
    await store.set('idle.share', 0.5);
    const within2s = async (is: () => boolean, make: () => Promise<unknown>): Promise<void> => {
      const done = changed(store, is);
      const began = performance.now();
      await make();
      await done;
      expect(performance.now() - began).toBeLessThan(2000);
    };
    await within2s(
      () => store.current.sources['idle.share'] === 'locked',
      () => writeProfile('locked', document({ 'idle.share': 0.1 }, { organization: 'ACME' })),
    );
    expect(store.current.values['idle.share']).toBe(0.1);
    expect(await failureOf(store.set('idle.share', 1))).toEqual({
      code: 'setting-locked',
      sentence: 'idle.share is set by ACME and cannot be changed here.',
      hint: 'Ask whoever manages this computer.',
    });
    expect(await failureOf(store.unset('idle.share'))).toMatchObject({ code: 'setting-locked' });
    expect(await saved()).toEqual({ version: 2, settings: { 'idle.share': 0.5 } });

    await within2s(
      () => store.current.broken !== null,
      () => writeProfile('locked', '{"version":9,"settings":{}}'),
    );
    expect(store.current.broken).toMatchObject({
      code: 'profile-broken',
      sentence: containing('version (9) is unknown'),
    });
    expect(store.current.problems).toEqual([store.current.broken]);

    await within2s(
      () => store.current.broken === null && store.current.values['idle.share'] === 0.2,
      () => writeProfile('locked', document({ 'idle.share': 0.2 })),
    );
    expect(await failureOf(store.set('idle.share', 1))).toMatchObject({
      sentence: 'idle.share is set by your organization and cannot be changed here.',
    });

    await within2s(
      () => store.current.sources['vm.vcpus'] === 'default',
      () => writeProfile('defaults', document({ 'vm.vcpus': 2 })),
    );
    await within2s(
      () =>
        store.current.sources['vm.vcpus'] === 'built-in' && store.current.sources['idle.share'] === 'user',
      () => rm(profilesDir, { recursive: true }),
    );
    expect(store.current.values['idle.share']).toBe(0.5);
    // And once more, in a folder that is another one of the same name.
    await within2s(
      () => store.current.sources['idle.share'] === 'locked',
      () => writeProfile('locked', document({ 'idle.share': 0.3 })),
    );
  });

  test('are never copied into the person’s file, and a locked preset locks its values', async () => {
    await writeProfile('defaults', document({ preset: 'generous', 'vm.vcpus': 2 }, { organization: 'ACME' }));
    await writeProfile('locked', document({ preset: 'gentle' }));
    const store = await open();
    expect(await failureOf(store.set('idle.share', 1))).toMatchObject({
      code: 'setting-locked',
      sentence: containing('ACME'),
    });
    expect(await readdir(dir)).toEqual(['etc']);
    expect(store.list().find(({ key }) => key === 'idle.share')).toEqual({
      key: 'idle.share',
      value: 0.75,
      source: 'locked',
      preset: 'gentle',
    });
  });

  test('broken defaults are a problem and left out', async () => {
    await writeProfile('defaults', '{"version":2,"settings":{"turbo":true}}');
    const { broken, problems, sources } = (await open()).current;
    expect(broken).toBeNull();
    expect(problems).toMatchObject([{ code: 'settings-invalid', sentence: containing('turbo') }]);
    expect(sources['vm.vcpus']).toBe('built-in');
  });
});

describe('importing BOINC’s preferences', () => {
  const xml = `<global_preferences>
    <run_on_batteries>0</run_on_batteries>
    <idle_time_to_run>10</idle_time_to_run>
    <max_bytes_sec_up>5000</max_bytes_sec_up>
  </global_preferences>`;

  test('sets what it can, at once, but nothing that is locked', async () => {
    await writeProfile('locked', document({ 'battery.aboveCharge': 0.9 }, { organization: 'ACME' }));
    const store = await open();
    const report = await store.importBoinc(xml, true);
    expect(await readdir(dir)).toEqual(['etc']);
    expect(report).toEqual({
      taken: [{ from: 'idle_time_to_run', value: '10', key: 'idle.afterSeconds', became: 600 }],
      refused: [{ from: 'run_on_batteries', value: '0', why: 'battery.aboveCharge is set by ACME' }],
      unequalled: [{ from: 'max_bytes_sec_up', value: '5000' }],
    });
    let calls = 0;
    store.onChange(() => {
      calls += 1;
    });
    expect(await store.importBoinc(xml, false)).toEqual(report);
    expect(calls).toBe(1);
    expect(await saved()).toEqual({ version: 2, settings: { 'idle.afterSeconds': 600 } });
  });

  test('refuses what is no such file', async () => {
    expect(await failureOf((await open()).importBoinc('<html/>', false))).toMatchObject({
      code: 'bad-request',
    });
  });
});
