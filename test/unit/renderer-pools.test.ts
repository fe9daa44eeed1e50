import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Failure, FailureCode } from '../../electron/contract/failures.ts';
import { enrolmentBytesMax, hostAttributes } from '../../electron/contract/pool.ts';
import { type EnrolmentSource, EnrolmentUrl } from '../../electron/contract/pool-views.ts';
import { type SettlementBody, settlementSums, titleOf } from '../../renderer/views/activity-words.ts';
import {
  faultOfAddress,
  faultOfFiles,
  firstPoolStep,
  largestEnrolment,
  type PoolEvent,
  type PoolStep,
  poolFlow,
} from '../../renderer/views/pool-flow.ts';
import {
  allAttributes,
  attributeWords,
  differenceOf,
  policyWords,
  smallAmount,
  tariffWords,
} from '../../renderer/views/pool-words.ts';
import {
  fakePoolOffer,
  fakePoolPart,
  fakePoolPolicy,
  fakeSettlement,
  fakeTariff,
} from '../fakes/fake-pool-views.ts';
import { speakIn } from '../fakes/speak.ts';

beforeAll(() => speakIn('en'));

const from: EnrolmentSource = { kind: 'text', text: 'secret' };
const web: EnrolmentSource = { kind: 'url', url: 'https://pool.example.org/e.json' };
const offer = fakePoolOffer();
const failed = (code: FailureCode): Failure => ({ code, sentence: 'No.' });
const after = (...events: PoolEvent[]): PoolStep => events.reduce(poolFlow, firstPoolStep);
const asked: PoolEvent[] = [
  { type: 'look', from },
  { type: 'found', from, offer },
];

describe('joining a pool', () => {
  it('goes from an enrolment to an offer, and joins once', () => {
    expect(after(...asked)).toEqual({ at: 'asks', from, offer, joining: false, failure: null });
    const joining = after(...asked, { type: 'join' });
    expect(joining).toMatchObject({ joining: true });
    expect(poolFlow(joining, { type: 'join' })).toBe(joining);
    // It may be joined already: nobody goes back from that.
    expect(poolFlow(joining, { type: 'back' })).toBe(joining);
  });

  it('heeds no late answer', () => {
    const back = after({ type: 'look', from }, { type: 'back' });
    expect(poolFlow(back, { type: 'found', from, offer })).toBe(back);
    const other = after({ type: 'look', from: web });
    expect(poolFlow(other, { type: 'found', from, offer })).toBe(other);
    expect(poolFlow(other, { type: 'not-found', from, failure: failed('enrolment-invalid') })).toBe(other);
  });

  it('keeps an address that was refused, and no text', () => {
    const failure = failed('enrolment-invalid');
    expect(after({ type: 'look', from }, { type: 'not-found', from, failure })).toEqual({
      at: 'choose',
      failure,
      url: null,
    });
    expect(after({ type: 'look', from: web }, { type: 'not-found', from: web, failure })).toEqual({
      at: 'choose',
      failure,
      url: web.url,
    });
  });

  it('begins anew where the same consent would not do', () => {
    const refusedBy = (code: FailureCode): PoolStep =>
      after(...asked, { type: 'join' }, { type: 'refused', failure: failed(code) });
    expect(refusedBy('consent-required').at).toBe('choose');
    expect(refusedBy('enrolment-invalid').at).toBe('choose');
    expect(refusedBy('already-joined')).toMatchObject({ at: 'asks', joining: false });
  });

  it('never keeps an enrolment’s text in a step that does not need it', () => {
    const event = fc.constantFrom<PoolEvent>(
      { type: 'look', from },
      { type: 'look', from: web },
      { type: 'found', from, offer },
      { type: 'found', from: web, offer },
      { type: 'not-found', from, failure: failed('enrolment-invalid') },
      { type: 'join' },
      { type: 'refused', failure: failed('consent-required') },
      { type: 'refused', failure: failed('already-joined') },
      { type: 'back' },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), (events) => {
        const step = after(...events);
        if (step.at === 'choose') expect(JSON.stringify(step)).not.toContain('secret');
      }),
    );
  });
});

