import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { styleFor } from '../../electron/cli/io.ts';
import { showEntries } from '../../electron/cli/show-jobs.ts';
import { fakeEnrolment, fakePoolOffer, fakePoolPolicy, fakeSettlement } from '../fakes/fake-pool-views.ts';
import { fakeEnrolmentUrl } from '../fakes/fake-pools.ts';
import { pooledGrids } from '../fixtures/pools.ts';
import { useCommand } from './cli-grids-fixture.ts';

const { run, runWith, host, asked, home } = useCommand();
const text = JSON.stringify(fakeEnrolment());
const contacts = [
  { host: '10.77.0.1', port: 9618 },
  { host: '10.77.0.2', port: 9618 },
];
const id = 'condor-pool-acme-example';

function file(content = text, name = 'enrolment.json'): string {
  const path = join(home(), name);
  writeFileSync(path, content);
  return path;
}

describe('gleaner grids join condor:…', () => {
  it('shows what it asks for, joins by a file, and says that the file is of no more use', async () => {
    const path = file();
    const ran = await runWith({ answers: ['y'] }, 'grids', 'join', `condor:${path}`, '--share', '7');
    expect(ran).toMatchObject({
      code: 0,
      questions: [
        'Join Acme Research pool as pc17, and let its virtual machine contact these places? [y/N] ',
      ],
    });
    expect(ran.stdout).toMatch(/^Acme Research pool\n {2}pool +pool\.acme\.example\n {2}here +pc17\.pool/);
    expect(ran.stdout).toContain(
      "at most 80 % of the VM's CPU time, at most 4 vCPUs, at most 8 GiB of memory",
    );
    expect(ran.stdout).toContain('0.04 EUR for a core and hour');
    expect(ran.stdout).toMatch(
      /may contact, and nothing else\n {2}10\.77\.0\.1:9618 {2}\(named by the pool, on your company's network/,
    );
    expect(ran.stdout).toContain(`Joined Acme Research pool as ${id}. It connects to the pool as soon`);
    expect(ran.stderr).toBe(`The enrolment in ${path} is of no more use: delete it.\n`);
    expect(ran.stdout + ran.stderr).not.toContain('secret');
    expect(asked('pools.lookup')).toEqual([{ from: { kind: 'text', text } }]);
    expect(asked('pools.join')).toEqual([{ from: { kind: 'text', text }, contacts, share: 7 }]);
    expect(existsSync(path)).toBe(true);
  });

  it('deletes the file only when asked to, and only once it is joined', async () => {
    const path = file();
    const unwilling = await runWith({ answers: ['n'] }, 'grids', 'join', `condor:${path}`, '--delete-file');
    expect(unwilling.code).toBe(4);
    expect(asked('pools.join')).toEqual([]);
    expect(existsSync(path)).toBe(true);
    const ran = await run('grids', 'join', `condor:${path}`, '--delete-file', '--yes');
    expect(ran).toMatchObject({ code: 0, stderr: `Deleted ${path}.\n` });
    expect(existsSync(path)).toBe(false);
  });

  it('reads stdin and addresses', async () => {
    expect((await runWith({ stdin: text }, 'grids', 'join', 'condor:-', '--yes')).code).toBe(0);
    host().grids.details.delete(id);
    expect((await run('grids', 'join', `condor:${fakeEnrolmentUrl}`, '--yes')).code).toBe(0);
    expect(asked('pools.join')).toEqual([
      { from: { kind: 'text', text }, contacts, share: 100 },
      { from: { kind: 'url', url: fakeEnrolmentUrl }, contacts, share: 100 },
    ]);
  });

  it('answers JSON with one value, what it asks for on stderr', async () => {
    const ran = await run('grids', 'join', `condor:${file()}`, '--yes', '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ id, kind: 'condor', state: 'joining' });
    expect(ran.stderr).toContain('may contact, and nothing else');
  });

  it('joins nothing without consent, which nobody can give where the enrolment comes on stdin', async () => {
    const ran = await runWith({ stdin: text }, 'grids', 'join', 'condor:-');
    expect(ran.code).toBe(4);
    expect(ran.stderr).toMatch(/^gleaner: consent-required: .*\nhint: Say --yes/);
    expect(asked('pools.join')).toEqual([]);
  });

  it('says that a pool’s documents are not there yet', async () => {
    host().pools.offer = fakePoolOffer({ policy: null, tariff: null });
    const ran = await run('grids', 'join', `condor:${file()}`, '--yes');
    expect(ran.stdout).toContain('not here yet; nothing runs before it is');
    expect(ran.stdout).toContain('it has told no tariff');
    host().pools.offer = fakePoolOffer({ policy: fakePoolPolicy({ run: false, share: 1, vcpus: null }) });
    expect((await run('grids', 'join', `condor:${file()}`)).stdout).toContain('all its computers rest');
  });

  it('refuses what is no enrolment, without a word of it', async () => {
    const broken = text.replace('"pool.acme.example"', '"Pool!"');
    for (const content of [broken, 'secret, but no JSON', text.slice(0, 200)]) {
      const ran = await run('grids', 'join', `condor:${file(content)}`, '--yes');
      expect(ran).toMatchObject({ code: 4, stdout: '' });
      expect(ran.stderr).toContain('gleaner: enrolment-invalid:');
      expect(ran.stderr).not.toContain('secret');
    }
    expect((await run('grids', 'join', `condor:${file(' '.repeat(256 * 1024 + 1))}`)).code).toBe(4);
    expect((await run('grids', 'join', 'condor:/nowhere/enrolment.json')).code).toBe(4);
    for (const argv of [
      ['condor:'],
      ['condor:https://'],
      [`condor:${file('', 'empty.json')}`],
      ['condor:-', '--delete-file', '--yes'],
      [`condor:${fakeEnrolmentUrl}`, '--delete-file', '--yes'],
      [`condor:${file()}`, '--key', '-'],
      [`condor:${file()}`, '--create'],
      ['boinc:https://knot-atlas.example.org/', '--delete-file'],
    ]) {
      expect((await run('grids', 'join', ...argv)).code, argv.join(' ')).toBe(2);
    }
    expect(asked('pools.join')).toEqual([]);
  });
});

describe('a joined pool', () => {
  it('is shown with its jobs, statements and what it sees', async () => {
    const { details } = pooledGrids(0);
    host().grids.load(details);
    host().emitGrids();
    const { stdout } = await run('grids', 'show', id);
    expect(stdout).toMatch(/^Acme Research pool: It runs 2 jobs of the pool\./);
    expect(stdout).toMatch(/run again +1 job, because of this computer/);
    expect(stdout).toMatch(/12\.0 +anneal\.sh +anna +running 62 % +2 +1\.5 GiB/);
    expect(stdout).toMatch(/6\.0 +anneal\.sh +anna +lost .*the pool runs it again\./);
    expect(stdout).toMatch(/2026-02-01_2026-03-01 +233 +18\.97 EUR +18\.42 EUR +-0\.55 EUR/);
    expect(stdout).toMatch(/What the pool sees of this computer\n {2}GleanerHost +"pc17"/);
    expect(stdout).not.toMatch(/credit |Messages|key /);
    const other = await run('grids', 'show', 'condor-lab-acme-example');
    expect(other.stdout).toMatch(/refused +pool-document-refused: /);
    expect((await run('grids', 'list')).stdout).not.toContain('?');
  });

  it('is left after its jobs were handed back', async () => {
    host().grids.load(pooledGrids(0).details);
    const ran = await runWith({ answers: ['y'] }, 'grids', 'leave', id);
    expect(ran.questions).toEqual([
      'Hand 2 jobs back to Acme Research pool, then leave it and delete its disk and token? [y/N] ',
    ]);
    expect(ran.code).toBe(0);
  });

  it('settles in two entries', () => {
    const lines = showEntries(fakeSettlement(), { style: styleFor(false, {}), now: 0, bars: false });
    expect(lines).toMatch(/statement +-18\.97 EUR pending +no longer pending for 233 executions/);
    expect(lines).toMatch(/statement +18\.42 EUR settled +credited by the pool for 233 executions/);
  });
});
