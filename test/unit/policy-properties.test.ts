import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rungs } from '../../electron/contract/policy.ts';
import { Preset, type SettingsLayer } from '../../electron/contract/settings.ts';
import { noSignals, type Signals } from '../../electron/contract/signals.ts';
import { Trial } from './policy-fixture.ts';

const start = new Date(2026, 4, 4, 12, 0).getTime();

/** What happens after a wait; input is given apart, as the sensors give it. */
interface Happening {
  readonly waitMs: number;
  readonly input: boolean;
  readonly told: Partial<Signals>;
}

const maybe = fc.option(fc.boolean());
const share = fc.double({ min: 0, max: 1, noNaN: true });
const told: fc.Arbitrary<Partial<Signals>> = fc.record(
  {
    screenLocked: maybe,
    call: maybe,
    fullScreen: maybe,
    presentation: maybe,
    remoteSession: maybe,
    sessionActive: maybe,
    onBattery: maybe,
    charge: fc.option(share),
    otherLoad: fc.option(share),
    temperatureC: fc.option(fc.double({ min: 20, max: 110, noNaN: true })),
    programs: fc.option(fc.subarray(['blender', 'zoom'])),
    diskFreeBytes: fc.option(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
    meteredNetwork: maybe,
    sleeping: fc.boolean(),
  },
  { requiredKeys: [] },
);
const trace: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 40_000 }), input: fc.boolean(), told }),
  { minLength: 1, maxLength: 60 },
);

const layer: fc.Arbitrary<SettingsLayer> = fc.record(
  {
    preset: fc.constantFrom(...Preset.options),
    contribute: fc.boolean(),
    'inUse.share': share,
    'idle.share': share,
    'locked.share': share,
    'idle.afterSeconds': fc.integer({ min: 5, max: 600 }),
    'pauseOn.call': fc.boolean(),
    'pauseOn.fullScreen': fc.boolean(),
    'pauseOn.programs': fc.subarray(['blender', 'zoom']),
    'pauseOn.load': fc.option(fc.double({ min: 0.01, max: 1, noNaN: true })),
    'pauseOn.loadSeconds': fc.integer({ min: 1, max: 60 }),
    'battery.aboveCharge': fc.option(share),
    'resume.afterSeconds': fc.integer({ min: 5, max: 120 }),
    'quiet.enabled': fc.boolean(),
    'ladder.saveAfterSeconds': fc.option(fc.integer({ min: 0, max: 600 })),
    'ladder.offAfterSeconds': fc.option(fc.integer({ min: 0, max: 600 })),
  },
  { requiredKeys: [] },
);

function happens(trial: Trial, { waitMs, input, told: news }: Happening) {
  trial.wait(waitMs);
  trial.signals = { ...trial.signals, ...news };
  return input ? trial.input() : trial.look();
}

test('never more than any layer permits, and what is told agrees with what is granted', () => {
  fc.assert(
    fc.property(layer, trace, share, (settings, happenings, narrow) => {
      const trial = new Trial(settings, start);
      trial.narrowing = { share: narrow, vcpus: 1, memoryBytes: 1000, network: true };
      for (const happening of happenings) {
        const allowance = happens(trial, happening);
        const { values } = trial;
        expect(allowance.share).toBeLessThanOrEqual(narrow);
        if (trial.signals.screenLocked !== true) {
          expect(allowance.share).toBeLessThanOrEqual(values['idle.share']);
        }
        if (happening.input && trial.signals.screenLocked !== true) {
          expect(allowance.share).toBeLessThanOrEqual(settings['inUse.share'] ?? 1);
        }
        if (settings.contribute === false) expect(allowance.run).toBe(false);
        expect(allowance.run).toBe(allowance.share > 0);
        expect(allowance.network && !allowance.run).toBe(false);
        expect(allowance.reasons.length === 0).toBe(allowance.share === 1);
        expect(allowance.reason).toMatch(/^[A-Z].*\.$/u);
        if (allowance.reasons.length > 0) {
          expect(Math.min(...allowance.reasons.map((reason) => reason.share))).toBe(allowance.share);
          expect(allowance.reasons[0]?.share).toBe(allowance.share);
        }
      }
    }),
    { numRuns: 200 },
  );
});

/** The same settings, each at least as strict. Quiet mode is left out: its loop answers to what it itself has caused. */
function stricter(loose: SettingsLayer, by: SettingsLayer): SettingsLayer {
  const values = new Trial(loose, start).values;
  const other = new Trial(by, start).values;
  const least = (a: number | null, b: number | null): number | null =>
    a === null ? b : b === null ? a : Math.min(a, b);
  const charge =
    values['battery.aboveCharge'] === null || other['battery.aboveCharge'] === null
      ? null
      : Math.max(values['battery.aboveCharge'], other['battery.aboveCharge']);
  return {
    ...values,
    contribute: values.contribute && other.contribute,
    'inUse.share': Math.min(values['inUse.share'], other['inUse.share']),
    'idle.share': Math.min(values['idle.share'], other['idle.share']),
    'locked.share': Math.min(values['locked.share'], other['locked.share']),
    'idle.afterSeconds': Math.max(values['idle.afterSeconds'], other['idle.afterSeconds']),
    'pauseOn.call': values['pauseOn.call'] || other['pauseOn.call'],
    'pauseOn.fullScreen': values['pauseOn.fullScreen'] || other['pauseOn.fullScreen'],
    'pauseOn.presentation': values['pauseOn.presentation'] || other['pauseOn.presentation'],
    'pauseOn.remoteSession': values['pauseOn.remoteSession'] || other['pauseOn.remoteSession'],
    'pauseOn.programs': [...new Set([...values['pauseOn.programs'], ...other['pauseOn.programs']])],
    'pauseOn.load': least(values['pauseOn.load'], other['pauseOn.load']),
    'pauseOn.loadSeconds': Math.min(values['pauseOn.loadSeconds'], other['pauseOn.loadSeconds']),
    'battery.aboveCharge': charge,
    'resume.afterSeconds': Math.max(values['resume.afterSeconds'], other['resume.afterSeconds']),
    'ladder.saveAfterSeconds': least(values['ladder.saveAfterSeconds'], other['ladder.saveAfterSeconds']),
    'ladder.offAfterSeconds': least(values['ladder.offAfterSeconds'], other['ladder.offAfterSeconds']),
  };
}

