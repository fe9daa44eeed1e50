import { createHash, randomBytes } from 'node:crypto';
import { type BigIntStats, constants, createReadStream } from 'node:fs';
import { chmod, copyFile, link, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDir } from '../base/atomic-file.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import { type Failure, GleanerError } from '../contract/failures.ts';
import {
  damaged,
  type ImageManifest,
  isMissing,
  type ManifestFile,
  missing,
  readManifest,
} from './manifest.ts';

/** One verified file in the store. */
export interface Image {
  readonly path: string;
  /** `sha256:<hex>`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** All that a VM boots from. */
export interface ImageSet {
  readonly recipe: string;
  readonly kernelRelease: string;
  /** Epoch ms at which they were made, or last found to be what their suite offers; null when that is not told. */
  readonly builtAt: number | null;
  readonly kernel: Image;
  readonly initramfs: Image;
  readonly appliances: Readonly<Record<string, Image>>;
  /** The version of each package that they were made of, by its name. */
  readonly packages: ReadonlyMap<string, string>;
}

export interface StoreOptions {
  /** Where a manifest and its files lie; may reject with `image-missing`. */
  readonly sourceDir: (signal?: AbortSignal) => Promise<string>;
  /** Made 0755, so that a VM's own uid can read its images. */
  readonly imagesDir: string;
  /** Builds or fetches the images anew and tells where they are; asked once per `ensure` at most. */
  readonly rebuild?: (why: Failure, signal?: AbortSignal) => Promise<string>;
  readonly log: Log;
}

const storedName = /^sha256-[0-9a-f]{64}$/;
const importPrefix = '.import-';

/**
 * The images of this host by digest. Nothing boots that was not hashed by this process, as the file it is
 * now: a stored image is hashed once per run and again when its size, times or inode change.
 */
export class ApplianceStore {
  readonly #options: StoreOptions;
  readonly #mutex = new Mutex();
  /** What a verified file looked like, by path. */
  readonly #verified = new Map<string, string>();

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  /**
   * The images that the source names, imported and verified. A damaged or missing source is rebuilt once, if
   * it can be; a damaged copy in the store is imported again. Rejects with `image-missing`, `image-damaged`,
   * with what `rebuild` rejects, or with what the file system says.
   * @param o.rebuild false: only looks, and imports again what is whole at its source
   * @param o.signal ends a build that is under way for this
   */
  ensure(o: { readonly rebuild?: boolean; readonly signal?: AbortSignal } = {}): Promise<ImageSet> {
    return this.#mutex.run(async () => {
      try {
        return await this.#import(await this.#options.sourceDir(o.signal));
      } catch (error) {
        const { rebuild, log } = this.#options;
        if (o.rebuild === false || !rebuild || !isMendable(error)) throw error;
        log.warn('appliance', 'the images are rebuilt', { code: error.code, why: error.message });
        return await this.#import(await rebuild(error.toFailure(), o.signal));
      }
    });
  }

  /** What {@link prune} would free, in bytes: a file that lies elsewhere, too, frees nothing. */
  unusedBytes(keepDigests: readonly string[]): Promise<number> {
    return this.#mutex.run(async () => {
      let bytes = 0;
      for (const name of await this.#unused(keepDigests)) {
        const { size, nlink } = await lstat(join(this.#options.imagesDir, name));
        if (nlink === 1) bytes += size;
      }
      return bytes;
    });
  }

  /** Removes stored images with other digests, and what broken imports left. A VM that runs keeps what it opened. */
  prune(keepDigests: readonly string[]): Promise<void> {
    return this.#mutex.run(async () => {
      const { imagesDir, log } = this.#options;
      for (const name of await this.#unused(keepDigests)) {
        await rm(join(imagesDir, name), { force: true });
        this.#verified.delete(join(imagesDir, name));
        log.info('appliance', 'removed an unused image', { name });
      }
    });
  }

  async #unused(keepDigests: readonly string[]): Promise<string[]> {
    const keep = new Set(keepDigests.map(nameOf));
    const names = await readdir(this.#options.imagesDir).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    return names.filter(
      (name) => name.startsWith(importPrefix) || (storedName.test(name) && !keep.has(name)),
    );
  }

  async #import(sourceDir: string): Promise<ImageSet> {
    const manifest = await readManifest(sourceDir);
    const { imagesDir } = this.#options;
    await mkdir(imagesDir, { recursive: true });
    await chmod(imagesDir, 0o755);
    const importOne = (file: ManifestFile): Promise<Image> => this.#importFile(sourceDir, file);
    const appliances: Record<string, Image> = {};
    for (const [name, file] of Object.entries(manifest.appliances)) appliances[name] = await importOne(file);
    return {
      ...pick(manifest),
      kernel: await importOne(manifest.kernel),
      initramfs: await importOne(manifest.initramfs),
      appliances,
    };
  }

  async #importFile(sourceDir: string, file: ManifestFile): Promise<Image> {
    const { imagesDir, log } = this.#options;
    const path = join(imagesDir, nameOf(file.digest));
    const image = { path, digest: file.digest, size: file.size };
    try {
      await this.#verify(path, file);
      return image;
    } catch (error) {
      if (!isMendable(error)) throw error;
      if (error.code === 'image-damaged')
        log.warn('appliance', 'a stored image is damaged', { file: file.file });
    }
    const temporary = join(imagesDir, `${importPrefix}${randomBytes(8).toString('hex')}`);
    try {
      await fetchFile(join(sourceDir, file.file), temporary, file);
      await this.#verify(temporary, file);
      await rename(temporary, path);
      await syncDir(imagesDir);
    } finally {
      this.#verified.delete(temporary);
      await rm(temporary, { force: true });
    }
    this.#verified.set(path, stampOf(await lstat(path, { bigint: true })));
    return image;
  }

  /** Rejects with `image-missing` or `image-damaged`. */
  async #verify(path: string, { file, digest, size }: ManifestFile): Promise<void> {
    const before = await statRegular(path, file);
    if (before.size !== BigInt(size)) throw wrongSize(file, before.size, size);
    const stamp = stampOf(before);
    if (this.#verified.get(path) === stamp) return;
    this.#verified.delete(path);
    if ((await hashOf(path)) !== digest) throw damaged(`${file} does not have the digest that was recorded`);
    // What changed while it was read is hashed again the next time.
    this.#verified.set(path, stamp);
  }
}

