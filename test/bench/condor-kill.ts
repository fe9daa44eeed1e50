import type { PlainNode } from '../condor/plain-node.ts';
import type { Submitted } from '../condor/pool.ts';
import { gridId } from '../condor/pool-host.ts';
import { qemuPid } from '../vm/host-faults-world.ts';
import { code, on, removed, scriptJob, seen, timeOf } from './condor-jobs.ts';
import { type CondorWorld, memoryMiB, report } from './condor-world.ts';
import { median } from './figure.ts';
import { pssMiB, readyVm, span } from './world.ts';

const rounds = 2;
const leaseSeconds = 20;
/** It has said what it had to say. */
const idleMs = 2000;
/** Outlasts a lease and all that follows. */
const waiting = '#!/bin/sh\nexec sleep 600\n';

/** In ms from the kill. */
interface Rescheduled {
  readonly givenUpMs: number;
  readonly runningMs: number;
}

/** A job that runs on the first machine. Later it may go to the second one, and to what is still told of the first. */
async function started({ pool }: CondorWorld, first: string, second: string): Promise<Submitted> {
  const requirements = `(${on(first)}) || ((NumJobStarts ?: 0) > 0 && ${on(second)})`;
  const job = await pool.submit(scriptJob(requirements, [`job_lease_duration = ${leaseSeconds}`]), {
    'job.sh': waiting,
  });
  await timeOf(pool, job, code.executing);
  return job;
}

async function rescheduled({ pool }: CondorWorld, job: Submitted, killedAt: number): Promise<Rescheduled> {
  const events = await seen(
    pool,
    job,
    (all) => all.filter((event) => event.code === code.executing).length >= 2,
  );
  await removed(pool, job);
  const lastOf = (kind: number): number => events.findLast((event) => event.code === kind)?.at ?? Number.NaN;
  return { givenUpMs: lastOf(code.reconnectFailed) - killedAt, runningMs: lastOf(code.executing) - killedAt };
}

/** Both machines are killed at once, each with a job that may go to one other machine. */
async function killed(
  world: CondorWorld,
  vm: string,
  plain: PlainNode,
  [first, second]: readonly [PlainNode, PlainNode],
): Promise<{ readonly ours: Rescheduled; readonly theirs: Rescheduled }> {
  const ours = await started(world, vm, first.machine.name);
  const theirs = await started(world, plain.machine.name, second.machine.name);
  process.kill(qemuPid(world.pc.dir, gridId), 'SIGKILL');
  const vmAt = performance.now();
  // It would start its VM again, to which the job could go back.
  await world.pc.host.call('pause', { length: 'manual' });
  await plain.machine.kill9All();
  const plainAt = performance.now();
  const [a, b] = await Promise.all([rescheduled(world, ours, vmAt), rescheduled(world, theirs, plainAt)]);
  return { ours: a, theirs: b };
}

/** The machines that were killed start anew. @returns the VM's PSS in MiB before it has a job */
async function back({ pool, pc }: CondorWorld, vm: string, plain: PlainNode): Promise<number> {
  const since = Math.floor(Date.now() / 1000);
  await pc.host.call('resume', {});
  await plain.up();
  await pool.untilSlots((slots) =>
    slots.some(({ Machine, DaemonStartTime }) => Machine === vm && Number(DaemonStartTime) >= since),
  );
  await span(idleMs);
  return pssMiB(qemuPid(pc.dir, gridId));
}

/** PSS in MiB of a VM of the same size that nobody uses. */
async function readyMemory(): Promise<number> {
  const { vm, dispose } = await readyVm(1, { memoryBytes: memoryMiB * 1024 * 1024 });
  try {
    await span(idleMs);
    const { pid } = vm.status();
    return pid === null ? Number.NaN : pssMiB(pid);
  } finally {
    await dispose();
  }
}

export async function killFigures(
  world: CondorWorld,
  vm: string,
  plain: PlainNode,
  others: readonly [PlainNode, PlainNode],
): Promise<void> {
  const ours: Rescheduled[] = [];
  const theirs: Rescheduled[] = [];
  const memory: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    if (round > 0) memory.push(await back(world, vm, plain));
    const one = await killed(world, vm, plain, others);
    ours.push(one.ours);
    theirs.push(one.theirs);
  }
  for (const [what, of] of [
    ['the pool gives the node up', ({ givenUpMs }: Rescheduled) => givenUpMs],
    ['from then to running on another node', (one: Rescheduled) => one.runningMs - one.givenUpMs],
    ['running on another node', ({ runningMs }: Rescheduled) => runningMs],
  ] as const) {
    report({
      metric: `kill of QEMU with a job of ${leaseSeconds} s lease: ${what}, median`,
      value: median(ours.map(of)) / 1000,
      unit: 's',
      baseline: median(theirs.map(of)) / 1000,
    });
  }
  report({
    metric: 'memory of the VM that has joined and has no job',
    value: median(memory),
    unit: 'MiB',
    baseline: await readyMemory(),
  });
}