test('a stricter policy never gives more, at any moment of any trace', () => {
  fc.assert(
    fc.property(layer, layer, trace, (one, other, happenings) => {
      const base: SettingsLayer = { ...one, 'quiet.enabled': false };
      const loose = new Trial(base, start);
      const strict = new Trial(stricter(base, other), start);
      for (const happening of happenings) {
        const more = happens(loose, happening);
        const less = happens(strict, happening);
        expect(less.share).toBeLessThanOrEqual(more.share);
        expect(less.network && !more.network).toBe(false);
        if (!more.run) {
          expect(rungs.indexOf(less.rung)).toBeGreaterThanOrEqual(rungs.indexOf(more.rung));
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('the same inputs give the same answer', () => {
  fc.assert(
    fc.property(layer, trace, (settings, happenings) => {
      const one = new Trial(settings, start);
      const two = new Trial(settings, start);
      for (const happening of happenings) {
        const answer = happens(one, happening);
        expect(happens(two, happening)).toEqual(answer);
        // Asked again at the same moment, it has not changed its mind.
        expect(one.look()).toEqual(answer);
      }
    }),
    { numRuns: 100 },
  );
});

/** Looks as often as the host would: at every happening and whenever time alone may change the answer. */
function changes(trial: Trial, happenings: readonly Happening[]): { runs: number; at: number[] } {
  let before = trial.look().run;
  const at: number[] = [];
  const note = (run: boolean): void => {
    if (run !== before) at.push(trial.monotonic);
    before = run;
  };
  for (const happening of happenings) {
    const until = trial.monotonic + happening.waitMs;
    while (trial.again !== null && trial.again < until) note(trial.after(trial.again - trial.monotonic).run);
    note(happens(trial, { ...happening, waitMs: until - trial.monotonic }).run);
  }
  return { runs: at.length, at };
}

const storm: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.record({ waitMs: fc.integer({ min: 0, max: 800 }), input: fc.boolean(), told }),
  { minLength: 50, maxLength: 400 },
);

test('no flapping: any storm of signals starts and stops work a bounded number of times a minute', () => {
  fc.assert(
    fc.property(fc.constantFrom(...Preset.options), storm, (preset, happenings) => {
      const trial = new Trial({ preset, 'inUse.share': 0 }, start);
      const holdMs = Math.min(
        trial.values['resume.afterSeconds'] * 1000,
        trial.values['idle.afterSeconds'] * 1000,
      );
      const { at } = changes(trial, happenings);
      // It goes on only after every cause was gone for its hold: a stop and a start in that time at most.
      const starts = at.filter((_, index) => index % 2 === 1);
      for (const [index, time] of starts.entries()) {
        const next = starts[index + 1];
        if (next !== undefined) expect(next - time).toBeGreaterThanOrEqual(holdMs);
      }
    }),
    { numRuns: 100 },
  );
});

test('short spikes of load are ridden out; the person’s input never is', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ busyMs: fc.integer({ min: 1, max: 9999 }), calmMs: fc.integer({ min: 1, max: 5000 }) }),
        {
          minLength: 1,
          maxLength: 40,
        },
      ),
      (spikes) => {
        const trial = new Trial({ preset: 'balanced', 'inUse.share': 0 }, start);
        for (const { busyMs, calmMs } of spikes) {
          trial.signals = { ...noSignals, otherLoad: 1 };
          expect(trial.look().run).toBe(true);
          expect(trial.after(busyMs).run).toBe(true);
          trial.signals = { ...noSignals, otherLoad: 0 };
          expect(trial.look().run).toBe(true);
          trial.wait(calmMs);
        }
        expect(trial.input().run).toBe(false);
      },
    ),
    { numRuns: 100 },
  );
});

test('time alone changes nothing before the moment that was named', () => {
  fc.assert(
    fc.property(layer, trace, share, (settings, happenings, part) => {
      const trial = new Trial(settings, start);
      for (const happening of happenings) {
        const answer = happens(trial, happening);
        const { again, history } = trial;
        const ahead = again === null ? 1_000_000 : (again - trial.monotonic) * Math.min(0.999, part);
        const later = trial.after(ahead);
        expect(later).toEqual(answer);
        trial.wait(-ahead);
        trial.history = history;
      }
    }),
    { numRuns: 100 },
  );
});
