import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { appPathOf } from '../../electron/program/packaged.ts';
import { FeedManifest } from '../../electron/shell/updates/feed.ts';
import { parseInstallation, whoUpdates } from '../../electron/shell/updates/who.ts';
import {
  layOutAppDir,
  layOutArchive,
  requireAppImageTools,
  writeAppImage,
  writeTar,
} from '../../resources/dev/package/portable.ts';
import { linux } from '../../resources/installer/linux.ts';

const epoch = 1_700_000_000;
const version = '1.2.3';
const feed = {
  feed: 'https://updates.example.org/gleaner/',
  keys: [`MCowBQYDK2VwAyEA${'A'.repeat(43)}=`],
};

let root = '';
const put = (name: string, text: string, mode = 0o644) => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
  chmodSync(join(root, name), mode);
};
const options = (rootDir: string) => ({
  version,
  unpackedDir: join(root, 'unpacked'),
  rootDir: join(root, rootDir),
  papers: { copyright: 'MIT' },
  epoch,
});
/** A program that tells how it was called. */
const teller = (name: string) => `#!/bin/sh\necho ${name} "$@"\n`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gleaner test-'));
  put('unpacked/gleaner-app', teller('app'), 0o755);
  put('unpacked/resources/runtime/node', teller('node'), 0o755);
  put('unpacked/resources/cli/main/cli.js', '');
  put('unpacked/resources/images/manifest.json', '{}');
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test('electron-builder makes the folder alone: its own targets would lack half of it', () => {
  expect(linux.linux?.target).toEqual(['dir']);
});

describe('the archive', () => {
  test('unpacks to one folder, from which app and command line run, and which is not updated', () => {
    layOutArchive(options('tar'));
    const file = writeTar({ ...options('tar'), outDir: join(root, 'out'), pressing: 'none' });
    expect(file).toBe(join(root, 'out/Gleaner-1.2.3-linux-x64.tar.gz'));
    execFileSync('tar', ['-xzf', file, '-C', root]);
    const app = join(root, 'Gleaner-1.2.3');
    const run = (name: string, ...args: string[]) => execFileSync(name, args, { encoding: 'utf8' }).trim();
    expect(run(join(app, 'gleaner-app'), '--hidden')).toBe('app --hidden');
    symlinkSync(join(app, 'gleaner'), join(root, 'linked'));
    expect(run(join(root, 'linked'), 'status')).toBe(`node ${app}/resources/cli/main/cli.js status`);
    expect(readFileSync(join(app, 'README.txt'), 'utf8')).toContain('Gleaner-1.2.3/gleaner-app');
    expect(existsSync(join(app, 'resources/images/manifest.json'))).toBe(true);
    const installText = readFileSync(join(app, 'resources/install.json'), 'utf8');
    const standing = { packageType: null, platform: 'linux', version, isDemo: false } as const;
    expect(whoUpdates({ ...standing, installText, appImage: undefined, isReplaceable: true })).toEqual({
      off: 'archive',
    });
  });

  test('is the same whenever and by whomever it is made', () => {
    const make = (name: string) => {
      layOutArchive(options(name));
      return readFileSync(writeTar({ ...options(name), outDir: join(root, `${name}-out`), pressing: 'xz' }));
    };
    const first = make('one');
    // Another order in the folder, another time, a second name.
    rmSync(join(root, 'unpacked/gleaner-app'));
    put('unpacked/gleaner-app', teller('app'), 0o755);
    expect(make('two').equals(first)).toBe(true);
    const listed = execFileSync('tar', ['-tvzf', join(root, 'one-out/Gleaner-1.2.3-linux-x64.tar.gz')], {
      encoding: 'utf8',
    });
    for (const line of listed.trim().split('\n')) expect(line).toContain(' root/root ');
  });
});

