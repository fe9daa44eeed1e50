import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
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
import { SoundServer } from '../fakes/sound-server.ts';
import { bodyOf } from '../vm/host-world.ts';
import type { Bench } from './figure.ts';
import { cpuNs, span } from './world.ts';

const rounds = 100;
const callRounds = 10;
const loadRounds = 5;
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

/** As it is set, but that it goes on sooner, so that the rounds take less time. */
const balanced: SettingsLayer = {
  preset: 'balanced',
  'inUse.share': 1,
  'pauseOn.loadSeconds': 2,
  'resume.afterSeconds': 5,
};

type Environment = Readonly<Record<string, string>>;

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
async function appAtWork(settings: SettingsLayer, env: Environment): Promise<Running> {
  const home = makeHome(settings);
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

/** From the order to a QEMU that uses no CPU, in ms. */
async function yieldMs(order: () => void, qemu: number): Promise<number> {
  const threads = readdirSync(`/proc/${qemu}/task`);
  const began = performance.now();
  order();
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

const atWork = ({ contribution, vms }: Snapshot): boolean =>
  contribution.state === 'working' && vms[0]?.phase === 'running';

async function measure(
  env: Environment,
): Promise<{ source: string | null; idle: number[]; told: number | null }> {
  const app = await appAtWork(gentle, env);
  const person = new FakePerson();
  try {
    const idle: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await sees(app.client, atWork);
      // So that a round begins at any moment of a polling interval, and the guest computes.
      await span(300 + Math.random() * 300);
      idle.push(
        await yieldMs(() => {
          person.move();
        }, app.qemu),
      );
    }
    const { stats, latest } = await app.client.call('yields.report', {});
    return { source: latest[0]?.inputSource ?? null, idle, told: stats.p95Ms };
  } finally {
    await person.leave();
    await app.end();
  }
}

/** Balanced: a real recording begins; other processes take all cores. */
async function measureBalanced(): Promise<{ call: number[]; load: (number | null)[] }> {
  const sound = await SoundServer.start();
  const { XDG_RUNTIME_DIR = '', PULSE_RUNTIME_PATH = '' } = sound.env;
  const app = await appAtWork(balanced, { XDG_RUNTIME_DIR, PULSE_RUNTIME_PATH });
  try {
    const call: number[] = [];
    for (let round = 0; round < callRounds; round += 1) {
      await sees(app.client, atWork);
      await span(500);
      let hangUp: () => Promise<void> = () => Promise.resolve();
      call.push(
        await yieldMs(() => {
          hangUp = sound.record('mic');
        }, app.qemu),
      );
      await hangUp();
    }
    const load: (number | null)[] = [];
    for (let round = 0; round < loadRounds; round += 1) {
      await sees(app.client, atWork);
      const { count } = (await app.client.call('status', {})).yields;
      const busy = cpus().map(() => spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }));
      await sees(app.client, ({ yields }) => yields.count > count);
      for (const one of busy) one.kill('SIGKILL');
      load.push((await app.client.call('yields.report', {})).latest[0]?.quietMs ?? null);
    }
    return { call, load };
  } finally {
    await app.end();
    await sound.close();
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
      const { call, load } = await measureBalanced();
      report({
        metric: `Balanced: a recording begins to CPU idle (its program's start included), p50 of ${callRounds}`,
        value: percentile(call, 0.5) ?? Number.NaN,
        unit: 'ms',
      });
      report({
        metric: `Balanced: a recording begins to CPU idle, longest of ${callRounds}`,
        value: Math.max(...call),
        unit: 'ms',
      });
      report({
        metric: `Balanced: a load has lasted its grace to CPU idle, as the app records it, longest of ${loadRounds}`,
        value: Math.max(...load.map((ms) => ms ?? Number.NaN)),
        unit: 'ms',
        promise: '≤ 50 ms',
        holds: load.every((ms) => ms !== null && ms <= 50),
      });
    } finally {
      await display.close();
    }
  },
};
