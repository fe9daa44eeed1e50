import { Argument, type Command, Option } from 'commander';
import { EntryKind, Outcome } from '../contract/ledger.ts';
import { dateOf } from '../ledger/calendar.ts';
import { type CommandAdder, lookOf, wholeNumber } from './command.ts';
import { type CommonOptions, type Context, print, withDoor } from './context.ts';
import { boundsOf, type Dates, dateOptions, localDate } from './dates.ts';
import { type ExportOptions, exportBytes, exportOptions } from './export-bytes.ts';
import { gridId } from './names.ts';
import { showActivity, showDay } from './show-activity.ts';

interface FilterOptions extends CommonOptions, Dates {
  readonly grid?: string;
  readonly kind?: EntryKind;
  readonly outcome?: Outcome;
  readonly search?: string;
}

interface ListOptions extends FilterOptions {
  readonly limit: number;
  readonly before?: number;
}

const filterOptions = (command: Command): Command =>
  dateOptions(
    command
      .option('--grid <ID>', 'of this grid alone')
      .addOption(new Option('--kind <KIND>', 'what was booked').choices(EntryKind.options))
      .addOption(new Option('--outcome <OUTCOME>', 'how an attempt ended').choices(Outcome.options)),
  ).option('-s, --search <TEXT>', 'stands in the title, owner, job or a host that was contacted');

function filterOf({ grid, kind, outcome, search, from, to }: FilterOptions) {
  return {
    ...(grid === undefined ? {} : { grid: gridId(grid) }),
    ...(kind && { kind }),
    ...(outcome && { outcome }),
    ...(search && { text: search }),
    ...boundsOf({ ...(from && { from }), ...(to && { to }) }),
  };
}

/** `activity`, `activity day|export`. */
export function addActivityCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const activity = adder.add<ListOptions>(program, {
    usage: 'activity',
    summary: 'what ran and which hosts it reached, the newest first',
    options: (command) =>
      filterOptions(command)
        .option('-n, --limit <N>', 'at most so many', wholeNumber(1, 500), 50)
        .option('--before <SEQ>', 'only entries before this one', wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    examples: [
      'gleaner activity',
      'gleaner activity --search asteroids --outcome failed',
      'gleaner activity --from 2025-03-01 --to 2025-03-31 --json | jq .total',
    ],
    run: async ({ json = false, limit, before, ...options }) => {
      const query = { ...filterOf(options), limit, ...(before === undefined ? {} : { before }) };
      const list = await withDoor(context, async (door) => await door.call('activity.list', query));
      await print(io, json, list, (value) => showActivity(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(activity, {
    usage: 'day',
    summary: 'what this computer did on a day, from minute to minute, and why',
    options: (command) =>
      command.addArgument(new Argument('[DATE]', 'today, if left out').argParser(localDate)),
    examples: ['gleaner activity day', 'gleaner activity day 2025-03-31 --json | jq .hours'],
    run: async ({ json = false }, day = dateOf(io.now())) => {
      const value = await withDoor(context, async (door) => await door.call('activity.day', { day }));
      await print(io, json, value, (one) => showDay(one, lookOf(context)));
      return undefined;
    },
  });
  adder.add<FilterOptions & ExportOptions>(activity, {
    usage: 'export',
    summary: 'entries that fit, the oldest first, as CSV or JSON',
    options: (command) => exportOptions(filterOptions(command)),
    json: 'as JSON, one object with all entries',
    examples: [
      'gleaner activity export --csv --outcome failed --out failed.csv',
      'gleaner activity export --json --grid local',
    ],
    run: async (options) => {
      await exportBytes(context, options, 'gleaner activity export --csv', (door, format) =>
        door.download('activity.export', { ...filterOf(options), format }),
      );
      return undefined;
    },
  });
}
