import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Enrolment } from '../../electron/contract/pool.ts';
import { type Ran, start } from './cli-fixture.ts';
import { initArgs, now, pool, usePoolCommands } from './cli-pool-fixture.ts';
import { TufHost } from './pool-fixture.ts';

const { home, dir, run, json, init, tools } = usePoolCommands();

describe('gleaner pool init', () => {
  test('makes the folder, and says what is to be done next', async () => {
    const { code, stdout } = await init();
    expect(code).toBe(0);
    expect(stdout).toContain('/etc/condor/config.d/');
    expect(stdout).toContain('Take the root key offline');
    expect((await readdir(dir())).sort()).toEqual(['catalog.json', 'condor', 'keys', 'public', 'tariffs']);
    const conf = await readFile(join(dir(), 'condor', '90-gleaner.conf'), 'utf8');
    expect(conf).toContain(`exec-*@${pool}`);
    expect(conf).toContain(
      'SYSTEM_JOB_MACHINE_ATTRS = $(SYSTEM_JOB_MACHINE_ATTRS) GleanerHost GleanerDepartment',
    );
    expect(conf).toContain('JOB_DEFAULT_LEASE_DURATION = 2400');
    const host = await TufHost.enrolled(home(), join(dir(), 'public'));
    expect(await host.json('tariff.json')).toMatchObject({ unit: 'EUR', perCoreHour: 0.5 });
    expect(await run('pool', 'init', dir(), ...initArgs)).toMatchObject({ code: 4 });
  });

  test('refuses what is no pool, place or address', async () => {
    for (const [option, value] of [
      ['--pool', 'Not A Domain'],
      ['--collector', 'cm.example.org'],
      ['--collector', '10.1.2.3:0'],
      ['--catalog-url', 'ftp://pool.example.org/'],
      ['--catalog-url', 'https://pool.example.org/no-slash'],
      ['--unit', 'E UR'],
      ['--core-hour', '-1'],
    ] as const) {
      const { code, stderr } = await run('pool', 'init', dir(), ...initArgs, option, value);
      expect(code).toBe(2);
      expect(stderr).toContain(option);
    }
    expect((await run('pool', 'init', dir(), '--pool', pool)).code).toBe(2);
    expect(await readdir(home())).toEqual(['bin']);
  });

  test('in a process of its own works with no host and no key store', async () => {
    const ran = await start(home(), ['pool', 'init', dir(), ...initArgs, '--json']).ended;
    expect(ran).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ran.stdout)).toMatchObject({ pool });
    const refused = await start(home(), ['pool', 'policy', 'show', home()]).ended;
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('gleaner: not-found:');
    expect(await readdir(home())).not.toContain('catalog.lock');
  });
});

describe('gleaner pool policy and tariff', () => {
  test('show, change and count up, and say what was before', async () => {
    await init();
    expect(await json('pool', 'policy', 'show', dir())).toMatchObject({
      version: 1,
      policy: { share: 1, run: true, leaseSeconds: 2400 },
    });
    const set = await run(
      'pool',
      'policy',
      'set',
      dir(),
      '--share',
      '50%',
      '--memory',
      '4 GiB',
      '--lease',
      '1h',
    );
    expect(set.stdout).toContain('Now policy 2.');
    expect(set.stdout).toMatch(/- share +100 %/);
    expect(set.stdout).toMatch(/\+ share +50 %/);
    expect(set.stdout).toContain('condor_reconfig');
    expect(await readFile(join(dir(), 'condor', '90-gleaner.conf'), 'utf8')).toContain(
      'JOB_DEFAULT_LEASE_DURATION = 3600',
    );
    expect((await run('pool', 'policy', 'set', dir(), '--share', '50%')).stdout).toContain('Nothing changed');
    await run('pool', 'policy', 'set', dir(), '--run', 'off', '--memory', 'none', '--vcpus', '2');
    const host = await TufHost.enrolled(home(), join(dir(), 'public'));
    expect(await host.json('policy.json')).toMatchObject({
      run: false,
      memoryBytes: null,
      vcpus: 2,
      share: 0.5,
    });
    expect((await json('pool', 'policy', 'show', dir()))['version']).toBe(3);
    for (const odd of [
      ['--share', '150%'],
      ['--run', 'maybe'],
      ['--lease', '5s'],
      ['--memory', '1 MiB'],
      ['--vcpus', '0'],
    ]) {
      expect((await run('pool', 'policy', 'set', dir(), ...odd)).code).toBe(2);
    }
    const tariff = await run(
      'pool',
      'tariff',
      'set',
      dir(),
      '--priority',
      'urgent=2',
      '--late-penalty',
      '20%',
    );
    expect(tariff.stdout).toContain('Now tariff 2.');
    await run('pool', 'tariff', 'set', dir(), '--priority', 'urgent=none', '--gib-hour', '0.1');
    const shown = await json('pool', 'tariff', 'show', dir());
    expect(shown['tariff']).toMatchObject({ version: 3, priority: [], latePenalty: 0.2, perGibHour: 0.1 });
    expect((shown['tariffs'] as { from: number }[]).map(({ from }) => from)).toEqual([0, now, now]);
  });
});

