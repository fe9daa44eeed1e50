import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FailureCode, Snapshot } from '../../electron/contract/index.ts';
import type { Host } from '../../electron/host.ts';
import {
  addJob,
  type Ended,
  expectDone,
  expectFailed,
  type JobWords,
  program,
  resultOf,
  startedHost,
} from './host-jobs-fixture.ts';
import { ended, sees } from './host-world.ts';

/**
 * Jobs that break every limit, one after another on one host and one boot: each fails for its own reason, earns
 * nothing, and leaves the machine as the next one needs it.
 */

const MiB = 1024 * 1024;

interface BadJob {
  readonly name: string;
  readonly line: string;
  readonly words?: JobWords;
  readonly code: FailureCode;
  readonly says: RegExp;
  /** What else is true of it. */
  readonly more?: (shown: Ended, host: Host) => Promise<void> | void;
}

const bad: readonly BadJob[] = [
  {
    name: 'never ends',
    line: 'echo begun; sleep 100000',
    words: { limits: { wall: 3 } },
    code: 'job-wall-limit',
    says: /longer than the 3 s/,
    more: ({ stdout, entries }) => {
      expect(stdout).toBe('begun\n');
      expect(entries[0]?.body.wallSeconds).toBeGreaterThanOrEqual(3);
    },
  },
  {
    name: 'never ends and does not listen to signals',
    line: "trap '' TERM INT HUP; while :; do sleep 1; done & while :; do sleep 1; done",
    words: { limits: { wall: 3 } },
    code: 'job-wall-limit',
    says: /longer than the 3 s/,
  },
  {
    name: 'uses more CPU time than it may',
    line: 'while :; do :; done',
    words: { limits: { cpu: 2 } },
    code: 'job-cpu-limit',
    says: /more than the 2 s of CPU time/,
    more: ({ entries }) => {
      expect(entries[0]?.body.cpuSeconds).toBeGreaterThan(2);
    },
  },
  {
    name: 'eats all memory',
    line: 'echo begun; python3 -c "x = []\nwhile True: x.append(bytearray(1 << 20))"; echo not reached',
    words: { memory: 48 * MiB },
    code: 'job-out-of-memory',
    says: /more memory than the 48 MiB/,
    more: ({ entries, stdout }) => {
      expect(stdout).toBe('begun\n');
      expect(entries[0]?.body.memoryPeakBytes).toBeLessThanOrEqual(48 * MiB);
    },
  },
  {
    name: 'fills its memory with files',
    line: 'head -c 200M /dev/zero >/dev/shm/full',
    words: { memory: 48 * MiB },
    code: 'job-out-of-memory',
    says: /more memory than the 48 MiB/,
  },
  {
    name: 'fills its disk',
    line: 'dd if=/dev/zero of=full bs=1M 2>&1; dd if=/dev/zero of=/tmp/more bs=1M count=1 && exit 0; exit 28',
    code: 'job-exited',
    says: /exit code 28/,
    more: ({ stdout, stderr }) => {
      expect(stdout).toContain('No space left on device');
      expect(stderr).toContain('No space left on device');
    },
  },
  {
    name: 'prints 1 GB',
    line: 'head -c 4096 /dev/zero | tr "\\0" a; head -c 1000000000 /dev/zero; echo complaint >&2; exit 7',
    words: { limits: { log: 4096 } },
    code: 'job-exited',
    says: /exit code 7/,
    more: async ({ job, stderr, truncated }, host) => {
      const result = await resultOf(host, job.id);
      expect(result.get('stdout')).toBe('a'.repeat(4096));
      expect(stderr).toBe('complaint\n');
      expect(truncated).toEqual(['stdout']);
    },
  },
  {
    name: 'exits with a code of its own',
    line: 'echo why >&2; exit 42',
    code: 'job-exited',
    says: /exit code 42/,
    more: ({ stderr, truncated }) => {
      expect(stderr).toBe('why\n');
      expect(truncated).toEqual([]);
    },
  },
  {
    name: 'dies by a signal',
    line: 'kill -s SEGV $$',
    code: 'job-signaled',
    says: /signal 11 \(SIGSEGV\)/,
  },
  {
    name: 'kills all that it can',
    line: 'kill -s KILL -1; kill -s KILL 1; kill -s KILL $$',
    code: 'job-signaled',
    says: /signal 9 \(SIGKILL\)/,
  },
];