/**
 * Brings one file into the store's folder, 0444. A hard link costs nothing, but shares the file with whoever
 * can write the source: so only for our own that nobody else can write, on the same file system; else a copy.
 */
async function fetchFile(sourcePath: string, toPath: string, { file, size }: ManifestFile): Promise<void> {
  const source = await statRegular(sourcePath, file);
  if (source.size !== BigInt(size)) throw wrongSize(file, source.size, size);
  const ours = process.geteuid?.() === Number(source.uid) && (Number(source.mode) & 0o022) === 0;
  const linked = ours && (await link(sourcePath, toPath).then(() => true, cannotLink));
  if (!linked) await copyFile(sourcePath, toPath, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await chmod(toPath, 0o444);
  if (linked) return;
  const copy = await open(toPath, 'r');
  try {
    await copy.sync();
  } finally {
    await copy.close();
  }
}

/** Another file system, one without links or with its most, or a kernel that protects links: a copy does. */
function cannotLink(error: unknown): false {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EXDEV' || code === 'EPERM' || code === 'EMLINK' || code === 'ENOTSUP') return false;
  throw error;
}

async function statRegular(path: string, name: string): Promise<BigIntStats> {
  const stat = await lstat(path, { bigint: true }).catch((error: unknown) => {
    throw isMissing(error) ? missing(name) : error;
  });
  if (!stat.isFile()) throw damaged(`${name} is not a regular file`);
  return stat;
}

function wrongSize(file: string, found: bigint, size: number): GleanerError {
  return damaged(`${file} has ${found} bytes instead of ${size}`);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    hash.update(chunk as Uint8Array);
  }
  return `sha256:${hash.digest('hex')}`;
}

function isMendable(error: unknown): error is GleanerError {
  return error instanceof GleanerError && (error.code === 'image-damaged' || error.code === 'image-missing');
}

const nameOf = (digest: string): string => digest.replace(':', '-');
const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ');
const pick = ({
  recipe,
  kernelRelease,
  builtAt,
  packages = [],
}: ImageManifest): Pick<ImageSet, 'recipe' | 'kernelRelease' | 'builtAt' | 'packages'> => ({
  recipe,
  kernelRelease,
  builtAt: builtAt ?? null,
  packages: new Map(packages.map(({ name, version }) => [name, version])),
});
