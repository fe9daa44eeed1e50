import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolvePaths, resolveServicePaths } from '../../electron/base/paths.ts';
import type { SettingsLayer } from '../../electron/contract/settings.ts';
import { CredentialKeys, serviceSecrets } from '../../electron/host/credential-keys.ts';
import {
  followPlace,
  followWanted,
  machinePlace,
  rememberPlace,
  requireSession,
} from '../../electron/host/machine-place.ts';
import { toldPlace } from '../../electron/settings/profiles/place.ts';
import type { ProfileSource, RawProfiles } from '../../electron/settings/profiles/source.ts';

const document = (settings: SettingsLayer) => ({ version: 2 as const, settings });
const none = { defaults: undefined, locked: undefined, broken: null, problems: [] };
const broken = { code: 'profile-broken', sentence: 'It is not JSON.' } as const;
const unread = { code: 'settings-invalid', sentence: 'Left out.' } as const;
const service = document({ 'host.place': 'service' });
const session = document({ 'host.place': 'session' });

describe('where the host lives', () => {
  test.each([
    ['without a word', none, 'session'],
    ['by default', { ...none, defaults: service }, 'service'],
    ['locked', { ...none, locked: service }, 'service'],
    ['locked otherwise than by default', { ...none, defaults: service, locked: session }, 'session'],
    [
      'locked, where the defaults cannot be read',
      { ...none, locked: session, problems: [unread] },
      'session',
    ],
  ] as const)('is told %s', (_how, profiles, place) => {
    for (const lives of ['session', 'service'] as const)
      expect(toldPlace(profiles, lives)).toEqual({ place });
  });

  test('stays where it is while the defaults cannot be read', () => {
    for (const lives of ['session', 'service'] as const)
      expect(toldPlace({ ...none, problems: [unread] }, lives)).toEqual({ place: lives });
  });

  test('is told by nobody while the locked profile cannot be read', () => {
    for (const lives of ['session', 'service'] as const)
      expect(toldPlace({ ...none, defaults: session, broken, problems: [broken] }, lives)).toEqual({
        failure: broken,
      });
  });

  test('decides whether a host may be composed here', () => {
    expect(() => {
      requireSession({ place: 'session' });
    }).not.toThrow();
    expect(() => {
      requireSession({ place: 'service' });
    }).toThrow(expect.objectContaining({ code: 'not-permitted' }));
    expect(() => {
      requireSession({ failure: broken });
    }).toThrow(expect.objectContaining({ code: 'profile-broken' }));
  });
});

describe('on a computer', () => {
  let dir = '';
  let raw: RawProfiles = { defaults: null, locked: null };
  let changed = (): void => undefined;
  const profiles: ProfileSource = {
    read: () => Promise.resolve(raw),
    watch: (onChange) => {
      changed = onChange;
      return { dispose: () => undefined };
    },
  };
  const machine = () => ({
    profiles,
    servicePaths: resolveServicePaths({ platform: 'linux', uid: 0, env: { GLEANER_SERVICE: dir } }),
  });
  const profile = (settings: SettingsLayer) => ({ place: '/p', raw: document(settings) });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gleaner-place-'));
    raw = { defaults: null, locked: null };
  });
  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  test('a service that is wanted stays while its defaults cannot be read, also after a boot', async () => {
    raw = { defaults: { place: '/p', fault: 'it is not JSON' }, locked: null };
    await rememberPlace(machine().servicePaths, 'service');
    expect(await machinePlace(machine())).toEqual({ place: 'service' });
  });

  test('neither the folders that systemd makes nor what a former service kept is a service', async () => {
    raw = { defaults: { place: '/p', fault: 'it is not JSON' }, locked: null };
    await mkdir(machine().servicePaths.runDir);
    await writeFile(machine().servicePaths.databasePath, '');
    expect(await machinePlace(machine())).toEqual({ place: 'session' });
  });

  test('a service that is given up has been forgotten when it ends', async () => {
    const { servicePaths } = machine();
    await rememberPlace(servicePaths, 'service');
    raw = { defaults: profile({ 'host.place': 'session' }), locked: null };
    await new Promise<void>((resolve) => {
      const follower = followWanted(machine(), () => {
        void Promise.resolve(follower.dispose()).then(resolve);
      });
    });
    await expect(access(servicePaths.wantedPath)).rejects.toThrow('ENOENT');
    raw = { defaults: { place: '/p', fault: 'it is not JSON' }, locked: null };
    expect(await machinePlace(machine())).toEqual({ place: 'session' });
  });

  test('a move is told once, and what cannot be told is none', async () => {
    raw = { defaults: null, locked: profile({ 'host.place': 'service' }) };
    let moves = 0;
    let told = (): void => undefined;
    const moved = new Promise<void>((resolve) => {
      told = resolve;
    });
    const follower = followPlace(machine(), 'service', () => {
      moves += 1;
      told();
    });
    raw = { defaults: null, locked: { place: '/p', fault: 'it is not JSON' } };
    changed();
    raw = { defaults: null, locked: profile({}) };
    changed();
    changed();
    await moved;
    await follower.dispose();
    changed();
    await machinePlace(machine());
    expect(moves).toBe(1);
  });
});

