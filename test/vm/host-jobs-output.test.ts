import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FailureCode, JobView, Snapshot } from '../../electron/contract/index.ts';
import { samplePackages } from '../../electron/grid/local/sample.ts';
import type { Host } from '../../electron/host.ts';
import {
  addJob,
  expectDone,
  expectFailed,
  type JobWords,
  program,
  resultOf,
  startedHost,
} from './host-jobs-fixture.ts';
import { addShellJob, ended, sampleDir, sees } from './host-world.ts';

/** What jobs leave behind for the host to read: results, checkpoints, progress, prices. */

const MiB = 1024 * 1024;

interface HostileResult {
  readonly what: string;
  readonly code: FailureCode;
  readonly says: RegExp;
}

/** By the names that programs/hostile_output.py has for them. */
const refused: readonly HostileResult[] = [
  { what: 'line_end', code: 'archive-invalid', says: /control character in its name/ },
  { what: 'escape', code: 'archive-invalid', says: /control character in its name/ },
  { what: 'backslash', code: 'archive-invalid', says: /backslash in its name/ },
  { what: 'not_utf8', code: 'archive-invalid', says: /not UTF-8/ },
  { what: 'deep', code: 'archive-invalid', says: /more than 16 folders deep/ },
  { what: 'many', code: 'job-output-too-large', says: /more than 10000 entries/ },
  { what: 'too_large', code: 'job-output-too-large', says: /"out" holds more than 1048576 bytes/ },
  { what: 'sparse', code: 'job-output-too-large', says: /do not fit on the out disk/ },
];

interface Cheat {
  readonly how: string;
  readonly says: RegExp;
}

/** By the names that programs/cheat.py has for them. */
const cheats: readonly Cheat[] = [
  { how: 'wrong', says: /standard errors from/ },
  { how: 'unsure', says: /claims a standard error of/ },
  { how: 'no-number', says: /not an option, a price and a standard error/ },
  { how: 'folder', says: /prices\.csv is missing/ },
  { how: 'empty', says: /prices\.csv is missing/ },
];

/** Counts until it is ended, beside a checkpoint that nobody takes. */
const endless = String.raw`printf x >"checkpoint/$(printf 'a\nb')"
n=0; while :; do n=$((n + 1)); echo "0.5 $n" >progress; sleep 1; done`;

let world: Awaited<ReturnType<typeof startedHost>> | undefined;
const ids = new Map<string, string>();
const problemsTold = new Set<string>();
/** What the host ever told of a job's progress, and whether it had a checkpoint. */
const told: Pick<JobView, 'id' | 'progress' | 'progressText' | 'checkpointAt'>[] = [];

beforeAll(async () => {
  world = await startedHost();
  const { host } = world;
  host.subscribe(({ snapshot }) => {
    for (const { sentence } of snapshot.problems) problemsTold.add(sentence);
    for (const job of snapshot.jobs) if (job.state === 'running') told.push(job);
  });
  const limits = { output: MiB };
  const add = async (name: string, line: string, words: JobWords, file: string): Promise<void> => {
    const files = [{ path: 'in/program.py', content: program(file) }];
    ids.set(name, await addJob(host, line, { title: name, limits, ...words }, files));
  };
  for (const what of ['links', 'odd_names', ...refused.map((one) => one.what)]) {
    await add(what, `python3 in/program.py ${what}`, {}, 'hostile_output.py');
  }
  // Long enough that a checkpoint is asked for.
  const checkpoint = { interval: 5 };
  await add('replaced', 'python3 in/program.py replaced; sleep 8', { checkpoint }, 'hostile_output.py');
  await add('checkpoint', endless, { checkpoint }, 'progress.py');
  await add('progress', 'python3 in/program.py', {}, 'progress.py');
  const { value: sample } = await samplePackages(sampleDir).next();
  if (!sample) throw new Error('no sample');
  for (const { how } of cheats) {
    const files = sample.files.map((file) =>
      file.path === 'in/price.py' ? { ...file, content: program('cheat.py') } : file,
    );
    const { document } = sample;
    const command = [...document.command, how];
    ids.set(how, await addShellJob(host, how, { ...document, ...{ command } }, files));
  }
});
afterAll(async () => {
  await world?.end();
});

