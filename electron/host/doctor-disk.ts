import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApplianceStore, ImageSet } from '../appliance/store.ts';
import type { JobState } from '../contract/index.ts';

export interface DisposableOptions {
  readonly store: Pick<ApplianceStore, 'unusedBytes' | 'prune'>;
  /** What the next start needs; undefined while that is not known. */
  readonly images: () => Promise<Pick<ImageSet, 'kernel' | 'initramfs' | 'appliances'> | undefined>;
  readonly jobsDir: string;
  /** undefined: no such job. */
  readonly stateOf: (id: string) => JobState | undefined;
}

/** The one thing in an ended job's folder that somebody may want still. */
const resultName = 'result.tar';

/**
 * What may be deleted without anybody's loss: images that no start needs (a VM that runs keeps what it has opened), and
 * what ended jobs left beside their results. Folders of no known job stay: one may be on its way into the queue.
 */
export class Disposables {
  readonly #o: DisposableOptions;

  constructor(o: DisposableOptions) {
    this.#o = o;
  }

  /** In bytes. */
  async bytes(): Promise<number> {
    const keep = await this.#keptImages();
    let bytes = keep ? await this.#o.store.unusedBytes(keep) : 0;
    for (const path of await this.#leftovers()) bytes += await sizeOf(path);
    return bytes;
  }

  /** Resolves with the bytes that were freed. */
  async free(): Promise<number> {
    const keep = await this.#keptImages();
    let bytes = keep ? await this.#o.store.unusedBytes(keep) : 0;
    if (keep) await this.#o.store.prune(keep);
    for (const path of await this.#leftovers()) {
      bytes += await sizeOf(path);
      await rm(path, { recursive: true, force: true });
    }
    return bytes;
  }

  /** Digests. */
  async #keptImages(): Promise<string[] | undefined> {
    const images = await this.#o.images();
    if (!images) return undefined;
    const { kernel, initramfs, appliances } = images;
    return [kernel, initramfs, ...Object.values(appliances)].map(({ digest }) => digest);
  }

  async #leftovers(): Promise<string[]> {
    const { jobsDir, stateOf } = this.#o;
    const paths: string[] = [];
    for (const id of await namesIn(jobsDir)) {
      const state = stateOf(id);
      if (state === undefined || state === 'queued' || state === 'running') continue;
      const names = (await namesIn(join(jobsDir, id))).filter((name) => name !== resultName);
      paths.push(...names.map((name) => join(jobsDir, id, name)));
    }
    return paths;
  }
}

async function namesIn(dirPath: string): Promise<string[]> {
  return await readdir(dirPath).catch(() => []);
}

/** Of a file, or of all files in a folder; 0 for what is gone. Follows no link. */
async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 0;
  if (!found.isDirectory()) return found.size;
  const sizes = await Promise.all((await namesIn(path)).map((name) => sizeOf(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}
