import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';
import { condorRootDir } from '../../resources/dev/condor-root.ts';
import { checkoutDir } from '../../resources/dev/console.mjs';
import { furnishing, moving, Space } from './box.ts';
import type { PoolNetwork } from './network.ts';

/** What a person types runs with little more than this. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A machine at which somebody sits and types blocks of commands. */
abstract class Typist extends Space {
  protected readonly dir: string;
  #blocks = 0;

  protected constructor(child: OwnedChild, pid: number, dir: string) {
    super(child, pid);
    this.dir = dir;
  }

  protected override get entry(): readonly string[] {
    return ['nsenter', `--target=${this.pid}`, '--net', '--mount', '--uts', '--ipc', '--pid', '--'];
  }

  /** The words that make a person of whoever entered. */
  protected abstract login(user: string): readonly string[];

  /**
   * Has sh run a block, each line of which must succeed.
   * @returns what it said, on both streams
   */
  async type(block: string, user = 'root'): Promise<string> {
    const { shell, said } = this.#shell(block, user);
    const code = await shell.exited;
    if (code === 0) return said();
    throw new Error(`these commands ended with ${code}:\n${block}\nand said:\n${said()}`);
  }

  /**
   * The same of a block whose last line goes on until the machine ends.
   * @returns `ended` rejects when it ends by itself; `said` is what it said so far
   */
  leave(block: string, user = 'root'): { readonly ended: Promise<never>; readonly said: () => string } {
    const { shell, said } = this.#shell(block, user);
    const ended = shell.exited.then((code): never => {
      throw new Error(`these commands ended with ${code}:\n${block}\nand said:\n${said()}`);
    });
    // Whoever waits for something of it races with this; nobody does once the machine is taken away.
    ended.catch(() => undefined);
    return { ended, said };
  }

  #shell(block: string, user: string): { readonly shell: OwnedChild; readonly said: () => string } {
    this.#blocks += 1;
    const path = join(this.dir, `said.${this.#blocks}`);
    const out = openSync(path, 'w');
    const shell = spawnOwned([...this.entry, ...this.login(user), 'sh', '-euc', block], {
      env: { PATH: searchPath, LC_ALL: 'C.UTF-8', NO_COLOR: '1', TZ: process.env['TZ'] },
      stdio: ['ignore', out, out],
    });
    closeSync(out);
    return { shell, said: () => readFileSync(path, 'utf8') };
  }
}

/**
 * In the place of systemd, which would have to be the first process: starts HTCondor as condor.service does. Nothing else
 * of Debian's is replaced.
 */
const systemctl = `#!/bin/sh
[ "$*" = 'restart condor' ] || { echo "There is no systemd here to $*." >&2; exit 1; }
if read -r pid < /run/condor/pid 2>/dev/null && kill -QUIT "$pid"; then
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
fi
/usr/sbin/condor_master -pidfile /run/condor/pid
`;

/** Debian's root with an empty layer over it, and this checkout in /opt/gleaner. */
const serverScript = `
root=$1 dir=$2 name=$3 address=$4 checkout=$5 systemctl=$6
hostname "$name"
ip link set lo up
mount --make-rprivate /
mount -t tmpfs -o mode=755 layer "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"; at=$dir/root
mount -t overlay -o "nosuid,nodev,lowerdir=$root,upperdir=$dir/upper,workdir=$dir/work" layer "$at"
${furnishing}
printf '127.0.0.1 localhost\\n%s %s\\n' "$address" "$name" > "$at/etc/hosts"
printf '%s' "$systemctl" > "$at/usr/bin/systemctl"
chmod 755 "$at/usr/bin/systemctl"
mkdir "$at/opt/gleaner"
mount --rbind -o ro "$checkout" "$at/opt/gleaner"
${moving}`;

interface MachineOptions {
  readonly network: PoolNetwork;
  readonly name: string;
  readonly address: string;
  /** For what is the machine's own; made when it is not there. */
  readonly dir: string;
}

/**
 * A Debian machine as its installation left it, all of which can be written to. HTCondor's packages lie on its disk, for
 * there is no mirror in the tests' network; nothing of it is configured, and it does not run.
 */
export class FreshServer extends Typist {
  static async start({ network, name, address, dir }: MachineOptions): Promise<FreshServer> {
    const rootDir = join(dir, 'disk');
    mkdirSync(rootDir, { recursive: true });
    const words = [condorRootDir, rootDir, name, address, checkoutDir, systemctl];
    const server = new FreshServer(...(await Space.hold(serverScript, words)), dir);
    await network.plugIn(server, address);
    return server;
  }

  /** A file of its disk, as seen from here. */
  path(name: string): string {
    return join(`/proc/${this.pid}/root`, name);
  }

  protected override login(user: string): readonly string[] {
    if (user === 'root') return ['env', '--chdir=/root', 'HOME=/root'];
    return ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', 'env', `--chdir=/home/${user}`];
  }
}

/** A desktop: this computer's own disk, with a network, a name and processes of its own. */
export class Desktop extends Typist {
  readonly name: string;

  private constructor(child: OwnedChild, pid: number, { name, dir }: MachineOptions) {
    super(child, pid, dir);
    this.name = name;
  }

  static async start(options: MachineOptions): Promise<Desktop> {
    const { network, name, address, dir } = options;
    // QEMU's own user goes through it.
    mkdirSync(dir, { recursive: true, mode: 0o711 });
    const script = 'hostname "$1"\nip link set lo up\nmount -t proc proc /proc\nhold';
    const desktop = new Desktop(...(await Space.hold(script, [name])), options);
    await network.plugIn(desktop, address);
    return desktop;
  }

  /** A file in the folder where its person types, as seen from here. */
  path(name: string): string {
    return join(this.dir, name);
  }

  /** Everything of Gleaner's is in the folder, as in an account of its own. */
  protected override login(): readonly string[] {
    const path = `PATH=${join(checkoutDir, 'resources')}:${searchPath}`;
    return [
      'env',
      `--chdir=${this.dir}`,
      `HOME=${this.dir}`,
      `GLEANER_HOME=${join(this.dir, 'gleaner')}`,
      path,
    ];
  }
}
