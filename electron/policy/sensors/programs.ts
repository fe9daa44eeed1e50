import { readdir, readlink } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { readHead, readProcNow } from './bounded-files.ts';
import { polledSensor } from './polled-sensor.ts';
import type { Sensor } from './sensor.ts';

const everyMs = 2000;
const mostProcesses = 32_768;
/** Processes looked at before others get their turn. */
const atOnce = 64;
/** The kernel cuts a process's name (comm) to so many bytes. */
const commBytes = 15;

/** The names that a process goes by, in lower case. */
export interface ProcessNames {
  readonly comm: string;
  /** Base names of its executable and of its argv[0], as far as they can be read. */
  readonly others: readonly string[];
}

/**
 * Which of the names asked for run, as they were asked for: any process of any user counts whose name, executable or
 * argv[0] is called so, in upper or lower case. Processes that were seen before cost one small read each.
 */
export function programsSensor(clock: Clock, procDir: string, names: () => readonly string[]): Sensor {
  let seen: ReadonlyMap<string, ProcessNames> = new Map();
  return polledSensor({
    name: 'programs',
    cost: 'The name of each process every 2 s, only when programs are named in the settings.',
    gives: ['programs'],
    everyMs,
    clock,
    read: async () => {
      if (names().length === 0) return { programs: [] };
      seen = await scanProcesses(procDir, seen);
      return { programs: runningPrograms(names(), [...seen.values()]) };
    },
  });
}

/** Pure. */
export function runningPrograms(asked: readonly string[], processes: readonly ProcessNames[]): string[] {
  const whole = new Set(processes.flatMap(({ comm, others }) => [comm, ...others]));
  // A name that was cut, of a process that tells the rest of it nowhere.
  const cut = new Set(
    processes
      .filter(
        ({ comm, others }) => byteLength(comm) >= commBytes && !others.some((name) => name.startsWith(comm)),
      )
      .map(({ comm }) => comm),
  );
  return asked.filter((name) => {
    const wanted = name.toLowerCase();
    return whole.has(wanted) || (byteLength(wanted) > commBytes && cut.has(firstBytes(wanted)));
  });
}

/**
 * Names of all processes below a /proc (proc(5)), by pid; what `before` knows of a process that is still called the
 * same is kept. Rejects when the folder cannot be listed.
 */
export async function scanProcesses(
  procDir: string,
  before: ReadonlyMap<string, ProcessNames>,
): Promise<ReadonlyMap<string, ProcessNames>> {
  const pids = (await readdir(procDir)).filter((name) => /^\d+$/.test(name)).slice(0, mostProcesses);
  const found = new Map<string, ProcessNames>();
  let turn = 0;
  for (const pid of pids) {
    if (++turn % atOnce === 0) await nextTurn();
    const dir = path.join(procDir, pid);
    const comm = readProcNow(path.join(dir, 'comm'))?.replace(/\n$/, '').toLowerCase();
    if (comm === undefined) continue;
    const known = before.get(pid);
    found.set(pid, known?.comm === comm ? known : { comm, others: await otherNames(dir) });
  }
  return found;
}

async function otherNames(dir: string): Promise<string[]> {
  // Only root and the owner may read where it points to.
  const executable = await readlink(path.join(dir, 'exe')).catch(() => undefined);
  const [argv0] = ((await readHead(path.join(dir, 'cmdline'), 4096)) ?? '').split('\0', 1);
  const names = [executable?.replace(/ \(deleted\)$/, ''), argv0]
    .map((name) => name?.split(/[/\\]/).at(-1)?.toLowerCase() ?? '')
    .filter((name) => name !== '');
  return [...new Set(names)];
}

const byteLength = (text: string): number => Buffer.byteLength(text);
const firstBytes = (text: string): string => Buffer.from(text).subarray(0, commBytes).toString('utf8');
