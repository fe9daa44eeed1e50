import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildBinary } from 'plist';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { LinuxProfiles, linuxProfilesDir } from '../../electron/settings/profiles/linux.ts';
import { MacProfiles } from '../../electron/settings/profiles/macos.ts';
import { platformProfiles } from '../../electron/settings/profiles/platform.ts';
import { type ProfileSource, type Profiles, readProfiles } from '../../electron/settings/profiles/source.ts';
import { parseRegQuery, WindowsProfiles } from '../../electron/settings/profiles/windows.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

const containing = (words: string): unknown => expect.stringContaining(words);

const ownUid = process.getuid?.() ?? 0;
const isRoot = ownUid === 0;
/** Nobody's on purpose: an ordinary user who could have written the profile. */
const ordinaryUid = 4711;
const clock = systemClock;
let dir = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const good = '{"version":2,"organization":"ACME","settings":{"idle.share":0.5}}';
const document = { version: 2, organization: 'ACME', settings: { 'idle.share': 0.5 } };
const fixture = (name: string): string => join(import.meta.dirname, '../fixtures/profiles', name);
const linux = (): ProfileSource => new LinuxProfiles({ profilesDir: dir, clock, trustedUid: ownUid });
const put = async (name: string, text = good, mode = 0o644): Promise<string> => {
  const path = join(dir, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
};

describe('profiles on Linux', () => {
  test('are none, one or both', async () => {
    expect(await readProfiles(linux())).toEqual({
      defaults: undefined,
      locked: undefined,
      broken: null,
      problems: [],
    });
    await put('defaults.json');
    expect(await readProfiles(linux())).toMatchObject({
      defaults: document,
      locked: undefined,
      broken: null,
    });
    await put('locked.json');
    expect(await readProfiles(linux())).toMatchObject({ defaults: document, locked: document, broken: null });
    await rm(dir, { recursive: true });
    expect(await readProfiles(linux())).toMatchObject({
      defaults: undefined,
      locked: undefined,
      broken: null,
    });
  });

  test.each([
    ['', 'not JSON'],
    ['{"version":2,"settings":{"idle.share":0.5}', 'not JSON'],
    ['{"settings":{}}', 'does not say its version'],
    ['{"version":1,"settings":{}}', 'version (1)'],
    ['{"version":3,"settings":{}}', 'version (3)'],
    ['{"schema":1,"share":0.5}', 'does not say its version'],
    ['{"version":2,"settings":{"idle.share":5}}', 'idle.share'],
    ['{"version":2,"settings":{"turbo":true}}', 'turbo'],
    [' '.repeat(257 * 1024), 'larger than'],
  ])('that cannot be used: a locked one is broken, defaults are left out: %#', async (text, words) => {
    await put('locked.json', text);
    const { broken, locked, problems } = await readProfiles(linux());
    expect(broken).toMatchObject({ code: 'profile-broken', sentence: containing(words) });
    expect(broken?.sentence).toContain(join(dir, 'locked.json'));
    expect(broken?.hint).toBeDefined();
    expect([locked, problems]).toEqual([undefined, []]);
    await rm(join(dir, 'locked.json'));
    await put('defaults.json', text);
    const other = await readProfiles(linux());
    expect(other.broken).toBeNull();
    expect(other.problems).toMatchObject([{ code: 'settings-invalid', sentence: containing(words) }]);
  });

  const lockedFault = async (source = linux()): Promise<string | undefined> =>
    (await readProfiles(source)).broken?.sentence;

  test('that others can write count as broken', async () => {
    const path = await put('locked.json', good, 0o664);
    expect(await lockedFault()).toContain('others than the administrator can write it');
    await chmod(path, 0o646);
    expect(await lockedFault()).toContain('others than the administrator can write it');
    await chmod(path, 0o644);
    expect(await lockedFault()).toBeUndefined();
  });

  test('in a folder where others can replace them count as broken, even when there is none', async () => {
    await chmod(dir, 0o777);
    expect(await lockedFault()).toContain(`can replace files in ${dir}`);
    await put('locked.json');
    expect(await lockedFault()).toContain(`can replace files in ${dir}`);
    // As /tmp: others can add files, and touch none that are not theirs.
    await chmod(dir, 0o1777);
    expect(await lockedFault()).toBeUndefined();
  });

  test('that are something else count as broken', async () => {
    await mkdir(join(dir, 'locked.json'));
    expect(await lockedFault()).toContain('not a regular file');
    await rm(join(dir, 'locked.json'), { recursive: true });
    execFileSync('mkfifo', [join(dir, 'locked.json')]);
    expect(await lockedFault()).toContain('not a regular file');
    await rm(join(dir, 'locked.json'));
    await symlink(join(dir, 'nowhere'), join(dir, 'locked.json'));
    expect(await lockedFault()).toContain('points to a file that is not there');
    await put('nowhere');
    expect(await lockedFault()).toBeUndefined();
    await chmod(join(dir, 'nowhere'), 0o666);
    expect(await lockedFault()).toContain('others than the administrator can write it');
    await rm(dir, { recursive: true });
    await writeFile(dir, '');
    expect(await lockedFault()).toContain('it cannot be read (ENOTDIR)');
  });

  test.runIf(isRoot)('that belong to an ordinary user count as broken', async () => {
    const path = await put('locked.json');
    await chown(path, ordinaryUid, ordinaryUid);
    expect(await lockedFault()).toContain('does not belong to the administrator');
    await chown(path, 0, 0);
    expect(await lockedFault()).toBeUndefined();
    await chown(dir, ordinaryUid, ordinaryUid);
    expect(await lockedFault()).toContain(`can replace files in ${dir}`);
  });

  test.runIf(isRoot)('are read, and refused, by a host that is an ordinary user’s', async () => {
    await chmod(dir, 0o755);
    const path = await put('locked.json');
    // Modules from here, so that the other user needs none of this checkout's folders.
    const asUser = (): Profiles => {
      const script = `
        import { readProfiles } from ${JSON.stringify(modulePath('source.ts'))};
        import { LinuxProfiles } from ${JSON.stringify(modulePath('linux.ts'))};
        process.setgroups([]); process.setgid(${ordinaryUid}); process.setuid(${ordinaryUid});
        const source = new LinuxProfiles({ profilesDir: ${JSON.stringify(dir)}, clock: null });
        console.log(JSON.stringify(await readProfiles(source)));`;
      const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
      return JSON.parse(out) as Profiles;
    };
    expect(asUser()).toMatchObject({ locked: document, broken: null });
    await chmod(path, 0o600);
    expect(asUser().broken?.sentence).toContain('it cannot be read (EACCES)');
    await chmod(path, 0o644);
    await chmod(dir, 0o700);
    expect(asUser().broken?.sentence).toContain('it cannot be read (EACCES)');
  });

  test('lie in /etc/gleaner; only root can name another folder', () => {
    const env = { GLEANER_PROFILES: '/tmp/mine' };
    expect(linuxProfilesDir(0, {})).toBe('/etc/gleaner');
    expect(linuxProfilesDir(0, env)).toBe('/tmp/mine');
    expect(linuxProfilesDir(1000, env)).toBe('/etc/gleaner');
    expect(linuxProfilesDir(undefined, env)).toBe('/etc/gleaner');
    expect(linuxProfilesDir(0, { GLEANER_PROFILES: 'mine' })).toBe('/etc/gleaner');
  });
});

function modulePath(name: string): string {
  return new URL(`../../electron/settings/profiles/${name}`, import.meta.url).href;
}

describe('profiles on Windows', () => {
  const recorded = async (name: string): Promise<string> => await readFile(fixture(name), 'utf8');
  const windows = (answers: Record<string, string | null>): ProfileSource =>
    new WindowsProfiles({
      clock,
      query: (key) => Promise.resolve(answers[key.slice(key.lastIndexOf('\\') + 1)] ?? null),
    });

  test('are read from what `reg query` prints', async () => {
    const source = windows({
      Locked: await recorded('reg-locked.txt'),
      Defaults: await recorded('reg-defaults.txt'),
    });
    expect(await readProfiles(source)).toEqual({
      broken: null,
      problems: [],
      locked: {
        version: 2,
        organization: 'ACME Ltd',
        settings: {
          preset: 'gentle',
          contribute: true,
          'idle.share': 0.5,
          'idle.afterSeconds': 300,
          'pauseOn.programs': ['outlook.exe', 'Team Viewer.exe'],
          'pauseOn.load': null,
          'battery.aboveCharge': 1,
          'schedule.windows': [
            { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '06:00' },
            { days: ['sat', 'sun'], from: '00:00', to: '24:00' },
          ],
          'vm.memoryBytes': 8 * 1024 ** 3,
          'vm.allowReducedIsolation': false,
        },
      },
      defaults: {
        version: 2,
        settings: {
          'schedule.windows': [{ days: ['mon'], from: '08:00', to: '12:00' }],
          'pauseOn.programs': [],
        },
      },
    });
  });

  test('are none where there are no such keys', async () => {
    expect(await readProfiles(windows({}))).toMatchObject({ locked: undefined, broken: null });
  });

  test.each([
    ['', 'not understood'],
    ['something else\n', 'not understood'],
    [
      'HKEY_LOCAL_MACHINE\\Software\\Policies\\Gleaner\\Locked\n    version    REG_BINARY    0002\n',
      'REG_BINARY',
    ],
    ['HKEY_LOCAL_MACHINE\\a\n    version    REG_DWORD    two\n', 'version'],
    ['HKEY_LOCAL_MACHINE\\a\n    version    REG_DWORD    0x2\n\nHKEY_LOCAL_MACHINE\\a\\Idle\n', 'subkey'],
    ['HKEY_LOCAL_MACHINE\\a\n    version    REG_DWORD    0x3\n', 'version (3)'],
    ['HKEY_LOCAL_MACHINE\\a\n    version    REG_DWORD    0x2\n    turbo    REG_DWORD    0x1\n', 'turbo'],
    [
      'HKEY_LOCAL_MACHINE\\a\n    version    REG_DWORD    0x2\n    contribute    REG_DWORD    0x2\n',
      'contribute',
    ],
  ])('that cannot be used are broken: %#', async (text, words) => {
    expect((await readProfiles(windows({ Locked: text }))).broken?.sentence).toContain(words);
  });

  test('take the unnamed value of a key, and lines ended either way', () => {
    expect(
      parseRegQuery(
        '\r\nHKEY_LOCAL_MACHINE\\a\r\n    (Default)    REG_SZ    (value not set)\r\n    version    REG_DWORD    0x2\r\n',
      ),
    ).toEqual(new Map([['version', 2]]));
  });

  test('that cannot be asked for are broken, never none', async () => {
    const { broken } = await readProfiles(new WindowsProfiles({ clock }));
    expect(broken).toMatchObject({
      code: 'profile-broken',
      sentence: containing('not ready yet'),
    });
  });

  test('are asked for again within 2 s', () => {
    const fake = new FakeClock();
    let calls = 0;
    const watch = new WindowsProfiles({ clock: fake }).watch(() => {
      calls += 1;
    });
    fake.advance(4000);
    expect(calls).toBe(2);
    void watch.dispose();
    expect(fake.pending).toBe(0);
  });
});

describe('profiles on macOS', () => {
  const id = 'org.gleaner.Gleaner.profile';
  const mac = (): ProfileSource =>
    new MacProfiles({ clock, profilesDirs: [join(dir, 'managed'), join(dir, 'plain')], trustedUid: ownUid });
  beforeEach(async () => {
    await mkdir(join(dir, 'managed'));
    await mkdir(join(dir, 'plain'));
  });

  const expected = {
    version: 2,
    organization: 'ACME Ltd',
    settings: {
      contribute: true,
      'idle.share': 0.5,
      'idle.afterSeconds': 300,
      'pauseOn.programs': ['zoom.us', 'Final Cut Pro'],
      'pauseOn.load': null,
      'schedule.windows': [{ days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '06:00' }],
      'vm.memoryBytes': 8 * 1024 ** 3,
    },
  };

  test('are read as XML', async () => {
    expect(await readProfiles(mac())).toMatchObject({ locked: undefined, defaults: undefined, broken: null });
    const xml = await readFile(fixture('locked.plist'));
    await writeFile(join(dir, 'plain', `${id}.locked.plist`), xml);
    expect(await readProfiles(mac())).toMatchObject({ locked: expected, broken: null });
  });

  test('are read as binary, and managed ones come first', async () => {
    const table = {
      version: 2,
      ...expected.settings,
      'pauseOn.load': 'null',
      'schedule.windows': 'daily 8:00-9:00',
    };
    await writeFile(join(dir, 'managed', `${id}.defaults.plist`), buildBinary(table));
    await writeFile(join(dir, 'plain', `${id}.defaults.plist`), 'damaged');
    expect((await readProfiles(mac())).defaults?.settings).toMatchObject({
      'pauseOn.load': null,
      'vm.memoryBytes': 8 * 1024 ** 3,
      'schedule.windows': [{ from: '08:00', to: '09:00' }],
    });
  });

  test.each([
    'damaged',
    '<plist><array/></plist>',
    '<?xml version="1.0"?><plist version="1.0"><dict><key>version</key>',
    'bplist00nonsense',
  ])('that cannot be used are broken: %s', async (text) => {
    await writeFile(join(dir, 'managed', `${id}.locked.plist`), text);
    await writeFile(join(dir, 'plain', `${id}.locked.plist`), await readFile(fixture('locked.plist')));
    expect((await readProfiles(mac())).broken).toMatchObject({ code: 'profile-broken' });
  });

  test('that others can write are broken', async () => {
    const path = join(dir, 'managed', `${id}.locked.plist`);
    await writeFile(path, await readFile(fixture('locked.plist')));
    await chmod(path, 0o666);
    expect((await readProfiles(mac())).broken?.sentence).toContain('can write it');
  });
});

test('each platform has its own place', () => {
  const of = (platform: NodeJS.Platform): ProfileSource =>
    platformProfiles({ platform, uid: 0, env: {}, clock });
  expect(of('linux')).toBeInstanceOf(LinuxProfiles);
  expect(of('darwin')).toBeInstanceOf(MacProfiles);
  expect(of('win32')).toBeInstanceOf(WindowsProfiles);
});
