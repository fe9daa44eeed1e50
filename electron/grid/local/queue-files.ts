import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDir } from '../../base/atomic-file.ts';

/** What `newId` makes; other names in the jobs folder are not ours to sweep. */
const idPattern = /^[0-9a-f]{10}$/;

/**
 * The files of the local grid's jobs: one folder per job with `input.tar`, `checkpoints/<n>.tar` and, after the
 * end, `result.tar`. A file under its final name is complete and synced. Methods throw what the file system throws.
 */
export class JobFiles {
  readonly #jobsDir: string;

  constructor(jobsDir: string) {
    this.#jobsDir = jobsDir;
  }

  inputPath(id: string): string {
    return join(this.#jobsDir, id, 'input.tar');
  }

  resultPath(id: string): string {
    return join(this.#jobsDir, id, 'result.tar');
  }

  checkpointPath(id: string, n: number): string {
    return join(this.#jobsDir, id, 'checkpoints', `${n}.tar`);
  }

  /** For what is not complete; nothing under such a name survives a restart. */
  temporaryPath(id: string, what: 'staged' | 'checkpoint' | 'result'): string {
    return join(this.#jobsDir, id, `${what}.part`);
  }

  /** Makes the job's folder and takes a synced input tar of the same file system into it. */
  async adopt(id: string, inputTarPath: string): Promise<void> {
    const dirPath = join(this.#jobsDir, id);
    await mkdir(join(dirPath, 'checkpoints'), { recursive: true, mode: 0o700 });
    await rename(inputTarPath, this.inputPath(id));
    await syncDir(dirPath);
    await syncDir(this.#jobsDir);
  }

  /** Gives a written file its final name, durably. `between` is called after the sync and after the rename. */
  async publish(
    fromPath: string,
    toPath: string,
    between: (done: 'synced' | 'renamed') => void,
  ): Promise<void> {
    const file = await open(fromPath, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    between('synced');
    await rename(fromPath, toPath);
    await syncDir(join(toPath, '..'));
    between('renamed');
  }

  /** Whether the file is there, readable, and has this digest (`sha256:…`). */
  async matches(filePath: string, digest: string): Promise<boolean> {
    try {
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(filePath)) hash.update(chunk as Uint8Array);
      return `sha256:${hash.digest('hex')}` === digest;
    } catch {
      return false;
    }
  }

  async removeCheckpoint(id: string, n: number): Promise<void> {
    await rm(this.checkpointPath(id, n), { force: true });
  }

  /** What a job needs no more once it has ended: everything but its result. */
  async removeWork(id: string): Promise<void> {
    const parts = (['staged', 'checkpoint', 'result'] as const).map((what) => this.temporaryPath(id, what));
    const work = [this.inputPath(id), join(this.#jobsDir, id, 'checkpoints'), ...parts];
    for (const path of work) await rm(path, { recursive: true, force: true });
  }

  async removeAll(id: string): Promise<void> {
    await rm(join(this.#jobsDir, id), { recursive: true, force: true });
  }

  /** The jobs that have a folder. */
  async ids(): Promise<string[]> {
    await mkdir(this.#jobsDir, { recursive: true, mode: 0o700 });
    return (await readdir(this.#jobsDir)).filter((name) => idPattern.test(name));
  }

  /** Removes checkpoints and half-written files that no record names. */
  async sweep(id: string, keptCheckpoints: readonly number[]): Promise<void> {
    const kept = new Set(keptCheckpoints.map((n) => `${n}.tar`));
    const dirPath = join(this.#jobsDir, id, 'checkpoints');
    await mkdir(dirPath, { recursive: true, mode: 0o700 });
    for (const name of await readdir(dirPath)) {
      if (!kept.has(name)) await rm(join(dirPath, name), { recursive: true, force: true });
    }
    for (const what of ['staged', 'checkpoint', 'result'] as const) {
      await rm(this.temporaryPath(id, what), { force: true });
    }
  }
}
