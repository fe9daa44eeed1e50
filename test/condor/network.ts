import { type Disposable, Disposer } from '../../electron/base/disposal.ts';
import { Space } from './box.ts';
import { exec, must } from './exec.ts';

/** Of the pools' network; the host under test is in the tests' own namespace. */
export const hostAddress = '10.77.0.9';

/** The tests' end of the cable. */
const hostLink = 'pool0';

/**
 * A company's network: a switch, and a cable from it to each machine and to the tests' own namespace. A cable that is
 * cut loses packets without a word, as a pulled one does.
 */
export class PoolNetwork implements Disposable {
  readonly #switch: Space;
  readonly #disposer = new Disposer();
  #ports = 0;

  private constructor(hub: Space) {
    this.#switch = this.#disposer.own(hub);
  }

  static async start(): Promise<PoolNetwork> {
    const hub = await Space.network();
    const network = new PoolNetwork(hub);
    try {
      await hub.must(['ip', 'link', 'add', 'lan', 'type', 'bridge']);
      await hub.must(['ip', 'link', 'set', 'lan', 'up']);
      await network.#plugInTests();
      return network;
    } catch (error) {
      await network.dispose();
      throw error;
    }
  }

  async #plugInTests(): Promise<void> {
    await must([
      ...['ip', 'link', 'add', hostLink, 'type', 'veth', 'peer', 'name', 'host'],
      ...['netns', String(this.#switch.pid)],
    ]);
    this.#disposer.ownCallback(async () => {
      // Gone already when the switch was first.
      await exec(['ip', 'link', 'del', hostLink]);
    });
    await must(['ip', 'addr', 'add', `${hostAddress}/24`, 'dev', hostLink]);
    await must(['ip', 'link', 'set', hostLink, 'up']);
    // The tests' namespace answers for all of 10.77.0.0/16 itself, by the table that is looked at before any other.
    await must(['ip', 'route', 'add', 'unicast', '10.77.0.0/24', 'dev', hostLink, 'table', 'local']);
    await this.#toLan('host');
  }

  /** Connects a machine. @returns its cable */
  async plugIn(machine: Space, address: string): Promise<Cable> {
    this.#ports += 1;
    const port = `port${this.#ports}`;
    const hub = this.#switch;
    await hub.must([
      ...['ip', 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0'],
      ...['netns', String(machine.pid)],
    ]);
    await this.#toLan(port);
    for (const words of [`addr add ${address}/24 dev eth0`, 'link set eth0 up']) {
      await must(['nsenter', `--target=${machine.pid}`, '--net', 'ip', ...words.split(' ')]);
    }
    return new Cable(hub, port, machine);
  }

  /** The tests' own cable, which the host under test has. */
  get hostCable(): Cable {
    return new Cable(this.#switch, 'host', undefined);
  }

  async #toLan(port: string): Promise<void> {
    await this.#switch.must(['ip', 'link', 'set', port, 'master', 'lan', 'up']);
  }

  dispose(): Promise<void> {
    return this.#disposer.dispose();
  }
}

export class Cable {
  readonly #hub: Space;
  readonly #port: string;
  readonly #machine: Space | undefined;

  constructor(hub: Space, port: string, machine: Space | undefined) {
    this.#hub = hub;
    this.#port = port;
    this.#machine = machine;
  }

  async cut(): Promise<void> {
    await this.#hub.must(['ip', 'link', 'set', this.#port, 'down']);
  }

  async mend(): Promise<void> {
    await this.#hub.must(['ip', 'link', 'set', this.#port, 'up']);
  }

  /**
   * Ends the machine's TCP connections with an address, as a firewall that forgot them would: both ends are told.
   * @returns how many there were
   */
  async reset(peer: string): Promise<number> {
    const entry = this.#machine === undefined ? [] : ['nsenter', `--target=${this.#machine.pid}`, '--net'];
    const out = await must([...entry, 'ss', '-K', '-H', '-n', '-t', 'dst', peer]);
    return out.split('\n').filter((line) => line.trim() !== '').length;
  }
}
