import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { ProcessTable } from './proc.ts';

/**
 * The pid file of a VM, in the VM's folder but outside of what QEMU may write, so that a hostile QEMU cannot
 * make us kill something else.
 */
export const pidFileName = 'qemu.pid.json';

const PidFile = z.strictObject({
  bootId: z.string(),
  processes: z.array(z.strictObject({ pid: z.int().min(2), startTime: z.string() })).max(8),
});
export type PidFile = z.infer<typeof PidFile>;

/** Records who these processes are; those already gone are left out. Written whole or not at all. */
export function writePidFile(filePath: string, pids: readonly number[], table: ProcessTable): void {
  const bootId = table.bootId();
  if (bootId === undefined) return;
  const processes = pids.flatMap((pid) => {
    const stat = table.stat(pid);
    return stat ? [{ pid, startTime: stat.startTime }] : [];
  });
  const content: PidFile = { bootId, processes };
  writeFileSync(`${filePath}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${filePath}.new`, filePath);
}

/** Undefined when there is none or it is not ours to understand. */
export function readPidFile(filePath: string): PidFile | undefined {
  try {
    return PidFile.parse(JSON.parse(readFileSync(filePath, 'utf8')));
  } catch {
    return undefined;
  }
}

/** The recorded processes that are still the same ones: same boot, same pid, same start. Pure over `table`. */
export function survivors(file: PidFile, table: ProcessTable): number[] {
  if (file.bootId !== table.bootId()) return [];
  return file.processes
    .filter(({ pid, startTime }) => table.stat(pid)?.startTime === startTime)
    .map(({ pid }) => pid);
}

/**
 * Kills what a dead host left behind in one VM folder and waits until it is gone; a recycled pid is never
 * touched. Returns the pids that were killed.
 */
export async function reapOrphan(
  filePath: string,
  o: { table: ProcessTable; clock: Clock; log: Log },
): Promise<number[]> {
  const file = readPidFile(filePath);
  if (!file) {
    rmSync(filePath, { force: true });
    return [];
  }
  const killed = survivors(file, o.table);
  for (const pid of killed) {
    o.log.warn('vm', 'a QEMU of an earlier run was still alive and is ended', { pid });
    o.table.kill(pid, 'SIGKILL');
  }
  await gone(() => survivors(file, o.table).length === 0, o.clock);
  rmSync(filePath, { force: true });
  return killed;
}

/**
 * Resolves once `isGone`. The processes are no children of ours, so nobody tells us of their end: it is asked
 * for every 20 ms. A killed process that hangs in the kernel keeps this waiting, which is right: its disks are
 * still open.
 */
export function gone(isGone: () => boolean, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (isGone()) resolve();
      else clock.after(20, look);
    };
    look();
  });
}
