import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nodeAddress, nodeConfig } from '../../electron/grid/condor/config.ts';
import { Executions } from '../../electron/grid/condor/executions.ts';
import { readLook, readPing } from '../../electron/grid/condor/look.ts';
import { parseAnswer } from '../../electron/grid/condor/node-link.ts';
import { published } from '../../electron/grid/condor/published.ts';
import { enrolment, nodeJob, nodeRecord, tariff } from './condor-fixture.ts';

const shape = { ...enrolment, cores: 2, memoryBytes: 512 * 1024 ** 2, vacateSeconds: 60 };
const lineOf = (config: string, name: string): string | undefined =>
  config
    .split('\n')
    .find((line) => line.startsWith(`${name} = `))
    ?.slice(name.length + 3);

describe('the configuration of a node', () => {
  const config = nodeConfig(shape, { cores: 1, memoryBytes: 256 * 1024 ** 2 }, { GleanerHost: 'pc17' });

  test('names the pool, this host, and nothing that anybody could connect to', () => {
    expect(lineOf(config, 'COLLECTOR_HOST')).toBe('10.77.0.1:9618');
    expect(lineOf(config, 'NETWORK_HOSTNAME')).toBe('pc17.pool.example.org');
    expect(lineOf(config, 'CCB_ADDRESS')).toBe('$(COLLECTOR_HOST)');
    expect(lineOf(config, 'SEC_DEFAULT_AUTHENTICATION')).toBe('REQUIRED');
    expect(lineOf(config, 'NUM_CPUS')).toBe('2');
  });

  test('lets in what the offer has room for, and nobody without an offer', () => {
    expect(lineOf(config, 'START')).toContain('<= 1 && ');
    expect(lineOf(config, 'START')).toContain('<= 256');
    // A claim whose submit node went away.
    expect(lineOf(config, 'START')).toContain('time() - MY.EnteredCurrentActivity < 60');
    expect(lineOf(nodeConfig(shape, null, {}), 'START')).toBe('False');
  });

  test('cannot be led astray by what an attribute holds', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (value) => {
        const text = nodeConfig(shape, null, { GleanerHost: value });
        expect(text.split('\n').length).toBe(nodeConfig(shape, null, { GleanerHost: '' }).split('\n').length);
        expect(lineOf(text, 'GleanerHost')).toMatch(/^"[^"\\$\n]*"$/);
      }),
    );
  });

  test('has an address of the range for carriers, the same for the same host', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{1,20}$/), (host) => {
        const address = nodeAddress('pool.example.org', host);
        const [a, b, , d] = address.split('.').map(Number);
        expect([a, (b ?? 0) >= 64 && (b ?? 0) < 128, (d ?? 0) > 0 && (d ?? 0) < 255]).toEqual([
          100,
          true,
          true,
        ]);
        expect(nodeAddress('pool.example.org', host)).toBe(address);
      }),
    );
  });
});

const jobAd = [
  'GlobalJobId = "cm.pool.example.org#5.0#1795740676"',
  'NumShadowStarts = 2',
  'ClusterId = 5',
  'ProcId = 0',
  'User = "ada@pool.example.org"',
  'Cmd = "/home/ada/simulate"',
  'JobCurrentStartDate = 1795740698',
  'CpusProvisioned = 1',
  'MemoryProvisioned = 128',
  'RemoteUserCpu = 3.5',
  'RemoteSysCpu = 0.5',
];
const history = (more: readonly string[]): string =>
  `${[...jobAd, 'CompletionDate = 1795740722', ...more].join('\n')}\n*** Offset = 0 ClusterId = 5\n`;
const raw = (changes: object = {}): object => ({
  master: true,
  ended: null,
  slots: [
    { name: 'slot1@pc17', claimed: false },
    { name: 'slot1_1@pc17', claimed: true },
  ],
  jobs: [
    {
      slot: 'slot1_1',
      job: jobAd.join('\n'),
      machine: 'Cpus = 2\nMemory = 256',
      update: 'RemoteUserCpu = 7.0',
      progress: 0.25,
    },
  ],
  history: { next: 900, text: '' },
  ...changes,
});

