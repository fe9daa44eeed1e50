import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Disposable, Disposer } from '../../electron/base/disposal.ts';
import { poolUsers } from '../../resources/dev/condor-root.ts';
import { type JobEvent, parseJobLog } from './job-log.ts';
import { type Ad, CondorMachine, type Daemon } from './machine.ts';
import { PoolNetwork } from './network.ts';
import { Tail } from './tail.ts';

export type PoolUser = keyof typeof poolUsers;

export interface PoolOptions {
  /** Shared with another pool; its own when left out. */
  readonly network?: PoolNetwork;
  /** The central manager's, of 10.77.0.0/24. */
  readonly address?: string;
  /** Identities and machines are of it. */
  readonly domain?: string;
  /** Our product's snippet for the central manager: the last word of its configuration. */
  readonly configSnippet?: string;
  /** Address of a submit node beside the one on the central manager. */
  readonly submitAddress?: string;
}

/** A job that was submitted, and where its files are. */
export interface Submitted {
  readonly cluster: number;
  readonly user: PoolUser;
  /** Its folder, as seen from here. */
  readonly dir: string;
  readonly events: Tail;
  readonly on: CondorMachine;
}

/** Of the central manager. Hosts join as exec-NAME, and may do nothing but that. */
const managerConfig = `
DAEMON_LIST = MASTER COLLECTOR NEGOTIATOR SCHEDD
ALLOW_READ = *
ALLOW_WRITE = *@$(UID_DOMAIN), condor@password, condor@family
ALLOW_DAEMON = condor@*, root@*
ALLOW_ADMINISTRATOR = root@*, condor@*
ALLOW_ADVERTISE_STARTD = exec-*@$(UID_DOMAIN)
ALLOW_ADVERTISE_MASTER = exec-*@$(UID_DOMAIN), condor@*, root@*
# A dead node's ad is matched again and again while it lives, 15 minutes by default: its jobs starve.
CLASSAD_LIFETIME = 45
NEGOTIATOR_INTERVAL = 5
NEGOTIATOR_MIN_INTERVAL = 1
NEGOTIATOR_CYCLE_DELAY = 1
SCHEDD_INTERVAL = 5
SCHEDD_MIN_INTERVAL = 1
`;

/** What a submit node has that is not the central manager. */
const submitConfig = `
DAEMON_LIST = MASTER SCHEDD
ALLOW_READ = *
ALLOW_WRITE = *@$(UID_DOMAIN)
ALLOW_DAEMON = condor@*, root@*
ALLOW_ADMINISTRATOR = root@*, condor@*
SCHEDD_INTERVAL = 5
SCHEDD_MIN_INTERVAL = 1
`;

/** Records every execution of a job by itself. */
const epochSnippet = 'JOB_EPOCH_HISTORY = $(SPOOL)/epoch_history';

/**
 * A real pool: central manager and submit node from Debian's packages, on a network of the test's own. A host under test
 * runs outside of it and reaches it by TCP to `address`, port 9618.
 */
export class TestPool implements Disposable {
  readonly network: PoolNetwork;
  readonly manager: CondorMachine;
  #submitNode: CondorMachine | undefined;
  #lastRegistered: CondorMachine | undefined;
  /** For machines' folders. */
  readonly dir: string;
  readonly #disposer: Disposer;
  readonly #machines: CondorMachine[] = [];
  #folders = 0;

  private constructor(network: PoolNetwork, manager: CondorMachine, dir: string, disposer: Disposer) {
    this.network = network;
    this.manager = manager;
    this.dir = dir;
    this.#disposer = disposer;
  }

  /** Resolves when collector, negotiator and submit nodes know each other. */
  static async start(options: PoolOptions = {}): Promise<TestPool> {
    const disposer = new Disposer();
    try {
      const dir = mkdtempSync(join(tmpdir(), 'pool-'));
      disposer.ownCallback(() => {
        rmSync(dir, { recursive: true, force: true });
      });
      const network = options.network ?? disposer.own(await PoolNetwork.start());
      const { address = '10.77.0.1', domain = 'pool.test', submitAddress } = options;
      const snippet = options.configSnippet ?? epochSnippet;
      const machine = { network, domain, managerAddress: address };
      const manager = disposer.own(
        await CondorMachine.boot({
          ...machine,
          address,
          name: 'cm',
          dir: join(dir, 'cm'),
          config: { '20-role.config': managerConfig, '50-gleaner.config': snippet },
        }),
      );
      await makeSigningKey(manager);
      await manager.up();
      await manager.log('Collector').untilMatch(/ScheddAd\s*: Inserting/);
      await manager.log('Collector').untilMatch(/NegotiatorAd\s*: Inserting/);
      const pool = new TestPool(network, manager, dir, disposer);
      if (submitAddress !== undefined) await pool.#addSubmitNode(submitAddress, snippet);
      return pool;
    } catch (error) {
      await disposer.dispose();
      throw error;
    }
  }

