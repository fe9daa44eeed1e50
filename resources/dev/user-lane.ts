// The end of `npm run test:user`: Playwright's project `user`, run by somebody who is not root. Started by root (a
// container, CI) it makes a copy of the checkout for a user id that owns nothing, and runs there as that user.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spawnOwned, untilExit } from './children.ts';
import { cacheDir, checkoutDir, fail, SetupError, say } from './console.mjs';
import { startDisplay } from './display.ts';
import { electronDist } from './electron-runtime.ts';
import { mirror } from './mirror.ts';
import { setUp } from './setup.ts';

/** Where user ids for strangers are looked for: outside what Debian gives to people and to containers' maps. */
const strangerIds = { first: 47_000, last: 47_999 };

/** Of the checkout, what a run needs besides the two folders of .cache that set-up names. */
const copied = ['electron', 'renderer', 'text', 'resources', 'test', 'out', 'node_modules'];
const copiedFiles = ['package.json', 'package-lock.json', 'playwright.config.ts', 'tsconfig.json'];

const insideVariable = 'GLEANER_USER_LANE_REPORT';

/** A user id without an account. */
function strangerId(): number {
  const taken = new Set(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => Number(line.split(':')[2])),
  );
  for (let id = strangerIds.first; id <= strangerIds.last; id++) if (!taken.has(id)) return id;
  throw new SetupError(
    'There is no free user id for this lane.',
    'Run `npm run test:user` as an ordinary user.',
  );
}

/** Tests that are asked to end close their application first. */
const graceMs = 5000;

/** Copies the checkout and runs this lane again in the copy, as a stranger. @returns exit code */
async function runAsStranger(args: readonly string[]): Promise<number> {
  const { imageDir } = await setUp();
  const uid = strangerId();
  const owner = { uid, gid: uid };
  const topDir = mkdtempSync(path.join(tmpdir(), 'gu-'));
  try {
    const copyDir = path.join(topDir, 'c');
    const folders = {
      HOME: path.join(topDir, 'home'),
      TMPDIR: path.join(topDir, 't'),
      XDG_RUNTIME_DIR: path.join(topDir, 'r'),
    };
    for (const dir of [topDir, copyDir, ...Object.values(folders)]) {
      mkdirSync(dir, { recursive: true });
      chmodSync(dir, 0o700);
      chownSync(dir, uid, uid);
    }
    // QEMU's file names and ours go through it.
    chmodSync(topDir, 0o711);
    const skipped = (name: string) => name === 'electron/dist' || name.startsWith('.vite');
    for (const name of copied) {
      const from = path.join(checkoutDir, name);
      if (existsSync(from)) mirror(from, path.join(copyDir, name), owner, skipped);
    }
    for (const name of copiedFiles) {
      const from = path.join(checkoutDir, name);
      if (existsSync(from)) mirror(from, path.join(copyDir, name), owner);
    }
    mirror(imageDir, path.join(copyDir, path.relative(checkoutDir, imageDir)), owner);
    const dist = path.join(copyDir, '.cache', 'electron', 'dist');
    mirror(electronDist(), dist, owner);

    const reportPath = path.join(folders.TMPDIR, 'report.json');
    const env = strangerEnv({
      ...folders,
      ELECTRON_OVERRIDE_DIST_PATH: dist,
      [insideVariable]: reportPath,
      USER: 'gleaner-test',
      LOGNAME: 'gleaner-test',
    });
    const node = path.join(copyDir, 'node_modules', '.bin', 'node');
    // The change of user forgets the signal at our death, so it is asked for again after it.
    const become = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--inh-caps=-all', '--'];
    const tied = ['setpriv', '--pdeathsig', 'TERM', '--'];
    const child = spawnOwned(
      [...become, ...tied, node, path.join(copyDir, 'resources', 'dev', 'user-lane.ts'), ...args],
      {
        cwd: copyDir,
        env,
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    const code = await untilExit(child, graceMs);
    keepResults(reportPath, path.join(copyDir, 'test-results'));
    return code;
  } finally {
    rmSync(topDir, { recursive: true, force: true });
  }
}

/** Our environment without what points at root's own things. */
function strangerEnv(values: Record<string, string>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_|XDG_|DISPLAY$|WAYLAND_|XAUTHORITY$|DBUS_|ELECTRON_|NODE_OPTIONS$|PLAYWRIGHT_|SUDO_)/.test(
        name,
      ),
  );
  return { ...Object.fromEntries(kept), ...values };
}

/** Brings the report and what failing tests left to look at out of the copy. */
function keepResults(reportPath: string, resultsDir: string): void {
  const wanted = process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? path.join(cacheDir, 'test', 'user.json');
  mkdirSync(path.dirname(wanted), { recursive: true });
  if (existsSync(reportPath)) copyFileSync(reportPath, wanted);
  if (existsSync(resultsDir))
    cpSync(resultsDir, path.join(checkoutDir, 'test-results', 'user'), { recursive: true });
}

/** Runs the tests as whoever we are. @returns exit code */
async function runHere(args: readonly string[]): Promise<number> {
  // In the copy, set-up is done and its tools may not be ours to use.
  const report = process.env[insideVariable];
  const { env } = report === undefined ? await setUp() : { env: { ...process.env } };
  const spaces = spawnSync('unshare', ['-Ur', 'true'], { stdio: 'ignore' }).status === 0;
  say(
    `As user id ${process.getuid?.() ?? 'unknown'}; Chromium’s sandbox is ` +
      (spaces ? 'on.' : 'off: this kernel refuses user namespaces to ordinary users.'),
  );
  const display = await startDisplay();
  try {
    const playwright = path.join(checkoutDir, 'node_modules', '@playwright', 'test', 'cli.js');
    const child = spawnOwned(
      [process.execPath, playwright, 'test', '--project=user', '--reporter=list,json', ...args],
      {
        cwd: checkoutDir,
        env: {
          ...env,
          ...display.env,
          ELECTRON_OVERRIDE_DIST_PATH: electronDist(),
          GLEANER_CHROMIUM_SANDBOX: spaces ? 'on' : 'off',
          PLAYWRIGHT_JSON_OUTPUT_FILE:
            report ?? process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? path.join(cacheDir, 'test', 'user.json'),
        },
        stdio: ['ignore', 'inherit', 'inherit'],
      },
    );
    return await untilExit(child, graceMs);
  } finally {
    await display.close();
  }
}

try {
  const args = process.argv.slice(2);
  process.exitCode = process.getuid?.() === 0 ? await runAsStranger(args) : await runHere(args);
} catch (error) {
  fail(error);
}
