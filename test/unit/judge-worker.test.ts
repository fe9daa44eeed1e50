import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { judge, tailOfResult, type Verdict } from '../../electron/grid/local/judge.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeWorker } from '../fakes/fake-worker.ts';

const book = [
  'id,style,right,spot,strike,rate,volatility,years,fixings,paths',
  'EU-C-01,european,call,42,46,0.05,0.4,0.25,1,1000000',
].join('\n');
const prices = 'id,price,stderr\nEU-C-01,2.0367258449198755,0.0039211320358097795\n';

let dir = '';
let inputTarPath = '';
let resultTarPath = '';
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'gleaner-unit-'));
  inputTarPath = join(dir, 'input.tar');
  resultTarPath = join(dir, 'result.tar');
  await writeFile(inputTarPath, tarBytes([{ path: 'in/book.csv', content: book }]));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** A bad result, in words. */
const fault = (verdict: Verdict): string => (verdict.ok ? 'none' : verdict.sentence);
const result = (files: Readonly<Record<string, string | Uint8Array>>): Promise<void> =>
  writeFile(resultTarPath, tarBytes(Object.entries(files).map(([path, content]) => ({ path, content }))));

describe('the real worker', () => {
  const spawnWorker = forkWorkers({
    judge: new URL('../../electron/grid/local/judge-child.ts', import.meta.url),
  });
  const judged = (): Promise<Verdict> =>
    judge({ spawnWorker, check: 'option-prices', inputTarPath, resultTarPath });
  const tail = (name: 'stdout' | 'stderr', maxBytes: number): Promise<string> =>
    tailOfResult({ spawnWorker, resultTarPath, name, maxBytes });

  test('passes a right result', async () => {
    await result({ 'out/prices.csv': prices, stdout: '', stderr: '' });
    expect(await judged()).toEqual({ ok: true });
  });

  test('tells what is wrong with a bad one', async () => {
    await result({ 'out/prices.csv': prices.replace('2.03', '2.13') });
    expect(fault(await judged())).toContain('"EU-C-01" is priced 2.13');
    await result({ 'out/other.csv': prices });
    expect(fault(await judged())).toContain('out/prices.csv is missing');
    await result({ 'out/prices.csv': Buffer.alloc(1024 * 1024 + 1) });
    expect(fault(await judged())).toContain('larger than 1 MiB');
  });

  test('takes a result that is no whole archive for a bad one', async () => {
    await result({ 'out/prices.csv': prices.replace('2.03', '2.13'), stdout: 'x'.repeat(5000) });
    await truncate(resultTarPath, 530);
    expect(fault(await judged())).toContain('cut short');
    await writeFile(resultTarPath, Buffer.alloc(5000, 'no tar'));
    expect(fault(await judged())).toContain('not a readable tar');
  });

  test('does not blame the job for files that the host lost', async () => {
    await expect(judged()).rejects.toMatchObject({ code: 'storage-failed' });
    await expect(tail('stdout', 10)).rejects.toMatchObject({ code: 'storage-failed' });
  });

  test('gives the end of the logs, in whole characters', async () => {
    const long = 'long '.repeat(40_000);
    await result({ 'out/stdout': 'not this one', 'out/big': long, stdout: `${long}the end`, stderr: 'grün' });
    expect(await tail('stdout', 7)).toBe('the end');
    expect(await tail('stderr', 100)).toBe('grün');
    expect(await tail('stderr', 2)).toBe('n');
    expect((await tail('stdout', 1e9)).length).toBe(65_536);
  });

  test('has nothing to give where there is no log', async () => {
    await result({ 'out/stdout': 'not this one' });
    expect(await tail('stdout', 100)).toBe('');
  });
});

describe('with a fake worker', () => {
  const setUp = (): { worker: FakeWorker; clock: FakeClock; verdict: Promise<Verdict> } => {
    const worker = new FakeWorker();
    const clock = new FakeClock();
    const spawnWorker = (): FakeWorker => worker;
    const verdict = judge({ spawnWorker, clock, check: 'option-prices', inputTarPath, resultTarPath });
    return { worker, clock, verdict };
  };
  const broken = { ok: false, sentence: 'The result did not pass its check: reading it broke the judge.' };

  test('nothing is started for a job without a check', async () => {
    const spawnWorker = (): FakeWorker => {
      throw new Error('started');
    };
    expect(await judge({ spawnWorker, check: 'none', inputTarPath, resultTarPath })).toEqual({ ok: true });
  });

  test('a worker that dies, hangs or talks nonsense means a bad result, and is gone', async () => {
    const dying = setUp();
    dying.worker.exit(11);
    expect(await dying.verdict).toEqual(broken);

    const hanging = setUp();
    hanging.clock.advance(120_000);
    expect(await hanging.verdict).toEqual(broken);
    expect(hanging.worker.killed).toBe(true);

    const nonsense = setUp();
    nonsense.worker.say({ kind: 'verdict', fault: null, more: true });
    expect(await nonsense.verdict).toEqual(broken);
    expect(nonsense.worker.killed).toBe(true);
  });

  test('an answer ends the worker and leaves no timer', async () => {
    const { worker, clock, verdict } = setUp();
    expect(worker.sent).toEqual([{ kind: 'judge', check: 'option-prices', inputTarPath, resultTarPath }]);
    worker.say({ kind: 'verdict', fault: null });
    expect(await verdict).toEqual({ ok: true });
    expect(worker.killed).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('an answer to another question is a failure of ours', async () => {
    const { worker, verdict } = setUp();
    worker.say({ kind: 'tail', text: '' });
    await expect(verdict).rejects.toMatchObject({ code: 'internal' });
  });
});
