import { readdirSync, readFileSync } from 'node:fs';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { windowSamples } from '../../electron/vm/share.ts';
import type { Vm } from '../../electron/vm/vm.ts';

/** What QEMU has used of the processor by one moment. */
export interface Reading {
  /** On the monotonic clock, in ms. */
  readonly at: number;
  readonly cpuMs: number;
  /** How long each of its threads was ready to run while others ran, in ms. */
  readonly waitedMs: ReadonlyMap<string, number>;
}

/** Shares of one vCPU over one window. */
export interface Window {
  readonly first: Reading;
  readonly last: Reading;
  readonly used: number;
  /** What it would have used as well, had nobody else been there. */
  readonly waited: number;
  /** What the VM itself says that it used. */
  readonly told: number;
}

export function readingOf(pid: number): Reading {
  const cpuMs = systemProcesses.stat(pid)?.cpuMs ?? Number.NaN;
  return { at: performance.now(), cpuMs, waitedMs: waitsOf(pid) };
}

/** See Linux's sched-stats.rst, "/proc/<pid>/schedstat". */
function waitsOf(pid: number): Map<string, number> {
  const waits = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      const [, waitedNs] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      waits.set(thread, Number(waitedNs) / 1e6);
    } catch {
      // It has ended meanwhile.
    }
  }
  return waits;
}

export function waitedBetween(first: Reading, last: Reading): number {
  const waits = [...last.waitedMs].map(([thread, ms]) => ms - (first.waitedMs.get(thread) ?? 0));
  return waits.reduce((sum, ms) => sum + ms, 0) / (last.at - first.at);
}

/** The next window that the VM tells a share of, seen at the moments of its own samples. Of a VM with one vCPU. */
export function nextWindow(vm: Vm): Promise<Window> {
  return new Promise((resolve) => {
    const readings: Reading[] = [];
    const off = vm.onChange(() => {
      const { pid, shareMeasured: told } = vm.status();
      if (pid === null) return;
      readings.push(readingOf(pid));
      const [first, last] = [readings.at(-1 - windowSamples), readings.at(-1)];
      if (told === null || !first || !last) return;
      off();
      const used = (last.cpuMs - first.cpuMs) / (last.at - first.at);
      resolve({ first, last, used, waited: waitedBetween(first, last), told });
    });
  });
}
