import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Denial } from '../../electron/contract/network.ts';
import type { JobView, Snapshot } from '../../electron/contract/snapshot.ts';
import { plainUpdate } from '../../electron/contract/update.ts';
import {
  decideNotices,
  type Notice,
  type NoticesMemory,
  type NoticesOutput,
  NoticesTold,
  type Trouble,
} from '../../electron/shell/notices.ts';
import { fakeDenial, fakeLocalGrid } from '../fakes/fake-grid-views.ts';
import { fakeContribution, fakeJob, fakeNow, fakeSnapshot } from '../fakes/fake-host.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const nothing: NoticesMemory = { told: NoticesTold.parse({}), since: {} };
const all = {
  'notify.firstCredit': true,
  'notify.attention': true,
  'notify.denied': true,
  'notify.finished': true,
};

const uncredited = fakeSnapshot({
  desktop: { ...fakeSnapshot().desktop, ...all },
  today: { ...fakeSnapshot().today, earned: [] },
});
const quiet = (changes: Partial<Snapshot> = {}): Snapshot => ({ ...uncredited, ...changes });
const silent = (key: keyof typeof all): Pick<Snapshot, 'desktop'> => ({
  desktop: { ...uncredited.desktop, [key]: false },
});

const qemu = { code: 'qemu-missing', sentence: 'QEMU is not installed.', hint: 'Install it.' } as const;
const broken = (changes: Partial<Snapshot> = {}): Snapshot =>
  quiet({
    contribution: fakeContribution({ state: 'attention', sentence: qemu.sentence }),
    problems: [qemu],
    ...changes,
  });
const credited = (changes: Partial<Snapshot> = {}): Snapshot =>
  quiet({
    today: {
      ...uncredited.today,
      earned: [{ grid: 'local', unit: 'points', settled: 5, pending: 0, observed: 0 }],
    },
    ...changes,
  });
const denial = (host: string, changes: Partial<Denial> = {}): Denial =>
  fakeDenial({ grid: 'local', host, firstAt: fakeNow, lastAt: fakeNow, count: 1, ...changes });

/** Plays a story: each step is a Snapshot `after` ms, with what was decided. */
function story() {
  let previous: Snapshot | null = null;
  let memory = nothing;
  let now = fakeNow;
  const step = (snapshot: Snapshot, after = 1000, watched = false): NoticesOutput => {
    now += after;
    const output = decideNotices({ previous, snapshot: { ...snapshot, at: now }, memory, now, watched });
    previous = { ...snapshot, at: now };
    // As it comes back from the disk.
    memory = { ...output.memory, told: NoticesTold.parse(JSON.parse(JSON.stringify(output.memory.told))) };
    return output;
  };
  return {
    step,
    kinds: (snapshot: Snapshot, after?: number, watched?: boolean) =>
      step(snapshot, after, watched).notices.map(({ kind }) => kind),
    restart: () => {
      previous = null;
      memory = { told: memory.told, since: {} };
    },
    now: () => now,
  };
}

describe('a newer version', () => {
  it('is told once a day while it waits for the person’s word', () => {
    const { kinds } = story();
    const ready = quiet({ update: { ...plainUpdate('ready'), version: '1.3.0' } });
    kinds(quiet());
    expect(kinds(quiet({ update: { ...plainUpdate('waiting'), version: '1.3.0' } }))).toEqual([]);
    expect(kinds(ready)).toEqual(['update']);
    expect(kinds(ready)).toEqual([]);
    expect(kinds(ready, day)).toEqual(['update']);
  });
});

describe('the first credit', () => {
  it('is told once, ever', () => {
    const { kinds, restart } = story();
    expect(kinds(quiet())).toEqual([]);
    expect(kinds(credited())).toEqual(['firstCredit']);
    expect(kinds(credited())).toEqual([]);
    expect(kinds(quiet(), day)).toEqual([]);
    expect(kinds(credited())).toEqual([]);
    restart();
    expect(kinds(quiet())).toEqual([]);
    expect(kinds(credited())).toEqual([]);
  });

  it('is not what was only metered, or was there before', () => {
    const pending = [{ grid: 'local', unit: 'points', settled: 0, pending: 5, observed: 0 }];
    const { kinds } = story();
    kinds(quiet());
    expect(kinds(quiet({ today: { ...uncredited.today, earned: pending } }))).toEqual([]);

    for (const before of [
      credited(),
      quiet({ jobs: [fakeJob({ state: 'done', earned: { amount: 5, unit: 'points' } })] }),
      quiet({
        grids: [
          {
            ...fakeLocalGrid(),
            credit: { hostTotal: 10, hostRecent: null, userTotal: null, userRecent: null },
          },
        ],
      }),
    ]) {
      const old = story();
      expect(old.kinds(before)).toEqual([]);
      expect(old.kinds(credited())).toEqual([]);
    }
  });

  it('has happened, whether or not somebody was told', () => {
    const off = story();
    off.kinds(quiet());
    expect(off.kinds(credited(silent('notify.firstCredit')))).toEqual([]);
    expect(off.kinds(credited())).toEqual([]);
    const watched = story();
    watched.kinds(quiet());
    expect(watched.kinds(credited(), 1000, true)).toEqual([]);
    expect(watched.kinds(credited())).toEqual([]);
  });
});

