import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import { styleFor } from '../../electron/cli/io.ts';
import { runProgram } from '../../electron/cli/program.ts';
import { formatSetting } from '../../electron/cli/setting-value.ts';
import { showImport, showReport } from '../../electron/cli/show-policy.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import type { PolicyReport } from '../../electron/contract/policy.ts';
import { plainly } from '../../electron/contract/said.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { fakeReason } from '../fakes/fake-contribution.ts';
import { FakeHost, fakeContribution, fakeNow, fakeSnapshot } from '../fakes/fake-host.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, type Ran, start, useFolder } from './cli-fixture.ts';

const home = useFolder();
const paths = () => resolvePaths({ platform: 'linux', home: home(), uid: 0, env: { GLEANER_HOME: home() } });
let host: FakeHost;
let close: () => Promise<void>;

beforeEach(async () => {
  host = new FakeHost();
  host.settings.organization = 'ACME';
  host.settings.layers.locked = { 'inUse.share': 0.1 };
  host.settings.layers.user = { 'pauseOn.programs': ['blender'] };
  const words = 'you are using the computer';
  const sentence = `Working at 10 %: ${words} (set by ACME).`;
  host.snapshot = fakeSnapshot({
    contribution: fakeContribution({
      sentence,
      allowance: {
        ...fakeContribution().allowance,
        rung: 'throttled',
        share: 0.1,
        reason: sentence,
        reasons: [fakeReason('input', plainly('reason.input'), { source: 'locked', share: 0.1 })],
      },
    }),
  });
  host.sensorTroubles = [{ sensor: 'call', words: 'PipeWire does not answer' }];
  const server = await serveSocket({ api: host, paths: paths(), log: silentLog });
  close = async () => {
    await server.dispose();
  };
});
afterEach(async () => {
  await close();
});

const run = async (...argv: readonly string[]): Promise<Ran> => {
  const io = memoryIo();
  const code = await runProgram(argv, { io, paths: paths(), program: testProgram });
  return { code, stdout: io.stdout, stderr: io.stderr };
};
const report = async (): Promise<PolicyReport> => await host.call('policy.explain', {});
const json = async (...argv: readonly string[]): Promise<unknown> =>
  JSON.parse((await run(...argv, '--json')).stdout);
const askedValue = (): unknown => (host.asked.at(-1)?.input as { value: unknown }).value;

