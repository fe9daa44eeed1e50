// Processes that a test run left behind, found by a word that its environment, arguments or folder carry.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

/**
 * @param marker the word; every process of the run has it in an environment variable, and most in a path
 * @param procDir where proc(5) is mounted
 * @returns living processes other than this one that carry it; empty where there is no /proc
 */
export function findLeftovers(marker: string, procDir = '/proc'): Leftover[] {
  const found: Leftover[] = [];
  for (const name of listing(procDir)) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    const dir = path.join(procDir, name);
    const command = tryRead(() => readFileSync(path.join(dir, 'cmdline'), 'utf8'));
    const texts = [
      command,
      tryRead(() => readFileSync(path.join(dir, 'environ'), 'utf8')),
      tryRead(() => readlinkSync(path.join(dir, 'cwd'))),
    ];
    // A zombie has none of the three: it is gone but for its parent's look.
    if (texts.some((text) => text.includes(marker))) {
      found.push({ pid: Number(name), command: command.replaceAll('\0', ' ').trim().slice(0, 160) });
    }
  }
  return found;
}

function listing(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** A process may end, or forbid the look, at any moment. */
function tryRead(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

/**
 * Gives what is ending the time to end, then kills what is left, by pid.
 * @returns what had to be killed
 */
export async function endLeftovers(marker: string, graceMs: number): Promise<Leftover[]> {
  const deadline = Date.now() + graceMs;
  let left = findLeftovers(marker);
  while (left.length > 0 && Date.now() < deadline) {
    await delay(100);
    left = findLeftovers(marker);
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended by itself since the look.
    }
  }
  return left;
}
