import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { syncDir, writeFileAtomic } from '../base/atomic-file.ts';
import { partialBeside } from '../base/save-file.ts';
import { GleanerError } from '../contract/failures.ts';
import { catalogTargets, PoolPolicy, type PoolTariff } from '../contract/pool.ts';
import { catalogPaths } from './catalog.ts';
import { poolConf, revokedConf } from './condor-conf.ts';
import { writeInOrder } from './files.ts';
import { keyFileName, saveKey } from './keyring.ts';
import { makeKey, roles } from './keys.ts';
import { planFirst } from './plan.ts';
import type { CatalogState, TariffSince } from './state.ts';

export interface NewPool {
  readonly state: CatalogState;
  readonly tariff: PoolTariff;
  /** Where the root key is put, if not with the others. */
  readonly rootKeyPath?: string;
}

/** A document as it is published: readable, and the same bytes for the same value. */
export function documentBytes(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 1)}\n`);
}

/**
 * Makes a catalog's folder with keys, a policy that narrows nothing, the tariff and HTCondor's configuration. It appears
 * when it is complete.
 * @throws GleanerError `bad-request` when there is something already
 */
export async function initCatalog(
  dir: string,
  { state, tariff, rootKeyPath }: NewPool,
  now: number,
): Promise<void> {
  const dirPath = resolve(dir);
  await needEmpty(dirPath);
  const partial = partialBeside(dirPath);
  const { statePath, keysDir, tariffsDir, condorDir, publicDir } = catalogPaths(partial);
  try {
    // HTCondor's daemons and a web server read in it; what is secret lies in a folder that only its owner may open.
    await mkdir(partial, { mode: 0o755 });
    await mkdir(keysDir, { mode: 0o700 });
    for (const path of [tariffsDir, condorDir]) await mkdir(path, { mode: 0o755 });
    const made = roles.map(makeKey);
    const policy = PoolPolicy.parse({ schema: 1, pool: state.pool });
    const files = planFirst(
      [
        { path: catalogTargets.policy, bytes: documentBytes(policy), version: 1 },
        { path: catalogTargets.tariff, bytes: documentBytes(tariff), version: tariff.version },
      ],
      { keys: made.map(({ key }) => key), expiryDays: state.expiryDays, now },
    );
    await writeInOrder(publicDir, files);
    // Executions before the first tariff are charged by it.
    const since: TariffSince = { from: 0, tariff };
    await writeFileAtomic(join(tariffsDir, `${tariff.version}.json`), documentBytes(since), 0o644);
    await writeFileAtomic(join(condorDir, '90-gleaner.conf'), poolConf(state, policy, dirPath), 0o644);
    await writeFileAtomic(join(condorDir, '91-gleaner-revoked.conf'), revokedConf(state.pool, []), 0o644);
    await writeFileAtomic(statePath, documentBytes(state), 0o644);
    for (const { key, pem } of made) {
      const elsewhere = key.role === 'root' ? rootKeyPath : undefined;
      await saveKey(elsewhere ?? join(keysDir, keyFileName(key)), pem);
    }
    await rmdir(dirPath).catch(() => undefined);
    await rename(partial, dirPath);
    await syncDir(dirname(dirPath));
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function needEmpty(dirPath: string): Promise<void> {
  const names = await readdir(dirPath).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  if (names.length === 0) return;
  throw new GleanerError(
    'bad-request',
    `${dirPath} is there already, and not empty.`,
    'Name another folder; a catalog is made once.',
  );
}
