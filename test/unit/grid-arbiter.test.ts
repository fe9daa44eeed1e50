import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitrate, type Bounds, type Contender, divide } from '../../electron/grid/arbiter.ts';
import { charged } from '../../electron/grid/usage.ts';

const hour = 3_600_000;
const MiB = 1024 * 1024;
const bounds: Bounds = {
  maxRunning: 1,
  memoryBytes: 1024 * MiB,
  now: 0,
  quantumMs: hour,
  patienceMs: 6 * hour,
  memoryIsStuck: false,
};

function contender(id: string, more: Partial<Contender> = {}): Contender {
  return {
    id,
    share: 100,
    wants: true,
    used: 0,
    memoryBytes: 512 * MiB,
    holdsMemory: false,
    turnMs: null,
    waitedMs: 0,
    isNew: false,
    latestStartAt: null,
    ...more,
  };
}

const turnOf = (contenders: Contender[], more: Partial<Bounds> = {}): string[] => [
  ...arbitrate(contenders, { ...bounds, ...more }).turn,
];

test('who has had the least for its share comes next', () => {
  expect(turnOf([contender('a', { used: 100 }), contender('b', { used: 150, share: 200 })])).toEqual(['b']);
});

test('a turn lasts its quantum, and no longer when another is behind', () => {
  const other = contender('b');
  expect(turnOf([contender('a', { used: 9, turnMs: hour - 1 }), other])).toEqual(['a']);
  expect(turnOf([contender('a', { used: 9, turnMs: hour }), other])).toEqual(['b']);
});

test('a deadline that would be missed comes first, the nearest before the others', () => {
  const late = [
    contender('a', { latestStartAt: -1, used: 5000 }),
    contender('b', { latestStartAt: -2, used: 9000 }),
    contender('c'),
  ];
  expect(turnOf(late)).toEqual(['b']);
  expect(turnOf(late, { now: -3 })).toEqual(['c']);
});

test('who has waited beyond patience comes before deadlines', () => {
  const pressed = contender('a', { latestStartAt: -1, turnMs: hour });
  expect(turnOf([pressed, contender('b', { waitedMs: 6 * hour, used: 1e9 })])).toEqual(['b']);
});

test('what was just joined comes before a turn that still lasts', () => {
  expect(turnOf([contender('a', { turnMs: 1 }), contender('b', { isNew: true, used: 1e9 })])).toEqual(['b']);
  expect(turnOf([contender('a', { turnMs: 1 }), contender('b', { isNew: true, share: 0 })])).toEqual(['a']);
});

test('a share of 0 gets what is left over only, whatever it says', () => {
  const idle = contender('a', { share: 0, turnMs: 1, waitedMs: 100 * hour, latestStartAt: -1 });
  expect(turnOf([idle, contender('b', { used: 1e9 })])).toEqual(['b']);
  expect(turnOf([idle, contender('b', { wants: false })])).toEqual(['a']);
});

test('who has no memory yet waits until another that lost its turn has given its own back', () => {
  const leaving = contender('a', { holdsMemory: true, turnMs: hour, used: 10, memoryBytes: 768 * MiB });
  const next = contender('b');
  const during = arbitrate([leaving, next], bounds);
  expect([...during.turn]).toEqual(['b']);
  expect([...during.go]).toEqual([]);
  expect([...arbitrate([{ ...leaving, holdsMemory: false }, next], bounds).go]).toEqual(['b']);
});

test('while memory is stuck, who holds it runs on, and who needs it does not wait for it', () => {
  const holder = contender('a', { holdsMemory: true, used: 10, memoryBytes: 768 * MiB });
  const next = contender('b', { isNew: true });
  const small = contender('c', { used: 5, memoryBytes: 256 * MiB });
  const stuck = { ...bounds, memoryIsStuck: true };
  expect([...arbitrate([holder, next], stuck).go]).toEqual(['a']);
  expect([...arbitrate([holder, next, small], stuck).go]).toEqual(['c']);
  expect([...arbitrate([{ ...holder, holdsMemory: false }, next], stuck).go]).toEqual(['b']);
});

const contenders = fc.uniqueArray(
  fc.record({
    id: fc.stringMatching(/^[a-z]{1,3}$/),
    share: fc.constantFrom(0, 1, 50, 100),
    wants: fc.boolean(),
    used: fc.integer({ min: 0, max: 100_000 }),
    memoryBytes: fc.integer({ min: 1, max: 1500 }).map((n) => n * MiB),
    holdsMemory: fc.boolean(),
    turnMs: fc.option(fc.integer({ min: 0, max: 2 * hour })),
    waitedMs: fc.integer({ min: 0, max: 12 * hour }),
    isNew: fc.boolean(),
    latestStartAt: fc.option(fc.integer({ min: -10, max: 10 })),
  }),
  { selector: ({ id }) => id, maxLength: 8 },
);

test('never more than may run, never more memory than there is, and only who wants', () => {
  fc.assert(
    fc.property(
      contenders,
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      (all, maxRunning, memoryIsStuck) => {
        const { turn, go } = arbitrate(all, { ...bounds, maxRunning, memoryIsStuck });
        expect(turn.size).toBeLessThanOrEqual(maxRunning);
        for (const id of go) expect(turn.has(id)).toBe(true);
        for (const id of turn) expect(all.find((one) => one.id === id)?.wants).toBe(true);
        const held = all
          .filter(({ holdsMemory }) => holdsMemory)
          .reduce((sum, one) => sum + one.memoryBytes, 0);
        const added = all
          .filter(({ id, holdsMemory }) => go.has(id) && !holdsMemory)
          .reduce((sum, one) => sum + one.memoryBytes, 0);
        if (added > 0) expect(held + added).toBeLessThanOrEqual(bounds.memoryBytes);
      },
    ),
  );
});

