import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Disposable, Disposer } from '../../electron/base/disposal.ts';
import type { poolUsers } from '../../resources/dev/condor-root.ts';
import { Box } from './box.ts';
import type { Ended } from './exec.ts';
import type { Cable, PoolNetwork } from './network.ts';
import { Tail } from './tail.ts';

/** A ClassAd as the tools print it in JSON; expressions come as strings of the form `\/Expr(…)\/`. */
export type Ad = Readonly<Record<string, unknown>>;

export type Daemon = 'master' | 'collector' | 'negotiator' | 'schedd' | 'shadow' | 'startd' | 'starter';

export interface MachineOptions {
  readonly network: PoolNetwork;
  /** Of 10.77.0.0/24. */
  readonly address: string;
  readonly name: string;
  /** The pool's domain, which identities have, too. */
  readonly domain: string;
  /** The central manager's. */
  readonly managerAddress: string;
  /** Folder for all that is this machine's own; made when it is not there. */
  readonly dir: string;
  /** Files of /etc/condor/config.d, by name; read in the order of their names. */
  readonly config: Readonly<Record<string, string>>;
}

/** What every machine of a test pool has. Its ports, roles and protocols are a real pool's; only intervals are short. */
function commonConfig({ address, name, domain, managerAddress }: MachineOptions): string {
  return `
CONDOR_HOST = ${managerAddress}
COLLECTOR_HOST = ${managerAddress}:9618
UID_DOMAIN = ${domain}
TRUST_DOMAIN = ${domain}
FILESYSTEM_DOMAIN = ${name}.${domain}
NO_DNS = True
DEFAULT_DOMAIN_NAME = ${domain}
ENABLE_IPV6 = False
USE_SHARED_PORT = True
BIND_ALL_INTERFACES = False
NETWORK_INTERFACE = ${address}
NETWORK_HOSTNAME = ${name}.${domain}
SEC_DEFAULT_AUTHENTICATION = REQUIRED
SEC_DEFAULT_ENCRYPTION = REQUIRED
SEC_DEFAULT_INTEGRITY = REQUIRED
# The server's order decides; FS only ever works on one machine.
SEC_DEFAULT_AUTHENTICATION_METHODS = IDTOKENS, FS
SEC_CLIENT_AUTHENTICATION_METHODS = IDTOKENS, FS
UPDATE_COLLECTOR_WITH_TCP = True
# Tests follow the logs.
MAX_DEFAULT_LOG = 200 Mb
MASTER_UPDATE_INTERVAL = 15
UPDATE_INTERVAL = 15
MASTER_BACKOFF_CONSTANT = 1
MASTER_NEW_BINARY_DELAY = 1
`;
}

/** A machine of a pool: its box, its cable, and HTCondor's daemons and tools on it, configured by files as a real one. */
export class CondorMachine implements Disposable {
  readonly address: string;
  readonly domain: string;
  readonly box: Box;
  readonly cable: Cable;
  readonly #disposer: Disposer;

  private constructor(options: MachineOptions, box: Box, cable: Cable, disposer: Disposer) {
    this.address = options.address;
    this.domain = options.domain;
    this.box = box;
    this.cable = cable;
    this.#disposer = disposer;
  }

  /** The machine with its configuration; no daemon runs yet. */
  static async boot(options: MachineOptions): Promise<CondorMachine> {
    const disposer = new Disposer();
    try {
      const name = `${options.name}.${options.domain}`;
      const box = disposer.own(await Box.start({ name, address: options.address, dir: options.dir }));
      const cable = await options.network.plugIn(box, options.address);
      const machine = new CondorMachine(options, box, cable, disposer);
      machine.writeConfig('10-common.config', commonConfig(options));
      for (const [file, text] of Object.entries(options.config)) machine.writeConfig(file, text);
      return machine;
    } catch (error) {
      await disposer.dispose();
      throw error;
    }
  }

  get name(): string {
    return this.box.name;
  }

  /** Starts condor_master, which starts the rest. */
  async up(): Promise<void> {
    await this.box.must(['condor_master']);
  }

  /** Writes a file of /etc/condor/config.d; `reconfig` makes daemons read it. */
  writeConfig(name: string, text: string): void {
    writeFileSync(join(this.box.dir, 'etc/config.d', name), `${text.trim()}\n`);
  }

  removeConfig(name: string): void {
    rmSync(join(this.box.dir, 'etc/config.d', name), { force: true });
  }

  /** Keeps a token for the daemons. HTCondor takes it only from a file that is root's alone. */
  writeToken(name: string, token: string): void {
    const dir = join(this.box.dir, 'etc/tokens.d');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, name), `${token.trim()}\n`, { mode: 0o600 });
  }

  removeToken(name: string): void {
    rmSync(join(this.box.dir, 'etc/tokens.d', name), { force: true });
  }

  /** Runs any tool of HTCondor's, as root or as a user. */
  run(
    argv: readonly string[],
    options: { as?: keyof typeof poolUsers; dir?: string; input?: string } = {},
  ): Promise<Ended> {
    return options.as === undefined
      ? this.box.run(argv, options.input)
      : this.box.runAs(options.as, argv, options);
  }

  must(argv: readonly string[], input = ''): Promise<string> {
    return this.box.must(argv, input);
  }

  /** A tool's answer in its `-json` form, which is empty for no ads at all. */
  async ads(argv: readonly string[]): Promise<Ad[]> {
    const out = await this.must([...argv, '-json']);
    return out.trim() === '' ? [] : (JSON.parse(out) as Ad[]);
  }

  /** What a daemon writes: `Collector`, `Negotiator`, `Sched`, `Shadow`, `Start`, `Master`, `StarterLog.slot1_1` … */
  log(daemon: string): Tail {
    return new Tail(
      join(this.box.dir, 'log', daemon.endsWith('Log') || daemon.includes('.') ? daemon : `${daemon}Log`),
    );
  }

  /** Makes every daemon of this machine read its configuration again. */
  async reconfig(): Promise<void> {
    await this.must(['condor_reconfig']);
  }

  /** Kills all processes of a daemon at once. Its master, if it lives, starts it again; a schedd's shadows go with it. */
  kill9(daemon: Daemon): Promise<void> {
    return this.box.kill9(new RegExp(`^condor_${daemon}$`));
  }

  /** Kills every daemon and job at once, as a power cut would; the disk stays. */
  kill9All(): Promise<void> {
    return this.box.kill9(/^(?!sh$|sleep$)/);
  }

  dispose(): Promise<void> {
    return this.#disposer.dispose();
  }
}
