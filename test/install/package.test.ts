import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkoutDir } from '../../resources/dev/console.mjs';
import { externalImports, packageNameOf } from '../../resources/dev/package/imports.ts';
import { newerVersion, ownVersion } from '../../resources/dev/package/version.ts';
import { exec, must } from '../condor/exec.ts';
import { packageIn, packagesDir } from './estate.ts';

/** The packages as files: what is in them, and what the distributions' own tools say of them. */
const deb = packageIn(packagesDir, 'deb');
const rpm = packageIn(packagesDir, 'rpm');
let dir: string;
/** Of the .deb and of the .rpm, unpacked. */
let roots: Readonly<Record<'deb' | 'rpm', string>>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'package-'));
  roots = { deb: join(dir, 'deb'), rpm: join(dir, 'rpm') };
  await must(['dpkg-deb', '--raw-extract', deb, roots.deb]);
  await must(['sh', '-euc', 'mkdir "$2"; cd "$2"; rpm2cpio "$1" | cpio -idm --quiet', 'sh', rpm, roots.rpm]);
});

afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

const Lock = z.object({ packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })) });
const app = () => join(roots.deb, 'opt', 'Gleaner');
const archive = () => join(app(), 'resources', 'app.asar');
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('the packaged app', () => {
  test('has its fuses blown: no Node, no inspector, nothing but its archive', async () => {
    const wire = await getCurrentFuseWire(join(app(), 'gleaner-app'));
    const on = (fuse: FuseV1Options) => wire[fuse] === FuseState.ENABLE;
    expect({
      runAsNode: on(FuseV1Options.RunAsNode),
      nodeOptions: on(FuseV1Options.EnableNodeOptionsEnvironmentVariable),
      inspect: on(FuseV1Options.EnableNodeCliInspectArguments),
      cookies: on(FuseV1Options.EnableCookieEncryption),
      onlyArchive: on(FuseV1Options.OnlyLoadAppFromAsar),
      integrity: on(FuseV1Options.EnableEmbeddedAsarIntegrityValidation),
      fileProtocol: on(FuseV1Options.GrantFileProtocolExtraPrivileges),
    }).toEqual({
      ...{ runAsNode: false, nodeOptions: false, inspect: false, fileProtocol: false },
      ...{ cookies: true, onlyArchive: true, integrity: true },
    });
    // What the fuse means: the program is no Node, whatever the environment asks.
    const { stdout } = await exec([
      'env',
      'ELECTRON_RUN_AS_NODE=1',
      join(app(), 'gleaner-app'),
      '--no-sandbox',
      '--version',
    ]);
    expect(stdout).not.toMatch(/^v\d+\.\d+\.\d+$/m);
    expect(existsSync(join(app(), 'resources', 'default_app.asar'))).toBe(false);
    expect(existsSync(join(app(), 'resources', 'app'))).toBe(false);
  });

  test('has all that it imports, and nothing that only development needs', () => {
    const names = listPackage(archive(), { isPack: false });
    const manifest = z.object({ devDependencies: z.record(z.string(), z.string()) });
    const { devDependencies } = manifest.parse(
      JSON.parse(readFileSync(join(checkoutDir, 'package.json'), 'utf8')),
    );
    const packed = new Set(
      names.flatMap((name) => /^\/node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(name)?.[1] ?? []),
    );
    const { packages } = Lock.parse(JSON.parse(readFileSync(join(checkoutDir, 'package-lock.json'), 'utf8')));
    // One that something which ships depends on is one of both.
    const onlyForDevelopment = Object.keys(devDependencies).filter(
      (name) => packages[`node_modules/${name}`]?.dev === true,
    );
    expect(onlyForDevelopment.length).toBeGreaterThan(10);
    expect(onlyForDevelopment.filter((name) => packed.has(name))).toEqual([]);
    const code = names.filter((name) => /^\/out\/main\/.*\.js$/.test(name));
    const imported = code.flatMap((name) =>
      externalImports(extractFile(archive(), name.slice(1)).toString()),
    );
    expect(imported.length).toBeGreaterThan(10);
    expect(imported.map(packageNameOf).filter((name) => !packed.has(name))).toEqual([]);
    expect(names.filter((name) => /\.(ts|tsx|map)$|\/test\//.test(name) && !name.endsWith('.d.ts'))).toEqual(
      [],
    );
  });

  test('says what it is', () => {
    const version = z.object({ version: z.string() });
    const install = z.object({ version: z.literal(1), kind: z.string() });
    const kinds = (['deb', 'rpm'] as const).map((kind) =>
      install.parse(
        JSON.parse(readFileSync(join(roots[kind], 'opt/Gleaner/resources/install.json'), 'utf8')),
      ),
    );
    expect(kinds).toEqual([
      { version: 1, kind: 'deb' },
      { version: 1, kind: 'rpm' },
    ]);
    const packed = version.parse(JSON.parse(extractFile(archive(), 'package.json').toString())).version;
    expect(packed.startsWith(ownVersion())).toBe(true);
    expect(deb).toContain(`gleaner_${packed}_amd64.deb`);
    expect(rpm).toContain(`gleaner-${packed}-1.x86_64.rpm`);
    const cli = readFileSync(join(app(), 'resources/cli/package.json'), 'utf8');
    expect(version.parse(JSON.parse(cli)).version).toBe(packed);
  });

  test('carries the notices and the bill of materials of what it carries', () => {
    const docs = join(roots.deb, 'usr/share/doc/gleaner');
    const bom = z.object({ components: z.array(z.object({ name: z.string() })) });
    const { components } = bom.parse(JSON.parse(readFileSync(join(docs, 'sbom.cdx.json'), 'utf8')));
    const names = components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['electron', 'libsql', 'boinc-client', 'busybox-static']));
    const notices = readFileSync(join(docs, 'THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const file of ['LICENSE.electron.txt', 'LICENSES.chromium.html']) {
      expect(notices).toContain(file);
      expect(existsSync(join(app(), file))).toBe(true);
    }
  });
});

