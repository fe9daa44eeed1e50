import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../../electron/base/disposal.ts';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';
import { type Ended, exec, outputOf } from '../condor/exec.ts';

/**
 * Makes a computer of a folder with Debian in it, and starts its systemd as the first process: namespaces of its own for
 * processes, mounts, names, IPC, network (loopback alone) and cgroups. The folder stays as it is; what changes lies in
 * `$dir`, which is kept in memory no longer than the computer lives.
 */
const boot = `
root=$1 dir=$2 packages=$3 cgroup=$4
read -r pid rest < /proc/self/stat
hostname lab
ip link set lo up
mount --make-rprivate /
mkdir -p "$dir/upper" "$dir/work" "$dir/root"
at=$dir/root
mount -t overlay -o "lowerdir=$root,upperdir=$dir/upper,workdir=$dir/work" lab "$at"
mount -t proc -o nosuid,nodev,noexec proc "$at/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$at/sys"
mount -t tmpfs -o mode=755,nosuid dev "$at/dev"
for node in null zero full random urandom tty; do : > "$at/dev/$node"; mount --bind "/dev/$node" "$at/dev/$node"; done
ln -s /proc/self/fd "$at/dev/fd"
mkdir "$at/dev/pts"; mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$at/dev/pts"
ln -s pts/ptmx "$at/dev/ptmx"
mkdir -m 1777 "$at/dev/shm"; mount -t tmpfs -o mode=1777,nosuid,nodev shm "$at/dev/shm"
mount -t tmpfs -o mode=755,nosuid,nodev run "$at/run"
mkdir -p "$at/run/lock" "$at/mnt/packages"
mount --bind "$packages" "$at/mnt/packages"
mount -t tmpfs fs "$at/sys/fs" 2>/dev/null || :
mkdir -p "$at/sys/fs/cgroup"
mount -t cgroup2 cgroup2 "$at/sys/fs/cgroup"
printf '127.0.0.1 localhost lab\\n' > "$at/etc/hosts"
: > "$at/etc/machine-id"
cd "$at"
pivot_root . mnt
umount -l mnt
echo "$pid"
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=journal --show-status=no
`;

/** A computer with a Debian that has booted; gone with all that runs on it when it is disposed of. */
export class Computer implements Disposable {
  readonly #child: OwnedChild;
  readonly #pid: number;
  readonly #cgroup: string;

  private constructor(child: OwnedChild, pid: number, cgroup: string) {
    this.#child = child;
    this.#pid = pid;
    this.#cgroup = cgroup;
  }

  /**
   * @param dir an empty folder for what changes
   * @param packagesDir seen at /mnt/packages
   */
  static async boot(rootDir: string, dir: string, packagesDir: string): Promise<Computer> {
    const cgroup = join(cgroup2(), `gleaner-lab-${process.pid}-${Date.now()}`);
    mkdirSync(cgroup);
    const child = spawnOwned(
      [
        ...['setpriv', '--pdeathsig', 'KILL', '--'],
        // The new cgroup namespace begins where the process is when it is made.
        ...['sh', '-euc', 'echo 0 > "$1/cgroup.procs"; shift; exec "$@"', 'sh', cgroup],
        ...[
          'unshare',
          '--net',
          '--mount',
          '--uts',
          '--ipc',
          '--pid',
          '--cgroup',
          '--fork',
          '--kill-child',
          '--',
        ],
        ...['sh', '-euc', boot, 'sh', rootDir, dir, packagesDir, cgroup],
      ],
      { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let complaint = '';
    child.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const said = child.process.stdout === null ? [] : once(child.process.stdout, 'data');
    const first = await Promise.race([said, child.exited]);
    if (typeof first === 'number') throw new Error(`there is no computer to be had: ${complaint}`);
    const computer = new Computer(child, Number(String(first[0])), cgroup);
    try {
      // Its first process is systemd before anybody can enter.
      await until(() => commandOf(computer.#pid).includes('systemd'));
      await until(async () => {
        const { stdout } = await computer.run(['systemctl', 'is-system-running', '--wait']);
        return ['running', 'degraded'].includes(stdout.trim());
      });
      return computer;
    } catch (error) {
      await computer.dispose();
      throw error;
    }
  }

  /** Runs a program to its end as root, with no display and nothing on its standard input. */
  run(argv: readonly string[], input = ''): Promise<Ended> {
    return exec([...this.entry(), ...argv], input);
  }

  /** Runs a program that must succeed. @returns its standard output */
  async must(argv: readonly string[], input = ''): Promise<string> {
    return outputOf(argv, await this.run(argv, input));
  }

  /** The words before a program that is to run on the computer. */
  entry(): readonly string[] {
    return [
      ...['nsenter', `--target=${this.#pid}`, '--all', '--root', '--wd', '--'],
      ...['env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8', 'HOME=/root'],
    ];
  }

  /** The words before a program that runs in this network alone, with all else of the tests' own computer. */
  networkEntry(): readonly string[] {
    return ['nsenter', `--target=${this.#pid}`, '--net', '--'];
  }

  /** A file of the computer's, as seen from outside. */
  outside(path: string): string {
    return join('/proc', String(this.#pid), 'root', path);
  }

  async dispose(): Promise<void> {
    await this.#child.stop(0);
    await until(() => !existsSync(`/proc/${this.#pid}`));
    // Empty as soon as the last of its processes is buried.
    await until(() => {
      removeGroups(this.#cgroup);
      return !existsSync(this.#cgroup);
    });
  }
}

/** Asks again and again, since there is no event to wait for. */
export async function until(holds: () => boolean | Promise<boolean>, everyMs = 100): Promise<void> {
  while (!(await holds())) await delay(everyMs);
}

function cgroup2(): string {
  const line = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((mount) => mount.split(' ')[2] === 'cgroup2');
  const place = line?.split(' ')[1];
  if (place === undefined) throw new Error('no cgroup2 is mounted here');
  return place;
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

/** Removes a cgroup and those below it, as far as they are empty. */
function removeGroups(dir: string): void {
  if (!existsSync(dir)) return;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(join(dir, entry.name));
  }
  try {
    rmdirSync(dir);
  } catch {
    // Somebody is still in there.
  }
}