describe('gleaner settings', () => {
  it('names a preset as the window does, whoever chose it', async () => {
    host.settings.layers.user = { preset: 'generous', 'pauseOn.programs': ['blender'] };
    const { stdout } = await run('policy', 'show');
    expect(stdout).toMatch(/\nidle\.afterSeconds +\S.* +from generous\n/);
    expect(stdout).toMatch(/\npauseOn\.programs +blender +yours\n/);
    expect(stdout).not.toContain('(generous)');
    host.settings.layers.locked = { preset: 'gentle' };
    expect((await run('settings', 'get', 'idle.afterSeconds')).stdout).toContain('(set by ACME).');
  });

  it('lists and gets what is in force', async () => {
    const { stdout } = await run('settings', 'list');
    expect(stdout).toMatch(/^KEY +VALUE +FROM\n/);
    expect(stdout).toMatch(/\ninUse\.share +10 % +set by ACME\n/);
    expect(stdout).toMatch(/\npauseOn\.programs +blender +yours\n/);
    expect(stdout).toMatch(/\nidle\.afterSeconds +3 min +from balanced\n/);
    expect(await json('settings', 'list')).toEqual(host.settings.list());
    expect((await run('settings', 'get', 'inUse.share')).stdout).toBe(
      'inUse.share is 10 % (set by ACME).\nShare of the VM\'s CPU time while the computer is used. It may hold a share from 0 (not at all) to 1 (all of it), e.g. 0.25.\nYou may also type 60 %. For example: gleaner settings set inUse.share "25 %"\n',
    );
    expect(await json('settings', 'get', 'preset')).toEqual(host.settings.inForce('preset'));
    expect(await run('settings', 'get', 'inUse.shore')).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringMatching(
        /^gleaner: setting-unknown: .*\nhint: Did you mean "inUse\.share"\?/,
      ) as string,
    });
  });

  it.each([
    ['preset', 'gentle', 'gentle'],
    ['inUse.share', '0.1', 0.1],
    ['contribute', 'false', false],
    ['pauseOn.load', 'null', null],
    ['pauseOn.programs', 'blender, zoom', ['blender', 'zoom']],
    ['pauseOn.programs', '["a, b"]', ['a, b']],
    ['pauseOn.programs', '123', ['123']],
    ['pauseOn.programs', '', []],
    ['schedule.timeZone', 'Europe/Berlin', 'Europe/Berlin'],
    ['schedule.windows', 'always', []],
    [
      'schedule.windows',
      'fri-mon 8:00-24:00',
      [{ days: ['mon', 'fri', 'sat', 'sun'], from: '08:00', to: '24:00' }],
    ],
    [
      'schedule.windows',
      '[{"days":["mon"],"from":"08:00","to":"09:00"}]',
      [{ days: ['mon'], from: '08:00', to: '09:00' }],
    ],
    ['schedule.windows', 'sometimes', 'sometimes'],
    ['idle.share', 'a lot', 'a lot'],
    ['nonsense', '5', '5'],
  ])('sets %s to %s', async (key, text, value) => {
    await run('settings', 'set', key, text);
    expect(host.asked).toEqual([{ name: 'settings.set', input: { key, value } }]);
    expect(askedValue()).toEqual(value);
  });

  it('says what is in force after a change', async () => {
    expect((await run('settings', 'set', 'idle.share', '0.5')).stdout).toMatch(
      /^idle\.share is 50 % \(yours\)\.\n/,
    );
    expect((await run('settings', 'unset', 'idle.share')).stdout).toMatch(
      /^idle\.share is 100 % \(from balanced\)\.\n/,
    );
    expect(await json('settings', 'unset', 'idle.share')).toMatchObject({
      key: 'idle.share',
      source: 'built-in',
    });
  });

  it.each([
    ['setting-locked', 4],
    ['setting-unknown', 5],
    ['disk-full', 1],
  ] as const)('fails by %s with exit code %i', async (failure, code) => {
    host.failures.set('settings.set', new GleanerError(failure, 'It is set by ACME.', 'Ask.'));
    expect(await run('settings', 'set', 'idle.share', '1')).toEqual({
      code,
      stdout: '',
      stderr: `gleaner: ${failure}: It is set by ACME.\nhint: Ask.\n`,
    });
  });

  it('imports a file of BOINC’s, which only the client opens', async () => {
    const file = join(home(), 'global_prefs.xml');
    const xml = '<idle_time_to_run>10</idle_time_to_run><max_bytes_sec_up>5000</max_bytes_sec_up>';
    await writeFile(file, xml);
    const { stdout } = await run('settings', 'import-boinc', file, '--dry-run');
    expect(host.asked).toEqual([{ name: 'settings.import-boinc', input: { xml, dryRun: true } }]);
    expect(stdout).toMatch(/^Would be taken\n.*\nidle_time_to_run +10 +idle\.afterSeconds +10 min\n/);
    expect(stdout).toMatch(
      /\n {2}max_bytes_sec_up +5000\n\n1 setting would be set, 0 fields refused, 1 without an equal\.\n$/,
    );
    expect(await json('settings', 'import-boinc', file)).toMatchObject({ taken: [{ became: 600 }] });
    const refused = [{ from: 'run_on_batteries', value: '0', why: 'battery.aboveCharge is set by ACME' }];
    const shown = showImport({ taken: [], refused, unequalled: [] }, false, { style: styleFor(false, {}) });
    expect(shown).toMatch(
      /^Refused\n.*\nrun_on_batteries +0 +battery\.aboveCharge is set by ACME\n\n0 settings set/,
    );
    host.asked.length = 0;
    expect(await run('settings', 'import-boinc', join(home(), 'none'))).toMatchObject({
      code: 4,
      stdout: '',
    });
    expect(await run('settings', 'import-boinc', home())).toMatchObject({ code: 4, stdout: '' });
    await writeFile(file, Buffer.alloc(256 * 1024 + 1, ' '));
    expect(await run('settings', 'import-boinc', file)).toMatchObject({ code: 4, stdout: '' });
    expect(host.asked).toEqual([]);
  });
});

