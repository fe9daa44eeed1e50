import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { XMLParser } from 'fast-xml-parser';
import { parse } from 'plist';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import configuration from '../../resources/installer/electron-builder.mjs';
import { launchAgent, launchDaemon } from '../../resources/installer/macos/launchd.ts';
import { anchors, withPublicProperties } from '../../resources/installer/windows/msi.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const read = (name: string) => readFileSync(join(checkout, name), 'utf8');
const fixture = (name: string) => read(`test/fixtures/installers/${name}`);

describe('what holds everywhere', () => {
  test('the packaged program is nobody’s Node, debugger or loader of other code', () => {
    expect(configuration.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
    });
    expect(configuration.asar).toBe(true);
    expect(configuration.disableAsarIntegrity).toBeUndefined();
  });

  test('nothing is published by itself, and nothing compiled', () => {
    expect(configuration.publish).toBeNull();
    expect(configuration.npmRebuild).toBe(false);
  });

  test('every system has its part, and every file that is named is there', () => {
    for (const system of ['linux', 'win', 'mac'] as const)
      expect(configuration[system]?.target).toBeDefined();
    const named = [
      configuration.win?.icon,
      configuration.mac?.icon,
      configuration.mac?.entitlements,
      configuration.mac?.entitlementsInherit,
      configuration.nsis?.include,
      `resources/installer/${configuration.pkg?.scripts ?? ''}`,
    ];
    for (const name of named) expect(existsSync(join(checkout, name ?? 'nowhere'))).toBe(true);
  });

  test('packing for Windows and macOS is refused while no QEMU is listed', async () => {
    const hook = configuration.beforePack;
    if (typeof hook !== 'function') throw new Error('no hook');
    type Context = Parameters<typeof hook>[0];
    for (const electronPlatformName of ['win32', 'darwin'])
      await expect(hook({ electronPlatformName } as Context)).rejects.toThrow(/^No QEMU for/);
    await hook({ electronPlatformName: 'linux' } as Context);
  });
});

describe('the MSI project', () => {
  const lib = createRequire(createRequire(import.meta.url).resolve('electron-builder')).resolve(
    'app-builder-lib',
  );
  const template = readFileSync(join(dirname(dirname(lib)), 'templates/msi/template.xml'), 'utf8');
  /** electron-builder's own template, its conditions left out: more than any one project has. */
  const project = template
    .replace(/\{\{[^}]*\}[^}]*\}\}|\{\{.*?\}\}|\{\{ \} -?\}\}/g, '')
    .replaceAll('&', '&amp;');

  test('is still the one that is known', () => {
    for (const anchor of Object.values(anchors)) expect(template.split(anchor)).toHaveLength(2);
  });

  test('gains the public properties, and the note that updates come by software distribution', () => {
    const text = withPublicProperties(project, '/a "b" & c/install-msi.json');
    expect(text).toContain('<Property Id="INSTALLDIR" Secure="yes"/>');
    expect(text).toContain('<Property Id="AUTOSTART" Secure="yes"/>');
    expect(text).toContain(String.raw`Key="Software\Policies\Gleaner\Locked" Name="ui.startAtLogin"`);
    expect(text).toContain(String.raw`Name="APPLICATIONFOLDER:\resources\"`);
    expect(text).toContain('Source="/a &quot;b&quot; &amp; c/install-msi.json"');
    const product = (
      new XMLParser({ ignoreAttributes: false }).parse(text) as {
        Wix: {
          Product: { ComponentGroup: { Component: { '@_Id': string }[] }; Property: { '@_Id': string }[] };
        };
      }
    ).Wix.Product;
    const ids = (nodes: readonly { '@_Id': string }[]) => nodes.map((node) => node['@_Id']);
    expect(ids(product.ComponentGroup.Component)).toEqual(['GleanerInstallKind', 'GleanerStartAtLogin']);
    expect(ids(product.Property)).toContain('GLEANERBEFORE');
    // Everything that was there still is, in its order.
    const kept = project.split(/\s+/).filter(Boolean);
    const now = text.split(/\s+/);
    let from = 0;
    for (const word of kept) {
      from = now.indexOf(word, from) + 1;
      expect(from).toBeGreaterThan(0);
    }
  });

  test('another project is refused', () => {
    expect(() => withPublicProperties('<Wix/>', 'x')).toThrow('electron-builder’s MSI project has no single');
    expect(() => withPublicProperties(project + project, 'x')).toThrow('has no single');
  });

  test.each([
    ['windows/install-msi.json', 'msi'],
    ['macos/install.json', 'pkg'],
  ])('%s says what it is', (name, kind) => {
    expect(JSON.parse(read(`resources/installer/${name}`))).toEqual({ version: 1, kind });
  });
});

describe('docs/deploy-windows.md', () => {
  const doc = read('docs/deploy-windows.md');

  test('has every exit code, and none that the installer does not have', () => {
    const script = read('resources/installer/windows/installer.nsh');
    const ours = [...script.matchAll(/^!define GLEANER_EXIT_\w+ (\d+)/gm)].map(([, code]) => Number(code));
    const table = doc.slice(
      doc.indexOf('| exit code | means |'),
      doc.indexOf('The uninstaller copies itself'),
    );
    const told = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(told).toEqual([0, 1, 2, ...ours]);
  });

  test('has the switches, the properties and the key that detection rules look for', () => {
    const words = ['/S', '/AUTOSTART=1', '/PURGE', 'INSTALLDIR', 'AUTOSTART'];
    for (const word of words) expect(doc).toContain(`\`${word}\``);
    expect(doc).toContain(`CurrentVersion\\Uninstall\\${configuration.nsis?.guid ?? 'none'}\``);
  });
});

