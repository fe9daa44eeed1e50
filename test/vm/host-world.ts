import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { CommandOutput, JobDocument, Snapshot } from '../../electron/contract/index.ts';
import { packageTar, type SamplePackage } from '../../electron/grid/local/sample.ts';
import { createHost, type Host, type HostOptions } from '../../electron/host.ts';
import type { ProfileSource } from '../../electron/settings/profiles/source.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { defaultOutDir } from '../../resources/guest/recipe.ts';
import { testLog } from './harness.ts';

export const sampleDir = fileURLToPath(new URL('../../resources/sample', import.meta.url));

/** A computer that nobody administers. */
export const noProfiles: ProfileSource = {
  read: () => Promise.resolve({ defaults: null, locked: null }),
  watch: () => ({ dispose: () => undefined }),
};

/** The real host on Node with everything in `dir`, not started. Nothing tells it of a person unless `overrides` do. */
export function hostIn(dir: string, overrides: Partial<HostOptions> = {}): Promise<Host> {
  const env = { GLEANER_HOME: dir };
  return createHost({
    paths: resolvePaths({ platform: process.platform, home: homedir(), uid: process.getuid?.(), env }),
    spawnWorker: forkWorkers({
      session: new URL('../../electron/vm/session/child.ts', import.meta.url),
      judge: new URL('../../electron/grid/local/judge-child.ts', import.meta.url),
      boinc: new URL('../../electron/grid/boinc/child.ts', import.meta.url),
      condor: new URL('../../electron/grid/condor/child.ts', import.meta.url),
      egress: new URL('../../electron/egress/child.ts', import.meta.url),
    }),
    imageSourceDir: () => Promise.resolve(defaultOutDir()),
    sampleDir,
    profiles: noProfiles,
    version: 'test',
    log: testLog,
    ...overrides,
  });
}

/** What a client uploads, in one piece. */
// eslint-disable-next-line @typescript-eslint/require-await -- a stream of one chunk has nothing to wait for
export async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** Queues a job of one shell line; what the document leaves out has its defaults. */
export async function addShellJob(
  host: Host,
  line: string,
  more: Partial<Omit<JobDocument, 'schema' | 'command'>> = {},
  files: SamplePackage['files'] = [],
): Promise<string> {
  const document = { schema: 1, title: line.slice(0, 100), command: ['/bin/sh', '-c', line], ...more };
  const tar = packageTar({ document: document as JobDocument, files });
  const { id } = await host.upload('jobs.add', { dryRun: false }, bodyOf(tar));
  if (id === null) throw new Error('the job was not queued');
  return id;
}

/** Resolves with the first Snapshot that `wanted` says yes to. */
export function sees(host: Host, wanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  return new Promise((resolve) => {
    const stop = host.subscribe(({ snapshot }) => {
      if (!wanted(snapshot)) return;
      resolve(snapshot);
      // Not within the first call: there is no way to stop yet.
      queueMicrotask(() => {
        stop();
      });
    });
  });
}

/** Resolves with the job once it has ended. */
export async function ended(host: Host, id: string): Promise<CommandOutput<'jobs.show'>> {
  await sees(host, ({ jobs }) =>
    jobs.some((job) => job.id === id && job.state !== 'queued' && job.state !== 'running'),
  );
  return host.call('jobs.show', { id });
}
