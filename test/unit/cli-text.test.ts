import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exitCodeHelp, exitCodeOf, exitCodes } from '../../electron/cli/exit.ts';
import { styleFor } from '../../electron/cli/io.ts';
import { showDocument, showEntries, showJob, showJobs, showVerdict } from '../../electron/cli/show-jobs.ts';
import { type Look, showContribution, showStatus, showStatusLine } from '../../electron/cli/show-status.ts';
import {
  cleanLine,
  cleanLines,
  count,
  formatBytes,
  formatSeconds,
  formatWhen,
  pairs,
  progressBar,
  shorten,
  table,
  toJson,
} from '../../electron/cli/text.ts';
import { failureCodes } from '../../electron/contract/failures.ts';
import {
  fakeContribution,
  fakeDocument,
  fakeEntry,
  fakeJob,
  fakeNow,
  fakeSnapshot,
} from '../fakes/fake-host.ts';

const look: Look = { style: styleFor(false, {}), now: fakeNow, bars: false };
const hostile = 'a\u001b[2Jb\u009b31mc\u202ed\r\u0007e';
// Everything that steers a terminal; a line break ends a line of ours.
const steers = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('text for a terminal', () => {
  it('cannot steer it', () => {
    expect(cleanLine(hostile)).toBe('a[2Jb31mcde');
    expect(cleanLine('two\nlines\tand more')).toBe('two lines and more');
    expect(cleanLines('two\nlines\u001b[0m\r\n')).toBe('two\nlines[0m\n');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(cleanLine(text)).not.toMatch(/\n/);
        expect(cleanLine(text)).not.toMatch(steers);
        expect(cleanLines(text).replaceAll('\t', '')).not.toMatch(steers);
        expect(toJson(text)).not.toMatch(steers);
        expect(JSON.parse(toJson(text))).toBe(text);
      }),
    );
  });

  it('has figures that a person reads', () => {
    expect([0, 1.26, 9.5, 45.4, 60, 3599, 3600, 11_100, 90_000, 172_800].map(formatSeconds)).toEqual([
      '0 s',
      '1.3 s',
      '9.5 s',
      '45 s',
      '1 min',
      '59 min',
      '1 h',
      '3 h 5 min',
      '1 d 1 h',
      '2 d',
    ]);
    expect(formatWhen(fakeNow - 300_000, fakeNow)).toBe('5 min ago');
    expect(formatWhen(fakeNow + 1_500_000, fakeNow)).toBe('in 25 min');
    expect(formatWhen(fakeNow + 200, fakeNow)).toBe('now');
    expect([0, 1023, 1536, 12 * 1024, 2 ** 30, 2 ** 50].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KiB',
      '12 KiB',
      '1 GiB',
      '1024 TiB',
    ]);
    expect([count(1, 'job'), count(0, 'job'), count(2, 'entry', 'entries')]).toEqual([
      '1 job',
      '0 jobs',
      '2 entries',
    ]);
    expect([progressBar(0, 4), progressBar(0.5, 4), progressBar(7, 4)]).toEqual(['░░░░', '██░░', '████']);
    expect(shorten('Zürich 👩‍👩‍👧 Köln', 9)).toBe('Zürich 👩‍👩‍👧…');
  });

  it('stands in columns, whatever the cells hold', () => {
    expect(
      table(
        ['A', 'BB'],
        [
          ['1', 'x'],
          ['333\u001b[1m', 'é\n'],
        ],
      ),
    ).toBe('A       BB\n1       x\n333[1m  é');
    expect(
      pairs([
        ['a', '1'],
        ['none', null],
        ['long', '2'],
      ]),
    ).toBe('a     1\nlong  2');
    expect(pairs([])).toBe('');
  });

  it('is coloured on terminals that want it only', () => {
    expect(styleFor(true, {}).bold('x')).toBe('\u001b[1mx\u001b[0m');
    expect(styleFor(true, { NO_COLOR: '1' }).bold('x')).toBe('x');
    expect(styleFor(true, { TERM: 'dumb' }).bad('x')).toBe('x');
    expect(styleFor(false, {}).good('x')).toBe('x');
  });
});

describe('exit codes', () => {
  it('tell refusals, missing things and a missing host from failures', () => {
    const codesWith = (exitCode: number) => failureCodes.filter((code) => exitCodeOf(code) === exitCode);
    expect(codesWith(3)).toEqual(['host-not-running']);
    expect(codesWith(5)).toEqual(['not-found', 'not-joined', 'setting-unknown']);
    expect(codesWith(4)).toContain('document-invalid');
    expect(codesWith(1)).toContain('internal');
    expect([1, 3, 4, 5].flatMap(codesWith)).toHaveLength(failureCodes.length);
    for (const { code } of Object.values(exitCodes)) expect(exitCodeHelp()).toContain(`\n  ${code} `);
  });
});

