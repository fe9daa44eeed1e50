import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseClassAd } from '../../electron/base/classad.ts';
import { charge, factorOf, toUnits } from '../../electron/contract/pool-charge.ts';
import { tariffAt } from '../../electron/pool/charge.ts';
import { type Execution, executionOf } from '../../electron/pool/execution.ts';
import { Seen } from '../../electron/pool/seen.ts';
import { toMicros } from '../../electron/pool/statement-publish.ts';
import { add, nothing, sumOf } from '../../electron/pool/sums.ts';
import { type FakeEpoch, fakeEpoch } from '../fakes/fake-epochs.ts';
import { poolName, tariffOf } from './pool-fixture.ts';

const hour = 3_600_000;
const execution = (change: Partial<Execution> = {}): Execution => ({
  job: 'cm#1.0#1',
  run: 1,
  host: 'pc1',
  department: null,
  owner: 'u',
  group: null,
  startedAt: 0,
  endedAt: hour,
  milliCores: 2000,
  memoryMib: 4096,
  cpuMs: 0,
  frozenMs: 0,
  deadlineAt: null,
  end: 'over',
  ...change,
});

const anyTariff = fc
  .record({
    perCoreHour: fc.double({ min: 0, max: 1e6, noNaN: true }),
    perGibHour: fc.double({ min: 0, max: 1e6, noNaN: true }),
    latePenalty: fc.double({ min: 0, max: 1, noNaN: true }),
    factor: fc.double({ min: 0, max: 100, noNaN: true }),
  })
  .map(({ factor, ...prices }) => tariffOf({ ...prices, priority: [{ group: 'a', factor }] }));
const anyExecution = fc
  .record({
    startedAt: fc.nat(1e12),
    length: fc.nat(1e10),
    milliCores: fc.nat(4_096_000),
    memoryMib: fc.nat(900_000_000),
    frozen: fc.double({ min: 0, max: 1, noNaN: true }),
    group: fc.constantFrom(null, 'a', 'a.b', 'b'),
    deadlineAt: fc.option(fc.nat(2e12)),
  })
  .map(({ length, frozen, ...rest }) =>
    execution({ ...rest, endedAt: rest.startedAt + length, frozenMs: Math.floor(length * frozen) }),
  );

describe('a charge', () => {
  test('is of cores and memory for the time that was not frozen', () => {
    const tariff = tariffOf({ perCoreHour: 1, perGibHour: 0.25 });
    expect(charge(execution(), tariff).amount).toBe(3_000_000n);
    expect(charge(execution({ frozenMs: hour / 4 }), tariff).amount).toBe(2_250_000n);
    expect(charge(execution({ frozenMs: hour }), tariff).amount).toBe(0n);
    expect(charge(execution({ frozenMs: 9 * hour }), tariff).amount).toBe(0n);
    expect(charge(execution({ milliCores: 1, memoryMib: 0, endedAt: 2 }), tariff).amount).toBe(0n);
  });

  test('heeds the group and the deadline', () => {
    const tariff = tariffOf({
      latePenalty: 0.2,
      priority: [
        { group: 'urgent', factor: 2 },
        { group: 'urgent.very', factor: 3 },
        { group: 'Free', factor: 0 },
      ],
    });
    const of = (change: Partial<Execution>) => charge(execution(change), tariff);
    expect(of({ group: 'urgent' }).amount).toBe(6_000_000n);
    expect(of({ group: 'urgent.very.much' }).amount).toBe(9_000_000n);
    expect(of({ group: 'urgently' }).amount).toBe(3_000_000n);
    expect(of({ group: 'free' }).amount).toBe(0n);
    expect(of({ deadlineAt: hour }).late).toBe(false);
    expect(of({ deadlineAt: hour - 1 })).toEqual({ amount: 2_400_000n, late: true });
    expect(factorOf(null, tariff)).toBe(1);
  });

  test('is never negative, and more time, cores or memory never pay less', () => {
    fc.assert(
      fc.property(anyTariff, anyExecution, fc.nat(1e9), (tariff, one, more) => {
        const { amount } = charge(one, tariff);
        expect(amount >= 0n).toBe(true);
        // Without a deadline: to end late is what a penalty is for.
        const free = { ...one, deadlineAt: null };
        const before = charge(free, tariff).amount;
        expect(before >= amount).toBe(true);
        for (const larger of [
          { ...free, endedAt: free.endedAt + more },
          { ...free, milliCores: free.milliCores + more },
          { ...free, memoryMib: free.memoryMib + more },
          { ...free, frozenMs: Math.max(0, free.frozenMs - more) },
        ]) {
          expect(charge(larger, tariff).amount >= before).toBe(true);
        }
      }),
    );
  });

  test('of two parts of a time is that of the whole, to the rounding of each', () => {
    fc.assert(
      fc.property(anyTariff, anyExecution, fc.double({ min: 0, max: 1, noNaN: true }), (tariff, one, at) => {
        const whole = { ...one, frozenMs: 0, deadlineAt: null };
        const middle = whole.startedAt + Math.floor((whole.endedAt - whole.startedAt) * at);
        const parts = [
          charge({ ...whole, endedAt: middle }, tariff).amount,
          charge({ ...whole, startedAt: middle }, tariff).amount,
        ];
        const gap = charge(whole, tariff).amount - parts.reduce((sum, part) => sum + part, 0n);
        expect(gap >= -1n && gap <= 1n).toBe(true);
      }),
    );
  });

  test('is the same again after it was written in units', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2_000_000_000_000_000n }), (micros) => {
        expect(toMicros(toUnits(micros))).toBe(micros);
      }),
    );
  });

  test('adds up to the same in whatever order', () => {
    fc.assert(
      fc.property(anyTariff, fc.array(anyExecution), (tariff, all) => {
        const sums = all.map((one) => sumOf(one, charge(one, tariff)));
        const forward = sums.reduce(add, nothing);
        expect(sums.toReversed().reduce(add, nothing)).toEqual(forward);
        const half = Math.floor(sums.length / 2);
        expect(add(sums.slice(0, half).reduce(add, nothing), sums.slice(half).reduce(add, nothing))).toEqual(
          forward,
        );
      }),
    );
  });

  test('is by the tariff of the time, the first one before it', () => {
    const tariffs = [
      { from: 100, tariff: tariffOf({ version: 1 }) },
      { from: 200, tariff: tariffOf({ version: 2 }) },
    ];
    expect([0, 100, 199, 200, 999].map((at) => tariffAt(tariffs, at)?.version)).toEqual([1, 1, 1, 2, 2]);
    expect(tariffAt([], 0)).toBeUndefined();
  });
});

