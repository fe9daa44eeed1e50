import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../electron/base/clock.ts';
import type { Log } from '../../electron/base/log.ts';
import type { JobDocument, LedgerEntry, Snapshot } from '../../electron/contract/index.ts';
import { packageTar } from '../../electron/grid/local/sample.ts';
import { gone, pidFileName, readPidFile } from '../../electron/vm/orphans.ts';
import { systemProcesses } from '../../electron/vm/proc.ts';
import { testLog } from './harness.ts';
import { bodyOf } from './host-world.ts';

/**
 * Counts on from its checkpoint, each step a link of a chain of digests. Its arguments say for each attempt how
 * far: all but the last then wait for their end, the last one writes what it came to.
 */
const program = `
import hashlib, os, signal, sys, time

n, chain = 0, ''
try:
    n, chain = open('checkpoint/state').read().split()
    n = int(n)
except OSError:
    pass
print('began at', n, flush=True)
pause, *steps = sys.argv[1:]
attempt = min(int(os.environ['GLEANER_ATTEMPT']), len(steps))
for _ in range(int(steps[attempt - 1])):
    chain = hashlib.sha256((chain + str(n)).encode()).hexdigest()
    n += 1
    with open('checkpoint/.new', 'w') as file:
        file.write(f'{n} {chain}')
    os.replace('checkpoint/.new', 'checkpoint/state')
    with open('progress', 'w') as file:
        file.write(f'0.5 {n}\\n')
    time.sleep(float(pause))
if attempt < len(steps):
    signal.pause()
with open('out/chain', 'w') as file:
    file.write(f'{n} {chain}')
`;

/** What the counting job writes when nothing interrupts it. */
export function chainAfter(count: number): string {
  let chain = '';
  for (let n = 0; n < count; n += 1) {
    chain = createHash('sha256')
      .update(chain + String(n))
      .digest('hex');
  }
  return `${count} ${chain}`;
}

export interface CountingJob {
  /** Steps of each attempt, see {@link program}. */
  readonly steps: readonly number[];
  /** Between two steps, in s. */
  readonly pauseSeconds: number;
  /** Between two checkpoints, in s. */
  readonly interval: number;
  readonly wall?: number;
}

/** A host, or a client of one. */
interface Uploader {
  upload(
    name: 'jobs.add',
    input: { dryRun: boolean },
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly id: string | null }>;
}

/** Queues a counting job with a price of 3 points. */
export async function addCountingJob(
  host: Uploader,
  { steps, pauseSeconds, interval, wall = 3600 }: CountingJob,
): Promise<string> {
  const document = {
    schema: 1,
    title: `Count ${steps.join(', ')}`,
    command: ['python3', 'in/count.py', String(pauseSeconds), ...steps.map(String)],
    checkpoint: { interval },
    limits: { wall },
    price: { amount: 3, unit: 'points' },
  };
  const tar = packageTar({
    // The host fills in the rest.
    document: document as unknown as JobDocument,
    files: [{ path: 'in/count.py', content: program }],
  });
  const { id } = await host.upload('jobs.add', { dryRun: false }, bodyOf(tar));
  if (id === null) throw new Error('the job was not queued');
  return id;
}

/** How far the counting job has come, as it tells. */
export function counted(snapshot: Snapshot, id: string): number {
  const text = snapshot.jobs.find((job) => job.id === id)?.progressText ?? '';
  return text === '' ? 0 : Number(text);
}

export function jobIn(snapshot: Snapshot, id: string) {
  return snapshot.jobs.find((job) => job.id === id);
}

export function phaseIn({ vms }: Snapshot) {
  return vms[0]?.phase;
}

/** The count in the newest checkpoint that a host keeps of a job; undefined when there is none. */
export function keptCount(home: string, id: string): number | undefined {
  const dir = join(home, 'jobs', id, 'checkpoints');
  const newest = existsSync(dir)
    ? Math.max(0, ...readdirSync(dir).map((name) => Number.parseInt(name, 10)))
    : 0;
  return newest === 0
    ? undefined
    : Number(inTar(join(dir, `${newest}.tar`), 'checkpoint/state').split(' ')[0]);
}

/** The text of one entry of a tar. */
export function inTar(tarPath: string, entry: string): string {
  return execFileSync('tar', ['-xOf', tarPath, entry], { encoding: 'utf8' });
}

/** What the counting job wrote, and where its last attempt began. */
export function resultOf(home: string, id: string): { chain: string; began: number } {
  const tarPath = join(home, 'jobs', id, 'result.tar');
  const stdout = inTar(tarPath, 'stdout');
  return { chain: inTar(tarPath, 'out/chain'), began: Number(/^began at (\d+)$/m.exec(stdout)?.[1]) };
}

/** `attempt outcome credit` of each entry. */
export function story(entries: readonly LedgerEntry[]): string[] {
  return entries
    .toSorted((a, b) => a.seq - b.seq)
    .flatMap(({ body }) => (body.kind === 'attempt' ? [body] : []))
    .map(({ attempt, outcome, credit }) => `${attempt} ${outcome} ${credit?.amount ?? '-'}`);
}

/** The processes of the host's VM as its pid file tells: wrapper and QEMU. */
export function vmPids(home: string, vm = 'local'): number[] {
  const file = readPidFile(join(home, 'vms', vm, pidFileName));
  return file?.processes.map(({ pid }) => pid) ?? [];
}

/** QEMU itself, which the pid file names last. */
export function qemuPid(home: string, vm = 'local'): number {
  const pid = vmPids(home, vm).at(-1);
  if (pid === undefined) throw new Error('there is no QEMU');
  return pid;
}

/** Resolves when none of these processes is left; they are not ours, so nobody tells us of their end. */
export function allGone(pids: readonly number[]): Promise<void> {
  return gone(() => pids.every((pid) => systemProcesses.stat(pid) === undefined), systemClock);
}

/** A log that remembers its lines, and on the way shows them as the other tests' do. */
export interface RememberingLog extends Log {
  readonly lines: readonly string[];
  /** Resolves with the next line that has these words. */
  says(words: string): Promise<void>;
}

export function rememberingLog(): RememberingLog {
  const lines: string[] = [];
  const readers = new Set<(line: string) => void>();
  const write =
    (level: 'info' | 'warn'): Log['info'] =>
    (topic, words, fields) => {
      const line = `${topic} ${words}`;
      lines.push(line);
      testLog[level](topic, words, fields);
      for (const read of [...readers]) read(line);
    };
  const says = (words: string): Promise<void> =>
    new Promise((resolve) => {
      const read = (line: string): void => {
        if (!line.includes(words)) return;
        readers.delete(read);
        resolve();
      };
      readers.add(read);
    });
  return { lines, says, info: write('info'), warn: write('warn') };
}
