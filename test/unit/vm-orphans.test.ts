import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { silentLog } from '../../electron/base/log.ts';
import { pidFileName, readPidFile, reapOrphan, survivors, writePidFile } from '../../electron/vm/orphans.ts';
import { type ProcessTable, parseStat, systemProcesses } from '../../electron/vm/proc.ts';
import { reapLeftovers } from '../../electron/vm/vm.ts';
import { temporaryDir } from '../vm/harness.ts';

const o = { table: systemProcesses, clock: systemClock, log: silentLog };
let place: ReturnType<typeof temporaryDir>;
let path: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  place = temporaryDir();
  path = join(place.dir, pidFileName);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  place.remove();
});

/** A process that would run for ever, and its end. */
async function sleeper(): Promise<{ pid: number; ended: Promise<string | null> }> {
  const child = spawn('sleep', ['1000']);
  children.push(child);
  const ended = new Promise<string | null>((resolve) =>
    child.once('exit', (_code, signal) => {
      resolve(signal);
    }),
  );
  await new Promise((resolve) => child.once('spawn', resolve));
  if (child.pid === undefined) throw new Error('no pid');
  return { pid: child.pid, ended };
}

describe('what an earlier host left running', () => {
  it('is killed when it is still the same process', async () => {
    const { pid, ended } = await sleeper();
    writePidFile(path, [pid], systemProcesses);
    await expect(reapOrphan(path, o)).resolves.toEqual([pid]);
    await expect(ended).resolves.toBe('SIGKILL');
    expect(existsSync(path)).toBe(false);
  });

  it('is left alone when the pid belongs to another process now', async () => {
    const { pid } = await sleeper();
    writePidFile(path, [pid], systemProcesses);
    const recycled = readFileSync(path, 'utf8').replace(/"startTime":"\d+"/, '"startTime":"1"');
    writeFileSync(path, recycled);
    await expect(reapOrphan(path, o)).resolves.toEqual([]);
    expect(systemProcesses.stat(pid)).toBeDefined();
    expect(existsSync(path)).toBe(false);
  });

  it('is left alone when the computer was started anew since', async () => {
    const { pid } = await sleeper();
    writePidFile(path, [pid], systemProcesses);
    const rebooted: ProcessTable = { ...systemProcesses, bootId: () => 'another boot' };
    await expect(reapOrphan(path, { ...o, table: rebooted })).resolves.toEqual([]);
    expect(systemProcesses.stat(pid)).toBeDefined();
  });

  it('is nothing when it ended by itself', async () => {
    const { pid, ended } = await sleeper();
    writePidFile(path, [pid], systemProcesses);
    process.kill(pid, 'SIGTERM');
    await ended;
    await expect(reapOrphan(path, o)).resolves.toEqual([]);
  });

  it.each(['', '{}', '{"bootId":"x","processes":[{"pid":1,"startTime":"1"}]}', 'null'])(
    'is nothing when the pid file says %j',
    async (content) => {
      writeFileSync(path, content);
      await expect(reapOrphan(path, o)).resolves.toEqual([]);
      expect(existsSync(path)).toBe(false);
    },
  );

  it('goes with its disks and keys, in every VM’s folder, past whatever else lies there', async () => {
    const { pid, ended } = await sleeper();
    const dir = join(place.dir, 'local');
    mkdirSync(dir);
    writePidFile(join(dir, pidFileName), [pid], systemProcesses);
    writeFileSync(join(dir, 'boot.img'), 'a key');
    writeFileSync(join(place.dir, 'accelerator.json'), '{}');
    await expect(reapLeftovers(place.dir, o)).resolves.toEqual([pid]);
    await ended;
    expect(existsSync(dir)).toBe(false);
    expect(existsSync(join(place.dir, 'accelerator.json'))).toBe(true);
    await expect(reapLeftovers(join(place.dir, 'nowhere'), o)).resolves.toEqual([]);
  });
});

it('records only processes that live', async () => {
  const { pid } = await sleeper();
  writePidFile(path, [pid, 4_194_000], systemProcesses);
  const file = readPidFile(path);
  expect(file?.processes.map((process) => process.pid)).toEqual([pid]);
  expect(file && survivors(file, systemProcesses)).toEqual([pid]);
});

it('reads a process’s line whatever its name is', () => {
  const fields = 'S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0 4 0 987654 1 2';
  const expected = { state: 'S', startTime: '987654', cpuMs: 2000 };
  expect(parseStat(`4711 (qemu) ${fields}\n`)).toEqual(expected);
  expect(parseStat(`4711 (a) R 9 (b) ${fields}\n`)).toEqual(expected);
  expect(parseStat('')).toBeUndefined();
  expect(parseStat('4711 (qemu) S 1')).toBeUndefined();
});
