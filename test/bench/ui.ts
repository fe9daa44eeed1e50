import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ElectronApplication, Page } from '@playwright/test';
import { startDisplay } from '../../resources/dev/display.ts';
import { ActivityPage } from '../e2e/support/activity-page.ts';
import { openGallery } from '../e2e/support/gallery.ts';
import { checkoutDir, firstWindow, launch, makeHome, nextWindow } from '../e2e/support/launch.ts';
import { scrollThrough, tasksDuring } from '../e2e/support/tasks.ts';
import { type Bench, median } from './figure.ts';

const rounds = 7;
const rows = 100_000;

/** Epoch ms at which the page had painted something for the first time. */
function firstPaint(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const painted = (): PerformanceEntry | undefined =>
      performance.getEntriesByName('first-contentful-paint').at(0);
    while (!painted()) await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.timeOrigin + (painted()?.startTime ?? 0);
  });
}

/** Start of the process until the window has painted, in ms: the host, the database and the tray come before it. */
async function start(): Promise<number> {
  const home = makeHome({ contribute: false });
  const began = Date.now();
  const app = await launch({ homeDir: home.homeDir });
  try {
    return (await firstPaint(await firstWindow(app))) - began;
  } finally {
    await app.close();
    home.remove();
  }
}

/** Closes the only window, and waits until nothing is left of it. */
async function close(app: ElectronApplication): Promise<void> {
  await app.evaluate(
    ({ BrowserWindow }) =>
      new Promise<void>((resolve) => {
        const [window] = BrowserWindow.getAllWindows();
        window?.once('closed', () => {
          resolve();
        });
        window?.close();
      }),
  );
}

/** Asked to open its window (as a click in the tray's menu does) until that has painted, in ms. */
async function reopen(app: ElectronApplication): Promise<number> {
  const opening = nextWindow(app);
  const asked = await app.evaluate(({ app: electron }) => {
    const now = Date.now();
    electron.emit('second-instance', {}, [], '', {});
    return now;
  });
  const page = await opening;
  const painted = await firstPaint(page);
  await close(app);
  return painted - asked;
}

async function windows(): Promise<number[]> {
  const home = makeHome({ contribute: false });
  const app = await launch({ homeDir: home.homeDir });
  try {
    const first = await firstWindow(app);
    await firstPaint(first);
    await close(app);
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) times.push(await reopen(app));
    return times;
  } finally {
    await app.close();
    home.remove();
  }
}

async function scrolling(): Promise<{ cpuMs: number[]; longTasks: number }> {
  const gallery = await openGallery({ state: 'volunteer' });
  try {
    await gallery.app.evaluate((_electron, count) => {
      globalThis.gallery.fill(count);
    }, rows);
    const activity = new ActivityPage(gallery.page);
    await activity.open();
    await activity.count.filter({ hasText: '100,000' }).waitFor();
    await gallery.page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(globalThis, { longTasks: seen });
      new PerformanceObserver((list) => {
        seen.push(...list.getEntries().map(({ duration }) => duration));
      }).observe({ type: 'longtask' });
    });
    const cpuMs = await tasksDuring(gallery.app, gallery.page, scrollThrough);
    const longTasks = await gallery.page.evaluate(
      () => (globalThis as unknown as { longTasks: number[] }).longTasks.length,
    );
    return { cpuMs, longTasks };
  } finally {
    await gallery.close();
  }
}

/** Bytes of the page's scripts and styles that its first paint needs, and all of them, packed. */
function bundle(): { first: number; all: number } {
  const dir = path.join(checkoutDir, 'out', 'renderer');
  const html = readFileSync(path.join(dir, 'index.html'), 'utf8');
  const files = readdirSync(path.join(dir, 'assets')).map((name) => path.join(dir, 'assets', name));
  const first = files.filter((file) => html.includes(path.basename(file)));
  return {
    first: first.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0),
    all: files.reduce((sum, file) => sum + statSync(file).size, 0),
  };
}

export const bench: Bench = {
  name: 'ui',
  about: 'start to first paint, opening the window, scrolling the record, size of the page',
  async run(report) {
    const display = process.env['DISPLAY'] === undefined ? await startDisplay() : undefined;
    if (display) Object.assign(process.env, display.env);
    try {
      const starts: number[] = [];
      for (let round = 0; round < 5; round += 1) starts.push(await start());
      report({
        metric: 'start of the process to the window’s first paint, median',
        value: median(starts),
        unit: 'ms',
      });
      report({
        metric: 'click to the window’s first paint, median',
        value: median(await windows()),
        unit: 'ms',
      });
      const { cpuMs, longTasks } = await scrolling();
      report({
        metric: `scrolling ${rows} entries, longest task of the page by its CPU time`,
        value: Math.max(...cpuMs),
        unit: 'ms',
        promise: '≤ 50 ms',
        holds: Math.max(...cpuMs) <= 50,
      });
      report({ metric: `scrolling ${rows} entries, long tasks by the clock`, value: longTasks, unit: '' });
      const { first, all } = bundle();
      report({ metric: 'scripts and styles of the first paint, packed', value: first / 1024, unit: 'KiB' });
      report({ metric: 'all scripts and styles, unpacked', value: all / 1024, unit: 'KiB' });
    } finally {
      await display?.close();
    }
  },
};
