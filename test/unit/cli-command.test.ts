import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { FakeHost, fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, type Ran, start, tarOf, useFolder } from './cli-fixture.ts';

const home = useFolder();
const paths = () => resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
let host: FakeHost;
let close: () => Promise<void>;

beforeEach(async () => {
  host = new FakeHost();
  const server = await serveSocket({ api: host, paths: paths(), log: silentLog });
  close = async () => {
    await server.dispose();
  };
});

afterEach(async () => {
  await close();
});

/** The command in this process, as far as its words and exit code go. */
const run = async (...argv: readonly string[]): Promise<Ran> => {
  const io = memoryIo();
  const code = await runProgram(argv, { io, paths: paths(), program: testProgram });
  return { code, stdout: io.stdout, stderr: io.stderr };
};

/** The real command in a process of its own. */
const runReal = async (...argv: readonly string[]): Promise<Ran> => await start(home(), argv).ended;

const json = (text: string): unknown => JSON.parse(text);

describe('the gleaner command', () => {
  it('answers in words and in JSON', async () => {
    const plain = await runReal('status');
    expect(plain).toMatchObject({ code: 0, stderr: '' });
    expect(plain.stdout).toContain('Working: nobody needs this computer.');
    // A pipe gets no colours and no bars.
    expect(plain.stdout).not.toMatch(/\u001b|█/);
    const values: (readonly [string[], unknown])[] = [
      [['status'], host.snapshot],
      [['pause', '1h'], expect.objectContaining({ state: 'paused' })],
      [['resume'], expect.objectContaining({ state: 'working' })],
      [['doctor'], host.health.checks],
      [['jobs', 'list'], host.jobs],
      [['jobs', 'show', 'job-1'], expect.objectContaining({ stdout: 'hello\n' })],
      [['jobs', 'abort', 'job-1'], expect.objectContaining({ state: 'aborted' })],
      [['jobs', 'sample'], host.jobs],
      [['ledger', 'list', '--limit', '3'], host.entries],
      [['ledger', 'verify'], expect.objectContaining({ ok: true })],
    ];
    for (const [argv, value] of values) {
      const ran = await run(...argv, '--json');
      expect(ran).toMatchObject({ code: 0, stderr: '' });
      expect(json(ran.stdout)).toEqual(value);
    }
    expect(host.asked.find(({ name }) => name === 'pause')?.input).toEqual({ length: '1h' });
    expect(host.asked.find(({ name }) => name === 'ledger.list')?.input).toEqual({ limit: 3 });
  });

  it('loads nothing of a host of its own while one runs', async () => {
    const tell = `import{registerHooks}from"node:module";registerHooks({load(url,context,next){
      if(/libsql|ssh2|tar-stream|electron.host[.]ts/.test(url))console.error("loaded",url);
      return next(url,context)}})`;
    const options = `--import=data:text/javascript,${encodeURIComponent(tell)}`;
    const ran = await start(home(), ['status'], { NODE_OPTIONS: options }).ended;
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    const saving = start(home(), ['jobs', 'result', 'job-1', '--tar', join(home(), 'x')], {
      NODE_OPTIONS: options,
    });
    expect((await saving.ended).stderr).toMatch(/^loaded .*tar-stream/);
  });

  it('pauses until it is told otherwise, unless a length is given', async () => {
    expect((await run('pause')).stdout).toBe('Paused until you resume.\nEnd it: gleaner resume\n');
    expect(host.asked).toEqual([{ name: 'pause', input: { length: 'manual' } }]);
  });

  it('says in exit code and words what failed', async () => {
    host.failures.set(
      'jobs.sample',
      new GleanerError('disk-full', 'The disk is full\u001b[2J.', 'Free some.'),
    );
    expect(await runReal('jobs', 'sample')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'gleaner: disk-full: The disk is full[2J.\nhint: Free some.\n',
    });
    const asJson = await runReal('jobs', 'sample', '--json');
    expect(json(asJson.stderr)).toEqual({
      failure: { code: 'disk-full', sentence: 'The disk is full\u001b[2J.', hint: 'Free some.' },
    });
    expect((await run('jobs', 'show', 'none')).code).toBe(5);
    expect((await run('jobs', 'show', '../../etc')).code).toBe(5);
    host.failures.set('jobs.abort', new GleanerError('job-finished', 'It is over.'));
    expect((await run('jobs', 'abort', 'job-1')).code).toBe(4);
    const failed = { title: 'QEMU', state: 'failed', code: 'missing', values: {} } as const;
    host.health.checks = [{ id: 'qemu', ...failed, detail: 'not there', hint: 'Install it.', fix: null }];
    const doctor = await run('doctor');
    expect(doctor).toMatchObject({ code: 1, stdout: 'failed  QEMU: not there\n        Install it.\n' });
  });

  it('knows how it is used', async () => {
    const wrong = [
      [],
      ['nonsense'],
      ['status', '--nonsense'],
      ['pause', '2y'],
      ['jobs', 'show'],
      ['jobs', 'list', '--limit', '0'],
      ['jobs', 'result', 'job-1'],
      ['ledger', 'export'],
      ['ledger', 'export', '--csv', '--json'],
      ['run'],
    ];
    for (const argv of wrong)
      expect(await run(...argv), argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
    expect(host.asked).toEqual([]);
    expect(await run('jobs', 'show')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'gleaner: usage: missing required argument \'ID\'\nhint: It is used as "gleaner jobs show [options] <ID>". See "gleaner jobs show --help".\n',
    });
    const help = await runReal('--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('Exit codes:');
    expect((await run('jobs', 'add', '--help')).stdout).toContain('Examples:');
    expect((await runReal('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('shows a job before it queues it', async () => {
    const job = join(home(), 'job');
    await mkdir(join(job, 'in'), { recursive: true });
    await writeFile(join(job, 'job.json'), '{}');
    const added = await run('jobs', 'add', job);
    expect(added.code).toBe(0);
    expect(added.stdout).toMatch(/no network[^]*Queued as job-2\.\n$/);
    expect(host.asked.map(({ input }) => input)).toEqual([{ dryRun: true }, { dryRun: false }]);
    host.asked.length = 0;
    expect((await run('jobs', 'add', job, '--dry-run')).stdout).not.toContain('Queued');
    expect(json((await run('jobs', 'add', job, '--json')).stdout)).toMatchObject({ id: 'job-2' });
    expect(host.asked.map(({ input }) => input)).toEqual([{ dryRun: true }, { dryRun: false }]);
    host.failures.set('jobs.add', new GleanerError('document-invalid', 'title: is missing'));
    expect(await run('jobs', 'add', job)).toMatchObject({ code: 4, stdout: '' });
    await writeFile(join(job, 'stray'), '');
    expect(await run('jobs', 'add', job)).toMatchObject({ code: 4, stdout: '' });
    expect(await run('jobs', 'add', join(home(), 'none'))).toMatchObject({ code: 4, stdout: '' });
  });

  it('saves results, and refuses hostile ones', async () => {
    host.bytes = () =>
      tarOf([
        { name: 'out/a.csv', content: '1' },
        { name: 'stdout', content: '2' },
      ]);
    const to = join(home(), 'result');
    expect(await run('jobs', 'result', 'job-1', '--out', to)).toMatchObject({ code: 0 });
    expect(await readFile(join(to, 'out', 'a.csv'), 'utf8')).toBe('1');
    expect((await run('jobs', 'result', 'job-1', '--out', to)).code).toBe(4);
    expect(json((await run('jobs', 'result', 'job-1', '--out', to, '--force', '--json')).stdout)).toEqual({
      path: to,
      files: 2,
      bytes: 2,
    });
    expect((await run('jobs', 'result', 'job-1', '--tar', join(home(), 'r.tar'))).code).toBe(0);
    host.bytes = () => tarOf([{ name: '../escaped', content: 'x' }]);
    const refused = await runReal('jobs', 'result', 'job-1', '--out', join(home(), 'evil'));
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toContain('gleaner: archive-invalid:');
    expect(await readdir(home())).toEqual(expect.not.arrayContaining(['evil', 'escaped']));
  });

  it('exports and verifies the ledger', async () => {
    expect((await run('ledger', 'export', '--csv')).stdout).toBe('some bytes');
    expect(host.asked[0]?.input).toEqual({ format: 'csv' });
    const file = join(home(), 'ledger.json');
    expect(await run('ledger', 'export', '--json', '--out', file)).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe('some bytes');
    expect((await run('ledger', 'export', '--json', '--out', file)).code).toBe(4);
    host.ledgerIsGood = false;
    const broken = await run('ledger', 'verify');
    expect(broken.code).toBe(1);
    expect(broken.stdout).toContain('broken at entry 1');
    expect(broken.stderr).toContain('gleaner: ledger-damaged:');
  });

  it('watches until it is interrupted', async () => {
    const watching = start(home(), ['status', '--watch', '--json']);
    await watching.said('\n');
    host.emit(fakeSnapshot({ jobs: [fakeJob({ title: 'changed' })] }));
    await watching.said('changed');
    watching.kill('SIGINT');
    const { code, stdout, stderr } = await watching.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout.trimEnd().split('\n').map(json)).toHaveLength(2);
    await expect.poll(() => host.listeners).toBe(0);

    const lines = start(home(), ['status', '--watch']);
    await lines.said('job-1  42 %\n');
    await close();
    expect(await lines.ended).toMatchObject({ code: 3 });
  });

  it('ends quietly when its reader leaves', async () => {
    const watching = start(home(), ['status', '--watch']);
    await watching.said('\n');
    watching.leave();
    host.emit(fakeSnapshot());
    expect(await watching.ended).toMatchObject({ code: 0, stderr: '' });
    host.bytes = async function* () {
      for (;;) yield await Promise.resolve(Buffer.alloc(65_536, 'x'));
    };
    const exporting = start(home(), ['ledger', 'export', '--csv']);
    await exporting.said('x');
    exporting.leave();
    expect(await exporting.ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('needs a host only to watch one', async () => {
    await close();
    expect(await runReal('status', '--watch')).toMatchObject({ code: 3, stdout: '' });
  });
});
