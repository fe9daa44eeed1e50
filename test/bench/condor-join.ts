import type { PlainNode } from '../condor/plain-node.ts';
import { gridId } from '../condor/pool-host.ts';
import { code, nothing, on, scriptJob, timeOf } from './condor-jobs.ts';
import { type CondorWorld, machineName, report } from './condor-world.ts';
import { median } from './figure.ts';

/** In ms from the beginning of a join. */
interface Joined {
  readonly slotMs: number;
  readonly runningMs: number;
}

/**
 * A node joins under a name that the pool does not know yet, and a job waits for it there.
 * @param join resolves when it was asked to, or later
 */
async function joined({ pool }: CondorWorld, name: string, join: () => Promise<void>): Promise<Joined> {
  const machine = machineName(pool, name);
  const job = await pool.submit(scriptJob(on(machine)), { 'job.sh': nothing });
  const log = pool.manager.log('Collector');
  const began = performance.now();
  const since = (): number => performance.now() - began;
  const [, slotMs, runningAt] = await Promise.all([
    join(),
    log.untilMatch(new RegExp(`MachineSlotAd\\s*: Inserting.*${machine}`), log.end).then(since),
    timeOf(pool, job, code.executing),
  ]);
  await timeOf(pool, job, code.terminated);
  return { slotMs, runningMs: runningAt - began };
}

/**
 * Joins of the VM and of plain nodes in turn.
 * @returns the machine that the VM is now, and the nodes
 */
export async function joinFigures(
  world: CondorWorld,
): Promise<{ vm: string; plain: PlainNode; others: readonly [PlainNode, PlainNode] }> {
  const { side, pc, pool } = world;
  const ours: Joined[] = [];
  const theirs: Joined[] = [];
  const join = async (name: string): Promise<void> => {
    const text = await side.enrolment(name);
    ours.push(await joined(world, name, () => pc.joinBy(text)));
  };
  const joinPlain = async (name: string): Promise<PlainNode> => {
    const nodes: PlainNode[] = [];
    theirs.push(
      await joined(world, name, async () => {
        nodes.push(await world.plainNode(name));
      }),
    );
    const [node] = nodes;
    if (node === undefined) throw new Error(`${name} did not start`);
    return node;
  };
  const leave = (): Promise<unknown> => pc.host.call('grids.leave', { id: gridId });
  const plain = await joinPlain('plain1');
  await join('pc1');
  await leave();
  const first = await joinPlain('plain2');
  await join('pc2');
  await leave();
  const second = await joinPlain('plain3');
  await join('pc3');
  for (const [what, of] of [
    ['join to the pool knows the slot, median', ({ slotMs }: Joined) => slotMs],
    ['join to the first job running, median', ({ runningMs }: Joined) => runningMs],
  ] as const) {
    report({
      metric: what,
      value: median(ours.map(of)) / 1000,
      unit: 's',
      baseline: median(theirs.map(of)) / 1000,
    });
  }
  return { vm: machineName(pool, 'pc3'), plain, others: [first, second] };
}
