import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Disposable } from '../../electron/base/disposal.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { SpawnWorker } from '../../electron/base/worker.ts';
import type { Snapshot } from '../../electron/contract/index.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import type { Host } from '../../electron/host.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { spawnWorker, temporaryDir } from './harness.ts';
import { runCli } from './host-child.ts';
import { OwnImages } from './host-faults-images.ts';
import { jobIn, phaseIn, qemuPid, rememberingLog, story } from './host-faults-world.ts';
import { addShellJob, ended, hostIn, sees } from './host-world.ts';

/**
 * What a guest whose control plane has fallen may do instead of following a job: first more onto the console than
 * the host's ring holds, then both console and session without end.
 */
const hostileWatch = `
busybox yes 'a flood on the console' | busybox head -c 100000 >/dev/console
busybox yes 'a flood on the console' >/dev/console 2>&1 </dev/null &
exec busybox yes 'progress 0.5 ${Buffer.from('a flood').toString('base64')}'
`;

const log = rememberingLog();
let place: ReturnType<typeof temporaryDir>;
let home = '';
let host: Host;
let server: Disposable | undefined;
let job = '';
/** Messages of the session's processes to the host. */
let messages = 0;
let sessions = 0;

const counting: SpawnWorker = (name) => {
  const worker = spawnWorker(name);
  sessions += 1;
  worker.onMessage(() => {
    messages += 1;
  });
  return worker;
};

beforeAll(async () => {
  place = temporaryDir();
  home = join(place.dir, 'home');
  const images = new OwnImages(join(place.dir, 'images'));
  images.replaceInitramfs(
    withFile(readFileSync(images.path('initramfs')), 'control/verbs/job-watch.sh', hostileWatch),
  );
  host = await hostIn(home, {
    log,
    spawnWorker: counting,
    imageSourceDir: () => Promise.resolve(images.dir),
  });
  const { platform } = process;
  const paths = resolvePaths({
    platform,
    home: homedir(),
    uid: process.getuid?.(),
    env: { GLEANER_HOME: home },
  });
  await host.start();
  server = await serveSocket({ api: host, paths, log });
  job = await addShellJob(host, 'yes noise >&2 & exec yes noise');
  await sees(host, flooded);
});
afterAll(async () => {
  await server?.dispose();
  await host.stop();
  place.remove();
});

const flooded = (snapshot: Snapshot): boolean => jobIn(snapshot, job)?.progressText === 'a flood';

/** An initramfs with one more file, or another in the place of one: a later archive counts more. */
function withFile(initramfs: Uint8Array, path: string, content: string): Uint8Array {
  const dir = join(place.dir, 'overlay');
  mkdirSync(join(dir, path, '..'), { recursive: true });
  writeFileSync(join(dir, path), content);
  const archive = execFileSync('cpio', ['--quiet', '-o', '-H', 'newc', '-R', '0:0'], {
    cwd: dir,
    input: `${path}\n`,
  });
  // Archives begin at multiples of four bytes.
  return Buffer.concat([initramfs, new Uint8Array((4 - (initramfs.length % 4)) % 4), archive]);
}

/** Resolves when so many new Snapshots were told; a VM that runs has one a second. */
function snapshots(count: number): Promise<void> {
  return new Promise((resolve) => {
    // The first is told at once.
    let left = count + 1;
    const stop = host.subscribe(() => {
      left -= 1;
      if (left > 0) return;
      stop();
      resolve();
    });
  });
}

const seenNow = (): Snapshot => {
  let now: Snapshot | undefined;
  host.subscribe(({ snapshot }) => {
    now = snapshot;
  })();
  if (!now) throw new Error('no Snapshot at once');
  return now;
};

test('the host hears little of a flood, and others are answered beside it', async () => {
  const since = { at: performance.now(), messages };
  const told = await runCli(home, 'status', '--json').ended;
  expect(told.code).toBe(0);
  await snapshots(3);
  expect(JSON.parse(told.stdout)).toMatchObject({ contribution: { state: 'working' } });
  const seconds = (performance.now() - since.at) / 1000;
  // Of news one a second, and what the host asked for itself.
  expect(messages - since.messages).toBeLessThanOrEqual(2 * seconds + 5);
  expect(sessions).toBe(1);
});

test('a pause is on its way before anything else is looked at, and is acknowledged', async () => {
  const asked = host.call('pause', { length: 'manual' });
  expect(['freezing', 'frozen']).toContain(phaseIn(seenNow()));
  await asked;
  // It is measured a little longer than it takes.
  const frozen = await sees(
    host,
    (snapshot) => phaseIn(snapshot) === 'frozen' && snapshot.yields.count === 1,
  );
  expect(frozen.yields.lastMs).not.toBeNull();
});

test('frozen, nothing of the flood goes on', async () => {
  const pid = qemuPid(home);
  const before = { at: performance.now(), cpuMs: systemProcesses.stat(pid)?.cpuMs, messages };
  const told = await runCli(home, 'status', '--json').ended;
  expect(JSON.parse(told.stdout)).toMatchObject({ contribution: { state: 'paused' } });
  expect(systemProcesses.stat(pid)?.cpuMs).toBe(before.cpuMs);
  const seconds = (performance.now() - before.at) / 1000;
  // What its process had received by then is still news, one a second.
  expect(messages - before.messages).toBeLessThanOrEqual(seconds + 2);
});

test('the command pauses it, too, and the job can be ended', async () => {
  await host.call('resume', {});
  const before = messages;
  await sees(host, () => messages > before);
  expect((await runCli(home, 'pause', 'manual', '--json').ended).code).toBe(0);
  await sees(host, (snapshot) => phaseIn(snapshot) === 'frozen');
  await host.call('resume', {});
  await host.call('jobs.abort', { id: job });
  const { entries } = await ended(host, job);
  expect(story(entries)).toEqual(['1 aborted -']);
  expect(log.lines.filter((line) => line.includes('session'))).toEqual([]);
});