describe('both packages', () => {
  test('are the same but for what says which they are', () => {
    const [first, second] = (['deb', 'rpm'] as const).map((kind) =>
      Object.fromEntries(
        filesBelow(roots[kind])
          .filter((name) => !name.startsWith('/DEBIAN/') && !name.endsWith('/install.json'))
          .map((name) => [name, sha256(join(roots[kind], name))]),
      ),
    );
    expect(Object.keys(first ?? {}).length).toBeGreaterThan(300);
    expect(first).toEqual(second);
  });

  test('have one program with a privilege, and nothing that others may write', async () => {
    const special = [
      'find',
      roots.deb,
      '(',
      '-perm',
      '/6000',
      '-o',
      '-perm',
      '/022',
      ')',
      '-not',
      '-type',
      'l',
    ];
    const found = (await must(special)).trim().split('\n');
    expect(found).toEqual([join(app(), 'chrome-sandbox')]);
    expect(statSync(join(app(), 'chrome-sandbox')).mode & 0o7777).toBe(0o4755);
    const owners = await must(['dpkg-deb', '--contents', deb]);
    expect(owners.split('\n').filter((line) => line !== '' && !line.includes(' root/root '))).toEqual([]);
    const rpmOwners = await must(['rpm', '-qp', '--qf', '[%{FILEUSERNAME}:%{FILEGROUPNAME}\n]', rpm]);
    expect(new Set(rpmOwners.trim().split('\n'))).toEqual(new Set(['root:root']));
  });

  test('have scripts that a plain sh understands, and that say nothing with a display', async () => {
    const control = join(roots.deb, 'DEBIAN');
    for (const name of ['preinst', 'postinst', 'prerm', 'postrm']) {
      await must(['dash', '-n', join(control, name)]);
    }
    const scripts = await must(['rpm', '-qp', '--scripts', rpm]);
    for (const part of ['preinstall', 'postinstall', 'preuninstall', 'postuninstall']) {
      expect(scripts).toContain(`${part} scriptlet (using /bin/sh)`);
    }
    // A spec's macros would have eaten these.
    expect(scripts).toContain('${program% (deleted)}');
    expect(scripts).not.toMatch(/DISPLAY|whiptail|dialog|debconf|reboot/);
  });

  test('of Debian’s kind are told older from newer by their version alone, whatever Electron is in them', async () => {
    const [own, newer] = [ownVersion(), newerVersion(ownVersion())];
    const preinst = (installed: string) =>
      exec(['dash', join(roots.deb, 'DEBIAN', 'preinst'), 'upgrade', installed]);
    for (const installed of ['0.0.9', '0.0.9+devruntime', own, `${own}+devruntime`]) {
      expect(await preinst(installed), installed).toMatchObject({ code: 0, stderr: '' });
    }
    for (const installed of [newer, `${newer}+devruntime`, '1.0.0']) {
      const { code, stderr } = await preinst(installed);
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(installed) as string,
      });
    }
  });

  test('are not made of a version on trial, whose place among others distributions’ tools see otherwise', async () => {
    const { code, stderr } = await exec([
      process.execPath,
      ...[join(checkoutDir, 'resources/dev/package.ts'), '--kinds', 'tar,rpm', '--version', '1.2.3-beta.1'],
    ]);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('No .deb or .rpm is made of the trial version 1.2.3-beta.1.') as string,
    });
  });

  test('need what they need', async () => {
    expect(await must(['dpkg-deb', '--field', deb, 'Depends'])).toMatch(/bubblewrap.*qemu-system-x86/);
    expect(await must(['rpm', '-qp', '--requires', rpm])).toMatch(/qemu-kvm-core/);
  });
});

describe('what Debian’s own tools say', () => {
  test('lintian has nothing to find fault with that is not answered in the overrides', async () => {
    const { stdout } = await exec(['lintian', '--fail-on', 'none', '--tag-display-limit', '0', deb]);
    // The tests' own are not pressed.
    const found = stdout
      .split('\n')
      .filter((line) => /^[EW]: /.test(line) && !line.includes('no-compression'));
    expect(found).toEqual([]);
  });

  test('the desktop entry, the entry at sign-in and the metadata for software centres are well made', async () => {
    await must(['desktop-file-validate', join(roots.deb, 'usr/share/applications/gleaner.desktop')]);
    await must(['desktop-file-validate', join(roots.deb, 'etc/xdg/autostart/gleaner.desktop')]);
    const metainfo = join(roots.deb, 'usr/share/metainfo/org.gleaner.Gleaner.metainfo.xml');
    await must(['appstreamcli', 'validate', '--no-net', '--no-color', metainfo]);
  });

  test('the manual and the completion are found where they are looked for', async () => {
    const manual = await must(['zcat', join(roots.deb, 'usr/share/man/man1/gleaner.1.gz')]);
    expect(manual).toContain('.TH GLEANER 1');
    await must(['bash', '-n', join(roots.deb, 'usr/share/bash-completion/completions/gleaner')]);
  });

  test('rpmlint finds no error', async () => {
    const { stdout } = await exec([
      'rpmlint',
      '--config',
      join(checkoutDir, 'resources/installer/linux/rpmlint.toml'),
      rpm,
    ]);
    expect(stdout.split('\n').filter((line) => / E: /.test(line))).toEqual([]);
    expect(stdout).toMatch(/packages? and .* checked/);
  });
});
