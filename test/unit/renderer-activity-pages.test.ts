import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../electron/contract/commands.ts';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';
import {
  ActivityPages,
  type PageAnswer,
  type PageQuery,
  pageRows,
} from '../../renderer/views/activity-pages.ts';
import { fakeEntry } from '../fakes/fake-host.ts';
import { fakeActivity } from '../fakes/fake-record.ts';

const template = fakeEntry();
const entriesUpTo = (count: number): LedgerEntry[] =>
  Array.from({ length: count }, (_, index) => ({ ...template, seq: index + 1 }));

/** A host whose answers come when the test says so, in whatever order. */
class SlowHost {
  entries: LedgerEntry[];
  readonly asked: PageQuery[] = [];
  readonly waiting: (() => void)[] = [];
  fails = false;
  most = 0;

  constructor(count: number) {
    this.entries = entriesUpTo(count);
  }

  readonly ask = (query: PageQuery): Promise<Answer<PageAnswer>> => {
    this.asked.push(query);
    return new Promise((resolve) => {
      this.waiting.push(() => {
        resolve(
          this.fails
            ? { ok: false, failure: { code: 'internal', sentence: 'No.' } }
            : { ok: true, value: fakeActivity(this.entries).page(query) },
        );
      });
      this.most = Math.max(this.most, this.waiting.length);
    });
  };

  /** Answers the `which`th question that waits, and lets what follows from it happen. */
  async answer(which = 0): Promise<void> {
    const [now] = this.waiting.splice(which, 1);
    now?.();
    // The answer passes through a few promises before the next question is asked.
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  }

  async answerAll(): Promise<void> {
    while (this.waiting.length > 0) await this.answer();
  }

  book(count: number): void {
    this.entries = entriesUpTo(this.entries.length + count);
  }
}

const offsets = ({ asked }: SlowHost): number[] => asked.map(({ offset }) => offset);

async function opened(count: number): Promise<{ host: SlowHost; pages: ActivityPages }> {
  const host = new SlowHost(count);
  const pages = new ActivityPages(host.ask);
  pages.begin({});
  await host.answerAll();
  return { host, pages };
}

describe('the pages of the record', () => {
  it('begin with the newest, without an anchor, and ask once', async () => {
    const host = new SlowHost(250);
    const pages = new ActivityPages(host.ask);
    pages.begin({});
    expect(pages.state.total).toBeNull();
    pages.see(0, 30);
    pages.look();
    expect(host.asked).toEqual([{ offset: 0, limit: pageRows }]);
    await host.answerAll();
    expect(pages.state).toEqual({ total: 250, newer: 0, failure: null, beginnings: 1 });
    expect([pages.row(0)?.seq, pages.row(99)?.seq, pages.row(100)]).toEqual([250, 151, null]);
  });

  it('are asked for by what is in sight, under the anchor', async () => {
    const { host, pages } = await opened(100_000);
    pages.see(54_990, 55_010);
    expect(host.asked.slice(1)).toEqual([
      { anchor: 100_000, offset: 54_900, limit: pageRows },
      { anchor: 100_000, offset: 55_000, limit: pageRows },
    ]);
    await host.answerAll();
    expect([pages.row(54_990)?.seq, pages.row(55_010)?.seq]).toEqual([45_010, 44_990]);
    pages.see(99_990, 99_999);
    await host.answerAll();
    expect(pages.row(99_999)?.seq).toBe(1);
  });

  it('are asked for at most two at a time; what was scrolled past is not asked for', async () => {
    const { host, pages } = await opened(100_000);
    for (let row = 1_000; row <= 90_000; row += 1_000) pages.see(row, row + 20);
    expect(offsets(host)).toEqual([0, 1_000, 2_000]);
    await host.answer(1);
    expect(offsets(host)).toEqual([0, 1_000, 2_000, 90_000]);
    await host.answerAll();
    expect(offsets(host)).toEqual([0, 1_000, 2_000, 90_000]);
    expect(host.most).toBe(2);
    expect(pages.row(90_000)?.seq).toBe(10_000);
  });

  it('tell what has come since and keep every index until it is taken in', async () => {
    const { host, pages } = await opened(150);
    host.book(7);
    pages.look();
    await host.answerAll();
    expect(pages.state).toMatchObject({ total: 150, newer: 7 });
    expect(pages.row(0)?.seq).toBe(150);
    pages.begin({});
    // What is shown stays until the answer is there.
    expect(pages.row(0)?.seq).toBe(150);
    await host.answerAll();
    expect(pages.state).toMatchObject({ total: 157, newer: 0 });
    expect(pages.row(0)?.seq).toBe(157);
  });

  it('drop an answer that comes after a new beginning', async () => {
    const { host, pages } = await opened(1_000);
    pages.see(500, 510);
    host.book(3);
    pages.begin({});
    expect(host.waiting).toHaveLength(2);
    await host.answer(1);
    expect(pages.row(0)?.seq).toBe(1_003);
    await host.answer(0);
    expect(pages.row(500)).toBeNull();
    pages.see(500, 510);
    await host.answerAll();
    expect(pages.row(500)?.seq).toBe(503);
  });

  it('ask by filter, and for no third one while two of an older filter are on their way', async () => {
    const { host, pages } = await opened(1_000);
    pages.see(450, 550);
    pages.begin({ text: 'orbit' });
    pages.begin({ kind: 'attempt' });
    expect(offsets(host)).toEqual([0, 400, 500]);
    await host.answer();
    expect(host.asked.at(-1)).toEqual({ kind: 'attempt', offset: 0, limit: pageRows });
    await host.answerAll();
    expect(host.most).toBe(2);
    pages.see(450, 460);
    expect(host.asked.at(-1)).toEqual({ kind: 'attempt', anchor: 1_000, offset: 400, limit: pageRows });
  });

  it('say why a question failed and ask no more until told to', async () => {
    const { host, pages } = await opened(1_000);
    host.fails = true;
    pages.see(500, 510);
    await host.answerAll();
    expect(pages.state).toMatchObject({ total: 1_000, failure: { code: 'internal' } });
    pages.see(600, 610);
    pages.look();
    expect(host.waiting).toHaveLength(0);
    host.fails = false;
    pages.retry();
    expect(pages.state.failure).toBeNull();
    await host.answerAll();
    expect(pages.row(600)?.seq).toBe(400);
  });

  it('are forgotten when they are many, those in sight never', async () => {
    const { host, pages } = await opened(100_000);
    for (let page = 1; page <= 60; page += 1) {
      pages.see(page * 100, page * 100 + 20);
      await host.answerAll();
    }
    expect(pages.row(0)).toBeNull();
    expect(pages.row(6_000)?.seq).toBe(94_000);
    expect(pages.row(2_100)?.seq).toBe(97_900);
    expect(pages.row(2_000)).toBeNull();
  });

  it('end at once where there is nothing', async () => {
    const { host, pages } = await opened(0);
    expect(pages.state.total).toBe(0);
    pages.see(0, -1);
    expect(host.asked).toHaveLength(1);
  });
});

