// What the tests of packages share: the packages, the profiles, jobs, and what a computer has before and after.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Computer } from './computer.ts';

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
 * All that is on the computer, but for what any package's coming and going leaves (the package manager's own books and logs)
 * and what people's programs of the desktop keep (the shell's, dconf's): one line for each file, account, group and unit.
 */
export async function inventory(computer: Computer): Promise<string[]> {
  const skipped = [
    ...['/proc', '/sys', '/dev', '/run', '/tmp', '/var/tmp', '/mnt', '/var/log', '/var/cache'],
    ...['/var/lib/dpkg', '/var/lib/apt', '/var/lib/systemd', '/var/backups'],
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

/** The processes of the program, whoever runs them: pids. */
export async function processesOf(computer: Computer): Promise<string[]> {
  const { stdout } = await computer.run([
    'sh',
    '-c',
    'for p in /proc/[0-9]*; do case $(readlink $p/exe) in /opt/Gleaner/*|*qemu-system*) echo ${p#/proc/};; esac; done',
  ]);
  return stdout.split('\n').filter((line) => line !== '');
}
