import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BundledQemu, bundleFaults, readBundle, verifyBundle } from '../../resources/dev/bundled-qemu.ts';
import { beforePack } from '../../resources/installer/before-pack.ts';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A made-up bundle: no QEMU at all. */
const content: Readonly<Record<string, string>> = {
  'qemu-system-x86_64.exe': 'program',
  'share/bios-256k.bin': 'firmware',
  'libglib-2.0-0.dll': 'library',
};
const bundle = {
  platform: 'win32',
  arch: 'x64',
  qemuVersion: '10.1.2',
  origins: [
    {
      name: 'qemu',
      version: '10.1.2',
      url: 'https://example.org/qemu.zip',
      sha256: sha256('archive'),
      sources: 'https://example.org/qemu-10.1.2.tar.xz',
    },
  ],
  files: Object.entries(content).map(([path, text]) => ({
    path,
    sha256: sha256(text),
    licence: 'GPL-2.0-only',
    origin: 'qemu',
  })),
};
const list = (...bundles: unknown[]) => ({ version: 1, bundles });

let root = '';
let listPath = '';
const put = (name: string, text: string) => {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
};
const stage = '.cache/stage/win';
const fill = (dir: string, files = content) => {
  for (const [name, text] of Object.entries(files)) put(`${dir}/${name}`, text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gleaner-test-'));
  listPath = join(root, 'resources/installer/bundled-qemu.json');
  put('resources/installer/bundled-qemu.json', JSON.stringify(list(bundle)));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('the list', () => {
  test('the one in the checkout is in order, and names no bundle yet', () => {
    const path = new URL('../../resources/installer/bundled-qemu.json', import.meta.url);
    expect(BundledQemu.parse(JSON.parse(readFileSync(path, 'utf8'))).bundles).toEqual([]);
  });

  test('is found by its system', async () => {
    expect((await readBundle(listPath, 'win32', 'x64'))?.files).toHaveLength(3);
    expect(await readBundle(listPath, 'darwin', 'x64')).toBeUndefined();
  });

  const [file] = bundle.files;
  test.each([
    ['a path that leaves the folder', { files: [{ ...file, path: '../x' }] }],
    ['an absolute path', { files: [{ ...file, path: '/x' }] }],
    ['a drive', { files: [{ ...file, path: 'C:/x' }] }],
    ['a backslash', { files: [{ ...file, path: 'a\\b' }] }],
    ['a hidden folder', { files: [{ ...file, path: '.a/b' }] }],
    ['a digest that is none', { files: [{ ...file, sha256: 'ABC' }] }],
    ['an origin that is not there', { files: [{ ...file, origin: 'other' }] }],
    ['a file twice, as Windows sees it', { files: [file, { ...file, path: 'QEMU-system-x86_64.exe' }] }],
    ['no licence', { files: [{ ...file, licence: '' }] }],
    ['no files', { files: [] }],
    ['an address without TLS', { origins: [{ ...bundle.origins[0], url: 'http://example.org/' }] }],
    ['no place for the sources', { origins: [{ ...bundle.origins[0], sources: undefined }] }],
    ['a field that nobody knows', { mirror: 'x' }],
  ])('%s is refused', async (_what, change) => {
    writeFileSync(listPath, JSON.stringify(list({ ...bundle, ...change })));
    await expect(readBundle(listPath, 'win32', 'x64')).rejects.toThrow('bundled-qemu.json was refused');
  });

  test('two bundles for one system, and what is no JSON, are refused', async () => {
    for (const text of [JSON.stringify(list(bundle, bundle)), '{', '[]']) {
      writeFileSync(listPath, text);
      await expect(readBundle(listPath, 'win32', 'x64')).rejects.toThrow('bundled-qemu.json was refused');
    }
  });
});

describe('the folder', () => {
  const verify = () => verifyBundle(listPath, join(root, 'q'), 'win32', 'x64');

  test('whole, it is the bundle', async () => {
    fill('q');
    expect((await verify()).qemuVersion).toBe('10.1.2');
  });

  test('missing, altered and additional files are told, each', async () => {
    fill('q');
    rmSync(join(root, 'q/libglib-2.0-0.dll'));
    put('q/share/bios-256k.bin', 'Firmware');
    put('q/share/more.dll', 'x');
    const hint = await verify().catch((error: unknown) => (error as { hint: string }).hint);
    expect(hint).toContain(`share/bios-256k.bin is another file: its SHA-256 is ${sha256('Firmware')}.`);
    expect(hint).toContain('libglib-2.0-0.dll is missing.');
    expect(hint).toContain('share/more.dll is not on the list.');
  });

  test('a link is no file, wherever it leads', async () => {
    fill('q');
    put('elsewhere', 'program');
    rmSync(join(root, 'q/qemu-system-x86_64.exe'));
    symlinkSync(join(root, 'elsewhere'), join(root, 'q/qemu-system-x86_64.exe'));
    await expect(verify()).rejects.toMatchObject({
      hint: expect.stringContaining('qemu-system-x86_64.exe is no regular file.') as string,
    });
  });

  test('an absent folder is an empty one', async () => {
    await expect(verify()).rejects.toThrow('is not the one that is listed');
  });

  test('many faults are counted', async () => {
    fill('q');
    for (let i = 0; i < 20; i++) put(`q/more-${i}`, 'x');
    await expect(verify()).rejects.toMatchObject({ hint: expect.stringContaining('And 10 more.') as string });
  });

  test('no other spelling of a name will do', () => {
    const parsed = BundledQemu.parse(list(bundle)).bundles[0];
    if (parsed === undefined) throw new Error('no bundle');
    const found = parsed.files.map(({ path, sha256: digest }) => ({
      path: path.toUpperCase(),
      sha256: digest,
    }));
    expect(bundleFaults(parsed, found)).toHaveLength(6);
  });
});

describe('before packing', () => {
  const rest = (node: string) => [
    'images/manifest.json',
    ...['cli/main/cli.js', 'cli/node_modules', 'cli/package.json', node],
    ...['THIRD-PARTY-NOTICES.txt', 'sbom.cdx.json'],
  ];

  test('Linux depends on the distribution’s QEMU', async () => {
    await beforePack({ electronPlatformName: 'linux' }, join(root, 'nowhere'));
  });

  test.each(['win32', 'darwin'])('%s is refused without a listed QEMU', async (electronPlatformName) => {
    writeFileSync(listPath, JSON.stringify(list()));
    await expect(beforePack({ electronPlatformName }, root)).rejects.toMatchObject({
      message: expect.stringMatching(/^No QEMU for (win32-x64|darwin-arm64) is listed/) as string,
      exitCode: 2,
    });
  });

  test('Windows is refused with another QEMU or without the rest, and taken with all', async () => {
    const pack = () => beforePack({ electronPlatformName: 'win32' }, root);
    await expect(pack()).rejects.toThrow('is not the one that is listed');
    fill(`${stage}/qemu/x64`);
    await expect(pack()).rejects.toThrow(`The package would lack ${rest('runtime/node.exe').join(', ')}.`);
    for (const name of rest('runtime/node')) put(`${stage}/${name}`, 'x');
    await expect(pack()).rejects.toThrow('The package would lack runtime/node.exe.');
    put(`${stage}/runtime/node.exe`, 'x');
    await pack();
  });

  test('macOS needs QEMU for both processors, and gets what launchd reads', async () => {
    const mac = (arch: string) => ({ ...bundle, platform: 'darwin', arch });
    const pack = () => beforePack({ electronPlatformName: 'darwin' }, root);
    writeFileSync(listPath, JSON.stringify(list(mac('arm64'))));
    for (const arch of ['arm64', 'x64']) fill(`.cache/stage/mac/qemu/${arch}`);
    for (const name of rest('runtime/node')) put(`.cache/stage/mac/${name}`, 'x');
    await expect(pack()).rejects.toThrow('No QEMU for darwin-x64');
    writeFileSync(listPath, JSON.stringify(list(mac('arm64'), mac('x64'))));
    await pack();
    const agent = readFileSync(
      join(root, '.cache/stage/mac/launchd/org.gleaner.Gleaner.login.plist'),
      'utf8',
    );
    expect(agent).toContain('/Applications/Gleaner.app/Contents/MacOS/Gleaner');
  });
});
