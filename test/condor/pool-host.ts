import { readdirSync } from 'node:fs';
import type { Disposable } from '../../electron/base/disposal.ts';
import type { GridDetail, Snapshot } from '../../electron/contract/index.ts';
import type { Host, HostOptions } from '../../electron/host.ts';
import { temporaryDir } from '../vm/harness.ts';
import { qemuPid } from '../vm/host-faults-world.ts';
import { hostIn, sees } from '../vm/host-world.ts';
import type { PoolSide } from './pool-side.ts';

const MiB = 1024 * 1024;
export const gridId = 'condor-pool-test';

/** A computer of the company: a real host with its VM, in the tests' own namespace. */
export class PoolHost implements Disposable {
  readonly host: Host;
  readonly name: string;
  readonly dir: string;
  readonly #remove: () => void;

  private constructor(host: Host, name: string, { dir, remove }: ReturnType<typeof temporaryDir>) {
    this.host = host;
    this.name = name;
    this.dir = dir;
    this.#remove = remove;
  }

  /** Started, with everything in a folder of its own; not joined yet. */
  static async start(
    name: string,
    settings: Readonly<Record<string, string | number | boolean | null>> = {},
    overrides: Partial<HostOptions> = {},
  ): Promise<PoolHost> {
    const folder = temporaryDir();
    const host = await hostIn(folder.dir, overrides);
    const pool = new PoolHost(host, name, folder);
    await host.start();
    const values = { 'vm.memoryBytes': 512 * MiB, 'vm.vcpus': 1, ...settings };
    for (const [key, value] of Object.entries(values)) await host.call('settings.set', { key, value });
    return pool;
  }

  async join(side: PoolSide, ...more: readonly string[]): Promise<void> {
    await this.joinBy(await side.enrolment(this.name, ...more));
  }

  /** @param text an enrolment, of whatever computer's name */
  async joinBy(text: string): Promise<void> {
    const from = { kind: 'text', text } as const;
    const { contacts } = await this.host.call('pools.lookup', { from });
    await this.host.call('pools.join', {
      from,
      contacts: contacts.map(({ host, port }) => ({ host, port })),
      share: 100,
    });
  }

  /** Resolves with the first Snapshot in which the pool is as wanted. */
  sees(wanted: (grid: Snapshot['grids'][number], snapshot: Snapshot) => boolean): Promise<Snapshot> {
    return sees(this.host, (snapshot) =>
      snapshot.grids.some((grid) => grid.id === gridId && wanted(grid, snapshot)),
    );
  }

  detail(): Promise<GridDetail> {
    return this.host.call('grids.show', { id: gridId });
  }

  /** Ends its VM at once, as a fault of the machine would. */
  killVm(): void {
    process.kill(qemuPid(this.dir, gridId), 'SIGKILL');
  }

  /** Names of all that lies in the host's folder. */
  files(): string[] {
    return readdirSync(this.dir, { recursive: true, encoding: 'utf8' });
  }

  async dispose(): Promise<void> {
    await this.host.stop();
    this.#remove();
  }
}
