import { readFileSync, rmSync } from 'node:fs';
import type { ElectronApplication, Page } from '@playwright/test';
import { z } from 'zod';

/** The events of Chromium's trace format that matter here; times in µs, `tdur`: of CPU time. */
const Trace = z.object({
  traceEvents: z.array(
    z.object({
      name: z.string(),
      pid: z.number(),
      tid: z.number(),
      ph: z.string(),
      tdur: z.number().optional(),
    }),
  ),
});

/**
 * The CPU time in ms of each task on the page's main thread while `work` ran in the page. A task's length by the clock, as
 * the page's own `longtask` has it, is also that of whatever else ran on these few cores meanwhile.
 */
export async function tasksDuring(
  app: ElectronApplication,
  page: Page,
  work: () => Promise<void>,
): Promise<number[]> {
  await app.evaluate(async ({ contentTracing }) => {
    await contentTracing.startRecording({
      included_categories: ['toplevel', 'devtools.timeline', 'blink.user_timing'],
    });
  });
  await page.evaluate(() => performance.mark('gleaner-main-thread'));
  await page.evaluate(work);
  const tracePath = await app.evaluate(async ({ contentTracing }) => await contentTracing.stopRecording());
  const { traceEvents } = Trace.parse(JSON.parse(readFileSync(tracePath, 'utf8')));
  rmSync(tracePath);
  const mark = traceEvents.find(({ name }) => name === 'gleaner-main-thread');
  if (!mark) throw new Error('the trace does not tell which thread is the page’s');
  return traceEvents
    .filter(
      ({ name, ph, pid, tid }) =>
        name.endsWith('RunTask') && ph === 'X' && pid === mark.pid && tid === mark.tid,
    )
    .map(({ tdur = 0 }) => tdur / 1000);
}

/** Scrolls the page's table as a wheel does, then as its scroll bar does, over all of it and to and fro. Runs in the page. */
export async function scrollThrough(): Promise<void> {
  const table = document.querySelector('[role="grid"]');
  if (table === null) throw new Error('there is no table');
  const frame = (): Promise<unknown> => new Promise((resolve) => requestAnimationFrame(resolve));
  const end = table.scrollHeight - table.clientHeight;
  // As a wheel does, row by row; then as the scroll bar does, over all of it and to and fro.
  for (let step = 0; step < 120; step += 1) {
    table.scrollTop += 90;
    await frame();
  }
  for (let step = 0; step <= 120; step += 1) {
    table.scrollTop = (end * step) / 120;
    await frame();
  }
  for (let step = 0; step < 60; step += 1) {
    table.scrollTop = (end * ((step * 37) % 60)) / 60;
    await frame();
  }
}
