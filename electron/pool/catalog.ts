import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetFile } from '@tufjs/models';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { GleanerError } from '../contract/failures.ts';
import { catalogTargets, PoolPolicy, PoolTariff, StatementIndex } from '../contract/pool.ts';
import { type Current, readCurrent, trustedKeyId } from './current.ts';
import { readIfThere, writeInOrder } from './files.ts';
import { dropRetired, keyFileName, readKey, readKeys, saveKey } from './keyring.ts';
import { makeKey, type Role, roles, type SigningKey } from './keys.ts';
import { lockCatalog } from './lock.ts';
import { sha256 } from './metadata.ts';
import { type Change, isDue, planCommit, planRoot, planRotation, type Signing, targetPath } from './plan.ts';
import { pruneOld } from './prune.ts';
import { CatalogState, documentBytesMax, parseDocument, TariffSince } from './state.ts';

/** What lies where in a catalog's folder. */
export const catalogPaths = (dirPath: string) => ({
  statePath: join(dirPath, 'catalog.json'),
  keysDir: join(dirPath, 'keys'),
  tariffsDir: join(dirPath, 'tariffs'),
  condorDir: join(dirPath, 'condor'),
  publicDir: join(dirPath, 'public'),
  metadataDir: join(dirPath, 'public', 'metadata'),
});

const publicFileMode = 0o644;

/** A target and the pool's own count of its changes. */
export interface Versioned<T> {
  readonly version: number;
  readonly value: T;
}

/** A catalog's folder, as it is at present. Opened to be changed, it is locked until it is closed. */
export class Catalog {
  readonly dirPath: string;
  readonly state: CatalogState;
  #current: Current;
  readonly #now: () => number;

  constructor(dirPath: string, state: CatalogState, current: Current, now: () => number) {
    this.dirPath = dirPath;
    this.state = state;
    this.#current = current;
    this.#now = now;
  }

  get current(): Current {
    return this.#current;
  }

  get paths(): ReturnType<typeof catalogPaths> {
    return catalogPaths(this.dirPath);
  }

  async policy(): Promise<Versioned<PoolPolicy>> {
    return await this.#target(catalogTargets.policy, PoolPolicy);
  }

  async tariff(): Promise<Versioned<PoolTariff>> {
    return await this.#target(catalogTargets.tariff, PoolTariff);
  }

  /** All tariffs that ever counted, by the time from which they did. */
  async tariffs(): Promise<readonly TariffSince[]> {
    const { value } = await this.tariff();
    const all: TariffSince[] = [];
    // Of a later one the command that made it died before it was published.
    for (let version = 1; version <= value.version; version += 1) {
      const label = `tariffs/${version}.json`;
      all.push(parseDocument(TariffSince, await readFile(join(this.dirPath, label)), label));
    }
    return all.sort((a, b) => a.from - b.from);
  }

