import type { Command } from 'commander';
import { GleanerError } from '../contract/failures.ts';
import { type CommandAdder, lookOf, wholeNumber } from './command.ts';
import { type CommonOptions, type Context, print, withDoor } from './context.ts';
import { type ExportOptions, exportBytes, exportOptions } from './export-bytes.ts';
import { showEntries, showVerdict } from './show-jobs.ts';

interface ListOptions extends CommonOptions {
  readonly limit: number;
  readonly before?: number;
}

/** `ledger list|verify|export`. */
export function addLedgerCommands(program: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  const ledger = program.command('ledger').description('the record of what ran, what it used and earned');
  adder.add<ListOptions>(ledger, {
    usage: 'list',
    summary: 'the latest entries, the newest first',
    options: (command) =>
      command
        .option('-n, --limit <N>', 'at most so many', wholeNumber(1, 1000), 50)
        .option('--before <SEQ>', 'only entries before this one', wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    examples: ['gleaner ledger list', 'gleaner ledger list --limit 10 --before 100'],
    run: async ({ json = false, limit, before }) => {
      const input = { limit, ...(before === undefined ? {} : { before }) };
      const entries = await withDoor(context, async (door) => await door.call('ledger.list', input));
      await print(io, json, entries, (value) => showEntries(value, lookOf(context)));
      return undefined;
    },
  });
  adder.add<CommonOptions>(ledger, {
    usage: 'verify',
    summary: 'check the chain of all entries; exit code 1 when it is broken',
    examples: ['gleaner ledger verify', 'gleaner ledger verify --json'],
    run: async ({ json = false }) => {
      const verdict = await withDoor(context, async (door) => await door.call('ledger.verify', {}));
      await print(io, json, verdict, (value) => showVerdict(value, lookOf(context)));
      if (verdict.ok) return undefined;
      throw new GleanerError(
        'ledger-damaged',
        'The ledger was changed from outside, or its file is damaged.',
        'Keep a copy of it; what is booked before the broken entry still holds.',
      );
    },
  });
  adder.add<ExportOptions>(ledger, {
    usage: 'export',
    summary: 'all entries as CSV or JSON',
    options: exportOptions,
    json: 'as JSON, one object with all entries',
    examples: [
      'gleaner ledger export --csv --out ledger.csv',
      'gleaner ledger export --json | jq ".entries | length"',
    ],
    run: async (options) => {
      await exportBytes(context, options, 'gleaner ledger export --csv', (door, format) =>
        door.download('ledger.export', { format }),
      );
      return undefined;
    },
  });
}