let world: Awaited<ReturnType<typeof startedHost>> | undefined;
const ids = new Map<string, string>();
/** VM phases as they were seen, without repetitions. */
const phases: string[] = [];

beforeAll(async () => {
  world = await startedHost();
  const { host } = world;
  host.subscribe(({ snapshot }) => {
    const phase = snapshot.vms[0]?.phase;
    if (phase !== undefined && phases.at(-1) !== phase) phases.push(phase);
  });
  for (const { name, line, words = {} } of bad) {
    ids.set(name, await addJob(host, line, { title: name, ...words }));
  }
});
afterAll(async () => {
  await world?.end();
});

const running = (): { host: Host; dir: string } => {
  if (!world) throw new Error('no host');
  return world;
};

test.for(bad)('a job that $name', async ({ name, code, says, more }) => {
  const { host } = running();
  const shown = await ended(host, ids.get(name) ?? '');
  expectFailed(shown, code, says);
  await more?.(shown, host);
});

test('a job that forks without bound, until the person aborts it', async () => {
  const { host } = running();
  const files = [{ path: 'in/program.py', content: program('forkbomb.py') }];
  const words = { limits: { processes: 32 } };
  const id = await addJob(host, 'python3 in/program.py', words, files);
  const refused = ({ jobs }: Snapshot): RegExpExecArray | null =>
    /^refused after (\d+): /.exec(jobs.find((job) => job.id === id)?.progressText ?? '');
  const children = Number(refused(await sees(host, (seen) => refused(seen) !== null))?.[1]);
  expect(children).toBeGreaterThan(0);
  expect(children).toBeLessThan(32);
  const job = await host.call('jobs.abort', { id });
  expect(job).toMatchObject({ state: 'aborted', earned: null, failure: { code: 'job-aborted' } });
});

test('a job whose command does not exist', async () => {
  const { host } = running();
  const id = await addJob(host, 'nothing', { command: ['/no/such/program'] });
  const shown = await ended(host, id);
  expectFailed(shown, 'launch-failed', /program cannot be executed/);
  expect(shown.job.hasResult).toBe(false);
});

test('a job whose deadline passes', async () => {
  const { host } = running();
  const deadline = new Date(Date.now() + 5000).toISOString();
  const { job, entries } = await ended(host, await addJob(host, 'sleep 100000', { deadline }));
  expect(job).toMatchObject({ state: 'failed', earned: null, failure: { code: 'job-deadline' } });
  // Nothing is booked of a job that could not even start in time.
  expect(entries).toHaveLength(job.attempt);
  expect(entries.every(({ body }) => body.credit === null && body.failure === 'job-deadline')).toBe(true);
});

test('a job that the person aborts', async () => {
  const { host } = running();
  const id = await addJob(host, 'sleep 100000');
  await sees(host, ({ jobs }) => jobs.some((job) => job.id === id && job.state === 'running'));
  const job = await host.call('jobs.abort', { id });
  expect(job).toMatchObject({ state: 'aborted', earned: null, failure: { code: 'job-aborted' } });
});

test('after all of them the queue goes on, on the same boot, and the good job alone has earned', async () => {
  const { host } = running();
  const shown = await ended(
    host,
    await addJob(host, 'cat in/x >out/y', {}, [{ path: 'in/x', content: 'good' }]),
  );
  expectDone(shown);
  expect((await resultOf(host, shown.job.id)).get('out/y')).toBe('good');
  const { today, problems, grids }: Snapshot = await host.call('status', {});
  expect(today.earned).toEqual([{ grid: 'local', unit: 'points', settled: 1, pending: 0, observed: 0 }]);
  expect(grids[0]).toMatchObject({ queued: 0, running: 0, done: 1, failed: bad.length + 2, aborted: 2 });
  expect(problems).toEqual([]);
  expect(phases.filter((phase) => phase === 'running')).toHaveLength(1);
  expect(await host.call('ledger.verify', {})).toMatchObject({ ok: true });
});
