import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HostStatement, StatementBin, StatementIndex } from '../../electron/contract/pool.ts';
import { changeCatalog, readCatalog } from '../../electron/pool/catalog.ts';
import { rotated } from '../../electron/pool/history-files.ts';
import { checkCatalog, contentPath } from '../../electron/pool/publish.ts';
import { binOf, Spill } from '../../electron/pool/spill.ts';
import { readStatement, type StatementQuery } from '../../electron/pool/statement.ts';
import { type Published, publishStatement, toMicros } from '../../electron/pool/statement-publish.ts';
import { add, nothing, type Sums } from '../../electron/pool/sums.ts';
import { type FakeEpoch, fakeEpoch, writeEpochs } from '../fakes/fake-epochs.ts';
import { makeCatalog, poolName, TufHost, tariffOf, usePoolFolder } from './pool-fixture.ts';

const folder = usePoolFolder();
const period = '2026-11-01_2026-12-01';
const from = Date.parse('2026-11-01T00:00:00Z');
const to = Date.parse('2026-12-01T00:00:00Z');
const query: StatementQuery = { pool: poolName, from, to, tariffs: [{ from: 0, tariff: tariffOf() }] };
const history = (): string => join(folder(), 'epoch_history');
const epoch = (change: Partial<FakeEpoch> = {}): string =>
  fakeEpoch(
    { job: 'cm#1.0#1', run: 1, host: 'pc1', start: from / 1000, end: from / 1000 + 3600, ...change },
    poolName,
  );
const sumOfAll = (sums: Sums) => sums.sorted().reduce((sum, [, one]) => add(sum, one), nothing);

describe('a statement', () => {
  test('counts each execution once, says what it left out, and goes on after what is broken', async () => {
    await writeFile(
      history(),
      [
        epoch(),
        epoch(),
        epoch({ end: from / 1000 + 7200 }),
        epoch({ run: 2, frozen: '2|1800' }),
        epoch({ run: 3, end: to / 1000 }),
        epoch({ run: 4, start: from / 1000 - 60, end: from / 1000 - 1 }),
        epoch({ run: 5, host: 'pc2', more: ['MachineAttrGleanerHost0 = "pc1"'] }),
        epoch({ run: 6, more: ['EpochWriteDate = "soon"'] }),
        'JobStatus = 2\n*** INPUT ClusterId=5\n',
        '\u0000\u0001 junk\n*** EPOCH X\n',
        epoch({ run: 7, start: to / 1000 - 100, end: to / 1000 - 1 }),
        'GlobalJobId = "cut',
      ].join(''),
    );
    const { statement, counts } = await readStatement(query, [history()]);
    expect(statement.total).toMatchObject({ executions: 3, amount: 1_250_000n + 625_000n + 34_375n });
    expect(statement.skipped).toMatchObject({ repeated: 1, contradicting: 1, outside: 2 });
    expect(Object.fromEntries(statement.skipped.refused)).toEqual({
      'two-hosts': 1,
      'no-time': 1,
      'no-execution': 1,
      elsewhere: 1,
    });
    expect(counts.broken).toBe(1);
  });

  test('reads rotated files, the oldest first', async () => {
    await writeFile(`${history()}.20261102T000000`, epoch());
    await writeFile(`${history()}.20261101T000000`, epoch({ end: from / 1000 + 60 }));
    await writeFile(`${history()}.lock`, 'not a history');
    await writeFile(history(), epoch({ run: 2 }));
    const files = await rotated(history());
    expect(files.map((path) => path.slice(folder().length + 1))).toEqual([
      'epoch_history.20261101T000000',
      'epoch_history.20261102T000000',
      'epoch_history',
    ]);
    const { statement } = await readStatement(query, files);
    expect(statement.total.coreTime).toBe(1000n * 1000n * 3660n);
    await expect(rotated(join(folder(), 'none'))).rejects.toMatchObject({ code: 'not-found' });
  });

  test('charges by the tariff of the end, and never adds up two units', async () => {
    const change = from + 1_800_000;
    await writeFile(
      history(),
      [epoch({ end: change / 1000 - 1 }), epoch({ run: 2, end: change / 1000 })].join(''),
    );
    const dearer = { from: change, tariff: tariffOf({ version: 2, perCoreHour: 10, perGibHour: 0 }) };
    const { statement } = await readStatement({ ...query, tariffs: [...query.tariffs, dearer] }, [history()]);
    expect(statement.total.amount).toBe(624_653n + 5_000_000n);
    expect(statement.tariff).toBe(2);
    const other = { from: change, tariff: tariffOf({ version: 2, unit: 'EUR' }) };
    await expect(
      readStatement({ ...query, tariffs: [...query.tariffs, other] }, [history()]),
    ).rejects.toMatchObject({
      code: 'bad-request',
    });
    const before = { from: from - 1, tariff: tariffOf({ version: 2, unit: 'EUR' }) };
    const { statement: later } = await readStatement({ ...query, tariffs: [...query.tariffs, before] }, [
      history(),
    ]);
    expect(later.unit).toBe('EUR');
  });
});

