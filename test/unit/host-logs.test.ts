import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bothLogs, fileLog, formatLine, type Log } from '../../electron/base/log.ts';
import { newLines } from '../../electron/cli/health-commands.ts';
import type { LogLine } from '../../electron/contract/index.ts';
import { parseLogLine, tailLog } from '../../electron/host/logs.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-logs-'));
  path = join(dir, 'gleaner.log');
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

test('a line is read as it was written', () => {
  const line = formatLine(5, 'warn', 'vm', 'it failed', { why: 'a "reason"', code: 3 });
  expect(parseLogLine(line)).toEqual({
    at: 5,
    level: 'warn',
    topic: 'vm',
    text: 'it failed why="a \\"reason\\"" code=3',
  });
  for (const other of ['', 'words', '1970-01-01T00:00:00.000Z error vm x', 'yesterday info vm x'])
    expect(parseLogLine(other)).toBeNull();
});

test('the newest lines are told, by level and topic, across both files', async () => {
  const write = (file: string, from: number, to: number): void => {
    const lines = Array.from({ length: to - from }, (_, index) => from + index).map((at) =>
      formatLine(at, at % 2 === 0 ? 'info' : 'warn', at % 3 === 0 ? 'vm' : 'host', `line ${at}`),
    );
    writeFileSync(file, `${lines.join('\n')}\n`);
  };
  expect(await tailLog(path, { lines: 5 })).toEqual([]);
  write(path, 6, 10);
  expect((await tailLog(path, { lines: 2 })).map(({ at }) => at)).toEqual([8, 9]);
  write(`${path}.1`, 0, 6);
  expect((await tailLog(path, { lines: 6 })).map(({ at }) => at)).toEqual([4, 5, 6, 7, 8, 9]);
  expect((await tailLog(path, { lines: 2000, level: 'warn' })).map(({ at }) => at)).toEqual([1, 3, 5, 7, 9]);
  expect((await tailLog(path, { lines: 2000, level: 'info' })).length).toBe(10);
  expect((await tailLog(path, { lines: 3, topic: 'vm' })).map(({ at }) => at)).toEqual([3, 6, 9]);
  expect((await tailLog(path, { lines: 9, topic: 'vm', level: 'warn' })).map(({ at }) => at)).toEqual([3, 9]);
});

test('two private files at most, each about as long as it may be', async () => {
  const log = fileLog(path, 1000);
  for (let index = 0; index < 200; index += 1) log.info('vm', `line ${index}`);
  await log.dispose();
  expect(readdirSync(dir).sort()).toEqual(['gleaner.log', 'gleaner.log.1']);
  for (const name of readdirSync(dir)) {
    const { mode, size } = statSync(join(dir, name));
    expect(mode & 0o777).toBe(0o600);
    expect(size).toBeLessThan(1100);
  }
  expect((await tailLog(path, { lines: 1 }))[0]?.text).toBe('line 199');
  const again = fileLog(path, 1000);
  again.warn('vm', 'more');
  await again.dispose();
  expect((await tailLog(path, { lines: 1 }))[0]?.text).toBe('more');
});

test('a log for two', () => {
  const heard: string[] = [];
  const of = (name: string): Log => ({
    info: (topic, words) => heard.push(`${name} info ${topic} ${words}`),
    warn: (topic, words) => heard.push(`${name} warn ${topic} ${words}`),
  });
  const log = bothLogs(of('a'), of('b'));
  log.info('vm', 'x');
  log.warn('vm', 'y');
  expect(heard).toEqual(['a info vm x', 'b info vm x', 'a warn vm y', 'b warn vm y']);
});

test('who follows a log is shown what is new', () => {
  const line = (text: string): LogLine => ({ at: 1, level: 'info', topic: 'vm', text });
  const lines = (...texts: string[]) => texts.map(line);
  expect(newLines([], lines('a', 'b'))).toEqual(lines('a', 'b'));
  expect(newLines(lines('a', 'b'), lines('a', 'b'))).toEqual([]);
  expect(newLines(lines('a', 'b'), lines('a', 'b', 'c'))).toEqual(lines('c'));
  expect(newLines(lines('a', 'b', 'c'), lines('b', 'c', 'd'))).toEqual(lines('d'));
  expect(newLines(lines('a', 'a'), lines('a', 'a', 'a'))).toEqual(lines('a'));
  expect(newLines(lines('a', 'b'), lines('x', 'y'))).toEqual(lines('x', 'y'));
});