describe('gleaner pool add-host-token', () => {
  test('makes a file for each host with a token of its own', async () => {
    await init();
    await tools().tokens(pool);
    await writeFile(join(home(), 'hosts.txt'), 'pc-2\n# a comment\nPC-3 # upstairs\n\n');
    const out = join(home(), 'tokens');
    const ran = await run(
      ...['pool', 'add-host-token', dir(), 'pc-1', '--hosts-file', join(home(), 'hosts.txt'), '--out', out],
      ...['--department', 'Sales', '--tag', 'gpu', '--tag', 'big', '--days', '90', '--collector', '10.1.2.9'],
    );
    expect(ran).toMatchObject({ code: 0 });
    expect((await readdir(out)).sort()).toEqual(
      ['pc-1', 'pc-2', 'pc-3'].map((name) => `${name}.gleaner-pool.json`),
    );
    const path = join(out, 'pc-3.gleaner-pool.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const enrolment = Enrolment.parse(JSON.parse(await readFile(path, 'utf8')));
    expect(enrolment).toMatchObject({
      pool,
      host: 'pc-3',
      department: 'Sales',
      tags: ['gpu', 'big'],
      collector: { address: '10.1.2.9', port: 9618 },
      submits: [{ address: '10.1.2.4', port: 9700 }],
      expiresAt: now + 30 * 86_400_000,
    });
    expect(await tools().calls('condor_token_create')).toContain(
      `-identity exec-pc-3@${pool} -authz ADVERTISE_STARTD -authz ADVERTISE_MASTER -authz READ -lifetime 7776000`,
    );
    expect(enrolment.catalog.root).toMatchObject({ signed: { _type: 'root', version: 1 } });
  });

  test('says how far it is with many hosts, and begins no more after a failure', async () => {
    await init();
    await tools().tokens(pool);
    const names = Array.from({ length: 120 }, (_, at) => `pc-${at}`);
    await writeFile(join(home(), 'hosts.txt'), names.join('\n'));
    const argv = [
      'add-host-token',
      dir(),
      '--hosts-file',
      join(home(), 'hosts.txt'),
      '--out',
      join(home(), 'many'),
    ];
    const ran = await run('pool', ...argv, '--json');
    expect(ran.stderr).toBe('100 of 120\n120 of 120\n');
    expect(JSON.parse(ran.stdout)).toMatchObject({
      hosts: names,
      files: names.map((name) => join(home(), 'many', `${name}.gleaner-pool.json`)),
    });
    await tools().answer('condor_token_create', { code: 1, stderr: 'no key\n' });
    const before = (await tools().calls('condor_token_create')).length;
    expect((await run('pool', ...argv)).code).toBe(4);
    expect((await tools().calls('condor_token_create')).length - before).toBeLessThanOrEqual(8);
  });

  test('checks all names first, and says what is wrong with HTCondor', async () => {
    await init();
    await tools().tokens(pool);
    const add = async (...hosts: string[]): Promise<Ran> =>
      await run('pool', 'add-host-token', dir(), ...hosts, '--out', join(home(), 'tokens'));
    expect(await add('pc-1', 'pc_2')).toMatchObject({ code: 4 });
    expect((await add('pc-1', 'pc_2')).stderr).toContain('pc_2');
    expect((await add()).code).toBe(4);
    expect(await tools().calls('condor_token_create')).toEqual([]);
    await tools().tokens('other.example.org');
    expect((await add('pc-1')).stderr).toContain('TRUST_DOMAIN');
    await tools().answer('condor_token_create', { stderr: 'Failed to open the signing key\n', code: 2 });
    const refused = await add('pc-1');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('Failed to open the signing key');
    await tools().answer('condor_token_create', { stdout: 'no token at all\n' });
    expect((await add('pc-1')).stderr).toContain('made no token');
    vi.stubEnv('PATH', '/nowhere');
    expect((await add('pc-1')).stderr).toContain('platform-not-ready');
    expect(await readdir(join(home(), 'tokens'))).toEqual([]);
  });
});

describe('gleaner pool revoke-host', () => {
  test('shuts out in policy and configuration, and has the daemons and jobs follow', async () => {
    await init();
    await tools().answer('condor_config_val', { stdout: `${pool}\n` });
    await tools().answer('condor_reconfig', {});
    await tools().answer('condor_status', { stdout: '[{"Name": "cm"}, {"Name": "submit2"}]' });
    await tools().answer('condor_vacate_job', {});
    expect(await json('pool', 'revoke-host', dir(), 'pc-1', 'PC-2')).toMatchObject({
      isDone: true,
      revoked: 2,
      policy: 2,
    });
    const conf = join(dir(), 'condor', '91-gleaner-revoked.conf');
    expect(await readFile(conf, 'utf8')).toContain(`exec-pc-2@${pool}`);
    expect(await tools().calls('condor_reconfig')).toHaveLength(1);
    const [first = '', second = ''] = await tools().calls('condor_vacate_job');
    expect(first).toContain('-name cm -constraint');
    expect(second).toContain(`pc-1.${pool},pc-2.${pool}`);
    const host = await TufHost.enrolled(home(), join(dir(), 'public'));
    expect((await host.json('policy.json'))['revoked']).toEqual(['pc-1', 'pc-2']);
    await tools().tokens(pool);
    expect((await run('pool', 'add-host-token', dir(), 'pc-1', '--out', home())).stderr).toContain('--undo');
    // Twice is once; to let in again takes nobody's jobs.
    expect((await json('pool', 'revoke-host', dir(), 'pc-1'))['policy']).toBe(2);
    expect(await json('pool', 'revoke-host', dir(), 'pc-1', '--undo')).toMatchObject({
      revoked: 1,
      policy: 3,
    });
    await run('pool', 'revoke-host', dir(), 'pc-2', '--undo');
    expect(await readFile(conf, 'utf8')).not.toContain('DENY');
    expect(await tools().calls('condor_vacate_job')).toHaveLength(4);
  });

  test('away from the pool’s machines says what has to be run there', async () => {
    await init();
    vi.stubEnv('PATH', '/nowhere');
    const { code, stdout } = await run('pool', 'revoke-host', dir(), 'pc-1');
    expect(code).toBe(0);
    expect(stdout).toContain('To be done:');
    expect(stdout).toContain('condor_reconfig');
    expect(stdout).toContain('condor_vacate_job');
  });
});

describe('gleaner pool publish, refresh and rotate-keys', () => {
  test('care for the catalog', async () => {
    await init();
    const web = join(home(), 'web');
    expect(await json('pool', 'publish', dir(), '--to', web)).toMatchObject({ policy: 1, signedAnew: false });
    const host = await TufHost.enrolled(home(), web);
    await run('pool', 'policy', 'set', dir(), '--share', '25%');
    expect(await run('pool', 'rotate-keys', dir())).toMatchObject({ code: 0 });
    expect(await run('pool', 'rotate-keys', dir(), '--role', 'root')).toMatchObject({ code: 0 });
    expect((await run('pool', 'rotate-keys', dir(), '--role', 'mirror')).code).toBe(2);
    expect((await run('pool', 'refresh', dir())).stdout).toMatch(/timestamp +good until/);
    expect((await host.json('policy.json'))['share']).toBe(1);
    expect((await run('pool', 'publish', dir(), '--to', web, '--thorough')).stdout).toContain('Copied');
    expect((await host.json('policy.json'))['share']).toBe(0.25);
  });
});
