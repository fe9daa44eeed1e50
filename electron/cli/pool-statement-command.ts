import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { StatementLine } from '../contract/pool.ts';
import { dateOf } from '../ledger/calendar.ts';
import { type CommandAdder, lookOf } from './command.ts';
import { type CommonOptions, type Context, print, UsageError } from './context.ts';
import { boundsOf, dateOptions } from './dates.ts';
import { several } from './pool-options.ts';
import { csvOf, type StatementReport, showStatement, statementReport } from './show-pool-statement.ts';

interface StatementOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
  readonly by: 'host' | 'department' | 'owner';
  readonly history?: readonly string[];
  readonly csv?: string;
  readonly force?: boolean;
  readonly publish?: boolean;
  readonly replace?: boolean;
}

/** `pool statement`. */
export function addPoolStatementCommand(pool: Command, adder: CommandAdder, context: Context): void {
  const { io } = context;
  adder.add<StatementOptions>(pool, {
    usage: 'statement <DIR>',
    summary: 'what the pool owes for the executions that ended in a time, by the records of its submit nodes',
    options: (command) =>
      dateOptions(command)
        .addOption(
          new Option('--by <KEY>', 'one row for each')
            .choices(['host', 'department', 'owner'])
            .default('host'),
        )
        .addOption(
          new Option(
            '--history <FILE>',
            "epoch history of a submit node, with its rotated ones; several times; else this machine's",
          ).argParser(several((text) => text)),
        )
        .option('--csv <FILE>', 'write the rows as CSV, too')
        .option('--force', 'replace that file')
        .option('--publish', 'sign it in the catalog, one statement for each host: they settle by it')
        .option('--replace', 'publish it although that time was published with other content'),
    examples: [
      'gleaner pool statement /srv/gleaner-pool --from 2026-11-01 --to 2026-11-30 --by department',
      'gleaner pool statement DIR --from 2026-11-01 --to 2026-11-30 --history epochs-a --history epochs-b --publish',
      'gleaner pool statement DIR --from 2026-11-01 --to 2026-11-30 --csv november.csv --json',
    ],
    run: async ({ json = false, ...options }, dir = '') => {
      const report = await make(context, dir, options);
      if (options.csv !== undefined) {
        const { saveFile } = await import('./save.ts');
        await saveFile(csvOf(report), options.csv, options.force ?? false, io);
      }
      await print(io, json, report, (value) => showStatement(value, lookOf(context)));
      return undefined;
    },
  });
}

async function make({ io }: Context, dir: string, options: StatementOptions): Promise<StatementReport> {
  const { from, to } = needBounds(options);
  if (options.replace === true && options.publish !== true)
    throw new UsageError('--replace goes with --publish.', 'Add --publish.');
  const [{ changeCatalog, readCatalog }, { readStatement }, { ownHistory, rotated }] = await Promise.all([
    import('../pool/catalog.ts'),
    import('../pool/statement.ts'),
    import('../pool/history-files.ts'),
  ]);
  const first = await readCatalog(dir, () => io.now());
  const query = { pool: first.state.pool, from, to, tariffs: await first.tariffs() };
  const named = options.history ?? [await ownHistory()];
  const files = (await Promise.all(named.map(rotated))).flat();
  const period = `${dateOf(from)}_${dateOf(to)}`;
  const fleet = await publishedTotals(query.pool);
  const report = (read: Awaited<ReturnType<typeof readStatement>>, published: StatementReport['published']) =>
    statementReport({ period, from, to, files, fleet, published, ...read }, options.by);
  if (options.publish !== true) return report(await readStatement(query, files), null);
  if (to > io.now()) {
    throw new UsageError(
      'That time is not over yet: only what is over can be published.',
      'Name an earlier --to.',
    );
  }
  return await changeCatalog(
    dir,
    () => io.now(),
    async (catalog) => {
      const [{ Spill }, { publishStatement }] = await Promise.all([
        import('../pool/spill.ts'),
        import('../pool/statement-publish.ts'),
      ]);
      const spill = await Spill.open(join(catalog.dirPath, 'statement.partial'));
      try {
        const onLine = async (host: string, line: StatementLine): Promise<void> => {
          await spill.add(host, line);
        };
        const read = await readStatement(query, files, onLine);
        const { unit, tariff } = read.statement;
        const newest = (await catalog.tariff()).value.version;
        const frame = { pool: query.pool, period, from, to, unit, tariff: tariff ?? newest };
        return report(read, await publishStatement(catalog, frame, spill, options.replace ?? false));
      } finally {
        await spill.dispose();
      }
    },
  );
}

function needBounds(options: StatementOptions): { from: number; to: number } {
  const bounds = boundsOf({
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.to === undefined ? {} : { to: options.to }),
  });
  const { from, to } = bounds;
  const example = 'Say --from 2026-11-01 --to 2026-11-30.';
  if (from === undefined || to === undefined) throw new UsageError('--from and --to are needed.', example);
  if (from >= to) throw new UsageError('--from is after --to.', example);
  return { from, to };
}

/** What hosts say of themselves; with the reason where the collector cannot be asked. */
async function publishedTotals(pool: string): Promise<StatementReport['fleet']> {
  const [{ collectorAds }, { fleetOf }, { toFailure }] = await Promise.all([
    import('../pool/collector.ts'),
    import('../pool/fleet.ts'),
    import('../contract/failures.ts'),
  ]);
  try {
    return { hosts: fleetOf(await collectorAds(), pool, null).hosts, failure: null };
  } catch (error) {
    return { hosts: [], failure: toFailure(error) };
  }
}