const catalogDir = (): string => join(folder(), 'catalog');

async function publish(isReplacing = false): Promise<Published> {
  return await changeCatalog(
    catalogDir(),
    () => Date.now(),
    async (catalog) => {
      const spill = await Spill.open(join(folder(), 'spill'));
      try {
        const { statement } = await readStatement(query, [history()], async (host, line) => {
          await spill.add(host, line);
        });
        const frame = { pool: poolName, period, from, to, unit: statement.unit, tariff: 1 };
        return await publishStatement(catalog, frame, spill, isReplacing);
      } finally {
        await spill.dispose();
      }
    },
  );
}

/** A host's statement as the host itself finds it: from the signed index to its own file. */
async function found(reader: TufHost, host: string): Promise<HostStatement | null> {
  const publicDir = join(catalogDir(), 'public');
  const index = StatementIndex.parse(await reader.json(`statements/${period}.json`));
  const digest = index.bins[binOf(host)] ?? null;
  if (digest === null) return null;
  const bin = StatementBin.parse(JSON.parse(await readFile(join(publicDir, contentPath(digest)), 'utf8')));
  const named = bin[host];
  if (named === undefined) return null;
  return HostStatement.parse(JSON.parse(await readFile(join(publicDir, contentPath(named.sha256)), 'utf8')));
}