describe('an enrolment that is given', () => {
  it('is one file, of a size that the host reads', () => {
    expect(largestEnrolment).toBe(enrolmentBytesMax);
    expect(faultOfFiles([{ size: 900 }])).toBeNull();
    expect(faultOfFiles([{ size: largestEnrolment }])).toBeNull();
    expect(faultOfFiles([{ size: largestEnrolment + 1 }])).toBe('large');
    expect(faultOfFiles([{ size: 0 }])).toBe('empty');
    expect(faultOfFiles([{ size: 1 }, { size: 1 }])).toBe('several');
    expect(faultOfFiles([])).toBe('unreadable');
  });

  it('is at an address that the host takes', () => {
    expect(faultOfAddress('  ')).toBe('empty');
    for (const wrong of [
      'rubbish',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'ftp://a.example/',
      `https://a.example/${'a'.repeat(500)}`,
    ])
      expect(faultOfAddress(wrong), wrong).toBe('none');
    fc.assert(
      fc.property(fc.oneof(fc.webUrl(), fc.string()), (typed) => {
        if (faultOfAddress(typed) === null) expect(EnrolmentUrl.safeParse(typed.trim()).success).toBe(true);
      }),
    );
  });
});

describe('what a pool asks and pays', () => {
  it('is said in sentences', () => {
    expect(policyWords(fakePoolPolicy())).toEqual([
      'At most 80 % of the processor time of its virtual machine.',
      'At most 4 virtual CPUs.',
      'At most 8 GiB of memory.',
      'A job that has to go gets 1 min to keep what it has done.',
      'A computer that is silent for 40 min loses its jobs.',
    ]);
    expect(policyWords(fakePoolPolicy({ share: 1, vcpus: null, memoryBytes: null }))[0]).toBe(
      'It sets no limits of its own.',
    );
    expect(policyWords(fakePoolPolicy({ run: false }))[0]).toBe('All its computers rest for now.');
    expect(tariffWords(fakeTariff())).toEqual([
      '0.04 EUR for a core and hour.',
      '0.005 EUR for a GiB of memory and hour.',
      'Time in which a job stands still is not paid.',
      'Jobs of physics: 1.5 times as much.',
      '20 % less for a job that misses its deadline.',
    ]);
    expect(
      tariffWords(
        fakeTariff({ unit: 'points', perCoreHour: 0, perGibHour: 0, priority: [], latePenalty: 0 }),
      ),
    ).toEqual(['It pays nothing.']);
  });

  it('hides no small amount, and makes no difference out of nothing', () => {
    expect(smallAmount(0)).toBe('0');
    expect(smallAmount(0.0041)).toBe('0.0041');
    expect(smallAmount(18.4217)).toBe('18.42');
    const [statement] = fakePoolPart().statements;
    if (!statement) throw new Error('no statement');
    expect(differenceOf(statement)).toBe(-0.55);
    expect(differenceOf({ ...statement, amount: 0.1 + 0.2, pending: 0.3 })).toBe(0);
  });

  it('names every attribute that a host publishes', () => {
    expect(allAttributes()).toHaveLength(hostAttributes.length);
    for (const name of hostAttributes) expect(attributeWords(name)).not.toContain('Gleaner' + name.slice(7));
    expect(attributeWords('toString')).toBe('toString');
  });
});

describe('a settlement', () => {
  const [taken, credited] = fakeSettlement();
  const bodyOf = (entry: typeof taken): SettlementBody => {
    if (entry?.body.kind !== 'settlement') throw new Error('no settlement');
    return entry.body;
  };

  it('is told whole from either of its entries', () => {
    const sums = { pending: 18.97, credited: 18.42, difference: -0.55 };
    for (const entry of [taken, credited])
      expect(settlementSums(bodyOf(entry), fakeSettlement())).toEqual(sums);
    expect(settlementSums(bodyOf(taken), [])).toEqual({ pending: 18.97, credited: null, difference: null });
    const others = fakeSettlement(8, 5, 4).map((entry) => ({
      ...entry,
      body: { ...entry.body, job: 'statement:2026-02-01_2026-03-01x' },
    }));
    expect(settlementSums(bodyOf(credited), others)).toEqual({
      pending: null,
      credited: 18.42,
      difference: null,
    });
  });

  it('has words of ours for each', () => {
    if (!taken || !credited) throw new Error('no settlement');
    expect(titleOf(taken)).toEqual({ words: 'Pending credit, replaced by a statement', ours: true });
    expect(titleOf(credited)).toEqual({ words: 'Statement of the pool', ours: true });
  });
});