describe('what needs attention', () => {
  it('is told when it lasted a minute, and says when to look', () => {
    const { step, kinds, now } = story();
    step(quiet());
    const begun = step(broken());
    expect(begun.lookAt).toBe(now() + minute);
    expect(kinds(broken(), minute - 1)).toEqual([]);
    const told = step(broken(), 1);
    expect(told.notices).toEqual([
      {
        kind: 'attention',
        trouble: { of: 'failure', failure: qemu },
        others: 0,
        place: { page: 'health' },
      },
    ]);
    expect(told.lookAt).toBe(now() + day);
    expect(kinds(broken(), day - 1)).toEqual([]);
    expect(kinds(broken(), 1)).toEqual(['attention']);
  });

  it('is not told when it mended itself, or comes and goes', () => {
    const { kinds } = story();
    kinds(quiet());
    for (let round = 0; round < 5; round += 1) {
      expect(kinds(broken(), 30_000)).toEqual([]);
      expect(kinds(broken(), 30_000)).toEqual([]);
      expect(kinds(quiet(), 30_000)).toEqual([]);
    }
  });

  it('is no news when it was there at the start, until it lasted', () => {
    const { kinds } = story();
    expect(kinds(broken())).toEqual([]);
    expect(kinds(broken(), minute)).toEqual(['attention']);
  });

  it('is told anew after a restart only when a day has gone by', () => {
    const { kinds, restart } = story();
    kinds(broken());
    kinds(broken(), minute);
    restart();
    kinds(broken());
    expect(kinds(broken(), hour)).toEqual([]);
    expect(kinds(broken(), day)).toEqual(['attention']);
  });

  it('of many grids is one notification, which leads to the first', () => {
    const grid = (id: string) => ({
      ...fakeLocalGrid(),
      id,
      state: 'attention' as const,
      sentence: `${id} does not answer.`,
    });
    const snapshot = quiet({ grids: [grid('orchard'), grid('meadow')] });
    const { step } = story();
    step(snapshot);
    expect(step(snapshot, minute).notices).toEqual([
      {
        kind: 'attention',
        trouble: { of: 'grid', grid: grid('orchard') },
        others: 1,
        place: { page: 'grids', open: 'orchard' },
      },
    ]);
  });

  it('bears a clock that is set back', () => {
    const { kinds } = story();
    kinds(quiet());
    kinds(broken());
    expect(kinds(broken(), -day)).toEqual([]);
    expect(kinds(broken(), minute)).toEqual(['attention']);
    expect(kinds(broken(), -day)).toEqual([]);
    expect(kinds(broken(), day)).toEqual(['attention']);
  });

  it('leaves no timer when nobody wants to know', () => {
    const { step } = story();
    step(quiet());
    expect(step(broken(silent('notify.attention')), minute).lookAt).toBeNull();
    expect(step(quiet()).lookAt).toBeNull();
  });
});

describe('a refused connection', () => {
  const at = (time: number, ...hosts: string[]): Snapshot =>
    quiet({ denials: hosts.map((host) => denial(host, { lastAt: time })) });

  it('is told once for a place and day, and leads to its grid', () => {
    const { step, kinds, now } = story();
    step(quiet());
    const [first] = step(at(now() + 1000, 'a.example')).notices;
    expect(first).toMatchObject({ kind: 'denied', others: 0, place: { page: 'grids', open: 'local' } });
    expect(kinds(at(now() + 1000, 'a.example'), 2 * hour)).toEqual([]);
    expect(kinds(at(now() + day, 'a.example'), day)).toEqual(['denied']);
  });

  it('is told once an hour at most, however many names a guest invents', () => {
    const { kinds, now } = story();
    kinds(quiet());
    let told = 0;
    for (let count = 0; count < 600; count += 1) {
      told += kinds(at(now() + minute, `n${count}.example`), minute).length;
    }
    expect(told).toBe(10);
  });

  it('that was there before, or only came back to the list, is no news', () => {
    const { kinds, now } = story();
    const old = at(now(), 'a.example');
    expect(kinds(old)).toEqual([]);
    expect(kinds(old, hour)).toEqual([]);
    expect(kinds(quiet(), hour)).toEqual([]);
    expect(kinds(old, hour)).toEqual([]);
  });

  it.each(['quota-day', 'quota-month', 'metered', 'bad-request', 'too-many'] as const)(
    'for %s is no matter of the place',
    (reason) => {
      const { kinds, now } = story();
      kinds(quiet());
      expect(kinds(quiet({ denials: [denial('a.example', { reason, lastAt: now() + 1000 })] }))).toEqual([]);
    },
  );
});

