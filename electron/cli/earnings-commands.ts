import { type Command, Option } from 'commander';
import { Period } from '../contract/earnings.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, UsageError, withDoor } from './context.ts';
import { type Dates, dateOptions, reportBounds } from './dates.ts';
import { type ExportOptions, exportBytes, exportOptions } from './export-bytes.ts';
import { gridId } from './names.ts';
import { showEarnings } from './show-earnings.ts';

interface ReportOptions extends CommonOptions, Dates {
  readonly by: Period;
  readonly grid?: string;
}

const reportOptions = (command: Command): Command =>
  dateOptions(
    command.addOption(
      new Option('--by <PERIOD>', 'by day, week (from Monday on) or month')
        .choices(Period.options)
        .default('day'),
    ),
  ).option('--grid <ID>', 'of this grid alone');

/** `earnings`, `earnings export`. */
export function addEarningsCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const queryOf = ({ by, grid, from, to }: ReportOptions) => {
    const bounds = reportBounds({ ...(from && { from }), ...(to && { to }) }, by, io.now());
    if (bounds.from >= bounds.to) {
      throw new UsageError('--from is after --to.', 'gleaner earnings --from 2025-01-01 --to 2025-03-31');
    }
    return { ...bounds, by, ...(grid === undefined ? {} : { grid: gridId(grid) }) };
  };
  const earnings = adder.add<ReportOptions>(program, {
    usage: 'earnings',
    summary: 'what was earned by grid and unit, and what it took: jobs, CPU time, energy',
    options: reportOptions,
    examples: [
      'gleaner earnings',
      'gleaner earnings --by month --from 2025-01-01',
      'gleaner earnings --json | jq .total.energy',
      'gleaner settings set energy.pricePerKwh 0.32',
    ],
    run: async ({ json = false, ...options }) => {
      const query = queryOf(options);
      const report = await withDoor(context, async (door) => await door.call('earnings.report', query));
      await print(io, json, report, (value) => showEarnings(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<ReportOptions & ExportOptions>(earnings, {
    usage: 'export',
    summary: 'the same as a statement, as CSV or JSON',
    options: (command) => exportOptions(reportOptions(command)),
    json: 'as JSON, one object with all periods',
    examples: [
      'gleaner earnings export --csv --by month --out earnings.csv',
      'gleaner earnings export --json --from 2025-01-01 --to 2025-12-31',
    ],
    run: async (options) => {
      const query = queryOf(options);
      await exportBytes(context, options, 'gleaner earnings export --csv', (door, format) =>
        door.download('earnings.export', { ...query, format }),
      );
      return undefined;
    },
  });
}