describe('macOS', () => {
  test.each([launchAgent('/Applications/Gleaner.app'), launchDaemon('/Applications/Gleaner.app')])(
    '$name is what it was',
    ({ name, text }) => {
      expect(text).toBe(fixture(name));
      expect(parse(text)).toMatchObject({ Label: name.replace('.plist', ''), RunAtLoad: true });
    },
  );

  test.each(['entitlements', 'entitlements-inherit'])(
    '%s allow the hypervisor and no foreign code',
    (name) => {
      expect(parse(read(`resources/installer/macos/${name}.plist`))).toEqual({
        'com.apple.security.cs.allow-jit': true,
        'com.apple.security.hypervisor': true,
      });
      expect(configuration.mac?.hardenedRuntime).toBe(true);
    },
  );
});

describe('the scripts of the package for macOS, in a folder of their own', () => {
  const scripts = 'resources/installer/macos/pkg-scripts';
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'gleaner-test-'));
    mkdirSync(join(root, 'bin'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  /** A program that stands before the system's own. */
  const program = (name: string, text: string) => {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  };
  /** Not awaited by blocking: whoever is ended meanwhile is a child of this process, which has to hear of it. */
  const run = (script: string) =>
    new Promise<{ status: number; stderr: string }>((resolve) => {
      const argv = [join(checkout, scripts, script), 'Gleaner.pkg', join(root, 'Applications'), `${root}/`];
      const env = { PATH: `${root}/bin:/usr/bin:/bin` };
      const child = execFile('sh', argv, { env }, (_error, _stdout, stderr) => {
        resolve({ status: child.exitCode ?? -1, stderr });
      });
    });
  const agent = () => join(root, 'Library/LaunchAgents/org.gleaner.Gleaner.login.plist');

  /** Answers as `defaults read PROFILE.KIND ui.startAtLogin` would. */
  const profiles = (answers: Readonly<Record<string, string>>) => {
    const cases = Object.entries(answers).map(
      ([kind, value]) => `*/Managed\\ Preferences/*.${kind}) echo ${value} ;;`,
    );
    program(
      'defaults',
      `[ "$3" = ui.startAtLogin ] || exit 1\ncase "$2" in\n${cases.join('\n')}\n*) exit 1 ;;\nesac`,
    );
  };
  const installed = () => {
    const resources = join(root, 'Applications/Gleaner.app/Contents/Resources/launchd');
    mkdirSync(resources, { recursive: true });
    writeFileSync(join(resources, 'org.gleaner.Gleaner.login.plist'), 'agent');
  };

  test.each([
    [{ locked: '1' }, true],
    [{ defaults: '1' }, true],
    [{ locked: '0', defaults: '1' }, false],
    [{ locked: '1', defaults: '0' }, true],
    [{}, false],
  ])('%j starts at login: %j', async (answers, starts) => {
    installed();
    profiles(answers);
    expect(await run('postinstall')).toEqual({ status: 0, stderr: '' });
    expect(existsSync(agent())).toBe(starts);
  });

  test('without a word of a profile all stays; a profile that says no removes', async () => {
    installed();
    profiles({ locked: '1' });
    await run('postinstall');
    profiles({});
    await run('postinstall');
    expect(readFileSync(agent(), 'utf8')).toBe('agent');
    profiles({ defaults: '0' });
    await run('postinstall');
    expect(existsSync(agent())).toBe(false);
  });

  test('a profile that says yes and nothing to copy is a failure', async () => {
    profiles({ locked: '1' });
    expect((await run('postinstall')).status).toBe(1);
  });

  test('whoever runs Gleaner is asked to end, and waited for; nobody else is', async () => {
    // `kill` is the shell's own, so two real processes stand in: one that is Gleaner by its name, one that is not.
    const [gleaner, other] = [spawn('sleep', ['60']), spawn('sleep', ['60'])];
    const ended = once(gleaner, 'exit');
    const line = (pid: number | undefined, name: string) =>
      `if kill -0 ${pid ?? 0} 2>/dev/null; then echo "${pid ?? 0} ${name}"; fi`;
    const application = join(root, 'Applications/Gleaner.app/Contents/MacOS/Gleaner');
    program('ps', `${line(gleaner.pid, application)}\n${line(other.pid, '/usr/bin/other')}`);
    try {
      expect(await run('preinstall')).toEqual({ status: 0, stderr: '' });
      expect(await ended).toEqual([null, 'SIGTERM']);
      expect(other.exitCode).toBeNull();
      expect(other.signalCode).toBeNull();
    } finally {
      gleaner.kill('SIGKILL');
      other.kill('SIGKILL');
    }
  });

  test('one that does not end stops the installation', async () => {
    const application = join(root, 'Applications/Gleaner.app/Contents/MacOS/Gleaner');
    // No process has such a number, so `kill` reaches nobody.
    program('ps', `echo "99999999 ${application}"`);
    program('sleep', `echo . >> ${root}/slept`);
    const result = await run('preinstall');
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('Gleaner did not end within 40 s; nothing was changed.');
    expect(readFileSync(join(root, 'slept'), 'utf8').split('\n')).toHaveLength(41);
  });
});
