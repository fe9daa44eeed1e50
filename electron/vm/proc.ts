import { readdirSync, readFileSync } from 'node:fs';

/** What `/proc/PID/stat` tells (proc(5)). */
export interface ProcessStat {
  readonly state: string;
  /** Clock ticks since boot; together with the boot id it names a process for good, which a pid does not. */
  readonly startTime: string;
  /** User and system time of all its threads, ended ones included, in ms. */
  readonly cpuMs: number;
}

/** Linux reports CPU time in 1/100 s to user space on every architecture (USER_HZ). */
const msPerTick = 10;

/** Pure. The name in field 2 may hold anything, so fields are counted from the last parenthesis. */
export function parseStat(text: string): ProcessStat | undefined {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!state || !startTime || !/^\d+$/.test(startTime) || !Number.isFinite(ticks)) return undefined;
  return { state, startTime, cpuMs: ticks * msPerTick };
}

/** The operating system's view of processes, as far as ownership and metering need it. Synchronous: /proc never waits. */
export interface ProcessTable {
  /** Names this run of the operating system; undefined where there is no such thing. */
  bootId(): string | undefined;
  /** Undefined when there is no such process; a zombie counts as gone. */
  stat(pid: number): ProcessStat | undefined;
  /** Time on a CPU so far of the threads it has now, in ns; undefined when it is gone or cannot be told. */
  onCpuNs(pid: number): number | undefined;
  /** Resident memory in bytes, or undefined. */
  residentBytes(pid: number): number | undefined;
  kill(pid: number, signal: NodeJS.Signals): void;
}

/** Linux's /proc. Elsewhere every question is answered with undefined, which callers take as "cannot be told". */
export const systemProcesses: ProcessTable = {
  bootId: () => read('/proc/sys/kernel/random/boot_id')?.trim(),
  stat(pid) {
    const text = read(`/proc/${pid}/stat`);
    const stat = text === undefined ? undefined : parseStat(text);
    return stat && stat.state !== 'Z' && stat.state !== 'X' ? stat : undefined;
  },
  onCpuNs(pid) {
    try {
      return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
        const text = read(`/proc/${pid}/task/${thread}/schedstat`) ?? '0';
        return sum + Number(text.split(' ')[0]);
      }, 0);
    } catch {
      return undefined;
    }
  },
  residentBytes(pid) {
    const match = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '');
    return match ? Number(match[1]) * 1024 : undefined;
  },
  kill(pid, signal) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone already: what was wanted.
    }
  },
};

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
