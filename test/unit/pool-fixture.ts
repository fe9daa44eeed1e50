import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseFetcher, Updater } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { afterEach, beforeEach } from 'vitest';
import { PoolTariff } from '../../electron/contract/pool.ts';
import { initCatalog } from '../../electron/pool/init.ts';
import { CatalogState } from '../../electron/pool/state.ts';

export const poolName = 'pool.example.org';

/** A folder of each test's own. */
export function usePoolFolder(): () => string {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'gleaner-pool-'));
  });
  afterEach(async () => {
    await rm(dir, { recursive: true, force: true });
  });
  return () => dir;
}

export function stateOf(pool = poolName, expiryDays: Record<string, number> = {}): CatalogState {
  return CatalogState.parse({
    schema: 1,
    pool,
    name: 'The company',
    collector: { address: '10.77.0.1', port: 9618 },
    submits: [],
    catalogUrl: 'https://pool.example.org/gleaner/',
    expiryDays,
  });
}

export function tariffOf(change: Partial<PoolTariff> = {}): PoolTariff {
  return PoolTariff.parse({
    schema: 1,
    pool: poolName,
    version: 1,
    unit: 'points',
    perCoreHour: 1,
    perGibHour: 0.25,
    ...change,
  });
}

/** A catalog with the root key elsewhere, if that is named. */
export async function makeCatalog(
  dirPath: string,
  {
    pool = poolName,
    now = Date.now(),
    rootKeyPath,
  }: { pool?: string; now?: number; rootKeyPath?: string } = {},
): Promise<void> {
  await initCatalog(
    dirPath,
    {
      state: stateOf(pool),
      tariff: tariffOf({ pool }),
      ...(rootKeyPath === undefined ? {} : { rootKeyPath }),
    },
    now,
  );
}

/** Reads a catalog's public folder as if it were a web server. */
class FolderFetcher extends BaseFetcher {
  readonly #dirOf: () => string;
  readonly #asked: string[];

  constructor(dirOf: () => string, asked: string[]) {
    super();
    this.#dirOf = dirOf;
    this.#asked = asked;
  }

  async fetch(url: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const path = new URL(url).pathname.slice(1);
    this.#asked.push(path);
    const bytes = await readFile(join(this.#dirOf(), path)).catch(() => {
      throw new DownloadHTTPError(path, 404);
    });
    return new Blob([new Uint8Array(bytes)]).stream();
  }
}

/** A host as tuf-js is one: it trusts a root and keeps what it has seen. */
export class TufHost {
  readonly dirPath: string;
  readonly asked: string[] = [];
  #publicDir: string;

  private constructor(dirPath: string, publicDir: string) {
    this.dirPath = dirPath;
    this.#publicDir = publicDir;
  }

  /** @param rootVersion of the root that it was enrolled with */
  static async enrolled(dirPath: string, publicDir: string, rootVersion = 1): Promise<TufHost> {
    const own = await mkdtemp(join(dirPath, 'host-'));
    await cp(join(publicDir, 'metadata', `${rootVersion}.root.json`), join(own, 'root.json'));
    return new TufHost(own, publicDir);
  }

  /** From now on it reads there. */
  moveTo(publicDir: string): void {
    this.#publicDir = publicDir;
  }

  /** What it knows stays; another of the same state. */
  async copy(): Promise<TufHost> {
    const own = `${this.dirPath}-copy-${Math.random().toString(36).slice(2)}`;
    await cp(this.dirPath, own, { recursive: true });
    return new TufHost(own, this.#publicDir);
  }

  /** A target's bytes after a refresh; undefined when the catalog has none. Rejects as tuf-js does. */
  async read(target: string): Promise<Buffer | undefined> {
    const updater = new Updater({
      metadataDir: this.dirPath,
      metadataBaseUrl: 'http://catalog.invalid/metadata',
      targetDir: this.dirPath,
      targetBaseUrl: 'http://catalog.invalid/targets',
      fetcher: new FolderFetcher(() => this.#publicDir, this.asked),
    });
    await updater.refresh();
    const info = await updater.getTargetInfo(target);
    if (info === undefined) return undefined;
    return await readFile(await updater.downloadTarget(info));
  }

  async json(target: string): Promise<Record<string, unknown>> {
    return JSON.parse((await this.read(target))?.toString() ?? 'null') as Record<string, unknown>;
  }
}

/** Changes a JSON file in place. */
export async function tamper(
  path: string,
  change: (value: Record<string, unknown>) => unknown,
): Promise<void> {
  const value = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  await writeFile(path, JSON.stringify(change(value)));
}
