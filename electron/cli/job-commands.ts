import type { Command } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import { JobId } from '../contract/job.ts';
import { type CommandAdder, lookOf, wholeNumber } from './command.ts';
import {
  type CommonOptions,
  type Context,
  print,
  tellIfNotRunning,
  UsageError,
  withDoor,
} from './context.ts';
import { openPackage } from './pack.ts';
import { showJob, showJobs, showPackage } from './show-jobs.ts';
import { cleanLine, count, formatBytes } from './text.ts';

interface ListOptions extends CommonOptions {
  readonly limit: number;
}

interface AddOptions extends CommonOptions {
  readonly dryRun?: boolean;
}

interface ResultOptions extends CommonOptions {
  readonly out?: string;
  readonly tar?: string;
  readonly force?: boolean;
}

/** `jobs list|add|show|result|abort|sample`. */
export function addJobCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const jobs = program.command('jobs').description("the embedded grid's jobs on this computer");
  adder.add<ListOptions>(jobs, {
    usage: 'list',
    summary: 'running jobs, then the latest others',
    options: (command) => command.option('-n, --limit <N>', 'at most so many', wholeNumber(1, 1000), 50),
    examples: ['gleaner jobs list', 'gleaner jobs list --limit 5 --json'],
    run: async ({ json = false, limit }) => {
      const list = await withDoor(context, async (door) => await door.call('jobs.list', { limit }));
      await print(io, json, list, (value) => showJobs(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<AddOptions>(jobs, {
    usage: 'add <PATH>',
    summary: 'queue a job: a folder or tar with job.json and its input under in/',
    options: (command) => command.option('--dry-run', 'show what the job may use, and queue nothing'),
    examples: [
      'gleaner jobs add my-job/',
      'gleaner jobs add my-job.tar',
      'gleaner jobs add my-job/ --dry-run',
    ],
    run: async ({ json = false, dryRun = false }, path = '') => {
      await addJob(context, path, json, dryRun);
      return undefined;
    },
  });
  adder.add<CommonOptions>(jobs, {
    usage: 'show <ID>',
    summary: 'one job: what it may use, how it stands, what was booked, its last output',
    examples: ['gleaner jobs show 4f2a9c01d7', 'gleaner jobs show 4f2a9c01d7 --json'],
    run: async ({ json = false }, id = '') => {
      const detail = await withDoor(context, async (door) => await door.call('jobs.show', { id: jobId(id) }));
      await print(io, json, detail, (value) => showJob(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<ResultOptions>(jobs, {
    usage: 'result <ID>',
    summary: "save a finished job's result",
    options: (command) =>
      command
        .option('-o, --out <DIR>', 'unpack into this folder, which must not exist or be empty')
        .option('--tar <FILE>', 'save the tar as it is')
        .option('--force', 'replace what is there under the same names'),
    examples: [
      'gleaner jobs result 4f2a9c01d7 --out result/',
      'gleaner jobs result 4f2a9c01d7 --tar result.tar',
    ],
    run: async (options, id = '') => {
      await saveJobResult(context, jobId(id), options);
      return undefined;
    },
  });
  adder.add<CommonOptions>(jobs, {
    usage: 'abort <ID>',
    summary: 'end a job that is queued or running',
    examples: ['gleaner jobs abort 4f2a9c01d7'],
    run: async ({ json = false }, id = '') => {
      const job = await withDoor(context, async (door) => await door.call('jobs.abort', { id: jobId(id) }));
      await print(io, json, job, (value) => `${cleanLine(value.id)} is ${value.state}.`);
      return undefined;
    },
  });
  adder.add<CommonOptions>(jobs, {
    usage: 'sample',
    summary: 'queue the sample project: price a book of options',
    examples: ['gleaner jobs sample'],
    run: async ({ json = false }) => {
      const added = await withDoor(context, async (door) => {
        tellIfNotRunning(io, json, door);
        return await door.call('jobs.sample', {});
      });
      await print(io, json, added, (value) => `Queued ${count(value.length, 'job')}.`);
      return undefined;
    },
  });
}

/** What cannot be a job's id names no job. */
function jobId(id: string): string {
  if (JobId.safeParse(id).success) return id;
  throw new GleanerError(
    'not-found',
    `There is no job "${cleanLine(id).slice(0, 80)}".`,
    'See "gleaner jobs list".',
  );
}

async function addJob(context: Context, path: string, json: boolean, dryRun: boolean): Promise<void> {
  const { io } = context;
  const bytes = await openPackage(path);
  await withDoor(context, async (door) => {
    // A person sees what the job may use before it is queued; JSON is one value, so there it comes after.
    if (dryRun || !json) {
      const looked = await door.upload('jobs.add', { dryRun: true }, bytes());
      await print(io, json, looked, (value) => showPackage(value, lookOf(context)));
      if (dryRun) return;
    }
    tellIfNotRunning(io, json, door);
    const added = await door.upload('jobs.add', { dryRun: false }, bytes());
    await print(io, json, added, ({ id }) => `Queued as ${cleanLine(id ?? '?')}.`);
  });
}

async function saveJobResult(context: Context, id: string, options: ResultOptions): Promise<void> {
  const { io } = context;
  const { out, tar, json = false, force = false } = options;
  if ((out === undefined) === (tar === undefined)) {
    throw new UsageError(
      'Say where to: either --out DIR or --tar FILE.',
      `gleaner jobs result ${id} --out result/`,
    );
  }
  const { saveFile, saveResult } = await import('./save.ts');
  const saved = await withDoor(context, async (door) => {
    const bytes = await door.download('jobs.result', { id });
    if (tar !== undefined) return await saveFile(bytes, tar, force, io);
    return await saveResult(bytes, out ?? '', force, io);
  });
  await print(
    io,
    json,
    saved,
    ({ path, files, bytes }) => `Saved ${count(files, 'file')}, ${formatBytes(bytes)}, to ${cleanLine(path)}`,
  );
}
