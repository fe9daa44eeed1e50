// @ts-check
// Finds and installs the system packages that are missing, on Debian and its kin. No dependencies: this runs before
// `npm ci`.
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { mustRunStep, runStep, SetupError, say } from './console.mjs';
import {
  aptCandidates,
  dpkgFormat,
  installedNames,
  installNames,
  missingPackages,
  packagesFor,
  parseOsRelease,
} from './packages.mjs';

const aptInstall = ['apt-get', 'install', '-y', '--no-install-recommends'];

/** Whether this session has a screen to show windows on. */
export function hasDisplay() {
  return process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
}

/** @param {string} command @returns {boolean} whether a program of that name is on the PATH or in the sbin folders */
function commandExists(command) {
  const dirs = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
  return dirs.some((dir) => {
    try {
      accessSync(path.join(dir, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @returns {{ name: string, debianLike: boolean }} */
function thisSystem() {
  if (process.platform !== 'linux') return { name: process.platform, debianLike: false };
  const file = ['/etc/os-release', '/usr/lib/os-release'].find((candidate) => existsSync(candidate));
  const system = parseOsRelease(file === undefined ? '' : readFileSync(file, 'utf8'));
  return { name: system.name, debianLike: system.debianLike && commandExists('dpkg-query') };
}

/** @param {readonly import('./packages.mjs').SystemPackage[]} wanted @returns {string[]} */
function stillMissing(wanted) {
  const output = execFileSync('dpkg-query', ['-W', `-f=${dpkgFormat}`], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return missingPackages(wanted, installedNames(output, process.arch === 'x64' ? 'amd64' : process.arch));
}

/** @param {readonly string[]} missing @returns {string[]} the names as this machine's apt knows them */
function namesForApt(missing) {
  const asked = missing.flatMap((name) => [name, `${name}t64`]);
  const policy = spawnSync('apt-cache', ['policy', ...asked], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return installNames(missing, aptCandidates(policy.stdout ?? ''));
}

/** @returns {string[] | undefined} the words before a command that make it run as root, or undefined if nothing does */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const sudo = spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
  return sudo.status === 0 ? ['sudo', '-n'] : undefined;
}

/**
 * Installs the system packages that are missing, on Debian and its kin.
 * @param {{ forTests: boolean }} use
 * @throws {SetupError} with exit code 2 when the person has to install something
 */
export async function ensureSystemPackages(use) {
  const wanted = packagesFor({ hasDisplay: hasDisplay(), forTests: use.forTests });
  const system = thisSystem();
  if (!system.debianLike) {
    const commands = wanted.flatMap(({ command }) => (command === undefined ? [] : [command]));
    const absent = commands.filter((command) => !commandExists(command));
    if (absent.length === 0) return;
    throw new SetupError(
      `On ${system.name} the packages Gleaner needs cannot be installed automatically; missing: ${absent.join(', ')}.`,
      `Install what provides them (on Debian: ${wanted.map(({ name }) => name).join(' ')}), then run the command again.`,
      2,
    );
  }
  const missing = stillMissing(wanted);
  if (missing.length === 0) return;
  const prefix = rootPrefix();
  if (prefix === undefined) {
    throw new SetupError(
      `${missing.length} system packages are missing and this user may not install them.`,
      `Run this line, then the same command again:\n  sudo ${aptInstall.join(' ')} ${namesForApt(missing).join(' ')}`,
      2,
    );
  }
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C'];
  // Another package manager at work is waited for instead of failing at once.
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  const update = await runStep('Reading the package lists', [...apt, 'apt-get', ...wait, 'update'], {
    log: 'apt-update',
  });
  // One broken third-party source must not stop the rest: the installation decides.
  if (update.code !== 0)
    say(`  apt-get update had errors (${update.logPath}); going on with the lists there are`);
  const names = namesForApt(missing);
  const shown =
    names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  await mustRunStep(
    `Installing ${names.length} system packages: ${shown}`,
    [...apt, ...aptInstall, ...wait, ...names],
    {
      log: 'apt-install',
      sentence: 'apt-get could not install the system packages.',
      hint: 'Check the network and the apt sources (or run the same line by hand), then run the command again.',
    },
  );
  const left = stillMissing(wanted);
  if (left.length > 0) {
    throw new SetupError(
      `apt-get reported success, but these packages are still missing: ${left.join(', ')}.`,
      'See .cache/log/apt-install.log; `dpkg --audit` tells about half-installed packages.',
    );
  }
}
