import type { Submitted, TestPool } from '../condor/pool.ts';

/** Codes of a job log's events (HTCondor's manual, "Job Event Log Codes"). */
export const code = {
  executing: 1,
  terminated: 5,
  aborted: 9,
  held: 12,
  disconnected: 22,
  reconnectFailed: 24,
} as const;

/** Does nothing. */
export const nothing = '#!/bin/sh\nexec /bin/true\n';

/** Uses one processor for about 2 s without emulation, and for half a minute under it. */
export const computing = '#!/bin/sh\nn=0\nwhile [ $n -lt 1000000 ]; do n=$((n + 1)); done\n';

/** Uses one processor until it is removed, and tells of each step at once. */
export const stepping = `#!/bin/sh
step=0
while :; do
  n=0
  while [ $n -lt 2000 ]; do n=$((n + 1)); done
  step=$((step + 1))
  echo $step
done
`;

/** A submit description's expression: on this machine. */
export function on(machine: string): string {
  return `TARGET.Machine == "${machine}"`;
}

/**
 * A submit description of jobs of `job.sh`, whose files go both ways.
 * @param requirements which machines it may run on
 */
export function scriptJob(requirements: string, more: readonly string[] = [], count = 1): string {
  return [
    'executable = job.sh',
    'output = out.$(Process)',
    'error = err.$(Process)',
    'request_memory = 64',
    'request_disk = 1000',
    'should_transfer_files = YES',
    `requirements = ${requirements}`,
    ...more,
    `queue ${count}`,
  ].join('\n');
}

/** An event of a job's log, and when it was seen there, in ms of `performance.now()`. */
export interface SeenEvent {
  readonly code: number;
  readonly at: number;
}

/** Follows the jobs' log from now on until their events are as wanted; what was in it before is of now. */
export async function seen(
  pool: TestPool,
  job: Submitted,
  wanted: (events: readonly SeenEvent[]) => boolean,
): Promise<readonly SeenEvent[]> {
  const all: SeenEvent[] = [];
  await pool.untilJob(job, (events) => {
    const at = performance.now();
    for (const event of events.slice(all.length)) {
      if (event.code === code.held) throw new Error(`a job was held: ${event.text}`);
      all.push({ code: event.code, at });
    }
    return wanted(all);
  });
  return all;
}

/** Resolves with the times at which these many events of a kind were seen. */
export async function timesOf(
  pool: TestPool,
  job: Submitted,
  kind: number,
  count = 1,
): Promise<readonly number[]> {
  const of = (events: readonly SeenEvent[]): number[] =>
    events.flatMap((event) => (event.code === kind ? [event.at] : []));
  return of(await seen(pool, job, (events) => of(events).length >= count));
}

/** Resolves with the time at which the job was seen to run, or to have ended. */
export async function timeOf(pool: TestPool, job: Submitted, kind: number): Promise<number> {
  return (await timesOf(pool, job, kind))[0] ?? Number.NaN;
}

/** Takes the job out of the queue; resolves when it has ended. */
export async function removed(pool: TestPool, job: Submitted): Promise<void> {
  await pool.manager.must(['condor_rm', String(job.cluster)]);
  await timeOf(pool, job, code.aborted);
}
