import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/failures.ts';
import {
  parseAgentStatus,
  parseChecks,
  parseClaim,
  parseHello,
  parseUsage,
  parseWatchLine,
  refusalOf,
} from '../../electron/vm/session/answers.ts';
import { LineReader } from '../../electron/vm/session/lines.ts';
import { answers, WatchNews } from '../../electron/vm/session/messages.ts';
import { cleanText } from '../../electron/vm/session/text.ts';

const sum = 'a'.repeat(64);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof GleanerError) return error.code;
    throw error;
  }
  return 'none';
};

test('reads what a sound guest answers', () => {
  expect(parseHello('protocol 1\nkernel 6.12.1\nuptime 2.71\n')).toEqual({
    protocol: 1,
    kernel: '6.12.1',
    uptimeSeconds: 2.71,
  });
  expect(parseUsage('cpu_usec 1500000\nmem_bytes 4096\n')).toEqual({ cpuSeconds: 1.5, memoryBytes: 4096 });
  expect(parseChecks('ok uid\nbad ports fd 8 is a socket\n')).toEqual([
    { name: 'uid', ok: true, detail: '' },
    { name: 'ports', ok: false, detail: 'fd 8 is a socket' },
  ]);
  expect(parseClaim(`bytes 1024\nsha256 ${sum}\nfrozen_usec 12500\n`)).toEqual({
    bytes: 1024,
    sha256: sum,
    frozenMs: 12.5,
  });
  expect(parseClaim('none\n')).toBeNull();
  expect(parseAgentStatus('running\ncpu_usec 4\n')).toEqual({ running: true, words: '' });
  expect(parseAgentStatus('end exit 1\n')).toEqual({ running: false, words: 'exit 1' });
});

test('reads the lines of a watch', () => {
  expect(parseWatchLine(`progress 0.42 ${base64('option 21 of 50')}`)).toEqual({
    kind: 'news',
    news: { progress: { fraction: 0.42, text: 'option 21 of 50' } },
  });
  expect(parseWatchLine('progress 1 ')).toEqual({
    kind: 'news',
    news: { progress: { fraction: 1, text: '' } },
  });
  expect(parseWatchLine('usage 2000000 99')).toEqual({
    kind: 'news',
    news: { usage: { cpuSeconds: 2, memoryPeakBytes: 99 } },
  });
  expect(parseWatchLine('truncated stderr')).toEqual({ kind: 'truncated', stream: 'stderr' });
  const end = (line: string): unknown => {
    const parsed = parseWatchLine(line);
    return parsed.kind === 'end' ? answers.watchJob.parse(parsed.end(['stdout'])) : undefined;
  };
  expect(end('end exit 3')).toEqual({ kind: 'exit', code: 3, truncated: ['stdout'] });
  expect(end('end signal 9')).toEqual({ kind: 'signal', signal: 9, truncated: ['stdout'] });
  expect(end('end oom')).toEqual({ kind: 'oom', truncated: ['stdout'] });
  expect(end('end killed')).toEqual({ kind: 'killed', truncated: ['stdout'] });
});