describe('gleaner policy', () => {
  it('shows every rule and who set it', async () => {
    const { stdout } = await run('policy', 'show');
    expect(stdout).toMatch(/\ninUse\.share +10 % +set by ACME\n/);
    expect(await json('policy', 'show')).toEqual({
      preset: 'balanced',
      organization: 'ACME',
      settings: host.settings.list(),
    });
  });

  it('explains with every reason and signal, and names what is unknown', async () => {
    const { stdout, code } = await run('policy', 'explain');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^Working at 10 %: you are using the computer \(set by ACME\)\.\n\n1\. you are using the computer: at most 10 % \(input, set by ACME\)\n/,
    );
    expect(stdout).toMatch(/\n {2}Input +noticed by x11\n/);
    expect(stdout).toMatch(/\n {2}Package power +unknown\n/);
    expect(stdout).toMatch(/\n {2}Power +mains\n/);
    expect(stdout).toMatch(/\n {2}Load of others +7 %\n/);
    expect(stdout).toMatch(/\nSensors that fail\n {2}call: PipeWire does not answer\n$/);
    expect(await json('policy', 'explain')).toEqual(await report());
  });

  it('shows when time alone changes the answer, and hostile words harmlessly', async () => {
    const look = { style: styleFor(false, {}), now: fakeNow, bars: false };
    const base = { ...(await report()), nextChangeAt: fakeNow + 180_000 };
    expect(showReport(base, look)).toMatch(/\nNext change +at the latest in 3 min\n/);
    const quiet: PolicyReport = {
      ...base,
      nextChangeAt: null,
      sensorTroubles: [],
      allowance: { ...base.allowance, reasons: [], run: false },
      signals: { ...base.signals, programs: ['a\u001b[2Jb'], inputPollMs: 250, lastInputAt: null },
    };
    const shown = showReport(quiet, look);
    expect(shown).toContain('Nothing holds it back.');
    expect(shown).toContain('asked for every 250 ms (x11), none so far');
    expect(shown).not.toContain('\u001b');
    expect(shown).not.toContain('Sensors that fail');
  });

  it('simulates a trace by the rules in force', async () => {
    const trace = join(home(), 'day.jsonl');
    await writeFile(
      trace,
      '{"at":1762077600000,"onBattery":false}\n# lunch\n{"at":1762077660000,"onBattery":true}\n',
    );
    const steps = await json('policy', 'simulate', trace);
    expect(steps).toMatchObject([{ at: 1762077600000 }, { at: 1762077660000, allowance: { run: false } }]);
    const { stdout } = await run('policy', 'simulate', trace);
    expect(stdout).toMatch(/^WHEN +STEP +SHARE +WHY\n2025-/);
    expect(stdout).toContain('frozen');
    await writeFile(trace, 'nonsense');
    expect(await run('policy', 'simulate', trace)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Line 1 of the trace') as string,
    });
  });
});

it('each command explains itself', async () => {
  for (const name of ['list', 'get', 'set', 'unset', 'import-boinc']) {
    expect((await run('settings', name, '--help')).stdout, name).toContain('Examples:');
  }
  for (const name of ['show', 'explain', 'simulate']) {
    expect((await run('policy', name, '--help')).stdout, name).toContain('Examples:');
  }
  for (const argv of [['settings'], ['policy'], ['settings', 'set', 'preset'], ['policy', 'simulate']]) {
    expect(await run(...argv), argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
  }
});

it('loads no host while one runs, not even to simulate', async () => {
  const tell = `import{registerHooks}from"node:module";registerHooks({load(url,context,next){
    if(/libsql|ssh2|fast-xml|plist|electron.host[.]ts|settings.store/.test(url))console.error("loaded",url);
    return next(url,context)}})`;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tell)}` };
  const trace = join(home(), 'day.jsonl');
  await writeFile(trace, '{"at":0,"input":true}\n');
  for (const argv of [
    ['settings', 'list'],
    ['policy', 'simulate', trace],
  ]) {
    expect(await start(home(), argv, env).ended).toMatchObject({ code: 0, stderr: '' });
  }
});

const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';

it('values are told as a person reads them', () => {
  const told: [Parameters<typeof formatSetting>, string][] = [
    [['preset', 'gentle'], 'gentle'],
    [['contribute', true], 'yes'],
    [['inUse.share', 0.25], '25 %'],
    [['quiet.fallbackShare', 0.5], '50 %'],
    [['pauseOn.load', null], 'never'],
    [['battery.aboveCharge', 0.6], '60 %'],
    [['ladder.offAfterSeconds', 259_200], '3 d'],
    [['vm.memoryBytes', 805_306_368], '768 MiB'],
    [['vm.vcpus', null], "half of this computer's"],
    [['vm.vcpus', 2], '2'],
    [['quiet.temperatureC', 75], '75 °C'],
    [['quiet.fanRpm', null], 'none'],
    [['schedule.windows', []], 'always'],
    [
      ['schedule.windows', [{ days: ['mon', 'tue', 'fri'], from: '08:00', to: '09:00' }]],
      'mon,tue,fri 08:00-09:00',
    ],
    [['schedule.windows', 'odd'], 'odd'],
    [['pauseOn.programs', []], 'none'],
    [['pauseOn.programs', ['a', 'b']], 'a, b'],
    [['schedule.timeZone', null], "this computer's"],
    [['network.quotaDayBytes', null], 'no limit'],
    [['network.downBytesPerSecond', 128 * 1024], '128 KiB/s'],
    [['network.authorities', `${certificate}\n${certificate}`], '2 certificates'],
    [['network.authorities', null], 'none'],
    [['grids.permitted', null], 'any'],
    [['grids.permitted', ['https://a.example/']], 'https://a.example/'],
    [['grids.boinc', [{ url: 'https://a.example/' }]], '1 project'],
    [['grids.localShare', 100], '100'],
  ];
  for (const [[key, value], words] of told) expect(formatSetting(key, value), key).toBe(words);
});
