import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { fakeEpoch } from '../fakes/fake-epochs.ts';
import type { Ran } from './cli-fixture.ts';
import { pool, usePoolCommands } from './cli-pool-fixture.ts';

const { home, dir, run, json, init, tools } = usePoolCommands();

describe('gleaner pool statement', () => {
  const at = (text: string): number => Date.parse(`${text}+01:00`) / 1000;
  const history = (): string => join(home(), 'epoch_history');
  const args = ['--from', '2025-11-01', '--to', '2025-11-30'];

  beforeEach(async () => {
    await init();
    const day = at('2025-11-02T00:00:00');
    const records = [
      { job: 'cm#1', run: 1, host: 'pc-1', start: day, end: day + 7200, owner: 'ann', department: 'Sales' },
      { job: 'cm#1', run: 1, host: 'pc-1', start: day, end: day + 7200, owner: 'ann', department: 'Sales' },
      { job: 'cm#2', run: 1, host: 'pc-2', start: day, end: day + 3600, owner: '=cmd()', frozen: '1|1800' },
      { job: 'cm#3', run: 1, host: 'pc-1', start: day, end: at('2025-12-01T00:00:00'), owner: 'ann' },
    ];
    await writeFile(history(), records.map((one) => fakeEpoch(one, pool)).join(''));
    await tools().answer('condor_config_val', { stdout: `${history()}\n` });
    const own = { GleanerExecutions: 1, GleanerFrozenSeconds: 0, GleanerAmount: 1, GleanerUnit: 'EUR' };
    await tools().answer('condor_status', {
      stdout: JSON.stringify([
        { GleanerHost: 'pc-1', AuthenticatedIdentity: `exec-pc-1@${pool}`, GleanerCoreSeconds: 99, ...own },
      ]),
    });
  });

  test('adds up by host, department and owner, and says what it left out and how hosts differ', async () => {
    const report = await json('pool', 'statement', dir(), ...args);
    expect(report).toMatchObject({
      period: '2025-11-01_2025-12-01',
      unit: 'EUR',
      total: { executions: 2, amount: 1.25, coreHours: 3, frozenCoreHours: 0.5 },
      skipped: { repeated: 1, outside: 1, contradicting: 0, broken: 0, refused: [] },
      own: { compared: 1, away: ['pc-2'], differing: [{ host: 'pc-1' }] },
    });
    expect(report['rows']).toMatchObject([
      { key: 'pc-1', amount: 1 },
      { key: 'pc-2', amount: 0.25 },
    ]);
    const department = await run('pool', 'statement', dir(), ...args, '--by', 'department');
    expect(department.stdout).toMatch(/Sales +1 +0 +2\.00/);
    expect(department.stdout).toContain('(none)');
    expect(department.stdout).toContain('Away now: pc-2.');
    await tools().answer('condor_status', { code: 1, stderr: 'Error: communication error\n' });
    expect((await run('pool', 'statement', dir(), ...args)).stdout).toContain('communication error');
  });

  test('tells what had to be run again, and does not pay for what was lost', async () => {
    const day = at('2025-11-02T00:00:00');
    const one = { job: 'cm#1', host: 'pc-1', start: day, end: day + 3600 };
    const records = [
      { ...one, run: 1, more: ['VacateReasonCode = 1008'] },
      { ...one, run: 2, more: ['VacateReasonCode = 1007'] },
      { ...one, run: 3, more: ['VacateReasonCode = 1005'] },
      { ...one, run: 4, more: ['VacateReasonCode = 12'] },
    ];
    await writeFile(history(), records.map((record) => fakeEpoch(record, pool)).join(''));
    const { total } = await json('pool', 'statement', dir(), ...args);
    expect(total).toMatchObject({
      executions: 4,
      coreHours: 4,
      handedBack: 1,
      lost: 2,
      lostCoreHours: 2,
      amount: 1,
    });
    expect((await run('pool', 'statement', dir(), ...args)).stdout).toContain(
      'Run again: 1 handed back when the computer was needed, and 2 lost with a computer or its connection (2.00 core h, not paid).',
    );
  });

  test('writes CSV that no spreadsheet runs', async () => {
    const file = join(home(), 'november.csv');
    await run('pool', 'statement', dir(), ...args, '--by', 'owner', '--csv', file);
    expect((await readFile(file, 'utf8')).split('\r\n')).toEqual([
      'owner,executions,late,handedBack,lost,coreHours,gibHours,frozenCoreHours,lostCoreHours,cpuHours,amount,unit',
      'ann,1,0,0,0,2,2,0,0,0,1,EUR',
      "'=cmd(),1,0,0,0,1,1,0.500000,0,0,0.250000,EUR",
      'total,2,0,0,0,3,3,0.500000,0,0,1.250000,EUR',
      '',
    ]);
    expect((await run('pool', 'statement', dir(), ...args, '--csv', file)).code).toBe(4);
  });

  test('publishes, the same again without a change, another content by --replace', async () => {
    const publish = async (...more: string[]): Promise<Ran> =>
      await run('pool', 'statement', dir(), ...args, '--publish', ...more);
    expect((await publish()).stdout).toContain('2 statements of hosts in 2 bins');
    expect((await publish()).stdout).toContain('nothing changed');
    await writeFile(history(), '');
    expect(await publish()).toMatchObject({ code: 4 });
    expect((await publish('--replace')).stdout).toContain('Replaced');
    expect((await readdir(dir())).sort()).toEqual([
      'catalog.json',
      'catalog.lock',
      'condor',
      'keys',
      'public',
      'tariffs',
    ]);
    const future = await run(
      'pool',
      'statement',
      dir(),
      '--from',
      '2025-11-01',
      '--to',
      '2125-11-30',
      '--publish',
    );
    expect(future.code).toBe(2);
    expect((await run('pool', 'statement', dir(), '--from', '2025-11-01')).code).toBe(2);
    expect((await run('pool', 'statement', dir(), ...args, '--replace')).code).toBe(2);
  });
});

