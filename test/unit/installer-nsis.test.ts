// The installer for Windows, compiled by the real makensis out of electron-builder's own script, with the project's own
// configuration. Stand-ins: electron-builder's plugins (libraries that only export their names), 7za, the packed program, and
// Wine, which would let the first of two runs write the uninstaller. What comes out is not to be run; nothing is downloaded.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Arch, build, Platform } from 'electron-builder';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import configuration from '../../resources/installer/electron-builder.mjs';
import { standInPlugin } from '../support/nsis-plugin.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const include = join(checkout, 'resources/installer/windows/installer.nsh');
const lib = createRequire(createRequire(import.meta.url).resolve('electron-builder')).resolve(
  'app-builder-lib',
);
const templates = join(dirname(dirname(lib)), 'templates', 'nsis');
const nsisPlugins = '/usr/share/nsis/Plugins/x86-unicode';

let dir = '';
/** What makensis was run with, first for the uninstaller, then for the installer. */
let runs: {
  readonly args: string[];
  /** What it says of each instruction that it compiles, in their order. */
  readonly said: string;
  /** What makensis says, and its exit code at the end, where a line of ours is wrong. */
  readonly fault: string;
}[] = [];

/** Every plugin that the templates call, with the functions they call, but those that come with NSIS. */
function plugins(): Map<string, Set<string>> {
  const own = new Set(readdirSync(nsisPlugins).map((name) => name.toLowerCase().replace(/[.]dll$/, '')));
  const found = new Map<string, Set<string>>();
  for (const name of readdirSync(templates, { recursive: true, encoding: 'utf8' })) {
    if (!/[.]ns[hi]$/.test(name)) continue;
    const text = readFileSync(join(templates, name), 'utf8');
    for (const [, plugin = '', call = ''] of text.matchAll(/(?<![\w$.])([A-Za-z]\w*)::(_?[A-Za-z]\w*|_)/g)) {
      if (!own.has(plugin.toLowerCase())) found.set(plugin, (found.get(plugin) ?? new Set()).add(call));
    }
  }
  return found;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-test-'));
  const at = (...names: string[]) => join(dir, ...names);
  for (const name of ['nsis', 'plugins/plugins/x86-unicode', 'bin', 'app/resources', 'runs'])
    mkdirSync(at(name), { recursive: true });
  const program = (path: string, text: string) => {
    writeFileSync(path, `#!/bin/sh\nset -e\n${text}\n`);
    chmodSync(path, 0o755);
  };
  const broken = at('broken.nsh');
  writeFileSync(broken, readFileSync(include, 'utf8').replaceAll('ClearErrors', 'Push $notDeclared'));
  // electron-builder's own files for the script are gone afterwards, so all that is asked is asked here.
  program(
    at('nsis/makensis'),
    [
      `cd ${at('runs')}`,
      'n=$(ls | grep -c args || true)',
      `printf '%s\\0' "$@" > $n.args`,
      'cat > input',
      `cd ${templates}`,
      `sed 's#"${include}"#"${broken}"#' ${at('runs')}/input > ${at('runs')}/wrong`,
      `{ makensis "$@" < ${at('runs')}/wrong || echo "exit $?"; } > ${at('runs')}/$n.fault 2>&1`,
      `exec makensis -V4 "$@" < ${at('runs')}/input > ${at('runs')}/$n.said`,
    ].join('\n'),
  );
  program(at('bin/7za'), 'for a in "$@"; do case "$a" in *.7z) head -c 4096 /dev/zero > "$a";; esac; done');
  program(at('bin/wine'), 'printf x > "$(dirname "$1")/$(basename "$1" exe)__uninstaller.exe"');
  writeFileSync(at('nsis/elevate.exe'), 'x');
  writeFileSync(at('app/Gleaner.exe'), 'x');
  for (const [plugin, calls] of plugins())
    writeFileSync(at('plugins/plugins/x86-unicode', `${plugin}.dll`), standInPlugin([...calls]));
  vi.stubEnv('ELECTRON_BUILDER_NSIS_DIR', at('nsis'));
  vi.stubEnv('ELECTRON_BUILDER_NSIS_RESOURCES_DIR', at('plugins'));
  vi.stubEnv('ELECTRON_BUILDER_7ZIP_PATH', at('bin/7za'));
  vi.stubEnv('PATH', `${at('bin')}:${process.env['PATH'] ?? ''}`);
  await build({
    projectDir: checkout,
    prepackaged: at('app'),
    targets: Platform.WINDOWS.createTarget('nsis', Arch.x64),
    publish: 'never',
    config: {
      ...configuration,
      directories: { ...configuration.directories, output: at('out') },
      // Needs a program of Windows.
      win: { ...configuration.win, signAndEditExecutable: false },
    },
  });
  vi.unstubAllEnvs();
  const read = (index: number, kind: string) => readFileSync(at('runs', `${index}.${kind}`), 'utf8');
  runs = readdirSync(at('runs'))
    .filter((name) => name.endsWith('.args'))
    .map((_, index) => ({
      args: read(index, 'args').split('\0').slice(0, -1),
      said: read(index, 'said'),
      fault: read(index, 'fault'),
    }));
});

afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

test('electron-builder’s script compiles with ours in it, warnings being errors', () => {
  const version = (JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string })
    .version;
  const installer = join(dir, 'out', `Gleaner-${version}-x64-setup.exe`);
  expect(existsSync(installer)).toBe(true);
  expect(readFileSync(installer).subarray(0, 2).toString('latin1')).toBe('MZ');
  expect(statSync(installer).size).toBeGreaterThan(100_000);
  expect(runs).toHaveLength(2);
  for (const { args } of runs) expect(args).toContain('-WX');
  expect(runs.map(({ args }) => args.includes('-DBUILD_UNINSTALLER'))).toEqual([true, false]);
});

test('it is per machine, without an icon on the desktop, and starts nothing', () => {
  const args = runs[1]?.args ?? [];
  expect(args).toContain('-DINSTALL_MODE_PER_ALL_USERS');
  expect(args).toContain('-DDO_NOT_CREATE_DESKTOP_SHORTCUT');
  expect(args).toContain('-DHIDE_RUN_AFTER_FINISH');
  expect(args).not.toContain('-DDELETE_APP_DATA_ON_UNINSTALL');
  expect(args).not.toContain('-DONE_CLICK');
});

test('every macro of ours is called where electron-builder calls it', () => {
  const [uninstaller = '', installer = ''] = runs.map(({ said }) => said);
  for (const code of [3, 4, 5, 6, 7]) expect(installer).toContain(`\nSetErrorLevel: ${code}\n`);
  const inOrder = [
    'SetErrorLevel: 5',
    'SetErrorLevel: 3',
    'Call rstrtmgr::RmShutdown(i r0, i 0, p 0) i .r2',
    'FileWrite: { "version": 1, "kind": "nsis" }',
    String.raw`ReadRegDWORD $1 HKLM\Software\Policies\Gleaner\Locked\ui.startAtLogin`,
    String.raw`WriteRegStr: HKLM\Software\Microsoft\Windows\CurrentVersion\Run\Gleaner=`,
  ].map((text) => installer.indexOf(text));
  expect(inOrder).not.toContain(-1);
  expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
  expect(uninstaller).toContain('rstrtmgr::RmShutdown');
  expect(uninstaller).toContain(
    String.raw`DeleteRegValue: HKLM\Software\Microsoft\Windows\CurrentVersion\Run\Gleaner`,
  );
  expect(uninstaller).toContain(String.raw`/D /S /C "rd /S /Q "$2\AppData\Local\Gleaner""`);
  for (const said of [installer, uninstaller]) {
    // electron-builder's own way to end a program.
    expect(said).not.toContain('taskkill');
    expect(said).not.toContain('Stop-Process');
    // An administrator's policies are read, never written; nothing restarts the computer.
    expect(said).not.toMatch(/^(?:WriteReg|DeleteReg)[^\n]*Policies/m);
    expect(said).not.toMatch(/^(?:Reboot|SetRebootFlag)/m);
  }
});

test('a fault in ours stops either compilation', () => {
  for (const { fault } of runs) {
    expect(fault).toContain('notDeclared');
    expect(fault).toMatch(/exit 1\n$/);
  }
});