describe('what is shown', () => {
  it('says how it stands', () => {
    const text = showStatus(fakeSnapshot(), look);
    expect(text).toContain('Working: nobody needs this computer.');
    expect(text).toContain('VM local    running, tcg, 1 vCPU, 768 MiB, CPU 97 % of 100 %, booted in 2.6 s');
    expect(text).toContain('Job job-1   Option book 1 of 10  42 %  option 3 of 5  1 min CPU');
    expect(text).toContain('9 queued, 3 done, 0 failed');
    expect(text).toContain('12 min CPU, 3 jobs done, 15 points (local)');
    expect(text).toContain('2 times, last within 2 ms');
    expect(showStatus(fakeSnapshot(), { ...look, bars: true })).toContain('██████████░░░░░░░░░░░░░░ 42 %');
  });

  it('says when a pause ends, what is wrong, and what is not settled', () => {
    const paused = fakeContribution({
      state: 'paused',
      sentence: 'Paused by you.',
      pause: { length: '30m', since: fakeNow, until: fakeNow + 1_800_000 },
    });
    expect(showContribution(paused, look)).toBe('Paused by you.\nGoes on in 30 min.');
    const text = showStatus(
      fakeSnapshot({
        contribution: paused,
        vms: [],
        jobs: [],
        yields: { count: 0, lastMs: null, p50Ms: null, p95Ms: null },
        today: {
          cpuSeconds: 0,
          wallSeconds: 0,
          jobsDone: 0,
          jobsFailed: 2,
          earned: [{ grid: 'a', unit: 'credit', settled: 0, pending: 1.5, observed: 0 }],
        },
        problems: [{ code: 'disk-full', sentence: 'The disk is full.', hint: 'Free some.' }],
      }),
      look,
    );
    expect(text).toContain('2 failed, 1.5 credit pending (a)');
    expect(text).toContain('disk-full: The disk is full.\n    Free some.');
    expect(text).not.toContain('Gave back');
    expect(showStatusLine(fakeSnapshot())).toBe(
      '2026-03-01T12:00:00.000Z  working  Working: nobody needs this computer.  job-1  42 %',
    );
  });

  it('says what a job may use and what came of it', () => {
    expect(showDocument(fakeDocument, look)).toContain('1 vCPU, 256 MiB memory, 512 MiB disk, no network');
    const job = fakeJob({ state: 'failed', failure: { code: 'job-exited', sentence: 'It ended with 3.' } });
    const text = showJob(
      {
        job,
        document: fakeDocument,
        entries: [fakeEntry()],
        stdout: 'a\nb\n',
        stderr: '',
        truncated: ['stdout'],
      },
      look,
    );
    expect(text).toContain('job-exited: It ended with 3.');
    expect(text).toContain('5 points settled');
    expect(text).toContain('Last of stdout, of which only the first 1 MiB were kept\na\nb');
    expect(text).not.toContain('Last of stderr');
    expect(showJobs([job], look)).toContain('failed  job-exited');
    expect(showJobs([], look)).toContain('There are no jobs');
    expect(showEntries([], look)).toContain('Nothing');
    expect(showVerdict({ ok: true, entries: 1, head: 'ab', firstBad: null }, look)).toContain('1 entry.');
    expect(showVerdict({ ok: false, entries: 3, head: null, firstBad: { seq: 2, why: 'no' } }, look)).toBe(
      'The ledger is broken at entry 2: no.',
    );
  });

  it('lets nothing through that a job wrote to steer the terminal', () => {
    const job = fakeJob({ id: 'x', title: hostile, owner: hostile, progressText: hostile });
    const failed = fakeJob({ ...job, failure: { code: 'job-exited', sentence: hostile, hint: hostile } });
    const document = { ...fakeDocument, title: hostile, owner: hostile, command: [hostile] };
    const entry = { ...fakeEntry(), personal: { title: hostile, owner: hostile } };
    const texts = [
      showStatus(
        fakeSnapshot({ jobs: [job], problems: [{ code: 'internal', sentence: hostile, hint: hostile }] }),
        look,
      ),
      showStatusLine(fakeSnapshot({ jobs: [job] })),
      showJobs([job, failed], look),
      showDocument(document, look),
      showJob(
        { job: failed, document, entries: [entry], stdout: hostile, stderr: hostile, truncated: [] },
        look,
      ),
      showEntries([entry], look),
      showVerdict({ ok: false, entries: 1, head: null, firstBad: { seq: 1, why: hostile } }, look),
    ];
    for (const text of texts) expect(text).not.toMatch(steers);
  });
});
