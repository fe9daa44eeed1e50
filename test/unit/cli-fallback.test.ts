import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolvePaths } from '../../electron/base/paths.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { composeForOneCommand } from '../../electron/node-host.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, start, useFolder } from './cli-fixture.ts';

const home = useFolder();
const paths = () => resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });

const run = async (...argv: readonly string[]) => {
  const io = memoryIo();
  const code = await runProgram(argv, { io, paths: paths(), program: testProgram });
  return { code, stdout: io.stdout, stderr: io.stderr };
};

const idle = 'Gleaner is not running: nothing happens before it starts.\n';

describe('the gleaner command without a running host', () => {
  it('works on the same files', async () => {
    expect(await run('jobs', 'list', '--json')).toEqual({ code: 0, stdout: '[]\n', stderr: '' });
    const job = join(home(), 'job');
    await mkdir(join(job, 'in'), { recursive: true });
    await writeFile(join(job, 'in', 'run.sh'), 'echo hello\n');
    await writeFile(
      join(job, 'job.json'),
      JSON.stringify({ schema: 1, title: 'Say hello', command: ['/bin/sh', 'in/run.sh'] }),
    );
    const added = await run('jobs', 'add', job);
    expect(added).toMatchObject({ code: 0, stderr: idle });
    const id = /Queued as (.*)\.\n$/.exec(added.stdout)?.[1] ?? '';
    const shown = await run('jobs', 'show', id);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain('Say hello');
    expect((await run('jobs', 'result', id, '--out', join(home(), 'result'))).code).toBe(4);
    expect((await run('jobs', 'abort', id)).stdout).toBe(`${id} is aborted.\n`);
    expect(await run('ledger', 'verify')).toMatchObject({ code: 0 });
    await writeFile(join(job, 'job.json'), JSON.stringify({ schema: 2 }));
    const refused = await run('jobs', 'add', job, '--json');
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(JSON.parse(refused.stderr)).toMatchObject({ failure: { code: 'document-version' } });
  });

  it('leaves a VM that an earlier host saved as it is', async () => {
    const job = join(home(), 'job');
    await mkdir(job, { recursive: true });
    await writeFile(
      join(job, 'job.json'),
      JSON.stringify({ schema: 1, title: 'Wait', command: ['/bin/true'] }),
    );
    const vmDir = join(home(), 'vms', 'local');
    await mkdir(vmDir, { recursive: true });
    await writeFile(join(vmDir, 'state'), 'as it was');
    // A pause that ran out while no host was there.
    const pause = { length: '30m', since: 1, until: 2 };
    await writeFile(join(home(), 'intent.json'), JSON.stringify({ schema: 1, pause }));
    for (const argv of [
      ['jobs', 'add', job],
      ['settings', 'set', 'idle.share', '0.5'],
      ['pause', '30m'],
      ['resume'],
      ['status'],
    ]) {
      expect((await run(...argv)).code).toBe(0);
      expect(await readFile(join(vmDir, 'state'), 'utf8')).toBe('as it was');
    }
  });

  it('sets and explains the same settings', async () => {
    expect(await run('settings', 'set', 'idle.share', '0.5')).toMatchObject({ code: 0, stderr: '' });
    const text = await readFile(join(home(), 'settings.json'), 'utf8');
    expect(JSON.parse(text)).toEqual({ version: 2, settings: { 'idle.share': 0.5 } });
    expect((await run('settings', 'get', 'idle.share')).stdout).toMatch(/^idle\.share is 50 % \(yours\)\.\n/);
    expect((await run('policy', 'show')).stdout).toMatch(/\nidle\.share +50 % +yours\n/);
    expect(JSON.parse((await run('policy', 'explain', '--json')).stdout)).toMatchObject({
      preset: 'balanced',
    });
    expect(await run('settings', 'set', 'idle.share', '7')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('setting-invalid') as string,
    });
    expect(await run('settings', 'set', 'grids.pools', '[{"enrolment":"/etc/gleaner/pool.json"}]')).toEqual({
      code: 4,
      stdout: '',
      stderr:
        "gleaner: setting-reserved: grids.pools is for an organization's profile alone and cannot be set by a person.\n" +
        'hint: To join a pool yourself: gleaner grids join condor:FILE\n',
    });
    await writeFile(
      join(home(), 'prefs.xml'),
      '<global_preferences><idle_time_to_run>9</idle_time_to_run></global_preferences>',
    );
    expect((await run('settings', 'import-boinc', join(home(), 'prefs.xml'))).stdout).toContain(
      '1 setting set',
    );
    expect((await run('settings', 'unset', 'idle.share')).stdout).toMatch(/^idle\.share is 100 %/);
  });

  it.runIf(process.getuid?.() === 0)('refuses what an administrator locked, by name', async () => {
    const profilesDir = join(home(), 'profiles');
    await mkdir(profilesDir);
    const profile = { version: 2, organization: 'ACME', settings: { 'idle.share': 0.1 } };
    await writeFile(join(profilesDir, 'locked.json'), JSON.stringify(profile));
    const env = { GLEANER_PROFILES: profilesDir };
    expect(await start(home(), ['settings', 'set', 'idle.share', '1'], env).ended).toEqual({
      code: 4,
      stdout: '',
      stderr:
        'gleaner: setting-locked: idle.share is set by ACME and cannot be changed here.\nhint: Ask whoever manages this computer.\n',
    });
    await writeFile(join(profilesDir, 'locked.json'), '{');
    // It may say that the host lives elsewhere: none is composed here, and the problem is told.
    for (const argv of [
      ['policy', 'explain', '--json'],
      ['run', '--headless', '--json'],
    ]) {
      const refused = await start(home(), argv, env).ended;
      expect(refused).toMatchObject({ code: 1, stdout: '' });
      expect(JSON.parse(refused.stderr)).toMatchObject({ failure: { code: 'profile-broken' } });
    }
  });

  it('keeps a pause for the host that starts later', async () => {
    expect(await run('pause', 'manual')).toMatchObject({ code: 0, stderr: idle });
    expect(JSON.parse((await run('status', '--json')).stdout)).toMatchObject({
      contribution: { state: 'paused', pause: { length: 'manual' } },
    });
    expect(await run('resume')).toMatchObject({ code: 0 });
  });

  it('says that nothing runs, and what waits', async () => {
    expect((await run('status')).stdout).toMatch(
      /^Gleaner is not running: .*\nStart it: .*\n\nWaits +nothing\n/,
    );
    const job = join(home(), 'job');
    await mkdir(job, { recursive: true });
    await writeFile(
      join(job, 'job.json'),
      JSON.stringify({ schema: 1, title: 'Wait', command: ['/bin/true'] }),
    );
    await run('jobs', 'add', job);
    await run('pause', 'manual');
    const { stdout, stderr } = await run('status');
    expect(stdout).toMatch(/\nWaits +1 job\nPaused +until you resume\nGrid local +1 queued/);
    expect(stdout).not.toContain('Since');
    expect(stderr).toBe('');
    await run('resume');
    await run('settings', 'set', 'contribute', 'no');
    expect((await run('status')).stdout).toContain('\nTurn it on: gleaner settings set contribute yes\n');
  });

  it('refuses while another process holds them', async () => {
    const other = await composeForOneCommand(paths(), testProgram);
    try {
      const refused = await start(home(), ['jobs', 'list']).ended;
      expect(refused).toMatchObject({ code: 4, stdout: '' });
      expect(refused.stderr).toContain('gleaner: already-running:');
    } finally {
      await other.stop();
    }
    expect(await start(home(), ['jobs', 'list', '--json']).ended).toEqual({
      code: 0,
      stdout: '[]\n',
      stderr: '',
    });
  });
});
