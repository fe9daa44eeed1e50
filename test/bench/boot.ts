import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import { prepareVm } from '../../electron/vm/prepare.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { GuestSession } from '../../electron/vm/session/client.ts';
import { spawnWorker, temporaryDir, testLog, vmOptions } from '../vm/harness.ts';
import { type Bench, median } from './figure.ts';
import { readyVm } from './world.ts';

const rounds = 5;

/** The very same QEMU command without wrapper, priorities or supervisor; ms from its start to a session. */
async function byHand(): Promise<number> {
  const { dir, remove } = temporaryDir();
  const { plan, files, keys } = await prepareVm({ ...vmOptions(dir), bootId: systemProcesses.bootId() }, {});
  // What the command names inside the wrapper lies elsewhere outside: prepare once more without it.
  const words = [plan.command, ...plan.args];
  const start = words.findIndex(
    (word, index) => word.endsWith('qemu-system-x86_64') && words[index - 1] === '--',
  );
  const args = words.slice(start + 1).map((word) => outside(word, dir, words));
  const began = performance.now();
  const child = spawn(words[start] ?? '', args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] });
  const exited = once(child, 'exit');
  const session = new GuestSession({ files, keys, spawnWorker, clock: systemClock, log: testLog });
  try {
    await session.connect(180_000);
    return performance.now() - began;
  } finally {
    await session.dispose();
    child.kill('SIGKILL');
    await exited;
    remove();
  }
}

/** A path as the wrapper shows it → the host's, by the wrapper's own binds. */
function outside(word: string, dir: string, words: readonly string[]): string {
  const binds = words.flatMap((flag, index) =>
    flag === '--ro-bind' || flag === '--bind'
      ? [[words[index + 1] ?? '', words[index + 2] ?? ''] as const]
      : [],
  );
  const inner = binds.filter(([, to]) => to.startsWith('/vm/') || to.startsWith('/images/'));
  let mapped = word;
  for (const [from, to] of inner) mapped = mapped.replaceAll(to, from);
  return mapped.includes('/vm/run/') ? mapped.replace('/vm/run', join(dir, 'vms', 'test', 'run')) : mapped;
}

export const bench: Bench = {
  name: 'boot',
  about: `start → guest ready, ${rounds} times, beside the same QEMU command by hand`,
  async run(report) {
    const ours: number[] = [];
    const hand: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      hand.push(await byHand());
      const { vm, dispose } = await readyVm();
      ours.push(vm.status().bootMs ?? Number.NaN);
      await dispose();
    }
    const ratio = median(ours) / median(hand);
    report({
      metric: 'start to ready, median',
      value: median(ours),
      unit: 'ms',
      baseline: median(hand),
      promise: '≤ 1.25 × by hand',
      holds: ratio <= 1.25,
    });
  },
};