  get address(): string {
    return this.manager.address;
  }

  get domain(): string {
    return this.manager.domain;
  }

  /** The submit node beside the central manager; throws when none was asked for. */
  get submitNode(): CondorMachine {
    if (this.#submitNode === undefined) throw new Error('this pool has one submit node only');
    return this.#submitNode;
  }

  async #addSubmitNode(address: string, snippet: string): Promise<void> {
    const node = this.own(
      await CondorMachine.boot({
        network: this.network,
        domain: this.domain,
        managerAddress: this.address,
        address,
        name: 'submit',
        dir: join(this.dir, 'submit'),
        config: { '20-role.config': submitConfig, '50-gleaner.config': snippet },
      }),
    );
    node.writeToken('daemons', await this.token(`condor@${this.domain}`));
    await node.up();
    await this.manager.log('Collector').untilMatch(new RegExp(`ScheddAd\\s*: Inserting.*${node.name}`));
    this.#submitNode = node;
  }

  /** A machine that ends with the pool. */
  own(machine: CondorMachine): CondorMachine {
    this.#machines.push(machine);
    return this.#disposer.own(machine);
  }

  /**
   * A token that the pool's key signs.
   * @param identity with its domain
   * @param authz what it is good for; everything that the identity may do when there are none
   */
  async token(identity: string, ...authz: readonly string[]): Promise<string> {
    const scope = authz.flatMap((level) => ['-authz', level]);
    return (await this.manager.must(['condor_token_create', '-identity', identity, ...scope])).trim();
  }

