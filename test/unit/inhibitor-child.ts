// A host of its own that holds the lock and tells which processes do it, to be killed.
import { readdirSync, readFileSync } from 'node:fs';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { Inhibitor } from '../../electron/policy/inhibitor.ts';

const held = await new Inhibitor({ clock: systemClock, log: silentLog }).hold();
process.stdout.write(`${JSON.stringify({ held, pids: descendants(process.pid) })}\n`);
setInterval(() => undefined, 60_000);

function descendants(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .flatMap((name) => [Number(name), ...descendants(Number(name))]);
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}