const running = (): Host => {
  if (!world) throw new Error('no host');
  return world.host;
};
const endOf = (name: string) => ended(running(), ids.get(name) ?? '');

test('links, pipes and sockets stay behind; a file with two names is two files', async () => {
  const shown = await endOf('links');
  expectDone(shown);
  const result = await resultOf(running(), shown.job.id);
  expect([...result.keys()].toSorted()).toEqual(['out/', 'out/kept', 'out/twin', 'stderr', 'stdout']);
  expect(result.get('out/twin')).toBe('kept\n');
});

test('names that mean something elsewhere are only names', async () => {
  const shown = await endOf('odd_names');
  expectDone(shown);
  const result = await resultOf(running(), shown.job.id);
  for (const name of ['dev/sda', 'CON', '...', '..evil', '-rf', '~', '$(reboot)', 'a b', 'ä', 'stdout']) {
    expect(result.get(`out/${name}`)).toBe(name);
  }
});

test.for(refused)('a result is refused: $what', async ({ what, code, says }) => {
  const shown = await endOf(what);
  expectFailed(shown, code, says);
  expect(shown.job.hasResult).toBe(false);
});

test('folders replaced by a link to the root and by a pipe give nothing, and block nothing', async () => {
  const shown = await endOf('replaced');
  expectDone(shown);
  const result = await resultOf(running(), shown.job.id);
  expect([...result.keys()].toSorted()).toEqual(['out/', 'stderr', 'stdout']);
  // The file bound in as progress could be neither removed nor replaced.
  expect(shown.stdout).toBe('Device or resource busy\n'.repeat(3));
  expect(told.filter(({ id }) => id === shown.job.id).map(({ checkpointAt }) => checkpointAt)).toContain(
    null,
  );
  expect((await running().call('status', {})).problems).toEqual([]);
});

test('a checkpoint with a bad name is not kept, which is told while the job goes on', async () => {
  const id = ids.get('checkpoint') ?? '';
  const count = ({ jobs }: Snapshot): number => Number(jobs.find((job) => job.id === id)?.progressText);
  const since = count(await sees(running(), ({ problems }) => problems.length > 0));
  await sees(running(), (snapshot) => count(snapshot) > since);
  await running().call('jobs.abort', { id });
  const { job, entries } = await ended(running(), id);
  expect(job).toMatchObject({ state: 'aborted', attempt: 1, hasResult: false });
  expect(entries.map(({ body }) => body)).toMatchObject([{ attempt: 1, outcome: 'aborted', credit: null }]);
  expect([...problemsTold]).toEqual([expect.stringMatching(/^No checkpoint was kept\. .*control character/)]);
  expect(told.some((seen) => seen.id === id && seen.checkpointAt !== null)).toBe(false);
});

test('rubbish in progress is no progress, and hostile words come through clean and short', async () => {
  const shown = await endOf('progress');
  expectDone(shown);
  const seen = told.filter(({ id }) => id === shown.job.id);
  expect(new Set(seen.map(({ progress }) => progress))).toEqual(new Set([null, 0.75]));
  for (const { progressText } of seen) {
    expect(progressText).toMatch(/^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e]{0,200}$/);
  }
  expect(seen.at(-1)?.progressText).toMatch(/title.*gnol y{50,}/);
});

test.for(cheats)('prices that are $how earn nothing', async ({ how, says }) => {
  const shown = await endOf(how);
  expectFailed(shown, 'job-check-failed', says);
});

test('after all of them a good job runs', async () => {
  const shown = await ended(running(), await addJob(running(), 'echo good >out/y'));
  expectDone(shown);
  const { today, problems } = await running().call('status', {});
  expect(today.earned).toMatchObject([{ unit: 'points', settled: 5 }]);
  expect(problems).toEqual([]);
  expect(await running().call('ledger.verify', {})).toMatchObject({ ok: true });
});
