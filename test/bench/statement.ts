import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fakeEpoch, writeEpochs } from '../fakes/fake-epochs.ts';
import type { Bench } from './figure.ts';
import type { StatementAsked, StatementMeasured } from './statement-inside.ts';

const pool = 'pool.example.org';
const from = Date.parse('2025-11-01T00:00:00Z');
const to = Date.parse('2025-12-01T00:00:00Z');
const inside = fileURLToPath(new URL('statement-inside.ts', import.meta.url));

export const bench: Bench = {
  name: 'statement',
  about:
    "a pool's statement over 100,000 executions, with records of their real size, and published; 10,000 beside it",
  async run(report) {
    const dir = mkdtempSync(join(tmpdir(), 'gl-bench-'));
    try {
      const small = await measure(dir, 10_000, 1000);
      const large = await measure(dir, 100_000, 10_000);
      report({ metric: '100,000 executions: history read', value: large.historyBytes / 1e6, unit: 'MB' });
      report({ metric: '100,000 executions: added up', value: large.readMs / 1000, unit: 's' });
      report({
        metric: '100,000 executions: published, 10,000 hosts',
        value: large.publishMs / 1000,
        unit: 's',
      });
      report({
        metric: 'peak memory at 100,000 executions, beside that at 10,000',
        value: large.peakBytes / 1e6,
        unit: 'MB',
        baseline: small.peakBytes / 1e6,
      });
      report({ metric: 'statement of a host with 10 executions', value: large.hostBytes / 1000, unit: 'KB' });
      report({ metric: 'bin of 39 hosts', value: large.binBytes / 1000, unit: 'KB' });
      report({ metric: 'index', value: large.indexBytes / 1000, unit: 'KB' });
      report({ metric: 'metadata of the role statements', value: large.metadataBytes / 1000, unit: 'KB' });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};

async function measure(
  dir: string,
  executions: number,
  hosts: number,
): Promise<StatementMeasured & { readonly historyBytes: number }> {
  const historyPath = join(dir, `epochs-${executions}`);
  await writeEpochs(historyPath, records(executions, hosts));
  const asked: StatementAsked = { dir: join(dir, `run-${executions}`), historyPath, pool, from, to };
  // In a process of its own, whose peak is the statement's alone.
  const child: ChildProcess = fork(inside, [JSON.stringify(asked)]);
  const [[measured]] = (await Promise.all([once(child, 'message'), once(child, 'exit')])) as [
    [StatementMeasured],
    unknown,
  ];
  return { ...measured, historyBytes: statSync(historyPath).size };
}

function* records(executions: number, hosts: number): Generator<string> {
  for (let n = 0; n < executions; n += 1) {
    const start = from / 1000 + ((n * 7) % 2_000_000);
    const given = {
      job: `cm.pool.example.org#${n}.0#1795740676`,
      run: 1,
      host: `pc-${n % hosts}`,
      department: `Department ${n % 40}`,
      owner: `user${n % 300}`,
      start,
      end: start + 60 + ((n * 7919) % 20_000),
      cores: 1 + (n % 4),
      memoryMb: 1024,
      frozen: `1|${n % 60}`,
    };
    yield fakeEpoch(given, pool, true);
  }
}
