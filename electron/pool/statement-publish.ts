import { GleanerError } from '../contract/failures.ts';
import {
  catalogTargets,
  HostStatement,
  type StatementBin,
  StatementIndex,
  type StatementLine,
} from '../contract/pool.ts';
import { microsPerUnit, toUnits } from '../contract/pool-charge.ts';
import type { Catalog } from './catalog.ts';
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
  const before = await catalog.index(frame.period);
  // What was published is compared first, so that a refusal writes nothing.
  if (before) {
    const made = new Made();
    await exhausted(made.files(frame, spill));
    if (JSON.stringify(before) === JSON.stringify(made.index(frame))) {
      return { outcome: 'unchanged', ...made.counts };
    }
    if (!isReplacing) {
      throw new GleanerError(
        'bad-request',
        `A statement of ${frame.period} was published with other content.`,
        'Hosts have settled by it. Add --replace if the new one is to count.',
      );
    }
  }
  const made = new Made();
  // Nothing leads to these files before the index does.
  await writeTogether(catalog.paths.publicDir, made.files(frame, spill));
  await catalog.commit({
    statements: [
      {
        path: `${catalogTargets.statements}${frame.period}.json`,
        bytes: Buffer.from(JSON.stringify(made.index(frame))),
      },
    ],
  });
  return { outcome: before ? 'replaced' : 'new', ...made.counts };
}

async function exhausted(files: AsyncGenerator): Promise<void> {
  while ((await files.next()).done !== true);
}

/** Makes the files of a statement, host by host, and keeps what its index says. */
class Made {
  readonly #bins: (string | null)[] = [];
  #hosts = 0;
  #bytes = 0;

  get counts(): Omit<Published, 'outcome'> {
    const bins = this.#bins.filter((bin) => bin !== null).length;
    return { hosts: this.#hosts, bytes: this.#bytes, bins };
  }

  async *files(frame: StatementFrame, spill: Spill): AsyncGenerator<PublicFile> {
    for (const bin of Spill.bins) {
      const named: StatementBin = {};
      for (const [host, lines] of await spill.linesOf(bin)) {
        const bytes = hostStatement(frame, host, lines);
        const digest = sha256(bytes);
        named[host] = { sha256: digest, bytes: bytes.length };
        this.#hosts += 1;
        this.#bytes += bytes.length;
        yield { path: contentPath(digest), bytes };
      }
      const isEmpty = Object.keys(named).length === 0;
      const bytes = Buffer.from(JSON.stringify(named));
      this.#bins.push(isEmpty ? null : sha256(bytes));
      if (!isEmpty) yield { path: contentPath(sha256(bytes)), bytes };
    }
  }

  index({ pool, period, from, to }: StatementFrame): StatementIndex {
    return StatementIndex.parse({ schema: 1, pool, period, from, to, bins: this.#bins });
  }
}
