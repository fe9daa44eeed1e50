import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Disposer } from '../../electron/base/disposal.ts';
import { newerVersion, ownVersion } from '../../resources/dev/package/version.ts';
import { exec, must } from '../condor/exec.ts';
import { type Computer, until } from './computer.ts';
import { bootLab, inventory, packageIn, packagesDir, processesOf, rootDir } from './estate.ts';

/**
 * What the packages' scripts do on the ways that are not the straight one: taken off and put on again, what fails half way, rpm, and
 * an image that is made without systemd. A service is on the computer, so that there is something to end and to come back.
 */
const older = { deb: packageIn(packagesDir, 'deb'), rpm: packageIn(packagesDir, 'rpm') };
const newerDir = join(packagesDir, 'newer');
const newer = { deb: packageIn(newerDir, 'deb'), rpm: packageIn(newerDir, 'rpm') };
const profile = JSON.stringify({
  version: 2,
  organization: 'ACME',
  settings: { 'host.place': 'service', 'removal.keepRecord': false },
});
const units = ['gleaner.service', 'gleaner-profile.path'];

let disposer: Disposer;
let computer: Computer;
let before: readonly string[];

async function boot(): Promise<void> {
  disposer = new Disposer();
  ({ computer, before } = await bootLab(disposer, packagesDir));
}

const onShelf = (file: string): string => join('/mnt/packages', file.slice(packagesDir.length));

function layProfile(): void {
  mkdirSync(computer.outside('/etc/gleaner'), { recursive: true });
  writeFileSync(computer.outside('/etc/gleaner/locked.json'), profile);
}

async function serviceRuns(): Promise<void> {
  await until(async () => (await computer.run(['systemctl', 'is-active', 'gleaner.service'])).code === 0);
  expect(await computer.must(['gleaner', 'status', '--json'])).toContain('"contribution"');
}

/** Something that only the host itself has written down. */
async function decide(): Promise<void> {
  await computer.must(['gleaner', 'settings', 'set', 'idle.afterSeconds', '77']);
}

async function stillDecided(): Promise<void> {
  expect(await computer.must(['gleaner', 'settings', 'get', 'idle.afterSeconds', '--json'])).toContain(
    '"value":77',
  );
}

async function enabled(): Promise<string> {
  return (await computer.run(['systemctl', 'is-enabled', ...units])).stdout;
}

const version = async (): Promise<string> => await computer.must(['gleaner', '--version']);

