import { join } from 'node:path';
import { Tail } from '../condor/tail.ts';
import { on, removed, scriptJob, stepping } from './condor-jobs.ts';
import { type CondorWorld, report } from './condor-world.ts';
import { median } from './figure.ts';
import { freezeFigures } from './pauses.ts';

const freezes = 20;
const countedSteps = 20;

/** A job that uses all of the VM's processor is frozen again and again. */
export async function pauseFigures({ pool, pc }: CondorWorld, vm: string): Promise<void> {
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
