import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { syncDir, writeFileAtomic } from '../../base/atomic-file.ts';
import { Trial, UpdateMemory } from './trial.ts';

/** What is kept of updates below the data folder, outside the database, so that two versions can read it. */
export class UpdateFiles {
  readonly dir: string;
  /** There as soon as the version on trial is healthy: what the guard waits for. */
  readonly healthyPath: string;
  /** The database as it was before the version on trial touched it. */
  readonly databaseCopyPath: string;
  readonly #trialPath: string;
  readonly #memoryPath: string;

  constructor(dir: string) {
    this.dir = dir;
    this.healthyPath = join(dir, 'healthy');
    this.databaseCopyPath = join(dir, 'before.db');
    this.#trialPath = join(dir, 'trial.json');
    this.#memoryPath = join(dir, 'state.json');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  }

  /** A missing or damaged file is no trial. */
  readTrial(): Trial | null {
    return read(this.#trialPath, Trial);
  }

  /** At once: the start that it counts may be the last thing that this version does. */
  countStart(trial: Trial): void {
    writeFileSync(this.#trialPath, JSON.stringify(trial), { mode: 0o600, flush: true });
  }

  async writeTrial(trial: Trial): Promise<void> {
    rmSync(this.healthyPath, { force: true });
    await writeFileAtomic(this.#trialPath, JSON.stringify(trial));
  }

  /** The trial is over, one way or the other. */
  endTrial(): void {
    for (const path of [this.#trialPath, this.databaseCopyPath]) rmSync(path, { force: true });
  }

  tellHealthy(version: string): void {
    writeFileSync(this.healthyPath, version, { mode: 0o600 });
  }

  /** A missing or damaged file is a first start. */
  readMemory(): UpdateMemory {
    return read(this.#memoryPath, UpdateMemory) ?? UpdateMemory.parse({ id: randomUUID() });
  }

  async writeMemory(memory: UpdateMemory): Promise<void> {
    await writeFileAtomic(this.#memoryPath, JSON.stringify(memory));
  }
}

function read<T>(path: string, shape: z.ZodType<T>): T | null {
  try {
    return shape.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** Puts `from` in the place of `to` in one step, durably. Both lie in one folder. */
export async function putInPlace(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncDir(dirname(to));
}
