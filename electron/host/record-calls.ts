import type { CommandOutput, CommandParsed, EarningsReport, Settings } from '../contract/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { statementCsv, statementJson } from '../ledger/statement.ts';

/** What the commands about the record act on. */
export interface RecordSubject {
  readonly ledger: Ledger;
  /** The values in force. */
  readonly values: () => Settings;
  readonly day: (date: string) => CommandOutput<'activity.day'>;
}

/** The commands about what ran, what it earned and what the computer did: as {@link hostCalls} has the others. */
export function recordCalls({ ledger, values, day }: RecordSubject) {
  const { activity } = ledger;
  return {
    plain: {
      'ledger.list': ({ limit, before }: CommandParsed<'ledger.list'>) => ledger.list({ limit, before }),
      'ledger.verify': () => ledger.verify(),
      'earnings.report': (query: CommandParsed<'earnings.report'>) =>
        ledger.earnings(query, priceOf(values())),
      'activity.list': (query: CommandParsed<'activity.list'>) => activity.list(query),
      'activity.page': (query: CommandParsed<'activity.page'>) => activity.page(query),
      'activity.day': (query: CommandParsed<'activity.day'>) => day(query.day),
    },
    downloads: {
      'ledger.export': ({ format }: CommandParsed<'ledger.export'>) =>
        format === 'csv' ? ledger.exportCsv() : ledger.exportJson(),
      'earnings.export': async ({ format, ...query }: CommandParsed<'earnings.export'>) => {
        const report = await ledger.earnings(query, priceOf(values()));
        return format === 'csv' ? statementCsv(report) : statementJson(report);
      },
      'activity.export': async ({ format, ...filter }: CommandParsed<'activity.export'>) =>
        format === 'csv' ? await activity.exportCsv(filter) : await activity.exportJson(filter),
    },
  };
}

function priceOf(values: Settings): EarningsReport['price'] {
  const perKwh = values['energy.pricePerKwh'];
  return perKwh === null ? null : { perKwh, currency: values['energy.currency'] };
}
