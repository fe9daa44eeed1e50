import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../../electron/base/disposal.ts';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';
import { condorRootDir, poolUsers } from '../../resources/dev/condor-root.ts';
import { type Ended, exec, outputOf } from './exec.ts';

/**
 * Namespaces with a process that holds them. It is the first of its pid namespace, so that its death, or ours, ends
 * all that runs in there, and with them go mounts, links and addresses.
 */
export class Space implements Disposable {
  readonly #child: OwnedChild;
  /** Of the holder, as seen from here. */
  readonly pid: number;

  protected constructor(child: OwnedChild, pid: number) {
    this.#child = child;
    this.pid = pid;
  }

  /** @param script for sh: ends with `hold` when all is as it should be */
  protected static async hold(script: string, args: readonly string[]): Promise<[OwnedChild, number]> {
    const child = spawnOwned(
      [
        // unshare itself is deaf to SIGTERM.
        ...['setpriv', '--pdeathsig', 'KILL', '--'],
        ...['unshare', '--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--'],
        // sh as the first process also buries what lost its parent.
        ...[
          'sh',
          '-euc',
          `read -r pid rest < /proc/self/stat\nhold() { echo "$pid"; sleep infinity & wait; }\n${script}`,
        ],
        ...['sh', ...args],
      ],
      { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let complaint = '';
    child.process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    const said = child.process.stdout === null ? [] : once(child.process.stdout, 'data');
    const first = await Promise.race([said, child.exited]);
    if (typeof first === 'number') throw new Error(`there is no namespace to be had: ${complaint}`);
    return [child, Number(String(first[0]))];
  }

  /** A network and nothing else. */
  static async network(): Promise<Space> {
    return new Space(...(await Space.hold('ip link set lo up\nhold', [])));
  }

  /** The words before a command that is to run in there, as root. */
  protected get entry(): readonly string[] {
    return ['nsenter', `--target=${this.pid}`, '--net'];
  }

  run(argv: readonly string[], input = ''): Promise<Ended> {
    return exec([...this.entry, ...argv], input);
  }

  async must(argv: readonly string[], input = ''): Promise<string> {
    return outputOf(argv, await this.run(argv, input));
  }

  async dispose(): Promise<void> {
    await this.#child.stop(0);
    // The holder's parent may go first; the holder and all of its namespace are gone when its pid is.
    await gone([this.pid]);
  }
}

/** For sh, with the root of a machine at `$at`: what a running Debian has besides, and nothing of this computer's. */
export const furnishing = `
mount -t proc -o nosuid,nodev,noexec proc "$at/proc"
mount -t tmpfs -o mode=755,nosuid dev "$at/dev"
for node in null zero full random urandom tty; do : > "$at/dev/$node"; mount --bind "/dev/$node" "$at/dev/$node"; done
ln -s /proc/self/fd "$at/dev/fd"
mkdir -m 1777 "$at/dev/shm"
mount -t tmpfs -o mode=1777,nosuid,nodev tmp "$at/tmp"
mount -t tmpfs -o mode=1777,nosuid,nodev tmp "$at/var/tmp"
mount -t tmpfs -o mode=755,nosuid,nodev run "$at/run"
mkdir -m 1777 "$at/run/lock"
mkdir "$at/run/condor" "$at/run/lock/condor"
chown --reference="$at/var/spool/condor" "$at/run/condor" "$at/run/lock/condor"
`;

/** The machine's root becomes the only one. */
export const moving = `
cd "$at"
pivot_root . .
umount -l .
cd /
hold
`;

/** Makes the box's file system: Debian's root, read-only, and over it what is this machine's own, from `$dir`. */
const boxScript = `
root=$1 dir=$2 name=$3 address=$4
hostname "$name"
ip link set lo up
mount --make-rprivate /
mkdir -p "$dir/root"; at=$dir/root
mount --bind "$root" "$at"
mount -o remount,bind,ro,nosuid,nodev "$at"
${furnishing}
own() { [ -d "$dir/$2" ] || cp -a "$at/$1" "$dir/$2"; mount --bind "$dir/$2" "$at/$1"; }
own etc/condor etc
own var/lib/condor lib
own var/log/condor log
own var/spool/condor spool
own home home
# Tools that cannot look up this machine's own name try for a minute before they do anything else.
printf '127.0.0.1 localhost\\n%s %s\\n' "$address" "$name" > "$dir/hosts"
mount --bind "$dir/hosts" "$at/etc/hosts"
${moving}`;

export interface BoxOptions {
  /** Host name, with its domain. */
  readonly name: string;
  readonly address: string;
  /** What is this machine's own: its configuration, logs, spool and homes. Kept when the box ends. */
  readonly dir: string;
}

/** A machine without a kernel of its own: namespaces of every kind, and Debian's root with HTCondor in it. */
export class Box extends Space {
  readonly name: string;
  readonly dir: string;

  private constructor(child: OwnedChild, pid: number, { name, dir }: BoxOptions) {
    super(child, pid);
    this.name = name;
    this.dir = dir;
  }

  static async start(options: BoxOptions): Promise<Box> {
    mkdirSync(options.dir, { recursive: true });
    // Daemons and users of the box go through it.
    chmodSync(options.dir, 0o711);
    const { dir, name, address } = options;
    return new Box(...(await Space.hold(boxScript, [condorRootDir, dir, name, address])), options);
  }

  protected override get entry(): readonly string[] {
    return ['nsenter', `--target=${this.pid}`, '--net', '--mount', '--uts', '--ipc', '--pid', '--'];
  }

  /** Runs a command as an ordinary user, in their home or a folder below it. */
  runAs(
    user: keyof typeof poolUsers,
    argv: readonly string[],
    options: { dir?: string; input?: string } = {},
  ) {
    const id = poolUsers[user];
    const home = `/home/${user}`;
    return this.run(
      [
        ...['setpriv', `--reuid=${id}`, `--regid=${id}`, '--clear-groups', '--'],
        ...['env', `--chdir=${join(home, options.dir ?? '')}`, `HOME=${home}`, `USER=${user}`, ...argv],
      ],
      options.input,
    );
  }

  /** Pids, as seen from here, of the box's processes with such a program name. */
  pids(program: RegExp): number[] {
    const space = pidSpace(this.pid);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => pidSpace(pid) === space && program.test(programOf(pid)));
  }

  /** Kills processes at once and waits until they are gone. */
  async kill9(program: RegExp): Promise<void> {
    const pids = this.pids(program);
    if (pids.length === 0) throw new Error(`nothing in ${this.name} is called ${String(program)}`);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await gone(pids);
  }
}

/** Nothing tells of the end of a process that is not our child. */
async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some((pid) => pidSpace(pid) !== undefined)) await delay(10);
}

/** Undefined for a process that has ended, buried or not. */
function pidSpace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** The last part of the program's name as it was started; empty for one that has ended. */
function programOf(pid: number): string {
  try {
    const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return program.split('/').at(-1) ?? '';
  } catch {
    return '';
  }
}
