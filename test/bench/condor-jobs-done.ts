import type { PlainNode } from '../condor/plain-node.ts';
import type { TestPool } from '../condor/pool.ts';
import { code, computing, nothing, on, scriptJob, timeOf, timesOf } from './condor-jobs.ts';
import { type CondorWorld, report } from './condor-world.ts';
import { median } from './figure.ts';

const rounds = 3;
const computingRounds = 2;
/** Of one cluster: the first has its slot claimed, the others follow on it one by one. */
const perCluster = 3;

interface Turnarounds {
  readonly unclaimed: number[];
  readonly claimed: number[];
}

async function cluster(pool: TestPool, machine: string, { unclaimed, claimed }: Turnarounds): Promise<void> {
  const began = performance.now();
  const job = await pool.submit(scriptJob(on(machine), [], perCluster), { 'job.sh': nothing });
  const ended = await timesOf(pool, job, code.terminated, perCluster);
  let last = began;
  for (const [index, at] of ended.entries()) {
    (index === 0 ? unclaimed : claimed).push(at - last);
    last = at;
  }
}

/** In ms, from running to its end. */
async function computed(pool: TestPool, machine: string): Promise<number> {
  const job = await pool.submit(scriptJob(on(machine)), { 'job.sh': computing });
  const began = await timeOf(pool, job, code.executing);
  return (await timeOf(pool, job, code.terminated)) - began;
}

/** Jobs in the VM and on the plain node in turn. */
export async function turnaroundFigures({ pool }: CondorWorld, vm: string, plain: PlainNode): Promise<void> {
  const { name } = plain.machine;
  const ours: Turnarounds = { unclaimed: [], claimed: [] };
  const theirs: Turnarounds = { unclaimed: [], claimed: [] };
  for (let round = 0; round < rounds; round += 1) {
    await cluster(pool, name, theirs);
    await cluster(pool, vm, ours);
  }
  const figure = (metric: string, value: readonly number[], baseline: readonly number[]): void => {
    report({ metric, value: median(value) / 1000, unit: 's', baseline: median(baseline) / 1000 });
  };
  figure('no-op job, submit to terminated, median', ours.unclaimed, theirs.unclaimed);
  figure('no-op job that follows on a claimed slot, median', ours.claimed, theirs.claimed);
  const inVm: number[] = [];
  const native: number[] = [];
  for (let round = 0; round < computingRounds; round += 1) {
    native.push(await computed(pool, name));
    inVm.push(await computed(pool, vm));
  }
  figure('CPU-bound job under emulation, running to terminated, median', inVm, native);
}