describe('refuses with guest-protocol', () => {
  const cases: readonly (readonly [string, () => unknown])[] = [
    ['another protocol version', () => parseHello('protocol 2\nkernel x\nuptime 1\n')],
    ['an uptime that is no number', () => parseHello('protocol 1\nkernel x\nuptime NaN\n')],
    ['nothing', () => parseUsage('')],
    ['a number beyond all bounds', () => parseUsage('cpu_usec 99999999999999999999\nmem_bytes 1\n')],
    ['a negative number', () => parseUsage('cpu_usec -1\nmem_bytes 1\n')],
    ['a key that comes twice', () => parseUsage('cpu_usec 1\ncpu_usec 2\nmem_bytes 1\n')],
    ['a digest that is none', () => parseClaim('bytes 1\nsha256 ../../etc\n')],
    ['a claim without a size', () => parseClaim(`sha256 ${sum}\n`)],
    ['an endless list of checks', () => parseChecks('ok x\n'.repeat(65))],
    ['an empty self-check', () => parseChecks('')],
    ['an unknown state of an agent', () => parseAgentStatus('asleep\n')],
    ['a fraction above 1', () => parseWatchLine('progress 1.5 ')],
    ['a fraction in words', () => parseWatchLine('progress Infinity ')],
    ['a text that is no base64', () => parseWatchLine('progress 0.5 <b>')],
    ['a text that is too long', () => parseWatchLine(`progress 0.5 ${'A'.repeat(300)}`)],
    ['an exit code above 255', () => parseWatchLine('end exit 256')],
    ['signal 0', () => parseWatchLine('end signal 0')],
    ['an unknown end', () => parseWatchLine('end happily')],
    ['an unknown line', () => parseWatchLine('constructor x')],
    ['more words than a line has', () => parseWatchLine('end exit 0 0')],
  ];
  for (const [name, act] of cases) {
    test(name, () => {
      expect(codeOf(act)).toBe('guest-protocol');
    });
  }
});

test('whatever a guest writes, a parser answers in bounds or refuses', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.stringMatching(/^(progress|usage|end|truncated|x) [ -~]{0,40}$/),
  );
  fc.assert(
    fc.property(line, (text) => {
      for (const parse of [parseHello, parseUsage, parseChecks, parseClaim, parseAgentStatus]) {
        const code = codeOf(() => parse(text));
        expect(['none', 'guest-protocol']).toContain(code);
      }
      try {
        const parsed = parseWatchLine(text);
        if (parsed.kind === 'news') WatchNews.parse(parsed.news);
        if (parsed.kind === 'end') answers.watchJob.parse(parsed.end([]));
      } catch (error) {
        expect((error as GleanerError).code).toBe('guest-protocol');
      }
    }),
  );
});

test('a refusal of the guest becomes a failure with clean words', () => {
  const refusal = (stderr: string): { code: string; message: string } => {
    const { code, message } = refusalOf('job-start', { code: 1, stdout: '', stderr });
    return { code, message };
  };
  expect(refusal('launch-failed: no such program\n')).toEqual({
    code: 'launch-failed',
    message: 'The workload could not be started: no such program.',
  });
  expect(refusal('busy: there is a job\n').code).toBe('wrong-phase');
  expect(refusal('unknown-job: x\n').code).toBe('not-found');
  expect(refusal('constructor: x\n').code).toBe('guest-protocol');
  expect(refusal('').message).toContain('code 1');
  const hostile = refusal(`launch-failed: \u001b[2J\u202e${'y'.repeat(5000)}`).message;
  expect(hostile.length).toBeLessThan(300);
  expect(hostile).not.toMatch(/[\u0000-\u001f\u202e]/);
});

test('clean text holds no control characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.nat(50), (text, max) => {
      const clean = cleanText(text, max);
      expect(clean.length).toBeLessThanOrEqual(max);
      expect(clean).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
    }),
  );
});

describe('lines', () => {
  const reader = (): LineReader => new LineReader(20, () => new Error('too long'));

  test('are the same however the stream is cut', () => {
    const lines = fc.array(fc.stringMatching(/^[ -~ä€]{0,6}$/), { maxLength: 20 });
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 9 }), (expected, size) => {
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''));
        const cut = reader();
        const seen: string[] = [];
        for (let at = 0; at < bytes.length; at += size) seen.push(...cut.feed(bytes.subarray(at, at + size)));
        expect(seen).toEqual(expected);
      }),
    );
  });

  test('that never end are refused', () => {
    const endless = reader();
    endless.feed(Buffer.from('x'.repeat(20)));
    expect(() => endless.feed(Buffer.from('x'))).toThrow('too long');
    expect(() => reader().feed(Buffer.from(`${'x'.repeat(21)}\n`))).toThrow('too long');
  });
});