const epoch: FakeEpoch = { job: 'cm#5.0#1', run: 2, host: 'pc1', start: 1000, end: 4600 };
const read = (change: Partial<FakeEpoch> = {}) => {
  const text = fakeEpoch({ ...epoch, ...change }, poolName);
  return executionOf(parseClassAd(text.slice(0, text.indexOf('***'))), poolName);
};

describe('a record', () => {
  test('of HTCondor 23.9.6 is read', () => {
    const sample = readFileSync(new URL('../fixtures/condor/epoch.sample', import.meta.url), 'utf8');
    const ad = parseClassAd(
      `${sample.slice(0, sample.indexOf('***'))}MachineAttrGleanerHost0 = "ex"\nMachineAttrAuthenticatedIdentity0 = "exec-ex@pool.test"\nMachineAttrGleanerDepartment0 = "R D"\n`,
    );
    expect(executionOf(ad, 'pool.test')).toEqual({
      job: 'cm.pool.test#5.0#1795740676',
      run: 1,
      host: 'ex',
      department: 'R D',
      owner: 'u',
      group: null,
      startedAt: 1_795_740_698_000,
      endedAt: 1_795_740_702_000,
      milliCores: 1000,
      memoryMib: 128,
      cpuMs: 0,
      frozenMs: 0,
      deadlineAt: null,
      end: 'over',
    });
    expect(executionOf(parseClassAd(sample), 'pool.test')).toBe('elsewhere');
  });

  test('tells what is over from what was handed back or lost, whatever became of the job', () => {
    const recorded = ['epoch_history.20261127T051535', 'epoch_history'].map((name) =>
      readFileSync(new URL(`../fixtures/condor/${name}`, import.meta.url), 'utf8'),
    );
    const ends = recorded
      .join('')
      .split(/^\*\*\* .*\n/m)
      .slice(0, -1)
      .map((record) => {
        const host = /^RemoteHost = "slot1_\d@(\w)/m.exec(record)?.[1];
        const proof = `MachineAttrGleanerHost0 = "${host}"\nMachineAttrAuthenticatedIdentity0 = "exec-${host}@pool.test"\n`;
        const one = executionOf(parseClassAd(`${record}${proof}`), 'pool.test');
        return typeof one === 'string' ? one : `${one.job.split('#')[1]} ${one.run} ${one.end}`;
      });
    expect(ends).toEqual([
      '1.0 1 over',
      '2.0 1 over',
      '3.0 1 handed-back',
      '3.0 2 over',
      '4.0 1 lost',
      '4.0 2 over',
      '5.0 1 lost',
      '5.0 2 over',
      '6.0 2 over',
      '7.0 1 over',
    ]);
  });

  test('counts a freeze of its own run alone, and at most its length', () => {
    const frozen = (text: string): unknown => {
      const one = read({ frozen: text });
      return typeof one === 'string' ? one : one.frozenMs;
    };
    expect(frozen('2|60')).toBe(60_000);
    expect(frozen('2|60.5')).toBe(60_500);
    expect(frozen('1|60')).toBe(0);
    expect(frozen('2|999999')).toBe(3_600_000);
    for (const odd of ['60', '2|', '2|-5', '2|1e9', '|5', '2|5|6', 'two|5', '2|99999999999999']) {
      expect(frozen(odd)).toBe(0);
    }
  });

  test('counts from when it was executed, or else from when the host was given to it', () => {
    expect(read()).toMatchObject({ startedAt: 1_000_000, endedAt: 4_600_000 });
    // A time that an earlier execution left behind.
    expect(read({ more: ['JobCurrentStartExecutingDate = 500'] })).toMatchObject({ startedAt: 1_000_000 });
    expect(read({ more: ['JobCurrentStartExecutingDate = undefined'] })).toMatchObject({
      startedAt: 1_000_000,
    });
    expect(read({ more: ['JobCurrentStartDate = 900'] })).toMatchObject({ startedAt: 1_000_000 });
  });

  test('names one host, which the collector knew to be it', () => {
    expect(read({ proved: `exec-pc1@${poolName}` })).toMatchObject({ host: 'pc1' });
    expect(read({ proved: `exec-pc2@${poolName}` })).toBe('not-proved');
    expect(read({ proved: `condor@${poolName}` })).toBe('not-proved');
    expect(read({ more: ['MachineAttrAuthenticatedIdentity0 = undefined'] })).toBe('not-proved');
    expect(read({ more: ['RemoteHost = "slot1@pc2.pool.example.org"'] })).toBe('two-hosts');
    expect(read({ more: ['RemoteHost = "slot1@pc1.elsewhere.org"'] })).toBe('two-hosts');
    expect(read({ more: ['MachineAttrGleanerHost0 = "PC 1"'] })).toBe('bad-host');
    expect(read({ more: ['MachineAttrGleanerHost0 = undefined'] })).toBe('elsewhere');
  });

  test('without what a charge needs is refused', () => {
    for (const line of [
      'GlobalJobId = 5',
      'NumShadowStarts = "2"',
      'NumShadowStarts = -1',
      'NumShadowStarts = 1.5',
    ]) {
      expect(read({ more: [line] })).toBe('no-job');
    }
    for (const line of ['EpochWriteDate = undefined', 'EpochWriteDate = 999', 'EpochWriteDate = 1e15']) {
      expect(read({ more: [line] })).toBe('no-time');
    }
    for (const line of ['CpusProvisioned = -1', 'CpusProvisioned = 1e9', 'MemoryProvisioned = "1"']) {
      expect(read({ more: [line] })).toBe('no-size');
    }
    expect(read({ more: ['MachineAttrGleanerDepartment0 = "\u001b[31m"'] })).toMatchObject({
      department: null,
    });
  });

  test('of any content is read or refused, and what is read is within bounds', () => {
    const names = [
      'GlobalJobId',
      'NumShadowStarts',
      'EpochWriteDate',
      'JobCurrentStartDate',
      'CpusProvisioned',
    ];
    const value = fc.oneof(
      fc.double().map(String),
      fc.string().map((text) => JSON.stringify(text)),
      fc.constantFrom('undefined', 'true', '-0', '1e308', '"2|1e5"', ''),
    );
    const change = fc.record({
      name: fc.constantFrom(
        ...names,
        'ChirpGleanerFrozen',
        'GleanerDeadline',
        'MemoryProvisioned',
        'RemoteUserCpu',
      ),
      value,
    });
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const one = read({ more: changes.map((each) => `${each.name} = ${each.value}`) });
        if (typeof one === 'string') return;
        const { startedAt, endedAt, frozenMs, milliCores, memoryMib, cpuMs } = one;
        expect(frozenMs).toBeLessThanOrEqual(endedAt - startedAt);
        for (const number of [startedAt, endedAt, frozenMs, milliCores, memoryMib, cpuMs]) {
          expect(Number.isSafeInteger(number) && number >= 0).toBe(true);
        }
      }),
    );
  });
});

describe('what was seen', () => {
  test('is told from what is new, and the same from another content', () => {
    const seen = new Seen(2);
    const known = new Map<string, string>();
    fc.assert(
      fc.property(fc.nat(2000), fc.nat(1), (key, content) => {
        const before = known.get(`k${key}`);
        const expected = before === undefined ? 'new' : before === String(content) ? 'same' : 'other';
        expect(seen.add(`k${key}`, String(content))).toBe(expected);
        if (before === undefined) known.set(`k${key}`, String(content));
      }),
      { numRuns: 5000 },
    );
  });
});
