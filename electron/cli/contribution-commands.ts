import { Argument, type Command, InvalidArgumentError } from 'commander';
import { PauseChoice, PauseLength, type Snapshot } from '../contract/snapshot.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, tellIfNotRunning, withDoor } from './context.ts';
import { clientOf } from './door.ts';
import type { Ending } from './exit.ts';
import { parseDuration } from './quantity.ts';
import { showContribution, showPaused, showStatus, showStatusAtRest, showStatusLine } from './show-status.ts';
import { toJson } from './text.ts';

interface StatusOptions extends CommonOptions {
  readonly watch?: boolean;
}

const lengths =
  'any time from 1 min to 7 d, such as 30m, 2h or "90 min"; "tomorrow", which is 06:00; or "manual", until you resume';

function parseLength(text: string): PauseLength {
  const choice = PauseChoice.safeParse(text);
  const length = choice.success ? choice : PauseLength.safeParse(parseDuration(text));
  if (length.success) return length.data;
  throw new InvalidArgumentError(`It may be ${lengths}.`);
}

/** `status`, `pause`, `resume`. */
export function addContributionCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<StatusOptions>(program, {
    usage: 'status',
    summary: 'what is happening, and why',
    options: (command) => command.option('-w, --watch', 'show every change, until interrupted'),
    json: 'answer with one JSON value on stdout; with --watch one per line and change',
    examples: ['gleaner status', 'gleaner status --watch', 'gleaner status --json | jq .contribution.state'],
    run: async ({ watch = false, json = false }) => {
      if (watch) return await watchStatus(context, json);
      const { snapshot, show } = await withDoor(context, async (door) => ({
        snapshot: await door.call('status', {}),
        show: door.isRunning ? showStatus : showStatusAtRest,
      }));
      await print(io, json, snapshot, (value) => show(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(program, {
    usage: 'pause',
    summary: 'give the computer back: the VM is frozen at once',
    options: (command) =>
      command.addArgument(
        new Argument('[length]', `for how long: ${lengths}`).default('manual').argParser((text: string) => {
          parseLength(text);
          return text;
        }),
      ),
    examples: [
      'gleaner pause 30m',
      'gleaner pause 2h',
      'gleaner pause "90 min"',
      'gleaner pause tomorrow',
      'gleaner pause',
    ],
    run: async ({ json = false }, given = 'manual') => {
      const length = parseLength(given);
      const value = await withDoor(context, async (door) => {
        tellIfNotRunning(io, json, door);
        return await door.call('pause', { length });
      });
      await print(io, json, value, (paused) => showPaused(paused, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(program, {
    usage: 'resume',
    summary: 'end a pause',
    examples: ['gleaner resume'],
    run: async ({ json = false }) => {
      const value = await withDoor(context, async (door) => {
        tellIfNotRunning(io, json, door);
        return await door.call('resume', {});
      });
      await print(io, json, value, (contribution) => showContribution(contribution, lookOf(context)));
      return undefined;
    },
  });
}

/** Follows the running host; on a terminal the picture is drawn anew, elsewhere each change is a line. */
async function watchStatus(context: Context, json: boolean): Promise<Ending> {
  const { io } = context;
  const abort = new AbortController();
  const release = io.onSignal(() => {
    abort.abort();
  });
  try {
    for await (const { snapshot } of (await clientOf(context)).events(abort.signal)) {
      await io.out(json ? `${toJson(snapshot)}\n` : picture(snapshot, context));
    }
    return 'interrupted';
  } finally {
    release();
  }
}

function picture(snapshot: Snapshot, context: Context): string {
  if (!context.io.outIsTerminal) return `${showStatusLine(snapshot)}\n`;
  // Cursor to the top left, everything below it cleared.
  return `\u001b[H\u001b[J${showStatus(snapshot, lookOf(context))}\n`;
}
