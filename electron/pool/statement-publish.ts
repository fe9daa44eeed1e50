import { GleanerError } from '../contract/failures.ts';
import {
  catalogTargets,
  HostStatement,
  type StatementBin,
  StatementIndex,
  type StatementLine,
} from '../contract/pool.ts';
import type { Catalog } from './catalog.ts';
import { microsPerUnit, toUnits } from './charge.ts';
import { writeTogether } from './files.ts';
import { sha256 } from './metadata.ts';
import type { PublicFile } from './plan.ts';
import { contentPath } from './publish.ts';
import { Spill } from './spill.ts';

export interface StatementFrame {
  readonly pool: string;
  /** As in `2026-11-01_2026-12-01`: the second day is not in it. */
  readonly period: string;
  readonly from: number;
  readonly to: number;
  readonly unit: string;
  readonly tariff: number;
}

export interface Published {
  /** What has become of it. */
  readonly outcome: 'new' | 'unchanged' | 'replaced';
  readonly hosts: number;
  readonly bins: number;
  /** Of all hosts' statements, in bytes. */
  readonly bytes: number;
}

/** As contract/pool.ts bounds them. */
const linesMax = 100_000;

/** A host's statement as the bytes that are published: the same for the same lines. @throws GleanerError `bad-request` */
export function hostStatement(frame: StatementFrame, host: string, lines: readonly StatementLine[]): Buffer {
  if (lines.length > linesMax) {
    throw new GleanerError(
      'bad-request',
      `${host} has ${lines.length} executions in this time: more than ${linesMax}, which one statement can hold.`,
      'Make statements of shorter times.',
    );
  }
  const { pool, from, to, unit, tariff } = frame;
  const amount = lines.reduce((sum, line) => sum + toMicros(line.amount), 0n);
  const statement: HostStatement = {
    schema: 1,
    pool,
    host,
    from,
    to,
    unit,
    tariff,
    lines: [...lines],
    amount: toUnits(amount),
  };
  return Buffer.from(JSON.stringify(HostStatement.parse(statement)));
}

/** The reverse of `toUnits`. */
export function toMicros(amount: number): bigint {
  return BigInt(Math.round(amount * Number(microsPerUnit)));
}

/**
 * Publishes a statement in the catalog: each host's, the bins that name these, and the signed index of the bins. The same
 * again changes nothing.
 * @throws GleanerError `bad-request` when the period was published with other content and `isReplacing` is not said
 */
export async function publishStatement(
  catalog: Catalog,
  frame: StatementFrame,
  spill: Spill,
  isReplacing: boolean,
): Promise<Published> {
  const bins: (string | null)[] = [];
  let hosts = 0;
  let bytes = 0;
  const files = async function* (): AsyncGenerator<PublicFile> {
    for (const bin of Spill.bins) {
      const named: StatementBin = {};
      for (const [host, lines] of await spill.linesOf(bin)) {
        const content = hostStatement(frame, host, lines);
        const digest = sha256(content);
        named[host] = { sha256: digest, bytes: content.length };
        hosts += 1;
        bytes += content.length;
        yield { path: contentPath(digest), bytes: content };
      }
      if (Object.keys(named).length === 0) {
        bins.push(null);
        continue;
      }
      const content = Buffer.from(JSON.stringify(named));
      bins.push(sha256(content));
      yield { path: contentPath(sha256(content)), bytes: content };
    }
  };
  const before = await catalog.index(frame.period);
  // Nothing leads to these files before the index does.
  await writeTogether(catalog.paths.publicDir, files());
  const index = StatementIndex.parse({
    schema: 1,
    pool: frame.pool,
    period: frame.period,
    from: frame.from,
    to: frame.to,
    bins,
  });
  const result = { hosts, bytes, bins: bins.filter((bin) => bin !== null).length };
  if (before && JSON.stringify(before) === JSON.stringify(index)) return { outcome: 'unchanged', ...result };
  if (before && !isReplacing) {
    throw new GleanerError(
      'bad-request',
      `A statement of ${frame.period} was published with other content.`,
      'Hosts have settled by it. Add --replace if the new one is to count.',
    );
  }
  await catalog.commit({
    statements: [
      {
        path: `${catalogTargets.statements}${frame.period}.json`,
        bytes: Buffer.from(JSON.stringify(index)),
      },
    ],
  });
  return { outcome: before ? 'replaced' : 'new', ...result };
}