describe('gleaner pool fleet', () => {
  test('counts hosts, and trusts nothing that they say', async () => {
    const host = (name: string, more: Record<string, unknown>) => ({
      GleanerHost: name,
      AuthenticatedIdentity: `exec-${name}@${pool}`,
      GleanerVersion: '0.5.0',
      ...more,
    });
    const ads = [
      host('pc-1', {
        GleanerState: 'contributing',
        GleanerCores: 4,
        SlotType: 'Partitionable',
        State: 'Unclaimed',
        Cpus: 1,
      }),
      host('pc-1', {
        GleanerState: 'contributing',
        GleanerCores: 4,
        SlotType: 'Dynamic',
        State: 'Claimed',
        Cpus: 3,
      }),
      host('pc-2', { GleanerState: '\u001b[2J', GleanerCores: 1e300, GleanerVersion: 'x'.repeat(500) }),
      { ...host('pc-3', {}), AuthenticatedIdentity: `exec-pc-1@${pool}` },
      { GleanerHost: 'PC 4' },
      'not an ad',
    ];
    await tools().answer('condor_status', { stdout: JSON.stringify(ads) });
    const fleet = await json('pool', 'fleet');
    expect(fleet).toMatchObject({
      malformed: 2,
      notProved: 1,
      hosts: [
        { host: 'pc-1', state: 'contributing', coresOffered: 4, coresClaimed: 3 },
        { host: 'pc-2', state: 'unknown', version: 'unknown', coresOffered: 0 },
      ],
    });
    const { stdout } = await run('pool', 'fleet');
    expect(stdout).toContain('2 hosts');
    expect(stdout).not.toContain('\u001b');
    await init();
    expect(await json('pool', 'fleet', dir())).toMatchObject({ notProved: 1 });
  });

  test('tells silent hosts from those that talk', async () => {
    const file = join(home(), 'ads-heard');
    const ad = (host: string, heard: number, more = '') =>
      `GleanerHost = "${host}"\nGleanerState = "contributing"\nGleanerCores = 4\nLastHeardFrom = ${heard}\n${more}`;
    const claimed = 'SlotType = "Dynamic"\nState = "Claimed"\nCpus = 3\n';
    const now = 1_900_000_000;
    const ads = [
      ad('pc-1', now),
      ad('pc-2', now - 76),
      ad('pc-2', now - 80, claimed),
      ad('pc-3', now - 76),
      ad('pc-3', now - 70),
    ];
    await writeFile(file, ads.join('\n'));
    expect(await json('pool', 'fleet', '--ads', file)).toMatchObject({
      hosts: [
        { host: 'pc-1', state: 'contributing', coresOffered: 4 },
        { host: 'pc-2', state: 'silent', coresOffered: 0, coresClaimed: 3 },
        { host: 'pc-3', state: 'contributing' },
      ],
    });
    const one = JSON.stringify([{ GleanerHost: 'pc-1', GleanerState: 'contributing', LastHeardFrom: 1 }]);
    await tools().answer('condor_status', { stdout: one });
    expect(await json('pool', 'fleet')).toMatchObject({ hosts: [{ state: 'silent' }] });
  });

  test('reads a file of ads, too, and says when there is nobody to ask', async () => {
    await mkdir(join(home(), 'ads'), { recursive: true });
    const file = join(home(), 'ads', 'long');
    await writeFile(
      file,
      'GleanerHost = "pc-1"\nGleanerState = "off"\n\nGleanerHost = "pc-2"\nGleanerState = "off"\n',
    );
    expect((await run('pool', 'fleet', '--ads', file)).stdout).toMatch(/off +2/);
    await tools().answer('condor_status', { code: 1, stderr: 'Error: communication error\n' });
    expect((await run('pool', 'fleet')).stderr).toContain('grid-unreachable');
    await tools().answer('condor_status', { stdout: '[{"GleanerHost": ' });
    expect((await run('pool', 'fleet')).stderr).toContain('grid-protocol');
    await tools().answer('condor_status', { stdout: '' });
    expect((await run('pool', 'fleet')).stdout).toContain('0 hosts');
  });
});
