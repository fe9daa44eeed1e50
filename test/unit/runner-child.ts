import { fileURLToPath } from 'node:url';
import { LocalGridFixture, type Step } from './runner-fixture.ts';

/**
 * Run as a process with a folder, a step and a count: a host that starts, works its queue off, and is killed
 * when it comes to that step for that time.
 */
export const runnerChild = fileURLToPath(import.meta.url);

if (process.argv[1] === runnerChild) {
  const [dir = '', fatalStep = '', times = '1'] = process.argv.slice(2);
  const grid = new LocalGridFixture(dir);
  let left = Number(times);
  grid.onStep = (step: Step) => {
    if (step !== fatalStep) return;
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
  };
  await grid.queue.recover(null);
  await grid.run(grid.machine());
}
