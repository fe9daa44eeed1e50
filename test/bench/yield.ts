import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { JobDocument, SettingsLayer, Snapshot } from '../../electron/contract/index.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { packageTar } from '../../electron/grid/local/sample.ts';
import { percentile } from '../../electron/ledger/yield-log.ts';
import { startDisplay } from '../../resources/dev/display.ts';
import { commandOf, makeHome } from '../e2e/support/launch.ts';
import { machinesOf } from '../e2e/support/processes.ts';
import { FakePerson } from '../fakes/fake-person.ts';
import { bodyOf } from '../vm/host-world.ts';
import type { Bench } from './figure.ts';
import { cpuNs, span } from './world.ts';

const rounds = Number(process.env['GLEANER_YIELD_ROUNDS'] ?? 100);
/** QEMU's CPU counters must stand still for so long before it counts as idle. */
const quietMs = 25;
/** The shortest that a person may set. */
const gentle: SettingsLayer = {
  preset: 'gentle',
  'idle.afterSeconds': 2,
  'idle.share': 1,
  'quiet.enabled': false,
  'pauseOn.load': null,
  'ladder.saveAfterSeconds': null,
};

interface Running {
  readonly client: SocketClient;
  readonly qemu: number;
  readonly child: ChildProcess;
  end(): Promise<void>;
}

/** Resolves with the first Snapshot that `wanted` says yes to. */
async function sees(client: SocketClient, wanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  const abort = new AbortController();
  for await (const { snapshot } of client.events(abort.signal)) {
    if (!wanted(snapshot)) continue;
    abort.abort();
    return snapshot;
  }
  throw new Error('the app ended');
}

/** The real app, hidden, with a job that takes all the CPU it is given. */
async function appAtWork(env: Readonly<Record<string, string>>): Promise<Running> {
  const home = makeHome(gentle);
  const { homeDir } = home;
  mkdirSync(path.join(homeDir, 'window'));
  writeFileSync(path.join(homeDir, 'window', 'shell.json'), JSON.stringify({ toldAboutTray: true }));
  const paths = resolvePaths({
    platform: 'linux',
    home: '/',
    uid: process.getuid?.(),
    env: { GLEANER_HOME: homeDir },
  });
  const { executablePath, args, env: around } = commandOf({ homeDir, args: ['--hidden'], env });
  const child = spawn(executablePath, args, { env: around, stdio: 'ignore' });
  const end = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    home.remove();
  };
  try {
    const client = new SocketClient(paths);
    for (let up = false; !up; ) {
      up = await client.call('status', {}).then(
        () => true,
        () => span(100).then(() => false),
      );
    }
    for (const job of await client.call('jobs.list', {})) await client.call('jobs.abort', { id: job.id });
    const document = {
      schema: 1,
      title: 'Spin',
      command: ['/bin/sh', '-c', 'while :; do :; done'],
      limits: { wall: 86_400, cpu: 86_400 },
    } as unknown as JobDocument;
    await client.upload('jobs.add', { dryRun: false }, bodyOf(packageTar({ document, files: [] })));
    await sees(client, ({ contribution }) => contribution.state === 'working');
    const qemu = machinesOf(homeDir).at(-1);
    if (qemu === undefined) throw new Error('the app has no QEMU');
    return { client, qemu, child, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** From the order to move the mouse to a QEMU that uses no CPU, in ms. */
async function yieldMs(person: FakePerson, qemu: number): Promise<number> {
  const threads = readdirSync(`/proc/${qemu}/task`);
  const began = performance.now();
  person.move();
  let last = cpuNs(qemu, threads);
  let changedAt = began;
  while (performance.now() - changedAt < quietMs || changedAt === began) {
    await span(1);
    const now = cpuNs(qemu, threads);
    if (now !== last) changedAt = performance.now();
    last = now;
  }
  return changedAt - began;
}

async function measure(
  env: Readonly<Record<string, string>>,
): Promise<{ source: string | null; idle: number[]; told: number | null }> {
  const app = await appAtWork(env);
  const person = new FakePerson();
  try {
    const idle: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await sees(
        app.client,
        ({ contribution, vms }) => contribution.state === 'working' && vms[0]?.phase === 'running',
      );
      // So that a round begins at any moment of a polling interval, and the guest computes.
      await span(300 + Math.random() * 300);
      idle.push(await yieldMs(person, app.qemu));
    }
    const { stats, latest } = await app.client.call('yields.report', {});
    return { source: latest[0]?.inputSource ?? null, idle, told: stats.p95Ms };
  } finally {
    await person.leave();
    await app.end();
  }
}

export const bench: Bench = {
  name: 'yield',
  about: `input (XTEST) to a VM that uses no CPU, ${rounds} times with the real app, by event and by polling`,
  async run(report) {
    const display = await startDisplay();
    Object.assign(process.env, display.env);
    try {
      for (const [how, env, promise] of [
        ['by event', {}, 50],
        // A way to name this screen that the host's own sensor does not take for local: it asks the shell, which polls.
        ['by polling', { DISPLAY: `unix/${display.env['DISPLAY'] ?? ''}` }, 300],
      ] as const) {
        const { source, idle, told } = await measure(env);
        for (const p of [50, 95, 99]) {
          const value = percentile(idle, p / 100) ?? Number.NaN;
          report({
            metric: `input ${how} (${source ?? 'unseen'}) to CPU idle, p${p}`,
            value,
            unit: 'ms',
            ...(p === 95 ? { promise: `p95 ≤ ${promise} ms`, holds: value <= promise } : {}),
          });
        }
        report({
          metric: `${how}, p95 as the app tells the person, with the poll's interval`,
          value: told ?? Number.NaN,
          unit: 'ms',
        });
      }
    } finally {
      await display.close();
    }
  },
};
