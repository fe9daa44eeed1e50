import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GleanerError } from '../contract/failures.ts';
import { catalogTargets, HostStatement, StatementBin } from '../contract/pool.ts';
import type { Catalog } from './catalog.ts';
import { listFiles, makePublicDir, readIfThere, sizeOf, writeInOrder, writeTogether } from './files.ts';
import { sha256 } from './metadata.ts';
import { parseDocument } from './state.ts';

/** Where what a statement's index leads to lies, below `public/`. */
export function contentPath(digest: string): string {
  return `targets/${catalogTargets.statements}${digest}.json`;
}

export interface Checked {
  readonly policy: number;
  readonly tariff: number;
  readonly periods: number;
  readonly hostStatements: number;
}

/**
 * Looks whether everything that the catalog's signatures lead to is there and fits. Of the statements of single hosts, which
 * may be a hundred thousand, presence and size; `isThorough` reads them, too.
 * @throws GleanerError `signature-invalid`, `document-invalid`
 */
export async function checkCatalog(catalog: Catalog, isThorough = false): Promise<Checked> {
  const { version: policy } = await catalog.policy();
  const { version: tariff } = await catalog.tariff();
  await catalog.tariffs();
  let hostStatements = 0;
  const periods = catalog.periods();
  for (const period of periods) {
    const index = await catalog.index(period);
    if (index?.pool !== catalog.state.pool || index.period !== period) {
      throw new GleanerError('document-invalid', `The statement of ${period} is of something else.`);
    }
    for (const digest of index.bins) {
      if (digest === null) continue;
      const bytes = await needContent(catalog, digest);
      const bin = parseDocument(StatementBin, bytes, contentPath(digest));
      for (const [host, named] of Object.entries(bin)) {
        hostStatements += 1;
        await checkHost(catalog, host, named, isThorough);
      }
    }
  }
  return { policy, tariff, periods: periods.length, hostStatements };
}

async function checkHost(
  catalog: Catalog,
  host: string,
  named: { readonly sha256: string; readonly bytes: number },
  isThorough: boolean,
): Promise<void> {
  const path = contentPath(named.sha256);
  if ((await sizeOf(join(catalog.paths.publicDir, path))) !== named.bytes) throw lacks(path);
  if (!isThorough) return;
  const statement = parseDocument(HostStatement, await needContent(catalog, named.sha256), path);
  if (statement.host !== host) throw lacks(path);
}

async function needContent(catalog: Catalog, digest: string): Promise<Uint8Array> {
  const path = contentPath(digest);
  const bytes = await readIfThere(join(catalog.paths.publicDir, path));
  if (bytes === undefined || sha256(bytes) !== digest) throw lacks(path);
  return bytes;
}

const lacks = (path: string): GleanerError =>
  new GleanerError(
    'signature-invalid',
    `The catalog's ${path} is missing, or not what the statement names.`,
    'Publish that statement again with --replace.',
  );

export interface Copied {
  readonly files: number;
  readonly bytes: number;
}

/** The order in which files may appear: what is named before what names it, and roots at the end (see `planRotation`). */
function ranks(path: string): number {
  if (path.startsWith('targets/')) return 0;
  if (path === 'metadata/timestamp.json') return 3;
  if (/^metadata\/\d+\.root\.json$/.test(path)) return 4;
  return path.includes('.snapshot.') ? 2 : 1;
}

/** Relative paths of a public folder's files, in the order in which they are to be copied. Pure. */
export function inOrder(paths: readonly string[]): readonly string[] {
  const version = (path: string): number => Number(/^metadata\/(\d+)\./.exec(path)?.[1] ?? 0);
  return [...paths].sort((a, b) => ranks(a) - ranks(b) || version(a) - version(b) || (a < b ? -1 : 1));
}

/**
 * Copies what is new in the public part to a web server's folder, so that a host which reads there at any moment sees the
 * state before or the one after. Nothing there is deleted.
 * @throws GleanerError `bad-request` when the folder holds another pool's catalog, or a newer one
 */
export async function copyPublic(catalog: Catalog, toDir: string): Promise<Copied> {
  const { publicDir } = catalog.paths;
  await makePublicDir(toDir);
  await needSame(catalog, toDir);
  let files = 0;
  let bytes = 0;
  const paths = inOrder(await listFiles(publicDir));
  const counted = async (path: string): Promise<{ path: string; bytes: Uint8Array }> => {
    const content = await readFile(join(publicDir, path));
    files += 1;
    bytes += content.length;
    return { path, bytes: content };
  };
  await writeTogether(
    toDir,
    (async function* () {
      for (const path of paths) {
        if (!path.startsWith('targets/')) continue;
        const size = await sizeOf(join(publicDir, path));
        // Their digests are their names.
        if (size !== (await sizeOf(join(toDir, path)))) yield await counted(path);
      }
    })(),
  );
  for (const path of paths) {
    if (path.startsWith('targets/')) continue;
    const there = await readIfThere(join(toDir, path));
    if (there?.equals(await readFile(join(publicDir, path))) !== true) {
      await writeInOrder(toDir, [await counted(path)]);
    }
  }
  return { files, bytes };
}

/** The folder is empty, or holds this catalog as it is or was. */
async function needSame(catalog: Catalog, toDir: string): Promise<void> {
  const root = await readIfThere(join(toDir, 'metadata', '1.root.json'));
  const own = await readFile(join(catalog.paths.metadataDir, '1.root.json'));
  if (root !== undefined && !own.equals(root)) {
    throw new GleanerError(
      'bad-request',
      `${toDir} holds the catalog of another pool.`,
      'Name another folder.',
    );
  }
  const timestamp = await readIfThere(join(toDir, 'metadata', 'timestamp.json'));
  if (timestamp === undefined) return;
  const { signed } = JSON.parse(timestamp.toString('utf8')) as { signed?: { version?: unknown } };
  if (typeof signed?.version === 'number' && signed.version > catalog.current.timestamp.version) {
    throw new GleanerError(
      'bad-request',
      `${toDir} holds a newer state of this catalog: hosts would refuse an older one.`,
      'Is this folder an old backup? Go on with the newest one.',
    );
  }
}
