import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { checkoutDir, commandOf, type LaunchOptions } from './launch.ts';

/** Every process whose command line names `word` (a test's own home folder), by pid. */
export function processesNaming(word: string): { pid: number; command: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return command.includes(word) ? [{ pid: Number(name), command }] : [];
    } catch {
      // Gone since it was listed.
      return [];
    }
  });
}

/** The wrappers and QEMUs of the host in `homeDir`. */
export function machinesOf(homeDir: string): number[] {
  const wrapper = processesNaming(`${homeDir}/vms/`).map(({ pid }) => pid);
  return [...wrapper, ...wrapper.flatMap(childrenOf)];
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** CPU time of these processes so far, in clock ticks (10 ms). */
export function cpuTicks(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    // proc(5): utime and stime are fields 14 and 15; the command before them may hold spaces.
    const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(/\) (?=[A-Z] )/);
    const fields = rest.split(' ');
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the app as a person's shell would, to its end. */
export async function runToEnd(options: LaunchOptions): Promise<Ended> {
  const { executablePath, args, env } = commandOf(options);
  const child = spawn(executablePath, args, { cwd: checkoutDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, stdout, stderr });
    });
  });
}
