import { type ClassAd, parseClassAd } from '../base/classad.ts';
import { GleanerError } from '../contract/failures.ts';
import type { StatementLine } from '../contract/pool.ts';
import { type Charge, charge, toUnits } from '../contract/pool-charge.ts';
import { tariffAt } from './charge.ts';
import { type Execution, executionOf, type Refusal, refusals } from './execution.ts';
import { type ReadCounts, recordsOf } from './history-files.ts';
import { Seen } from './seen.ts';
import type { TariffSince } from './state.ts';
import { add, nothing, type Sum, Sums, sumOf } from './sums.ts';

export interface StatementQuery {
  readonly pool: string;
  /** Executions that ended from here on and before there; epoch ms. */
  readonly from: number;
  readonly to: number;
  /** In the order of time. */
  readonly tariffs: readonly TariffSince[];
}

/** Records that were not counted, by why. */
export interface Skipped {
  /** The same execution again, with the same content or with another one: the first counts. */
  repeated: number;
  contradicting: number;
  /** Of other times. */
  outside: number;
  readonly refused: Map<Refusal, number>;
}

/** Takes records, and adds up what they come to. Holds sums only. */
export class StatementMaker {
  readonly byHost = new Sums();
  readonly byDepartment = new Sums();
  readonly byOwner = new Sums();
  /** By host, of any time: what hosts' own totals are compared with. */
  readonly ever = new Sums();
  readonly skipped: Skipped = { repeated: 0, contradicting: 0, outside: 0, refused: new Map() };
  /** Of any time, in epoch ms. */
  oldestAt: number | null = null;
  /** The newest tariff that something was charged by. */
  tariff: number | null = null;
  readonly unit: string;
  #total: Sum = nothing;
  readonly #seen = new Seen();
  readonly #query: StatementQuery;

  /** @throws GleanerError `bad-request` when the unit changed within the time */
  constructor(query: StatementQuery) {
    this.#query = query;
    this.unit = unitOf(query);
  }

  get total(): Sum {
    return this.#total;
  }

  /** The execution and its charge, if this record is one that counts. */
  take(ad: ClassAd): { execution: Execution; charge: Charge } | null {
    const execution = executionOf(ad, this.#query.pool);
    if (typeof execution === 'string') {
      this.skipped.refused.set(execution, (this.skipped.refused.get(execution) ?? 0) + 1);
      return null;
    }
    const { job, run, host, startedAt, endedAt, milliCores, memoryMib, frozenMs } = execution;
    const content = [host, startedAt, endedAt, milliCores, memoryMib, frozenMs].join(' ');
    const known = this.#seen.add(`${job} ${run}`, content);
    if (known !== 'new') {
      this.skipped[known === 'same' ? 'repeated' : 'contradicting'] += 1;
      return null;
    }
    const tariff = tariffAt(this.#query.tariffs, endedAt);
    if (tariff === undefined) throw new GleanerError('document-invalid', 'The catalog has no tariff.');
    // The host cannot know what became of it, and its end is that of the lease: neither side counts it as work.
    const charged = execution.end === 'lost' ? { amount: 0n, late: false } : charge(execution, tariff);
    const sum = sumOf(execution, charged);
    this.oldestAt = Math.min(this.oldestAt ?? endedAt, endedAt);
    if (tariff.unit === this.unit) this.ever.add(host, sum);
    if (endedAt < this.#query.from || endedAt >= this.#query.to) {
      this.skipped.outside += 1;
      return null;
    }
    this.tariff = Math.max(this.tariff ?? 0, tariff.version);
    this.byHost.add(host, sum);
    this.byDepartment.add(execution.department ?? '', sum);
    this.byOwner.add(execution.owner, sum);
    this.#total = add(this.#total, sum);
    return { execution, charge: charged };
  }
}

/**
 * Reads histories into a statement.
 * @param onLine gets every execution that counts, one after another
 */
export async function readStatement(
  query: StatementQuery,
  files: readonly string[],
  onLine?: (host: string, line: StatementLine) => Promise<void>,
): Promise<{ statement: StatementMaker; counts: ReadCounts }> {
  const statement = new StatementMaker(query);
  const counts: ReadCounts = { bytes: 0, broken: 0 };
  for (const file of files) {
    for await (const { ad, kind } of recordsOf(file, counts)) {
      // Beside executions, newer versions write records of transfers into the same file.
      if (kind !== 'EPOCH') {
        const { refused } = statement.skipped;
        refused.set('no-execution', (refused.get('no-execution') ?? 0) + 1);
        continue;
      }
      const taken = statement.take(parseClassAd(ad));
      if (taken && onLine) await onLine(taken.execution.host, lineOf(taken.execution, taken.charge));
    }
  }
  return { statement, counts };
}

/** As it is published. */
export function lineOf(execution: Execution, { amount, late }: Charge): StatementLine {
  const { job, run, startedAt, endedAt, milliCores, memoryMib, cpuMs, frozenMs } = execution;
  return {
    job,
    run,
    startedAt,
    endedAt,
    cores: milliCores / 1000,
    memoryBytes: memoryMib * 1024 * 1024,
    cpuSeconds: cpuMs / 1000,
    frozenSeconds: frozenMs / 1000,
    amount: toUnits(amount),
    late,
  };
}

function unitOf({ tariffs, from, to }: StatementQuery): string {
  const units = new Set([
    tariffAt(tariffs, from)?.unit,
    ...tariffs.filter((one) => one.from > from && one.from < to).map(({ tariff }) => tariff.unit),
  ]);
  const [unit, another] = units;
  if (unit === undefined) throw new GleanerError('document-invalid', 'The catalog has no tariff.');
  if (another === undefined) return unit;
  throw new GleanerError(
    'bad-request',
    `The tariff's unit changed from ${unit} to ${another} within this time, and units are never added up.`,
    'Make two statements: one until the day of the change, one from then on.',
  );
}

/** `3 name two hosts`, for people. */
export function refusalWords(
  refused: ReadonlyMap<Refusal, number>,
): readonly (readonly [Refusal, number, string])[] {
  return [...refused].map(([refusal, count]) => [refusal, count, refusals[refusal]] as const);
}