describe('the folder of an AppImage', () => {
  beforeEach(() => {
    layOutAppDir({ ...options('AppDir'), feed });
  });
  const read = (name: string) => readFileSync(join(root, 'AppDir', name), 'utf8');

  test('has the app, who starts it, and what a desktop shows', () => {
    expect(statSync(join(root, 'AppDir/AppRun')).mode & 0o777).toBe(0o755);
    expect(read('gleaner.desktop')).toMatch(/^Exec=AppRun %u$/m);
    expect(read('gleaner.desktop')).toMatch(/^Icon=gleaner$/m);
    for (const name of ['gleaner.png', 'gleaner-app', 'resources/images/manifest.json'])
      expect(existsSync(join(root, 'AppDir', name))).toBe(true);
  });

  test('is an AppImage that updates itself, from the feed and by the keys that were said', () => {
    const installText = read('resources/install.json');
    expect(parseInstallation(installText)).toEqual({ version: 1, kind: 'appimage', ...feed });
    const standing = { packageType: null, platform: 'linux', version, isDemo: false } as const;
    expect(
      whoUpdates({ ...standing, installText, appImage: '/home/ann/Gleaner.AppImage', isReplaceable: true }),
    ).toMatchObject({ feed: { url: feed.feed, target: '/home/ann/Gleaner.AppImage' } });
  });

  test.each([
    ['/home/ann/Gleaner.AppImage', '/home/ann/Gleaner.AppImage', 'app gleaner://x'],
    ['/home/ann/bin/gleaner', '/home/ann/Gleaner.AppImage', 'node'],
    ['/home/ann/gleaner', '/home/ann/gleaner', 'app gleaner://x'],
  ])('called as %s, being %s, it starts its part', (ARGV0, APPIMAGE, told) => {
    const env = { ...process.env, ARGV0, APPIMAGE };
    const out = execFileSync(join(root, 'AppDir/AppRun'), ['gleaner://x'], { env, encoding: 'utf8' });
    expect(out.startsWith(told)).toBe(true);
  });
});

test('the command line of an AppImage starts its file, not what is in the mount that goes with it', () => {
  const env = { APPIMAGE: '/home/ann/Gleaner.AppImage', APPDIR: '/tmp/.mount_Gleaner/' };
  expect(appPathOf('/tmp/.mount_Gleaner/resources', 'linux', env)).toBe(env.APPIMAGE);
  // Called from a terminal that is somebody else's AppImage.
  expect(appPathOf('/opt/Gleaner/resources', 'linux', env)).toBe('/opt/Gleaner/gleaner-app');
});

describe('packing an AppImage', () => {
  /** A stand-in for the runtime, which cannot be had here: what is packed with it does not start. */
  const runtime = `\x7fELF\x02\x01\x01\x00AI\x02${'r'.repeat(5000)}`;

  test('is refused without its tools, each by its name', () => {
    put('bin/mksquashfs', '', 0o755);
    put('text', 'no runtime');
    const env = { PATH: `/nowhere:${root}/bin` };
    const tools = (name: string | undefined, from: typeof env) => () =>
      requireAppImageTools(name === undefined ? undefined : join(root, name), from);
    expect(tools(undefined, { PATH: '/nowhere' })).toThrow('mksquashfs is missing.');
    expect(tools(undefined, env)).toThrow('the runtime of AppImages is missing.');
    expect(tools('absent', env)).toThrow('absent is none');
    expect(tools('text', env)).toThrow('text is none');
    put('runtime', runtime);
    expect(tools('runtime', env)()).toBe(join(root, 'runtime'));
  });

  const hasTools = existsSync('/usr/bin/mksquashfs') && existsSync('/usr/bin/unsquashfs');
  test.skipIf(!hasTools)('gives the runtime, the folder behind it, and what the feed says of it', () => {
    put('runtime', runtime);
    layOutAppDir({ ...options('AppDir'), feed });
    const make = (outDir: string, as = version) =>
      writeAppImage({
        ...{ rootDir: join(root, 'AppDir'), outDir: join(root, outDir), runtimePath: join(root, 'runtime') },
        ...{ version: as, pressing: 'none', epoch, feed },
      });
    const file = make('out');
    expect(file).toBe(join(root, 'out/Gleaner-1.2.3.AppImage'));
    expect(readFileSync(file, 'latin1').startsWith(runtime)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    const back = join(root, 'back');
    execFileSync('unsquashfs', ['-q', '-n', '-o', String(runtime.length), '-d', back, file]);
    execFileSync('diff', ['-r', join(root, 'AppDir'), back]);
    const manifest = FeedManifest.parse(parse(readFileSync(join(root, 'out/latest-linux.yml'), 'utf8')));
    expect(manifest).toMatchObject({
      version,
      files: [{ url: 'Gleaner-1.2.3.AppImage', size: statSync(file).size }],
    });
    expect(readFileSync(make('again')).equals(readFileSync(file))).toBe(true);
    // A trial version is for those who chose them.
    make('trial', '1.3.0-beta.1');
    expect(readdirSync(join(root, 'trial')).sort()).toEqual([
      'Gleaner-1.3.0-beta.1.AppImage',
      'beta-linux.yml',
    ]);
  });
});