  /** Index documents that are published, by their period. */
  periods(): readonly string[] {
    return Object.keys(this.#current.statements.targets)
      .map((path) => path.slice(catalogTargets.statements.length).replace(/\.json$/, ''))
      .sort();
  }

  async index(period: string): Promise<StatementIndex | undefined> {
    const path = `${catalogTargets.statements}${period}.json`;
    const target = this.#current.statements.targets[path];
    return target && parseDocument(StatementIndex, await this.readTarget(target), path);
  }

  /** A target's bytes, checked. @throws GleanerError `signature-invalid` */
  async readTarget({ path, hashes, length }: TargetFile): Promise<Uint8Array> {
    const { sha256: digest = '' } = hashes;
    const bytes = await readIfThere(join(this.paths.publicDir, targetPath(path, digest)));
    if (bytes?.length === length && sha256(bytes) === digest) return bytes;
    throw new GleanerError(
      'signature-invalid',
      `${path} of the catalog is ${bytes === undefined ? 'missing' : 'not what was signed'}.`,
      'Set it again, or bring it back from a backup.',
    );
  }

  /** Whether a signature other than the root's should be made anew by now. */
  isDue(): boolean {
    const { targets, statements, snapshot, timestamp } = this.#current;
    const { expiryDays } = this.state;
    const now = this.#now();
    return (
      isDue(targets, expiryDays.targets, now) ||
      isDue(statements, expiryDays.statements, now) ||
      isDue(snapshot, expiryDays.snapshot, now) ||
      isDue(timestamp, expiryDays.timestamp, now)
    );
  }

  /**
   * Publishes a change in the folder, with a new snapshot and timestamp; with none, that is all. Signs anew what is due,
   * the root too where its key is at hand.
   */
  async commit(change: Change = {}, rootKeyPath?: string): Promise<void> {
    const signing = await this.#signing(rootKeyPath);
    await this.#write(planCommit(this.#current, change, signing));
    const { root } = this.#current;
    const hasRootKey = signing.keys.some(({ id }) => id === trustedKeyId(this.#current, 'root'));
    if (hasRootKey && isDue(root, signing.expiryDays.root, signing.now)) {
      await this.#write([planRoot(this.#current, {}, signing)]);
    }
    await pruneOld(this.paths.publicDir, this.#current);
  }

  /**
   * Gives roles new keys. The ones before sign along for two weeks.
   * @param newRootPath where the new root key is put, if not into the folder of keys
   */
  async rotate(which: readonly Role[], rootKeyPath?: string, newRootPath?: string): Promise<void> {
    const signing = await this.#signing(rootKeyPath);
    const made = which.map(makeKey);
    const fresh = Object.fromEntries(made.map(({ key }) => [key.role, key]));
    const files = planRotation(this.#current, fresh, signing);
    for (const { key, pem } of made) {
      const elsewhere = key.role === 'root' ? newRootPath : undefined;
      await saveKey(elsewhere ?? join(this.paths.keysDir, keyFileName(key)), pem);
    }
    await this.#write(files);
    await pruneOld(this.paths.publicDir, this.#current);
  }

  /** Since when hosts and statements count by a tariff, before it is published. */
  async keepTariff(since: TariffSince): Promise<void> {
    await writeFileAtomic(
      join(this.paths.tariffsDir, `${since.tariff.version}.json`),
      `${JSON.stringify(since, null, 2)}\n`,
      publicFileMode,
    );
  }

  async #write(files: Parameters<typeof writeInOrder>[1]): Promise<void> {
    await writeInOrder(this.paths.publicDir, files);
    this.#current = await readCurrent(this.paths.metadataDir);
  }

  async #signing(rootKeyPath: string | undefined): Promise<Signing> {
    const now = this.#now();
    const trusted = new Set(roles.flatMap((role) => trustedKeyId(this.#current, role) ?? []));
    const kept = await dropRetired(this.paths.keysDir, await readKeys(this.paths.keysDir), trusted, now);
    const given = rootKeyPath === undefined ? [] : [await readKey('root', rootKeyPath)];
    const keys: SigningKey[] = [...kept, ...given.filter(({ id }) => !kept.some((key) => key.id === id))];
    return { keys, expiryDays: this.state.expiryDays, now };
  }

  async #target<T extends { readonly pool: string }>(
    path: string,
    schema: Parameters<typeof parseDocument<T>>[0],
  ): Promise<Versioned<T>> {
    const target = this.#current.targets.targets[path];
    if (target === undefined) throw new GleanerError('signature-invalid', `The catalog has no ${path}.`);
    const value = parseDocument(schema, await this.readTarget(target), path);
    if (value.pool !== this.state.pool) {
      throw new GleanerError('document-invalid', `${path} of the catalog is of another pool, ${value.pool}.`);
    }
    const { version } = target.custom;
    return { version: typeof version === 'number' ? version : this.#current.targets.version, value };
  }
}

/** Reads a catalog's folder. @throws GleanerError `not-found`, `document-invalid`, `signature-invalid` */
export async function readCatalog(dirPath: string, now: () => number): Promise<Catalog> {
  const { statePath, metadataDir } = catalogPaths(dirPath);
  const bytes = await readIfThere(statePath);
  if (bytes === undefined || bytes.length > documentBytesMax) {
    throw new GleanerError(
      'not-found',
      `There is no pool's catalog in ${dirPath}.`,
      'Make one with "gleaner pool init DIR …".',
    );
  }
  const state = parseDocument(CatalogState, bytes, 'catalog.json');
  return new Catalog(dirPath, state, await readCurrent(metadataDir), now);
}

/** Opens a catalog for a change, and lets nobody else until `use` is done. @throws GleanerError `already-running` */
export async function changeCatalog<T>(
  dirPath: string,
  now: () => number,
  use: (catalog: Catalog) => Promise<T>,
): Promise<T> {
  // Before the lock's file would be made in what is no catalog.
  await readCatalog(dirPath, now);
  const unlock = lockCatalog(dirPath);
  try {
    return await use(await readCatalog(dirPath, now));
  } finally {
    unlock();
  }
}
