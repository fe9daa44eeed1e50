import { Disposer } from '../../electron/base/disposal.ts';
import { PlainNode } from '../condor/plain-node.ts';
import type { TestPool } from '../condor/pool.ts';
import { PoolHost } from '../condor/pool-host.ts';
import { PoolSide } from '../condor/pool-side.ts';
import { undisturbed } from '../fixtures/undisturbed.ts';
import type { Figure } from './figure.ts';

export const memoryMiB = 512;

/** What the parts of the bench share: a pool, a computer that joins it, and nodes without a VM to measure it by. */
export interface CondorWorld {
  readonly side: PoolSide;
  readonly pool: TestPool;
  readonly pc: PoolHost;
  /** Joins the pool, with as many processors and as much memory as the VM. It ends with the pool. */
  plainNode(name: string): Promise<PlainNode>;
  dispose(): Promise<void>;
}

export async function condorWorld(): Promise<CondorWorld> {
  const disposer = new Disposer();
  try {
    const side = disposer.own(await PoolSide.start());
    const pc = disposer.own(await PoolHost.start('pc', undisturbed as Record<string, number | null>));
    let nodes = 0;
    return {
      side,
      pool: side.pool,
      pc,
      plainNode: (name) => {
        nodes += 1;
        return PlainNode.start(side.pool, { name, address: `10.77.0.${10 + nodes}`, cpus: 1, memoryMiB });
      },
      dispose: () => disposer.dispose(),
    };
  } catch (error) {
    await disposer.dispose();
    throw error;
  }
}

/** Tells the bench outside of this network of a figure. */
export function report(figure: Omit<Figure, 'name'>): void {
  console.log(JSON.stringify(figure));
}

/** The full name that a machine of the pool has. */
export function machineName(pool: TestPool, name: string): string {
  return `${name}.${pool.domain}`;
}
