import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PoolTariff } from '../../electron/contract/pool.ts';
import { changeCatalog } from '../../electron/pool/catalog.ts';
import { initCatalog } from '../../electron/pool/init.ts';
import { Spill } from '../../electron/pool/spill.ts';
import { CatalogState } from '../../electron/pool/state.ts';
import { readStatement } from '../../electron/pool/statement.ts';
import { publishStatement } from '../../electron/pool/statement-publish.ts';

export interface StatementAsked {
  readonly dir: string;
  readonly historyPath: string;
  readonly pool: string;
  readonly from: number;
  readonly to: number;
}

export interface StatementMeasured {
  readonly readMs: number;
  readonly publishMs: number;
  /** Resident, of the whole process. */
  readonly peakBytes: number;
  readonly hostBytes: number;
  readonly binBytes: number;
  readonly indexBytes: number;
  readonly metadataBytes: number;
}

// The other end of statement.ts.
const asked = JSON.parse(process.argv[2] ?? '{}') as StatementAsked;
process.send?.(await measure(asked));
process.disconnect();

async function measure({ dir, historyPath, pool, from, to }: StatementAsked): Promise<StatementMeasured> {
  const catalogDir = join(dir, 'catalog');
  mkdirSync(dir);
  const state = CatalogState.parse({
    schema: 1,
    pool,
    name: 'Bench',
    collector: { address: '10.0.0.1', port: 9618 },
    submits: [],
    catalogUrl: 'https://pool.example.org/gleaner/',
    expiryDays: {},
  });
  const tariff = PoolTariff.parse({
    schema: 1,
    pool,
    version: 1,
    unit: 'EUR',
    perCoreHour: 0.02,
    perGibHour: 0.004,
  });
  await initCatalog(catalogDir, { state, tariff }, Date.now());
  return await changeCatalog(
    catalogDir,
    () => Date.now(),
    async (catalog) => {
      const spill = await Spill.open(join(dir, 'spill'));
      const began = performance.now();
      const query = { pool, from, to, tariffs: [{ from: 0, tariff }] };
      await readStatement(query, [historyPath], async (host, line) => {
        await spill.add(host, line);
      });
      const read = performance.now();
      const frame = { pool, period: '2025-11-01_2025-12-01', from, to, unit: 'EUR', tariff: 1 };
      const { bytes, hosts } = await publishStatement(catalog, frame, spill, false);
      const published = performance.now();
      await spill.dispose();
      const statementsDir = join(catalog.paths.publicDir, 'targets', 'statements');
      const sizes = readdirSync(statementsDir).map((name) => ({
        name,
        size: statSync(join(statementsDir, name)).size,
      }));
      const plain = sizes.filter(({ name }) => /^[0-9a-f]{64}\.json$/.test(name));
      const all = plain.reduce((sum, { size }) => sum + size, 0);
      return {
        readMs: read - began,
        publishMs: published - read,
        peakBytes: process.resourceUsage().maxRSS * 1024,
        hostBytes: bytes / hosts,
        binBytes: (all - bytes) / (plain.length - hosts),
        indexBytes: sizes.find(({ name }) => !plain.some((one) => one.name === name))?.size ?? Number.NaN,
        metadataBytes: statSync(join(catalog.paths.metadataDir, '2.statements.json')).size,
      };
    },
  );
}
