import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJobLog } from './job-log.ts';
import type { CondorMachine } from './machine.ts';
import type { Submitted } from './pool.ts';
import { Tail } from './tail.ts';

/**
 * What a job waits for before its last step: its file `told`, that it hears that its computer stood frozen, or that it was taken
 * `anew` after an execution that did not end.
 */
export type Awaited = 'told' | 'frozen' | 'anew';

/** Files of a job that counts once a second and adds up; it goes on from its file `state`, where there is one. */
export const countingScript = {
  'count.sh': `#!/bin/sh
steps=$1 each=$2 awaited=\${3-}
hears() {
  case $awaited in
    told) [ -e told ] ;;
    frozen) /usr/libexec/condor/condor_chirp get_job_attr_delayed ChirpGleanerFrozen | grep -q '[|]' ;;
    anew) ! grep -qx 'NumShadowStarts = 1' "$_CONDOR_JOB_AD" ;;
  esac
}
read -r n sum starts < state 2>/dev/null || { n=0; sum=0; starts=0; }
starts=$((starts + 1))
while [ "$n" -lt "$steps" ]; do
  sleep 1
  [ $((n + 1)) -lt "$steps" ] || until hears; do sleep 1; done
  n=$((n + 1)); sum=$((sum + n * n))
  echo "$n $sum $starts" > state.new && mv state.new state
  [ $((n % each)) = 0 ] && [ "$n" -lt "$steps" ] && exit 85
done
echo "$steps steps, sum $sum"
`,
} as const;

/**
 * Its submit description.
 * @param steps seconds that it takes, but for what it waits
 * @param perCheckpoint steps between two checkpoints of its own
 * @param until what its last step waits for; nothing when left out
 */
export function countingJob({
  steps,
  perCheckpoint,
  until = '',
}: {
  steps: number;
  perCheckpoint: number;
  until?: Awaited | '';
}): string {
  return `
executable = count.sh
arguments = ${steps} ${perCheckpoint} ${until}
output = out
error = err
should_transfer_files = YES
when_to_transfer_output = ON_EXIT_OR_EVICT
checkpoint_exit_code = 85
transfer_checkpoint_files = state
request_memory = 64
request_disk = 1000
queue
`;
}

/** What it writes to its output, however often it was moved. */
export function countingResult(steps: number): string {
  return `${steps} steps, sum ${(steps * (steps + 1) * (2 * steps + 1)) / 6}\n`;
}

/** A running job's own folder on the node, wherever the job's log says that it is. */
function scratchDir(node: CondorMachine, job: Submitted): string {
  const dirs = parseJobLog(job.events.text).flatMap(
    ({ text }) => /CondorScratchDir = "\/var\/lib\/condor\/([^"]+)"/.exec(text)?.[1] ?? [],
  );
  const dir = dirs.at(-1);
  if (dir === undefined) throw new Error('the job does not run yet');
  return join(node.box.dir, 'lib', dir);
}

/** A file of a running job's own folder. */
export function scratchFile(node: CondorMachine, job: Submitted, name: string): Tail {
  return new Tail(join(scratchDir(node, job), name));
}

/** Lets the present execution of a job go on that waits until it is told. */
export function tell(node: CondorMachine, job: Submitted): void {
  writeFileSync(join(scratchDir(node, job), 'told'), '');
}
