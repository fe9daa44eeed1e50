import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tarBytes } from '../../electron/base/tar-write.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';

const MiB = 1024 * 1024;

/** Runs a shell line as a job until it is stopped. */
export async function startSpinner(
  session: GuestSession,
  line: string,
): Promise<{ stop: () => Promise<void> }> {
  const dir = mkdtempSync(join(tmpdir(), 'gl-spin-'));
  const inputTarPath = join(dir, 'in.tar');
  writeFileSync(inputTarPath, tarBytes([]));
  const id = 'spinner';
  await session.startJob({
    id,
    argv: ['/bin/sh', '-c', line],
    env: {},
    memoryBytes: 64 * MiB,
    processes: 64,
    vcpus: 64,
    logBytes: 1024,
    inputTarPath,
  });
  return {
    async stop() {
      const ended = session.watchJob(id, { progress: () => undefined, usage: () => undefined });
      await session.killJob(id);
      await ended;
      await session.cleanJob(id);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
