import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TargetFile, Updater } from 'tuf-js';
import { z } from 'zod';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { GleanerError } from '../../contract/failures.ts';
import {
  catalogTargets,
  HostStatement,
  PoolPolicy,
  PoolTariff,
  StatementBin,
  StatementIndex,
} from '../../contract/pool.ts';
import type { Web } from '../web/dial.ts';
import { fetchPage } from '../web/http.ts';
import { CatalogFetcher } from './catalog-fetcher.ts';
import type { Documents, Inputs, SignedStatement } from './messages.ts';

const metadataBytesMax = 4 * 1024 * 1024;
const documentBytesMax = 4 * 1024 * 1024;
const statementBytesMax = 64 * 1024 * 1024;

type Place = Omit<Inputs['documents'], 'gatewayPath' | 'authorities'>;

/** Puts the root metadata that came with an enrolment where {@link followCatalog} starts from. */
export async function plantRoot(dir: string, root: unknown): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFileAtomic(firstRootPath(dir), JSON.stringify(root));
}

/**
 * What the pool's catalog says now, by TUF: signed by keys that follow from the root of the enrolment, not expired, no older
 * than what was seen before, and of this pool. Rejects `pool-document-refused` for what is not so, and as `fetchPage` does
 * when the catalog cannot be reached.
 */
export async function followCatalog(web: Web, place: Place): Promise<Documents> {
  return await withCatalog(web, place, async (catalog) => {
    const before = await catalog.seen();
    await catalog.refresh();
    const policy = await catalog.document(catalogTargets.policy, PoolPolicy);
    if (!policy) throw refused('it holds no policy');
    const tariff = await catalog.document(catalogTargets.tariff, PoolTariff);
    const statements = await catalog.statements();
    const { version, expiresAt } = await catalog.standing();
    const seen = JSON.stringify([version, policy, tariff, statements]);
    await catalog.see(seen);
    return { changed: seen !== before, version, expiresAt, policy, tariff, statements };
  });
}

/**
 * This host's statement of a period; null when it is in none. Rejects `pool-document-refused`, and as `fetchPage` does.
 * Each file is known by its digest in the one above it, the uppermost by TUF.
 */
export async function readStatement(
  web: Web,
  { period, host, ...place }: Place & { readonly period: string; readonly host: string },
): Promise<SignedStatement | null> {
  return await withCatalog(web, place, async (catalog) => {
    await catalog.refresh();
    const index = await catalog.document(`${catalogTargets.statements}${period}.json`, StatementIndex);
    if (!index) return null;
    const bin = index.bins[createHash('sha256').update(host).digest()[0] ?? 0];
    if (bin == null) return null;
    const entry = (await catalog.byDigest(bin, StatementBin))[host];
    if (!entry) return null;
    const statement = await catalog.byDigest(entry.sha256, HostStatement);
    const fits = statement.pool === place.pool && statement.host === host;
    if (!fits || statement.from !== index.from || statement.to !== index.to) {
      throw refused('a statement is not that of this computer and time');
    }
    return { digest: entry.sha256, statement };
  });
}

async function withCatalog<T>(web: Web, place: Place, use: (catalog: Catalog) => Promise<T>): Promise<T> {
  const catalog = await Catalog.open(web, place);
  try {
    return await use(catalog);
  } catch (error) {
    // TUF's own errors do not tell that the web was what failed.
    throw catalog.fetcher.failure ?? (error instanceof GleanerError ? error : refused(wordsOf(error)));
  }
}

/** TUF's metadata and documents in a folder of the host, and where newer ones come from. */
class Catalog {
  readonly fetcher: CatalogFetcher;
  readonly #web: Web;
  readonly #place: Place;
  readonly #updater: Updater;

  private constructor(web: Web, place: Place, fetcher: CatalogFetcher, updater: Updater) {
    this.#web = web;
    this.#place = place;
    this.fetcher = fetcher;
    this.#updater = updater;
  }

  static async open(web: Web, place: Place): Promise<Catalog> {
    const { dir, url } = place;
    const metadataDir = join(dir, 'metadata');
    const targetDir = join(dir, 'targets');
    for (const folder of [metadataDir, targetDir]) await mkdir(folder, { recursive: true, mode: 0o700 });
    const fetcher = new CatalogFetcher(web, { url: `${url}metadata/timestamp.json`, dir });
    const make = (): Updater =>
      new Updater({
        metadataDir,
        targetDir,
        metadataBaseUrl: `${url}metadata`,
        targetBaseUrl: `${url}targets`,
        fetcher,
        config: {
          rootMaxLength: metadataBytesMax,
          timestampMaxLength: metadataBytesMax,
          snapshotMaxLength: metadataBytesMax,
          targetsMaxLength: metadataBytesMax,
        },
      });
    try {
      return new Catalog(web, place, fetcher, make());
    } catch {
      // The first time, or after a crash while it was written: the chain of roots is followed from the enrolment's.
      await writeFile(join(metadataDir, 'root.json'), await readFile(firstRootPath(dir)));
      try {
        return new Catalog(web, place, fetcher, make());
      } catch (error) {
        throw refused(`its root cannot be used: ${wordsOf(error)}`);
      }
    }
  }

