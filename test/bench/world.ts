import { readFileSync } from 'node:fs';
import type { Vm, VmOptions } from '../../electron/vm/vm.ts';
import { reaches, temporaryVm } from '../vm/harness.ts';

/** A VM that is ready, and the way to end it. */
export async function readyVm(
  vcpus = 1,
  more: Partial<VmOptions> = {},
): Promise<{ vm: Vm; dir: string; dispose: () => Promise<void> }> {
  const made = temporaryVm({ vcpus, ...more });
  try {
    made.vm.start();
    await reaches(made.vm, 'running');
    return made;
  } catch (error) {
    await made.dispose();
    throw error;
  }
}

/** CPU time of a process so far in ms, over all its threads, by the kernel's scheduler (proc(5), 10 ms steps). */
export function cpuMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** PSS of a process in MiB (proc(5)). */
export function pssMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN) / 1024;
}

/** On-CPU time of these threads of a process so far in ns (`/proc/PID/task/TID/schedstat`); a thread that ended counts 0. */
export function cpuNs(pid: number, threads: readonly string[]): number {
  let sum = 0;
  for (const tid of threads) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'latin1').split(' ')[0]);
    } catch {
      // One of QEMU's helpers that was not needed any more.
    }
  }
  return sum;
}

/** Resolves after `ms`; for spans in which something else is measured. */
export function span(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