describe('a look', () => {
  test('tells what runs, by the newest word of it', () => {
    expect(readLook(raw())).toMatchObject({
      master: true,
      claimed: 1,
      next: 900,
      malformed: 0,
      jobs: [
        {
          slot: 'slot1_1',
          job: 'cm.pool.example.org#5.0#1795740676',
          run: 2,
          name: '5.0',
          owner: 'ada@pool.example.org',
          program: 'simulate',
          cores: 2,
          memoryBytes: 256 * 1024 ** 2,
          cpuSeconds: 7.5,
          progress: 0.25,
          startedAt: 1_795_740_698_000,
        },
      ],
    });
  });

  test.each([
    ['done', ['ToE = [ How = "OF_ITS_OWN_ACCORD"; Who = "itself" ]', 'ExitBySignal = false', 'ExitCode = 3']],
    ['evicted', ['ExitBySignal = true', 'ExitSignal = 15']],
    ['evicted', ['ToE = [ How = "OF_ITS_OWN_ACCORD" ]', 'ExitBySignal = true', 'ExitSignal = 15']],
    ['done', ['ToE = [ How = "OF_ITS_OWN_ACCORD" ]', 'ExitBySignal = true', 'ExitSignal = 11']],
    ['evicted', ['ToE = [ How = "DEACTIVATE_CLAIM"; Who = "startd" ]', 'ExitCode = 0']],
    [
      'undelivered',
      ['ToE = [ How = "OF_ITS_OWN_ACCORD"; Who = "itself" ]', 'STARTER_DISCONNECTED_FROM_SUBMIT_NODE = true'],
    ],
  ])('tells of an end: %s', (end, more) => {
    const { records } = readLook(raw({ history: { next: 1, text: history(more) } }));
    expect(records).toMatchObject([{ end, endedAt: 1_795_740_722_000, run: 2 }]);
  });

  test.each([
    [null, null],
    [-0.5, 0],
    [17, 1],
  ])('takes a progress of %s for %s', (progress, expected) => {
    const [job] = (raw() as { jobs: object[] }).jobs;
    expect(readLook(raw({ jobs: [{ ...job, progress }] })).jobs).toMatchObject([{ progress: expected }]);
  });

  test('leaves out ads that make no sense, and says so', () => {
    const jobs = [{ slot: 'slot1_1', job: 'GlobalJobId = 7', machine: '', update: '', progress: null }];
    const text = `${history([])}nonsense\n*** x\n`;
    expect(readLook(raw({ jobs, history: { next: 1, text } }))).toMatchObject({
      jobs: [],
      records: [{ name: '5.0' }],
      malformed: 2,
    });
  });

  test('never throws anything but a coded failure, whatever a guest says', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (value, text) => {
        const job = { slot: 'slot1_1', job: text, machine: text, update: text, progress: text.length };
        const tries = [value, raw({ jobs: [job] })];
        for (const one of [...tries, raw({ history: { next: 0, text } })]) {
          try {
            readLook(one);
          } catch (error) {
            expect(error).toMatchObject({ code: 'grid-protocol' });
          }
        }
      }),
    );
    expect(() => parseAnswer('{')).toThrow('cannot be read');
    expect(() => parseAnswer('[]')).toThrow('none');
    expect(() => parseAnswer('{"error":"no\\nsuch"}')).toThrow('The execute node says: no such');
  });
});

test('a pool that refuses is told from one that does not answer', () => {
  expect(readPing({ code: 0, words: 'ADVERTISE_STARTD command succeeded' }).answer).toBe('accepted');
  expect(readPing({ code: 1, words: 'Permission DENIED to exec-pc17' }).answer).toBe('refused');
  expect(readPing({ code: 1, words: 'Failed to connect to <10.77.0.1:9618>' }).answer).toBe('unreachable');
});

describe('frozen time', () => {
  test('is of each execution what passed since it was seen first', () => {
    const executions = new Executions([]);
    const place = { now: 0, frozenSeconds: 100, accelerator: 'tcg', appliance: 'none', tariff };
    executions.take([nodeJob()], [], place);
    executions.take([nodeJob(), nodeJob({ run: 2, slot: 'slot1_2' })], [], { ...place, frozenSeconds: 130 });
    executions.take([nodeJob(), nodeJob({ run: 2, slot: 'slot1_2' })], [], { ...place, frozenSeconds: 160 });
    expect(executions.frozen()).toEqual({ slot1_1: 60, slot1_2: 30 });
    const [ended] = executions.take([nodeJob({ run: 2 })], [nodeRecord()], { ...place, frozenSeconds: 170 });
    expect(ended).toMatchObject({ state: 'done', frozenSeconds: 70 });
  });
});

test('the pool is told in steps, and nothing of the person', () => {
  const facts = {
    host: 'pc17',
    version: '0.1.0',
    department: null,
    tags: ['lab'],
    signals: { screenLocked: false, lastInputAt: 900 },
    idleAfterMs: 1000,
    monotonic: 1000,
    share: 0.3,
    cores: 1,
    memoryBytes: 300 * 1024 ** 2,
    takesJobs: true,
    accelerator: 'kvm',
    pricePerKwh: null,
    policyVersion: 4,
    totals: { executions: 1, coreSeconds: 1.4, frozenSeconds: 0, amount: 0.1234567, unit: 'points' },
  };
  expect(published(facts)).toEqual({
    GleanerHost: 'pc17',
    GleanerVersion: '0.1.0',
    GleanerTags: 'lab',
    GleanerState: 'contributing',
    GleanerPresence: 'in-use',
    GleanerShare: 0.5,
    GleanerCores: 1,
    GleanerMemoryMB: 300,
    GleanerAccelerator: 'kvm',
    GleanerPolicyVersion: 4,
    GleanerExecutions: 1,
    GleanerCoreSeconds: 1,
    GleanerFrozenSeconds: 0,
    GleanerAmount: 0.123457,
    GleanerUnit: 'points',
  });
  expect(published({ ...facts, signals: { screenLocked: true, lastInputAt: null } })['GleanerPresence']).toBe(
    'locked',
  );
});
