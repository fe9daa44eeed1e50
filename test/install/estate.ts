// What the tests of packages share: the packages, the profiles, jobs, and what a computer has before and after.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Disposer } from '../../electron/base/disposal.ts';
import { people } from '../../resources/dev/install-root.ts';
import { Computer } from './computer.ts';

const given = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run \`npm run test:install\``);
  return value;
};

export const rootDir = given('GLEANER_INSTALL_ROOT');
export const packagesDir = given('GLEANER_INSTALL_PACKAGES');

/** The one package of a kind in that folder, by its whole path. */
export function packageIn(dir: string, kind: 'deb' | 'rpm'): string {
  const [name, ...more] = readdirSync(dir).filter((file) => file.endsWith(`.${kind}`));
  if (name === undefined || more.length > 0) throw new Error(`there is no one .${kind} in ${dir}`);
  return join(dir, name);
}

/**
 * Boots a computer to install packages on; it and all it wrote go with the disposer.
 * @param shelfDir seen at /mnt/packages
 * @returns it, and what was on it before anything was installed
 */
export async function bootLab(
  disposer: Disposer,
  shelfDir: string,
): Promise<{ readonly computer: Computer; readonly before: readonly string[] }> {
  const dir = mkdtempSync(join(tmpdir(), 'lab-'));
  disposer.ownCallback(() => {
    rmSync(dir, { recursive: true, force: true });
  });
  const computer = disposer.own(await Computer.boot(rootDir, dir, shelfDir));
  // As in every home that was ever used.
  for (const name of Object.keys(people)) {
    const folders = ['.cache', '.config', '.local/share'].map((folder) => `/home/${name}/${folder}`);
    await computer.must(['runuser', '-u', name, '--', 'mkdir', '-p', ...folders]);
  }
  return { computer, before: await inventory(computer) };
}

/**
 * All that is on the computer, but for what any package's coming and going leaves (the package manager's own books and logs)
 * and the caches of fonts and graphics of a person who had any window: one line for each file, account, group and unit.
 */
export async function inventory(computer: Computer): Promise<string[]> {
  const skipped = [
    ...['/proc', '/sys', '/dev', '/run', '/tmp', '/var/tmp', '/mnt', '/var/log', '/var/cache'],
    ...['/var/lib/dpkg', '/var/lib/apt', '/var/lib/systemd', '/var/backups'],
    ...['/home/*/.cache/fontconfig', '/home/*/.cache/mesa_shader_cache'],
  ];
  const prune = skipped.flatMap((path) => ['-path', path, '-o']).slice(0, -1);
  const files = await computer.must(['find', '/', '(', ...prune, ')', '-prune', '-o', '-print']);
  const accounts = await computer.must(['getent', 'passwd']);
  const groups = await computer.must(['getent', 'group']);
  const units = await computer.must(['systemctl', 'list-unit-files', '--no-legend', '--no-pager']);
  return [files, accounts, groups, units]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .sort();
}

/** The processes of the installed program, whoever runs them: pids. */
export function processesOf(computer: Computer): Promise<string[]> {
  return processesBelow(computer, '/opt/Gleaner');
}

/** The processes of programs below a folder, and the VMs: pids, the first one first. */
export async function processesBelow(computer: Computer, dir: string): Promise<string[]> {
  const { stdout } = await computer.run([
    'sh',
    '-c',
    `for p in $(ls -v /proc | grep '^[0-9]'); do case $(readlink /proc/$p/exe) in ${dir}/*|*qemu-system*) echo $p;; esac; done`,
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}