describe('the places of a service', () => {
  test.each([
    ['linux', {}, '/var/lib/gleaner', '/run/gleaner/control.sock', '/run/gleaner/admin.sock'],
    [
      'darwin',
      {},
      '/Library/Application Support/Gleaner',
      '/var/run/gleaner/control.sock',
      '/var/run/gleaner/admin.sock',
    ],
  ] as const)('on %s', (platform, env, dataDir, socketPath, adminSocketPath) => {
    for (const uid of [0, 1000])
      expect(resolveServicePaths({ platform, uid, env })).toMatchObject({
        dataDir,
        socketPath,
        adminSocketPath,
      });
  });

  test('on Windows are pipes', () => {
    const env = { ProgramData: String.raw`D:\Data` };
    const paths = resolveServicePaths({ platform: 'win32', uid: undefined, env });
    expect(paths.dataDir.replaceAll('/', '\\')).toBe(String.raw`D:\Data\Gleaner`);
    expect([paths.socketPath, paths.adminSocketPath]).toEqual([
      String.raw`\\.\pipe\gleaner-service`,
      String.raw`\\.\pipe\gleaner-admin`,
    ]);
  });

  test('are moved by root alone, and never by a home', () => {
    const env = { GLEANER_SERVICE: '/elsewhere', GLEANER_HOME: '/home/a/own' };
    const of = (uid: number) => resolveServicePaths({ platform: 'linux', uid, env }).dataDir;
    expect([of(0), of(1000)]).toEqual(['/elsewhere', '/var/lib/gleaner']);
  });

  test("are not those of root's own host", () => {
    const own = resolvePaths({ platform: 'linux', home: '/root', uid: 0, env: {} });
    const its = resolveServicePaths({ platform: 'linux', uid: 0, env: {} });
    expect(own.dataDir).not.toBe(its.dataDir);
    expect(own.socketPath).not.toBe(its.socketPath);
  });
});

describe('the secrets of a service', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gleaner-credential-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true });
  });

  test('come from a credential where systemd has one, a key for each name', async () => {
    await writeFile(join(dir, 'gleaner.key'), Buffer.alloc(32, 7));
    const secrets = await serviceSecrets({ CREDENTIALS_DIRECTORY: dir }, join(dir, 'keys'));
    expect(secrets.place).toContain('systemd');
    const [one, again, other] = await Promise.all(['a', 'a', 'b'].map((name) => secrets.key(name)));
    expect(one).toEqual(again);
    expect(one).not.toEqual(other);
    expect(one).toHaveLength(32);
  });

  test('come from private files where it has none, and from no short credential', async () => {
    for (const env of [{}, { CREDENTIALS_DIRECTORY: dir }])
      expect((await serviceSecrets(env, join(dir, 'keys'))).place).toContain('a file');
    await writeFile(join(dir, 'gleaner.key'), 'short');
    await expect(CredentialKeys.open(dir)).rejects.toMatchObject({ code: 'storage-failed' });
  });
});