type Step =
  | { readonly do: 'see'; readonly at: number; readonly rows: number }
  | { readonly do: 'answer'; readonly which: number }
  | { readonly do: 'book'; readonly count: number }
  | { readonly do: 'look' | 'take' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('see' as const), at: fc.nat(999), rows: fc.nat(150) }),
  fc.record({ do: fc.constant('answer' as const), which: fc.nat(1) }),
  fc.record({ do: fc.constant('book' as const), count: fc.integer({ min: 1, max: 120 }) }),
  fc.record({ do: fc.constantFrom('look' as const, 'take' as const) }),
);

it('whatever happens, a row is that of a plain array, and all in sight is there in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(900), fc.array(step, { maxLength: 40 }), async (count, steps) => {
      const { host, pages } = await opened(count);
      for (const one of steps) {
        if (one.do === 'see') pages.see(one.at, one.at + one.rows);
        else if (one.do === 'answer') await host.answer(Math.min(one.which, host.waiting.length - 1));
        else if (one.do === 'book') host.book(one.count);
        else if (one.do === 'look') pages.look();
        else pages.begin({});
        expect(host.most).toBeLessThanOrEqual(2);
        // Rows count down from the anchor, which is how many there were: seq = total − index.
        const { total } = pages.state;
        for (let index = 0; index < (total ?? 0); index += 37) {
          const row = pages.row(index);
          if (row !== null) expect(row.seq).toBe((total ?? 0) - index);
        }
        expect(pages.state.newer).toBeGreaterThanOrEqual(0);
      }
      const last = steps.findLast((one) => one.do === 'see');
      if (last) pages.see(last.at, last.at + last.rows);
      await host.answerAll();
      for (let index = last?.at ?? 0; index <= (last ? last.at + last.rows : 20); index += 1) {
        if (index < (pages.state.total ?? 0)) expect(pages.row(index)).not.toBeNull();
      }
    }),
    {
      numRuns: 100,
      // Rows far down were in sight before the first page of a new beginning could be asked for.
      examples: [
        [
          26,
          [
            { do: 'take' },
            { do: 'see', at: 100, rows: 0 },
            { do: 'book', count: 75 },
            { do: 'answer', which: 0 },
            { do: 'look' },
            { do: 'take' },
          ],
        ],
      ],
    },
  );
});
