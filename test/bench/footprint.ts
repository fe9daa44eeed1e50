import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startDisplay } from '../../resources/dev/display.ts';
import { checkoutDir, commandOf, launch, makeHome, nextWindow } from '../e2e/support/launch.ts';
import { type Bench, median } from './figure.ts';
import { cpuMs, span } from './world.ts';

const MiB = 1024 * 1024;
/** What an app does once after its start (its first collection of garbage comes half a minute later) is not idling. */
const settleMs = 45_000;
const idleMs = 30_000;
const cycles = 10;
const iconPath = path.join(checkoutDir, 'resources', 'icons', 'tray-paused-light-32.png');

/** The pids of a process and of everything below it. */
function treeOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // Gone since it was listed.
    }
  }
  const tree = [pid];
  for (const one of tree) tree.push(...(children.get(one) ?? []));
  return tree;
}

/** Proportional set size of a process tree in bytes (`/proc/PID/smaps_rollup`). */
function pssOf(pid: number): number {
  return treeOf(pid).reduce((sum, one) => {
    const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'latin1'))?.[1];
    return sum + Number(kib ?? 0) * 1024;
  }, 0);
}

function treeCpuMs(pid: number): number {
  return treeOf(pid).reduce((sum, one) => sum + cpuMs(one), 0);
}

/** PSS in bytes and idle CPU in % of one core, once the app has come to rest. */
async function atRest(child: ChildProcess): Promise<{ pss: number; cpu: number }> {
  const { pid } = child;
  if (pid === undefined) throw new Error('the app did not start');
  await span(settleMs);
  const [cpu, began] = [treeCpuMs(pid), performance.now()];
  await span(idleMs);
  return { pss: pssOf(pid), cpu: ((treeCpuMs(pid) - cpu) / (performance.now() - began)) * 100 };
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/**
 * A home in which the person has paused until they resume, so that the app has nothing to run, and has been told
 * that this desktop has no tray, so that no window opens by itself.
 */
function pausedHome(): ReturnType<typeof makeHome> {
  const home = makeHome();
  const pause = { length: 'manual', since: Date.now(), until: null };
  writeFileSync(path.join(home.homeDir, 'intent.json'), JSON.stringify({ schema: 1, pause }));
  mkdirSync(path.join(home.homeDir, 'window'));
  writeFileSync(path.join(home.homeDir, 'window', 'shell.json'), JSON.stringify({ toldAboutTray: true }));
  return home;
}

async function bareTray(): Promise<{ pss: number; cpu: number }> {
  const home = makeHome();
  const appDir = path.join(import.meta.dirname, 'bare-tray');
  const { executablePath, args, env } = commandOf({
    appDir,
    homeDir: home.homeDir,
    switches: [`--user-data-dir=${home.homeDir}`],
    env: { BARE_TRAY_ICON: iconPath },
  });
  const child = spawn(executablePath, args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    await once(child.stdout, 'data');
    return await atRest(child);
  } finally {
    await end(child);
    home.remove();
  }
}

async function trayOnly(): Promise<{ pss: number; cpu: number }> {
  const home = pausedHome();
  const { executablePath, args, env } = commandOf({ homeDir: home.homeDir, args: ['--hidden'] });
  const child = spawn(executablePath, args, { env, stdio: ['ignore', 'ignore', 'ignore'] });
  try {
    return await atRest(child);
  } finally {
    await end(child);
    home.remove();
  }
}

/** PSS with the window open and closed again, over several cycles. */
async function openAndClose(): Promise<{ before: number; open: number[]; closed: number[] }> {
  const home = pausedHome();
  const app = await launch({ homeDir: home.homeDir, args: ['--hidden'] });
  const { pid } = app.process();
  if (pid === undefined) throw new Error('the app did not start');
  try {
    await span(settleMs);
    const before = pssOf(pid);
    const open: number[] = [];
    const closed: number[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      const opening = nextWindow(app);
      const second = commandOf({ homeDir: home.homeDir });
      const other = spawn(second.executablePath, second.args, { env: second.env, stdio: 'ignore' });
      const page = await opening;
      await page.getByRole('heading', { level: 1 }).waitFor();
      if (other.exitCode === null) await once(other, 'exit');
      await span(2000);
      open.push(pssOf(pid));
      await page.close();
      await span(3000);
      closed.push(pssOf(pid));
    }
    return { before, open, closed };
  } finally {
    await app.close();
    home.remove();
  }
}

export const bench: Bench = {
  name: 'footprint',
  about: 'memory and idle CPU of the app, beside a bare Electron tray app',
  async run(report) {
    const display = process.env['DISPLAY'] === undefined ? await startDisplay() : undefined;
    if (display) Object.assign(process.env, display.env);
    try {
      const bare = await bareTray();
      const ours = await trayOnly();
      report({
        metric: 'tray only, PSS of all processes',
        value: ours.pss / MiB,
        unit: 'MiB',
        baseline: bare.pss / MiB,
        promise: '≤ 1.15 × a bare tray app',
        holds: ours.pss <= 1.15 * bare.pss,
      });
      report({
        metric: 'tray only, idle CPU of one core',
        value: ours.cpu,
        unit: '%',
        promise: '≤ 0.2 %',
        holds: ours.cpu <= 0.2,
      });
      const { before, open, closed } = await openAndClose();
      const [firstOpen = 0, firstClosed = 0] = [open[0], closed[0]];
      report({
        metric: 'window open, PSS more than tray only',
        value: (firstOpen - before) / MiB,
        unit: 'MiB',
      });
      const given = ((firstOpen - firstClosed) / (firstOpen - before)) * 100;
      report({
        metric: 'closing gives back of what opening took',
        value: given,
        unit: '%',
        promise: '≥ 70 %',
        holds: given >= 70,
      });
      const growth = (median(closed.slice(-3)) - firstClosed) / MiB;
      report({
        metric: `growth from the first to the last of ${cycles} open/close cycles`,
        value: growth,
        unit: 'MiB',
        promise: 'no further growth',
        holds: growth <= 5,
      });
    } finally {
      await display?.close();
    }
  },
};