describe('finished jobs', () => {
  const jobs = (...states: JobView['state'][]): Snapshot =>
    quiet({ jobs: states.map((state, index) => fakeJob({ id: `j${index}`, state })) });

  it('are told together', () => {
    const { step, kinds } = story();
    expect(kinds(jobs('done', 'running', 'queued', 'running'))).toEqual([]);
    const [notice] = step(jobs('done', 'done', 'done', 'failed')).notices;
    expect(notice).toMatchObject({ kind: 'finished', others: 1, place: { page: 'activity' } });
    expect(kinds(jobs('done', 'done', 'done', 'failed'))).toEqual([]);
  });

  it('are nobody’s business unless asked for', () => {
    const { kinds } = story();
    const wish = { 'notify.finished': false };
    const off = (snapshot: Snapshot): Snapshot => ({
      ...snapshot,
      desktop: { ...uncredited.desktop, ...wish },
    });
    kinds(off(jobs('running')));
    expect(kinds(off(jobs('done')))).toEqual([]);
  });
});

describe('whatever happens', () => {
  const codes = ['qemu-missing', 'disk-full', 'image-missing'] as const;
  const happening = fc.record({
    after: fc.oneof(fc.integer({ min: 1, max: 2 * minute }), fc.integer({ min: 1, max: 2 * day })),
    trouble: fc.option(fc.constantFrom(...codes), { nil: null }),
    hosts: fc.subarray(['a.example', 'b.example', 'c.example']),
    done: fc.subarray([0, 1, 2]),
    earned: fc.boolean(),
    watched: fc.boolean(),
    restart: fc.boolean(),
    wishes: fc.record({
      'notify.firstCredit': fc.boolean(),
      'notify.attention': fc.boolean(),
      'notify.denied': fc.boolean(),
      'notify.finished': fc.boolean(),
    }),
  });

  it('nothing is told twice, unasked, at the start, or to who sees it', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const { step, restart, now } = story();
        const toldAt = new Map<string, number>();
        const since = new Map<string, number>();
        const done = new Set<number>();
        let isFirst = true;
        for (const { after, trouble, hosts, earned, watched, wishes, ...next } of happenings) {
          if (next.restart) {
            restart();
            isFirst = true;
            since.clear();
          }
          for (const job of next.done) done.add(job);
          const at = now() + after;
          const sentence = trouble ?? '';
          const { notices } = step(
            {
              ...(earned ? credited() : quiet()),
              ...(trouble === null
                ? {}
                : {
                    contribution: fakeContribution({ state: 'attention', sentence }),
                    problems: [{ code: trouble, sentence }],
                  }),
              jobs: [0, 1, 2].map((job) =>
                fakeJob({ id: String(job), state: done.has(job) ? 'done' : 'running' }),
              ),
              denials: hosts.map((host) => denial(host, { lastAt: at })),
              desktop: { ...uncredited.desktop, ...wishes },
            },
            after,
            watched,
          );
          for (const code of codes) if (code !== trouble) since.delete(code);
          if (trouble !== null) since.set(trouble, since.get(trouble) ?? at);
          if (isFirst || watched) expect(notices).toEqual([]);
          for (const notice of notices) {
            if (notice.kind !== 'update') expect(wishes[`notify.${notice.kind}`]).toBe(true);
            const [what, pause] = repeats(notice);
            expect(at - (toldAt.get(what) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(pause);
            toldAt.set(what, at);
            if (notice.kind === 'attention') {
              expect(at - (since.get(sentenceOf(notice.trouble)) ?? at)).toBeGreaterThanOrEqual(minute);
            }
          }
          isFirst = false;
        }
      }),
      { numRuns: 300 },
    );
  });

  function sentenceOf(trouble: Trouble): string {
    switch (trouble.of) {
      case 'failure':
        return trouble.failure.sentence;
      case 'computer':
        return trouble.contribution.sentence;
      case 'grid':
        return trouble.grid.sentence;
    }
  }

  /** What a notice is about, and how long it must not be told again, in ms. */
  function repeats(notice: Notice): [what: string, pauseMs: number] {
    switch (notice.kind) {
      case 'firstCredit':
        return ['credit', Number.POSITIVE_INFINITY];
      case 'attention':
        return [sentenceOf(notice.trouble), day];
      case 'denied':
        return [notice.denial.host, day];
      case 'finished':
        return [`job ${notice.job.id}`, Number.POSITIVE_INFINITY];
      case 'update':
        return [`update ${notice.version}`, day];
    }
  }
});
