import { join } from 'node:path';
import type { Disposable } from '../../electron/base/disposal.ts';
import { CondorMachine } from './machine.ts';
import type { TestPool } from './pool.ts';

export interface PlainNodeOptions {
  /** Of 10.77.0.0/24. */
  readonly address: string;
  /** It joins as exec-NAME. */
  readonly name: string;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  /** The last word of its configuration. */
  readonly config?: string;
}

/** As in the guest: one partitionable slot, nobody else's say over it, and no connection ever made to it. */
function nodeConfig({ cpus = 2, memoryMiB = 1024 }: PlainNodeOptions): string {
  return `
DAEMON_LIST = MASTER STARTD
CCB_ADDRESS = $(COLLECTOR_HOST)
CCB_HEARTBEAT_INTERVAL = 30
CCB_RECONNECT_TIME = 5
ALLOW_READ = *
ALLOW_WRITE = condor@*, root@*
ALLOW_DAEMON = condor@*, root@*
ALLOW_ADMINISTRATOR = root@*, condor@*
SEC_ENABLE_REMOTE_ADMINISTRATION = False
SEC_USE_FAMILY_SESSION = False
NUM_CPUS = ${cpus}
MEMORY = ${memoryMiB}
NUM_SLOTS = 1
NUM_SLOTS_TYPE_1 = 1
SLOT_TYPE_1 = 100%
SLOT_TYPE_1_PARTITIONABLE = True
START = True
SUSPEND = False
PREEMPT = False
KILL = False
RunBenchmarks = False
MachineMaxVacateTime = 20
STARTER_ALLOW_RUNAS_OWNER = False
SLOT1_USER = nobody
`;
}

/** An execute node without a VM or our program: what the guest's is measured by. */
export class PlainNode implements Disposable {
  readonly machine: CondorMachine;
  readonly identity: string;

  private constructor(machine: CondorMachine, identity: string) {
    this.machine = machine;
    this.identity = identity;
  }

  /** Resolves when the collector has its slot. It ends with the pool. */
  static async start(pool: TestPool, options: PlainNodeOptions): Promise<PlainNode> {
    const identity = `exec-${options.name}@${pool.domain}`;
    const machine = pool.own(
      await CondorMachine.boot({
        network: pool.network,
        address: options.address,
        name: options.name,
        domain: pool.domain,
        managerAddress: pool.address,
        dir: join(pool.dir, options.name),
        config: { '20-role.config': nodeConfig(options), '50-test.config': options.config ?? '' },
      }),
    );
    const node = new PlainNode(machine, identity);
    machine.writeToken('pool', await pool.token(identity, 'ADVERTISE_STARTD', 'ADVERTISE_MASTER', 'READ'));
    await node.up();
    await pool.manager
      .log('Collector')
      .untilMatch(new RegExp(`MachineSlotAd\\s*: Inserting.*${machine.name}`));
    return node;
  }

  /** Starts its daemons; resolves when they have told the collector of its slot, whatever that makes of it. */
  async up(): Promise<void> {
    const log = this.machine.log('Start');
    const from = log.end;
    await this.machine.up();
    await log.untilMatch(/Initial update sent to collector/, from);
  }

  /**
   * Has the present jobs go with what they have, and takes no more. condor_vacate knows no slots: without a name, by
   * `a.pool.test` or by `-addr` with the startd's full address (with `sock=`) it means all of them.
   */
  async vacate(): Promise<void> {
    await this.close();
    await this.machine.must(['condor_vacate', '-graceful']);
  }

  /** Takes no more jobs. */
  async close(): Promise<void> {
    this.machine.writeConfig('90-closed.config', 'START = False');
    const log = this.machine.log('Start');
    const from = log.end;
    await this.machine.reconfig();
    // Its master passes that on when it comes to it.
    await log.untilMatch(/Got SIGHUP/, from);
  }

  /** Takes jobs again. */
  async open(): Promise<void> {
    this.machine.removeConfig('90-closed.config');
    await this.machine.reconfig();
  }

  dispose(): Promise<void> {
    return this.machine.dispose();
  }
}