test('when one that fits wants to run, one has a turn', () => {
  fc.assert(
    fc.property(contenders, (all) => {
      const could = all.some(({ wants, memoryBytes }) => wants && memoryBytes <= bounds.memoryBytes);
      expect(turnOf(all).length > 0).toBe(could);
    }),
  );
});

test('when one that holds memory wants to run, one may go although memory is stuck', () => {
  fc.assert(
    fc.property(contenders, (all) => {
      const { go } = arbitrate(all, { ...bounds, memoryIsStuck: true });
      const could = all.some(
        ({ wants, holdsMemory, memoryBytes }) => wants && holdsMemory && memoryBytes <= bounds.memoryBytes,
      );
      if (could) expect(go.size).toBe(1);
    }),
  );
});

test('the order in which they are told changes nothing', () => {
  fc.assert(
    fc.property(contenders, (all) => {
      expect(turnOf([...all].reverse())).toEqual(turnOf(all));
    }),
  );
});

test('those that run at a time divide all that is allowed by their shares', () => {
  const share = fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 1_000_000 }),
    fc.double({ min: 0.001, max: 100, noNaN: true }),
  );
  fc.assert(
    fc.property(fc.array(share, { minLength: 1, maxLength: 6 }), (shares) => {
      const running = shares.map((one, index) => ({ id: `g${index}`, share: one }));
      const parts = divide(running);
      const sumOf = (of: (share: number) => boolean): number =>
        running.reduce((sum, one) => sum + (of(one.share) ? (parts.get(one.id) ?? 0) : 0), 0);
      expect(sumOf(() => true)).toBeCloseTo(1, 9);
      if (shares.some((one) => one > 0)) expect(sumOf((one) => one === 0)).toBeLessThanOrEqual(0.05);
      for (const a of running) {
        expect(parts.get(a.id)).toBeGreaterThan(0);
        for (const b of running) {
          if (a.share === 0 || b.share === 0) continue;
          expect((parts.get(a.id) ?? 0) / (parts.get(b.id) ?? 0) / (a.share / b.share)).toBeCloseTo(1, 6);
        }
      }
    }),
  );
});

interface Simulated {
  readonly share: number;
  readonly pressed?: boolean;
  /** Of what it is granted, what its VM uses; all of it if not told. */
  readonly uses?: number;
}

/** The part of the time that each runs over some days, in steps of 10 minutes, with a sliding day of what each is charged. */
function simulate(lanes: readonly Simulated[], days: number): number[] {
  const step = hour / 6;
  const day: { id: string; seconds: number }[] = [];
  const total = new Map<string, number>();
  const since = new Map<string, number>();
  let holder: { id: string; from: number } | undefined;
  for (let now = 0; now < days * 24 * hour; now += step) {
    const all = lanes.map(({ share, pressed = false }, index) => {
      const id = `g${index}`;
      return contender(id, {
        share,
        used: day.filter((one) => one.id === id).reduce((sum, { seconds }) => sum + seconds, 0),
        turnMs: holder?.id === id ? now - holder.from : null,
        waitedMs: holder?.id === id ? 0 : now - (since.get(id) ?? 0),
        latestStartAt: pressed ? now - 1 : null,
      });
    });
    const [chosen = ''] = turnOf(all, { now });
    if (holder?.id !== chosen) {
      if (holder) since.set(holder.id, now);
      holder = { id: chosen, from: now };
    }
    const { uses = 1 } = lanes[Number(chosen.slice(1))] ?? {};
    day.push({ id: chosen, seconds: charged(step * uses, step) / 1000 });
    if (day.length > 144) day.shift();
    total.set(chosen, (total.get(chosen) ?? 0) + 1);
  }
  const all = [...total.values()].reduce((sum, steps) => sum + steps, 0);
  return lanes.map((_, index) => (total.get(`g${index}`) ?? 0) / all);
}

test('over days each gets its share of the time, whatever its VM does with it', () => {
  const lane = fc.record({ share: fc.integer({ min: 1, max: 10 }), uses: fc.constantFrom(0, 0.01, 0.5, 1) });
  fc.assert(
    fc.property(fc.array(lane, { minLength: 2, maxLength: 4 }), (lanes) => {
      const sum = lanes.reduce((total, { share }) => total + share, 0);
      const got = simulate(lanes, 6);
      for (const [index, { share }] of lanes.entries()) {
        // A turn is an hour of a day's 24.
        expect(Math.abs((got[index] ?? 0) - share / sum)).toBeLessThan(0.09);
      }
    }),
    { numRuns: 40 },
  );
});

test('one that uses nearly nothing of its turn keeps it no longer than another', () => {
  const [idle = 0, busy = 0] = simulate([{ share: 1, uses: 0.01 }, { share: 1 }], 4);
  expect(Math.abs(idle - busy)).toBeLessThan(0.05);
});

test('nobody starves beside one whose deadlines always press', () => {
  const [pressed = 0, other = 0] = simulate([{ share: 1, pressed: true }, { share: 1 }], 4);
  expect(other).toBeGreaterThan(0.1);
  expect(pressed).toBeGreaterThan(other);
});