describe('a .deb', () => {
  beforeAll(boot);
  afterAll(() => disposer.dispose());

  test('that is taken off keeps what is the administrator’s and the host’s, and works again once it is back', async () => {
    layProfile();
    await computer.must(['dpkg', '-i', onShelf(older.deb)]);
    await serviceRuns();
    await decide();
    await computer.must(['dpkg', '--remove', 'gleaner']);
    expect(await processesOf(computer)).toEqual([]);
    expect((await computer.run(['gleaner', '--version'])).code).not.toBe(0);
    expect(readFileSync(computer.outside('/etc/gleaner/locked.json'), 'utf8')).toBe(profile);
    await computer.must(['dpkg', '-i', onShelf(older.deb)]);
    await serviceRuns();
    expect(await enabled()).toBe('enabled\nenabled\n');
    await stillDecided();
  });

  test('whose newer version cannot be installed goes on as it was', async () => {
    const dir = computer.outside('/tmp/broken');
    mkdirSync(join(dir, 'DEBIAN'), { recursive: true });
    const control = await must(['dpkg-deb', '--field', newer.deb]);
    writeFileSync(join(dir, 'DEBIAN', 'control'), control);
    writeFileSync(join(dir, 'DEBIAN', 'preinst'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await computer.must(['dpkg-deb', '--build', '/tmp/broken']);
    const { code } = await computer.run(['dpkg', '-i', '/tmp/broken.deb']);
    expect(code).toBe(1);
    await serviceRuns();
    expect(await version()).toContain(ownVersion());
    expect(await computer.must(['dpkg', '--audit'])).toBe('');
    expect((await computer.run(['test', '-e', '/run/gleaner-upgrade'])).code).toBe(1);
  });

  test('whose removal fails half way works on', async () => {
    const script = computer.outside('/var/lib/dpkg/info/gleaner.prerm');
    const text = readFileSync(script, 'utf8');
    writeFileSync(script, `${text}\nexit 1\n`);
    const { code } = await computer.run(['dpkg', '--remove', 'gleaner']);
    expect(code).toBe(1);
    writeFileSync(script, text);
    await serviceRuns();
    expect(await computer.must(['dpkg', '--audit'])).toBe('');
  });
});

describe('what an administrator or a person has done to it', () => {
  const account = 'gleaner:x:990:990::/srv/gleaner:/bin/false';

  beforeAll(async () => {
    await boot();
    // Of the name that the service goes by, and of somebody else's making.
    const [name = '', , uid = '', , , home = '', shell = ''] = account.split(':');
    await computer.must(['groupadd', '--gid', uid, name]);
    await computer.must(['useradd', '--no-create-home', '-u', uid, '-g', uid, '-d', home, '-s', shell, name]);
  });
  afterAll(() => disposer.dispose());

  const as = (name: string, ...argv: readonly string[]): string[] => [
    'runuser',
    '-u',
    name,
    '--',
    'env',
    `HOME=/home/${name}`,
    ...argv,
  ];

  test('a service that was disabled stays so when the package is replaced', async () => {
    layProfile();
    await computer.must(['dpkg', '-i', onShelf(older.deb)]);
    await serviceRuns();
    await computer.must(['systemctl', 'disable', '--now', ...units]);
    await computer.must(['dpkg', '-i', onShelf(older.deb)]);
    expect(await enabled()).toBe('disabled\ndisabled\n');
    for (const unit of units) expect((await computer.run(['systemctl', 'is-active', unit])).code).not.toBe(0);
    expect((await computer.run(['systemctl', 'is-active', 'gleaner-replacement.timer'])).code).not.toBe(0);
    rmSync(computer.outside('/etc/gleaner/locked.json'));
  });

  test('a purge is held up by nobody’s folder, and keeps what people, and root, have on record', async () => {
    const begin = ['gleaner', 'run', '--headless', '--until-idle'];
    for (const argv of [as('alice', ...begin), as('bob', ...begin), begin]) await computer.must(argv);
    // Settings that nobody will ever write to the end, and a folder that its owner cannot open.
    await computer.must(
      as('bob', 'sh', '-euc', 'cd ~/.local/share/gleaner && rm -f settings.json && mkfifo settings.json'),
    );
    await computer.must(as('alice', 'sh', '-euc', 'chmod 0 ~/.local/share/gleaner'));
    const away = await computer.run(['apt-get', 'purge', '--yes', 'gleaner']);
    expect(away, away.stderr).toMatchObject({ code: 0 });
    expect(away.stderr + away.stdout).toContain('alice');
    expect(readdirSync(computer.outside('/home/bob'))).toContainEqual(
      expect.stringMatching(/^gleaner-record-[\d-]+\.json$/),
    );
    expect(readdirSync(computer.outside('/var/backups'))).toContainEqual(
      expect.stringMatching(/^gleaner-root-[\d-]+$/),
    );
    expect(existsSync(computer.outside('/var/lib/gleaner-root'))).toBe(false);
  });

  test('an account of its name that was there before is there afterwards', async () => {
    expect(await computer.must(['getent', 'passwd', 'gleaner'])).toBe(`${account}\n`);
  });
});

describe('an .rpm, as far as rpm on a Debian goes', () => {
  // Debian's rpm asks to be told that it is meant, and knows none of the packages that are here.
  const rpm = (...argv: readonly string[]) =>
    computer.run(['rpm', '--force-debian', '--dbpath', '/var/lib/rpm', '--nodeps', ...argv]);
  const well = async (...argv: readonly string[]): Promise<void> => {
    const ended = await rpm(...argv);
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
  };

  beforeAll(boot);
  afterAll(() => disposer.dispose());

  test('starts the service that its profile wants', async () => {
    layProfile();
    await well('--install', onShelf(older.rpm));
    await serviceRuns();
    expect(await enabled()).toBe('enabled\nenabled\n');
  });

  test('whose replacement ends half way, with nobody to tell of it, comes back after a quarter of an hour', async () => {
    await decide();
    await computer.must(
      [
        'sh',
        '-euc',
        '"$@" & until [ -e /run/gleaner-upgrade ]; do sleep 0.05; done; kill -9 $!',
        'sh',
      ].concat([
        ...['rpm', '--force-debian', '--dbpath', '/var/lib/rpm', '--nodeps', '--upgrade', onShelf(newer.rpm)],
      ]),
    );
    await until(async () => (await processesOf(computer)).length === 0);
    await until(async () => (await computer.run(['pgrep', '--full', 'rpm-tmp'])).code !== 0);
    const timer = await computer.must(['systemctl', 'show', 'gleaner-replacement.timer']);
    expect(timer).toMatch(/^ActiveState=active$/m);
    expect(timer).toMatch(/^TimersMonotonic=\{ OnActiveUSec=15min /m);
    // As the timer does when the time has come.
    await computer.must(['systemctl', 'start', 'gleaner-replacement.service']);
    await serviceRuns();
    expect((await computer.run(['test', '-e', '/run/gleaner-upgrade'])).code).toBe(1);
    expect(await version()).not.toContain(newerVersion(ownVersion()));
    await stillDecided();
  });

  test('is replaced by a newer one, under which the service comes back', async () => {
    await well('--upgrade', onShelf(newer.rpm));
    await serviceRuns();
    expect(await version()).toContain(newerVersion(ownVersion()));
    expect(await enabled()).toBe('enabled\nenabled\n');
    await stillDecided();
  });

  test('refuses to be replaced by an older one', async () => {
    const refused = await rpm('--upgrade', '--oldpackage', onShelf(older.rpm));
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('is older: it could not read');
    await serviceRuns();
    expect(await version()).toContain(newerVersion(ownVersion()));
  });

  test('is gone without a trace after its purge', async () => {
    await computer.must(['sh', '/opt/Gleaner/resources/installer/purge']);
    await well('--erase', 'gleaner');
    expect(await processesOf(computer)).toEqual([]);
    // Folders that other packages own where rpm is at home, and its own books.
    const others = /^(\/var\/lib\/rpm.*|\/etc\/xdg\/autostart|\/usr\/share\/(man\/man1|metainfo))$/;
    const left = (await inventory(computer)).filter((line) => !before.includes(line));
    expect(left.filter((line) => !others.test(line))).toEqual([]);
  });
});

describe('an image of a computer', () => {
  /** In a root without systemd or anybody else's processes, as images are made. */
  const inRoot = `
    mkdir -p "$2/upper" "$2/work" "$2/root"
    mount --make-rprivate /
    mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" image "$2/root"
    mount -t proc proc "$2/root/proc"
    cp --preserve "$3" "$2/root/gleaner.deb"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$2/root" sh -euc "$4"`;

  test('gets it with its units switched on, nothing started, and is rid of it without a trace', async () => {
    const dir = (await must(['mktemp', '-d'])).trim();
    try {
      const inventoried =
        'find / -path /proc -prune -o -path /var/lib/dpkg -prune -o -path /var/log -prune -o -print';
      const ended = await exec([
        ...['unshare', '--mount', '--pid', '--fork', '--kill-child', '--net', 'sh', '-euc', inRoot, 'sh'],
        ...[rootDir, dir, older.deb],
        `${inventoried} | sort
         echo ---
         dpkg -i /gleaner.deb >&2
         ls /etc/systemd/system/*.wants/gleaner*
         gleaner --version
         for p in /proc/[0-9]*; do readlink $p/exe; done | grep -e Gleaner -e qemu || :
         dpkg --purge gleaner >&2
         echo ---
         ${inventoried} | sort`,
      ]);
      expect(ended, ended.stderr).toMatchObject({ code: 0 });
      const [first = '', between = '', last = ''] = ended.stdout.split('---\n');
      expect(between.split('\n').filter((line) => line !== '')).toEqual([
        '/etc/systemd/system/multi-user.target.wants/gleaner.service',
        '/etc/systemd/system/paths.target.wants/gleaner-profile.path',
        expect.stringContaining(ownVersion()),
      ]);
      expect(ended.stderr).not.toMatch(/DISPLAY|System has not been booted/);
      const there = new Set(first.split('\n'));
      expect(last.split('\n').filter((line) => !there.has(line))).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