describe('a published statement', () => {
  test('is found by each host from the signed index on', async () => {
    await makeCatalog(catalogDir());
    await writeFile(
      history(),
      [epoch({ run: 2 }), epoch(), epoch({ host: 'pc2', run: 3, frozen: '3|600' })].join(''),
    );
    expect(await publish()).toMatchObject({ outcome: 'new', hosts: 2 });
    const reader = await TufHost.enrolled(folder(), join(catalogDir(), 'public'));
    expect(await found(reader, 'pc1')).toMatchObject({
      host: 'pc1',
      from,
      to,
      unit: 'points',
      tariff: 1,
      amount: 2.5,
      lines: [
        { run: 1, amount: 1.25 },
        { run: 2, amount: 1.25 },
      ],
    });
    expect(await found(reader, 'pc2')).toMatchObject({ lines: [{ frozenSeconds: 600, cores: 1 }] });
    expect(await found(reader, 'pc3')).toBeNull();
    const catalog = await readCatalog(catalogDir(), () => Date.now());
    expect(catalog.periods()).toEqual([period]);
    expect(await checkCatalog(catalog, true)).toMatchObject({ periods: 1, hostStatements: 2 });
  });

  test('of the same period again changes nothing, with other content is refused unless it is to be replaced', async () => {
    await makeCatalog(catalogDir());
    await writeFile(history(), [epoch(), epoch({ run: 2 })].join(''));
    await publish();
    const version = async (): Promise<number> =>
      (await readCatalog(catalogDir(), () => Date.now())).current.statements.version;
    const before = await version();
    // The same records from another order of files.
    await writeFile(history(), [epoch({ run: 2 }), epoch()].join(''));
    expect(await publish()).toMatchObject({ outcome: 'unchanged' });
    expect(await version()).toBe(before);
    await appendFile(history(), epoch({ run: 3 }));
    await expect(publish()).rejects.toMatchObject({ code: 'bad-request' });
    expect(await version()).toBe(before);
    const reader = await TufHost.enrolled(folder(), join(catalogDir(), 'public'));
    expect((await found(reader, 'pc1'))?.lines.length).toBe(2);
    expect(await publish(true)).toMatchObject({ outcome: 'replaced' });
    expect((await found(reader, 'pc1'))?.lines.length).toBe(3);
  });

  test('that was tampered with, or lost, is noticed', async () => {
    await makeCatalog(catalogDir());
    await writeFile(history(), epoch());
    await publish();
    const catalog = await readCatalog(catalogDir(), () => Date.now());
    const index = await catalog.index(period);
    const digest = index?.bins[binOf('pc1')] ?? '';
    const path = join(catalogDir(), 'public', contentPath(digest));
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('pc1', 'pc9'));
    await expect(checkCatalog(catalog)).rejects.toMatchObject({ code: 'signature-invalid' });
    await rename(path, `${path}.gone`);
    await expect(checkCatalog(catalog)).rejects.toMatchObject({ code: 'signature-invalid' });
  });

  test('of 100,000 executions equals the sum of its parts: by host, department and owner, and as published', async () => {
    const hosts = 1000;
    const records = function* (): Generator<string> {
      for (let n = 0; n < 100_000; n += 1) {
        const start = from / 1000 + (n % 2_000_000);
        yield epoch({
          job: `cm#${n}.0#1`,
          run: n % 7,
          host: `pc${n % hosts}`,
          department: `dept ${n % 11}`,
          owner: `user${n % 53}`,
          start,
          end: start + 1 + ((n * 7919) % 10_000),
          cores: 1 + (n % 4),
          memoryMb: 100 + (n % 3001),
          ...(n % 5 === 0 ? { frozen: `${n % 7}|${n % 601}.25` } : {}),
          ...(n % 9 === 0 ? { group: 'urgent.now' } : {}),
          ...(n % 13 === 0 ? { deadline: start + 5000 } : {}),
        });
      }
    };
    await writeEpochs(history(), records());
    await makeCatalog(catalogDir());
    const tariff = tariffOf({
      perCoreHour: 0.0173,
      perGibHour: 0.00391,
      latePenalty: 0.15,
      priority: [{ group: 'urgent', factor: 1.7 }],
    });
    const all = { ...query, tariffs: [{ from: 0, tariff }] };
    await changeCatalog(
      catalogDir(),
      () => Date.now(),
      async (catalog) => {
        const spill = await Spill.open(join(folder(), 'spill'));
        const { statement } = await readStatement(all, [history()], async (host, line) => {
          await spill.add(host, line);
        });
        expect(statement.total.executions).toBe(100_000);
        expect(statement.total.late).toBeGreaterThan(1000);
        for (const sums of [statement.byHost, statement.byDepartment, statement.byOwner, statement.ever]) {
          expect(sumOfAll(sums)).toEqual(statement.total);
        }
        let lines = 0n;
        let whole = 0n;
        let count = 0;
        for (const bin of Spill.bins) {
          for (const [host, own] of await spill.linesOf(bin)) {
            const sum = own.reduce((total, { amount }) => total + toMicros(amount), 0n);
            expect(sum).toBe(statement.byHost.get(host)?.amount);
            lines += sum;
            count += own.length;
          }
        }
        expect([lines, count]).toEqual([statement.total.amount, 100_000]);
        const frame = { pool: poolName, period, from, to, unit: 'points', tariff: 1 };
        expect(await publishStatement(catalog, frame, spill, false)).toMatchObject({ hosts });
        await spill.dispose();
        const index = await catalog.index(period);
        for (const digest of index?.bins ?? []) {
          if (digest === null) continue;
          const content = await readFile(join(catalogDir(), 'public', contentPath(digest)), 'utf8');
          for (const { sha256 } of Object.values(StatementBin.parse(JSON.parse(content)))) {
            const own = await readFile(join(catalogDir(), 'public', contentPath(sha256)), 'utf8');
            whole += toMicros(HostStatement.parse(JSON.parse(own)).amount);
          }
        }
        expect(whole).toBe(statement.total.amount);
      },
    );
  });
});