  /**
   * Submits jobs as an ordinary user, from a new folder of theirs.
   * @param text a submit description without `log`
   * @param files to be in that folder, by name; those that begin with `#!` can be executed
   */
  async submit(
    text: string,
    files: Readonly<Record<string, string>> = {},
    { user = 'alice', on = this.manager }: { user?: PoolUser; on?: CondorMachine } = {},
  ): Promise<Submitted> {
    this.#folders += 1;
    const folder = `jobs${this.#folders}`;
    const dir = join(on.box.dir, 'home', user, folder);
    const own = (path: string) => {
      chownSync(path, poolUsers[user], poolUsers[user]);
    };
    mkdirSync(dir);
    own(dir);
    for (const [name, content] of Object.entries({ ...files, 'job.sub': `log = events.log\n${text}` })) {
      const path = join(dir, name);
      writeFileSync(path, content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
      own(path);
    }
    const { code, stdout, stderr } = await on.run(['condor_submit', '-terse', 'job.sub'], {
      as: user,
      dir: folder,
    });
    const cluster = /^(\d+)\./.exec(stdout)?.[1];
    if (code !== 0 || cluster === undefined) throw new Error(`the jobs were not taken: ${stderr} ${stdout}`);
    return { cluster: Number(cluster), user, dir, events: new Tail(join(dir, 'events.log')), on };
  }

  /** Ads of the jobs in the queue that meet the constraint. */
  jobs(constraint = 'true', on = this.manager): Promise<Ad[]> {
    return on.ads(['condor_q', '-allusers', '-constraint', constraint]);
  }

  /** Asks again and again, for the log tells of an end before the queue forgets the jobs, until none of them is left. */
  async untilForgotten({ cluster, on }: Submitted): Promise<void> {
    while ((await this.jobs(`ClusterId == ${cluster}`, on)).length > 0) await delay(250);
  }

  /** Resolves with the jobs' events when they are as the predicate wants them, by the jobs' own log. */
  untilJob(
    job: Submitted,
    predicate: (events: readonly JobEvent[]) => boolean,
  ): Promise<readonly JobEvent[]> {
    return job.events.until((text) => {
      const events = parseJobLog(text);
      return predicate(events) ? events : undefined;
    });
  }

  /** Resolves when as many jobs of the cluster have ended by themselves, with the events until then. */
  untilDone(job: Submitted, count = 1): Promise<readonly JobEvent[]> {
    return this.untilJob(job, (events) => events.filter(({ code }) => code === 5).length >= count);
  }

  /** A file that came back. Undefined while there is none. */
  output(job: Submitted, name: string): string | undefined {
    const path = join(job.dir, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  }

  /** Ads of all slots that the collector knows. */
  slots(constraint = 'true'): Promise<Ad[]> {
    return this.manager.ads(['condor_status', '-constraint', constraint]);
  }

  /** @param type `master`, `schedd`, `negotiator`, `collector`, `any` … */
  collectorAds(type: string): Promise<Ad[]> {
    return this.manager.ads(['condor_status', `-${type}`]);
  }

  /** Asks for the slots again and again, for nobody tells of a change in them, until they are as the predicate wants. */
  async untilSlots(predicate: (slots: readonly Ad[]) => boolean): Promise<readonly Ad[]> {
    for (;;) {
      const slots = await this.slots();
      if (predicate(slots)) return slots;
      await delay(250);
    }
  }

  /** The text of the record of executions. */
  async epochs(on = this.manager): Promise<string> {
    const path = (await on.must(['condor_config_val', 'JOB_EPOCH_HISTORY'])).trim();
    return (await on.run(['cat', path])).stdout;
  }

  kill9(daemon: Daemon): Promise<void> {
    return this.manager.kill9(daemon);
  }

  /**
   * Kills all of the central manager and starts it again, on the disk that it left. A collector has written down all
   * CCB registrations but the latest, which it writes before the next: killed, it forgets the host that joined last,
   * whose startd goes on telling its old address (for more than seven minutes, and after condor_reconfig, too), so that
   * nobody reaches it.
   * @param options `forgetsLast`: let that happen; else something of no account registers last
   */
  async killAndReturn(options: { forgetsLast?: boolean } = {}): Promise<void> {
    if (options.forgetsLast !== true) await this.#registerAnother();
    await this.manager.kill9All();
    await this.restart();
  }

  async #registerAnother(): Promise<void> {
    if (this.#lastRegistered === undefined) {
      this.#lastRegistered = this.own(
        await CondorMachine.boot({
          network: this.network,
          domain: this.domain,
          managerAddress: this.address,
          address: this.address.replace(/\d+$/, '250'),
          name: 'last',
          dir: join(this.dir, 'last'),
          config: { '20-role.config': 'DAEMON_LIST = MASTER\nCCB_ADDRESS = $(COLLECTOR_HOST)' },
        }),
      );
      this.#lastRegistered.writeToken(
        'pool',
        await this.token(`exec-last@${this.domain}`, 'ADVERTISE_MASTER', 'READ'),
      );
    } else {
      await this.#lastRegistered.kill9All();
    }
    const log = this.#lastRegistered.log('SharedPort');
    const from = log.end;
    await this.#lastRegistered.up();
    await log.untilMatch(/CCBListener: registered/, from);
  }

  /** Starts the central manager's daemons after they were killed; resolves when they know each other again. */
  async restart(): Promise<void> {
    const from = this.manager.log('Collector').end;
    await this.manager.up();
    await this.manager.log('Collector').untilMatch(/ScheddAd\s*: Inserting/, from);
    await this.manager.log('Collector').untilMatch(/NegotiatorAd\s*: Inserting/, from);
  }

  /** Cuts the central manager off, without a word to anybody. */
  cut(): Promise<void> {
    return this.manager.cable.cut();
  }

  mend(): Promise<void> {
    return this.manager.cable.mend();
  }

  reconfig(): Promise<void> {
    return this.manager.reconfig();
  }

  writeConfig(name: string, text: string): void {
    this.manager.writeConfig(name, text);
  }

  async dispose(): Promise<void> {
    // The kernel takes seconds to end each machine's namespaces: all at once, then the rest in order.
    await Promise.allSettled([this.manager, ...this.#machines].map((machine) => machine.dispose()));
    await this.#disposer.dispose();
  }
}

/** The key that signs every token of the pool: the daemons take it only when it is root's alone. */
async function makeSigningKey(manager: CondorMachine): Promise<void> {
  const path = (await manager.must(['condor_config_val', 'SEC_TOKEN_POOL_SIGNING_KEY_FILE'])).trim();
  await manager.must(['install', '-d', '-m', '700', dirname(path)]);
  await manager.must(['sh', '-c', `umask 077; head -c 64 /dev/urandom > '${path}'`]);
}