  async refresh(): Promise<void> {
    await this.#updater.refresh();
  }

  /** null when it is not in the catalog. */
  async document<T extends z.ZodType<{ pool: string }>>(path: string, type: T): Promise<z.output<T> | null> {
    const target = await this.#updater.getTargetInfo(path);
    if (!target) return null;
    const document = parse(await this.#text(target), type, path);
    if (document.pool !== this.#place.pool) throw refused(`${path} is of another pool`);
    return document;
  }

  /** The periods of which the catalog has statements; the newest last. */
  async statements(): Promise<Documents['statements']> {
    // Whoever asks for a target that is not there has loaded, verified and kept the list of those that are.
    await this.#updater.getTargetInfo(`${catalogTargets.statements}none.json`);
    const list = await this.#metadata('statements', SignedTargets);
    return Object.entries(list?.signed.targets ?? {})
      .flatMap(([path, { hashes }]) => {
        const period = new RegExp(
          `^${catalogTargets.statements}(\\d{4}-\\d\\d-\\d\\d_\\d{4}-\\d\\d-\\d\\d)[.]json$`,
        ).exec(path)?.[1];
        return period === undefined ? [] : [{ period, digest: hashes.sha256 }];
      })
      .sort((a, b) => (a.period < b.period ? -1 : 1))
      .slice(-1000);
  }

  /** What the list of documents is called, and until when the pool's word counts without news, in epoch ms. */
  async standing(): Promise<{ version: number; expiresAt: number }> {
    const targets = await this.#metadata('targets', Signed);
    const timestamp = await this.#metadata('timestamp', Signed);
    if (!targets || !timestamp) throw refused('its metadata is not there');
    return { version: targets.signed.version, expiresAt: Date.parse(timestamp.signed.expires) };
  }

  async byDigest<T extends z.ZodType>(digest: string, type: T): Promise<z.output<T>> {
    const url = new URL(`${this.#place.url}targets/${catalogTargets.statements}${digest}.json`);
    const { status, body } = await fetchPage(this.#web, { url, maxBytes: statementBytesMax });
    if (status !== 200) throw refused(`a statement is missing (status ${status})`);
    if (createHash('sha256').update(body).digest('hex') !== digest) {
      throw refused('a statement is not what was signed');
    }
    return parse(body, type, 'a statement');
  }

  async seen(): Promise<string | null> {
    return await readFile(this.#seenPath, 'utf8').catch(() => null);
  }

  async see(text: string): Promise<void> {
    await writeFileAtomic(this.#seenPath, text);
  }

  get #seenPath(): string {
    return join(this.#place.dir, 'seen.json');
  }

  async #text(target: TargetFile): Promise<string> {
    if (target.length > documentBytesMax) throw refused(`${target.path} is too large`);
    const path = join(this.#place.dir, 'targets', encodeURIComponent(target.path));
    const known = await this.#updater.findCachedTarget(target, path);
    return await readFile(known ?? (await this.#updater.downloadTarget(target, path)), 'utf8');
  }

  async #metadata<T extends z.ZodType>(name: string, type: T): Promise<z.output<T> | null> {
    const text = await readFile(join(this.#place.dir, 'metadata', `${name}.json`), 'utf8').catch(() => null);
    return text === null ? null : parse(text, type, `${name}.json`);
  }
}

const Signed = z.object({ signed: z.object({ version: z.int().min(1), expires: z.iso.datetime() }) });
const SignedTargets = z.object({
  signed: z.object({
    targets: z.record(z.string().max(300), z.object({ hashes: z.object({ sha256: z.string().max(64) }) })),
  }),
});

function parse<T extends z.ZodType>(text: string, type: T, what: string): z.output<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused(`${what} is no JSON`);
  }
  const parsed = type.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(`${what} is not as it should be (${issue?.path.map(String).join('.') ?? ''})`.slice(0, 300));
}

function firstRootPath(dir: string): string {
  return join(dir, 'enrolment-root.json');
}

function refused(why: string): GleanerError {
  return new GleanerError(
    'pool-document-refused',
    `The pool’s signed documents cannot be taken: ${why}.`.slice(0, 500),
    'Check this computer’s clock; else tell who administers the pool.',
  );
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .replace(/[.]\s*$/, '')
    .slice(0, 300);
}
