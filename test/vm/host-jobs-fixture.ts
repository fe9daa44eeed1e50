import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CommandOutput, FailureCode, JobDocument } from '../../electron/contract/index.ts';
import { readArchive } from '../../electron/grid/local/package-archive.ts';
import type { SamplePackage } from '../../electron/grid/local/sample.ts';
import type { Host } from '../../electron/host.ts';
import { temporaryDir } from './harness.ts';
import { addShellJob, hostIn } from './host-world.ts';

const MiB = 1024 * 1024;
/** Small, so that what fills it is soon done. */
const diskBytes = 64 * MiB;
const price = { amount: 1, unit: 'points' };

export type Ended = CommandOutput<'jobs.show'>;

/** A host that contributes, with everything in a folder of its own; `end` stops it and deletes the folder. */
export async function startedHost(): Promise<{ host: Host; dir: string; end: () => Promise<void> }> {
  const { dir, remove } = temporaryDir();
  writeFileSync(join(dir, 'settings.json'), JSON.stringify({ schema: 1, diskBytes }));
  const host = await hostIn(dir);
  await host.start();
  return {
    host,
    dir,
    end: async () => {
      await host.stop();
      remove();
    },
  };
}

/** What a test says of a job; the rest has its defaults, or is small. */
export type JobWords = Partial<
  Pick<JobDocument, 'title' | 'check' | 'deadline' | 'checkpoint' | 'command'>
> & {
  readonly limits?: Partial<JobDocument['limits']>;
  readonly memory?: number;
};

/** Queues a job of one shell line that would earn a point. */
export function addJob(
  host: Host,
  line: string,
  { limits, memory = 96 * MiB, ...words }: JobWords = {},
  files: SamplePackage['files'] = [],
): Promise<string> {
  const resources = { vcpus: 1, memory, disk: diskBytes };
  const document = {
    ...words,
    price,
    resources,
    ...(limits ? { limits: limits as JobDocument['limits'] } : {}),
  };
  return addShellJob(host, line, document, files);
}

/** A program for the guest, out of `programs/`. */
export function program(name: string): string {
  return readFileSync(new URL(`programs/${name}`, import.meta.url), 'utf8');
}

/** The job failed with this code, in a sentence, and one attempt was booked that earned nothing. */
export function expectFailed({ job, entries }: Ended, code: FailureCode, says: RegExp): void {
  expect(job).toMatchObject({ state: 'failed', attempt: 1, earned: null, failure: { code } });
  expect(job.failure?.sentence).toMatch(says);
  expect(job.failure?.sentence).toMatch(/^[A-Z].*\.$/);
  expect(entries.map(({ body }) => body)).toMatchObject([
    { attempt: 1, outcome: 'failed', failure: code, credit: null },
  ]);
}

/** The job is done, and one attempt was booked with its price. */
export function expectDone({ job, entries }: Ended): void {
  expect(job).toMatchObject({ state: 'done', attempt: 1, failure: null, hasResult: true });
  expect(entries.map(({ body }) => body)).toMatchObject([
    { attempt: 1, outcome: 'done', failure: null, credit: job.earned },
  ]);
}

/** What the result holds, as a client gets it: text by path; folders end in `/`. */
export async function resultOf(host: Host, id: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const bounds = { totalBytes: 1024 * MiB, entries: 20_000, nameBytes: 1024, depth: 64 };
  for await (const entry of readArchive(await host.download('jobs.result', { id }), bounds)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    found.set(
      entry.kind === 'folder' ? `${entry.path}/` : entry.path,
      Buffer.concat(chunks).toString('utf8'),
    );
  }
  return found;
}
