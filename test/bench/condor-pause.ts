import { join } from 'node:path';
import { countingJob, countingResult, countingScript } from '../condor/jobs.ts';
import { Tail } from '../condor/tail.ts';
import { code, on, removed, scriptJob, stepping, timeOf } from './condor-jobs.ts';
import { type CondorWorld, report } from './condor-world.ts';
import { median } from './figure.ts';
import { freezeFigures } from './pauses.ts';
import { span } from './world.ts';

const freezes = 20;
const countedSteps = 20;
const countingRounds = 2;
/** Seconds that the counting job takes, its first before it is frozen, and for which it is frozen. */
const counting = { steps: 6, beforeMs: 2000, frozenMs: 10_000 };

/** A job that uses all of the VM's processor is frozen again and again. */
async function steps({ pool, pc }: CondorWorld, vm: string): Promise<void> {
  const job = await pool.submit(scriptJob(on(vm), ['stream_output = True']), { 'job.sh': stepping });
  const out = new Tail(join(job.dir, 'out.0'));
  await out.untilMatch(/\d\n/);
  const goesOn: number[] = [];
  const figures = await freezeFigures(pc.host, freezes, async () => {
    const from = out.end;
    const asked = performance.now();
    const next = out.untilMatch(/\d\n/, from).then(() => performance.now() - asked);
    await pc.host.call('resume', {});
    goesOn.push(await next);
  });
  for (const [what, p, value] of figures) {
    report({ metric: `freeze of a running job, ${what}, p${p}`, value, unit: 'ms' });
  }
  const lines = (text: string): number => text.split('\n').length;
  const began = performance.now();
  const last = lines(out.text) + countedSteps;
  await out.until((text) => (lines(text) >= last ? true : undefined));
  const stepMs = (performance.now() - began) / countedSteps;
  report({
    metric: 'resume to the job’s next output, beside a step of it, median',
    value: median(goesOn),
    unit: 'ms',
    baseline: stepMs,
  });
  await removed(pool, job);
}

/** In ms, from running to its end. */
async function counted({ pool }: CondorWorld, vm: string, meanwhile: () => Promise<void>): Promise<number> {
  const job = await pool.submit(
    `requirements = ${on(vm)}\n${countingJob({ steps: counting.steps, perCheckpoint: counting.steps })}`,
    countingScript,
  );
  const began = await timeOf(pool, job, code.executing);
  await meanwhile();
  const ended = await timeOf(pool, job, code.terminated);
  if (pool.output(job, 'out') !== countingResult(counting.steps)) throw new Error('the job counted wrong');
  return ended - began;
}

/** What a freeze costs a job beyond its own time. */
async function lostMs(world: CondorWorld, vm: string): Promise<number> {
  const { host } = world.pc;
  const undisturbed = await counted(world, vm, () => Promise.resolve());
  let frozenMs = 0;
  const frozen = await counted(world, vm, async () => {
    await span(counting.beforeMs);
    const asked = performance.now();
    await host.call('pause', { length: 'manual' });
    await span(counting.frozenMs);
    frozenMs = performance.now() - asked;
    await host.call('resume', {});
  });
  return frozen - frozenMs - undisturbed;
}

export async function pauseFigures(world: CondorWorld, vm: string): Promise<void> {
  await steps(world, vm);
  const lost: number[] = [];
  for (let round = 0; round < countingRounds; round += 1) lost.push(await lostMs(world, vm));
  report({
    metric: `what a job of ${counting.steps} s loses by ${counting.frozenMs / 1000} s frozen, median`,
    value: median(lost) / 1000,
    unit: 's',
  });
}
