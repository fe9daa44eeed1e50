import { type Command, InvalidArgumentError, Option } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import { CheckId, LogLevel, type LogLine } from '../contract/health.ts';
import { type CommandAdder, lookOf, wholeNumber } from './command.ts';
import { type CommonOptions, type Context, print, UsageError, withDoor } from './context.ts';
import { clientOf } from './door.ts';
import type { Ending } from './exit.ts';
import { showChecks, showFixReport, showLogLine, showVersions } from './show-health.ts';
import { cleanLine, formatBytes, toJson } from './text.ts';

interface DoctorOptions extends CommonOptions {
  readonly fix?: CheckId;
}

interface LogOptions extends CommonOptions {
  readonly lines: number;
  readonly level?: LogLevel;
  readonly topic?: string;
  readonly follow?: boolean;
}

interface BundleOptions extends CommonOptions {
  readonly force?: boolean;
}

/** How often a log that is followed is looked at, in ms. */
const followMs = 1000;

/** `doctor`, `versions`, `logs`, `support-bundle`. */
export function addHealthCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<DoctorOptions>(program, {
    usage: 'doctor',
    summary: 'check what Gleaner needs, and mend it; exit code 1 when a check failed',
    options: (command) =>
      command.addOption(
        new Option('--fix <CHECK>', 'mend this one, as far as that needs no administrator').argParser(
          checkId,
        ),
      ),
    examples: ['gleaner doctor', 'gleaner doctor --json', 'gleaner doctor --fix disk'],
    run: async ({ json = false, fix }) => {
      if (fix !== undefined) return await mend(context, fix, json);
      const checks = await withDoor(context, async (door) => await door.call('doctor', {}));
      await print(io, json, checks, (value) => showChecks(value, lookOf(context)));
      return checks.some(({ state }) => state === 'failed') ? 'failed' : undefined;
    },
  });
  adder.add<CommonOptions>(program, {
    usage: 'versions',
    summary: 'of Gleaner and of what it runs on',
    examples: ['gleaner versions', 'gleaner versions --json'],
    run: async ({ json = false }) => {
      const versions = await withDoor(context, async (door) => await door.call('versions', {}));
      await print(io, json, versions, (value) => showVersions(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<LogOptions>(program, {
    usage: 'logs',
    summary: "the newest lines of the host's log",
    options: (command) =>
      command
        .option('-n, --lines <N>', 'so many', wholeNumber(1, 2000), 200)
        .addOption(new Option('--level <LEVEL>', 'this one and worse').choices(LogLevel.options))
        .option('--topic <TOPIC>', 'of this topic only')
        .option('-f, --follow', 'show what is written from then on, until interrupted'),
    json: 'answer with one JSON value on stdout; with --follow one per line',
    examples: ['gleaner logs -n 50', 'gleaner logs --level warn', 'gleaner logs --topic vm --follow'],
    run: async ({ json = false, follow = false, lines, level, topic }) => {
      const query = { lines, ...(level ? { level } : {}), ...(topic === undefined ? {} : { topic }) };
      if (follow) return await followLog(context, query, json);
      const found = await withDoor(context, async (door) => await door.call('logs.tail', query));
      if (json || found.length > 0)
        await print(io, json, found, (value) =>
          value.map((line) => showLogLine(line, lookOf(context))).join('\n'),
        );
      return undefined;
    },
  });
  adder.add<BundleOptions>(program, {
    usage: 'support-bundle [FILE]',
    summary: 'a tar.gz for somebody who helps, without secrets and names; nothing is sent anywhere',
    options: (command) => command.option('--force', 'replace the file'),
    examples: ['gleaner support-bundle', 'gleaner support-bundle trouble.tar.gz'],
    run: async ({ json = false, force = false }, given = '') => {
      await saveBundle(context, given, force, json);
      return undefined;
    },
  });
}

function checkId(text: string): CheckId {
  const id = CheckId.safeParse(text);
  if (id.success) return id.data;
  throw new InvalidArgumentError(`It must be one of: ${CheckId.options.join(', ')}.`);
}

async function mend(context: Context, id: CheckId, json: boolean): Promise<Ending | undefined> {
  const { io } = context;
  const report = await withDoor(context, async (door) => {
    const release = io.onSignal(() => {
      // What cannot be ended is waited for; a second signal ends the command.
      door.call('doctor.cancel', { id }).catch(() => undefined);
    });
    try {
      return await door.call('doctor.fix', { id });
    } finally {
      release();
    }
  });
  await print(io, json, report, (value) => showFixReport(value, lookOf(context)));
  if (report.outcome === 'cancelled') return 'interrupted';
  return report.check.state === 'failed' ? 'failed' : undefined;
}

/** Asks the running host again and again, and shows what is new. */
async function followLog(
  context: Context,
  query: { readonly lines: number; readonly level?: LogLevel; readonly topic?: string },
  json: boolean,
): Promise<Ending> {
  const { io } = context;
  const abort = new AbortController();
  const release = io.onSignal(() => {
    abort.abort();
  });
  const client = await clientOf(context);
  let shown: readonly LogLine[] = [];
  try {
    while (!abort.signal.aborted) {
      const now = await client.call('logs.tail', query);
      for (const line of newLines(shown, now)) {
        await io.out(`${json ? toJson(line) : showLogLine(line, { style: io.style })}\n`);
      }
      shown = now;
      await pause(followMs, abort.signal);
    }
    return 'interrupted';
  } finally {
    release();
  }
}

/** What of a log's end was not in the one before: what follows the longest end of `before` that `now` begins with. Pure. */
export function newLines(before: readonly LogLine[], now: readonly LogLine[]): readonly LogLine[] {
  const same = (one: LogLine | undefined, other: LogLine | undefined): boolean =>
    one?.at === other?.at && one?.topic === other?.topic && one?.text === other?.text;
  for (let dropped = 0; dropped < before.length; dropped += 1) {
    const kept = before.slice(dropped);
    if (kept.length <= now.length && kept.every((line, index) => same(line, now[index])))
      return now.slice(kept.length);
  }
  return now;
}

/** Resolves after so long, or when it is aborted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}

async function saveBundle(context: Context, given: string, force: boolean, json: boolean): Promise<void> {
  const { io } = context;
  const day = new Date(io.now()).toISOString().slice(0, 10);
  const filePath = given === '' ? `gleaner-support-${day}.tar.gz` : given;
  if (filePath === '-') throw new UsageError('A bundle goes into a file.', 'gleaner support-bundle FILE');
  const { saveFile } = await import('./save.ts');
  const { listBundle } = await import('./bundle.ts');
  const saved = await withDoor(context, async (door) => {
    const bytes = await door.download('support.bundle', {});
    return await saveFile(bytes, filePath, force, io, 0o600);
  });
  const files = await listBundle(saved.path);
  if (files.length === 0) throw new GleanerError('archive-invalid', 'The bundle holds nothing.');
  await print(io, json, { path: saved.path, bytes: saved.bytes, files }, (value) =>
    [
      `Saved ${formatBytes(value.bytes)} to ${cleanLine(value.path)}. It holds:`,
      ...value.files.map(({ path, bytes }) => `  ${cleanLine(path)}, ${formatBytes(bytes)}`),
      'Secrets and names were taken out, see README.txt in it. Nothing was sent anywhere: have a look, then give it to whom you trust.',
    ].join('\n'),
  );
}
