import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Failure, failureCodes } from '../../electron/contract/failures.ts';
import { GridView } from '../../electron/contract/grids.ts';
import { type ReasonCode, reasonCodes } from '../../electron/contract/policy.ts';
import { Said } from '../../electron/contract/said.ts';
import { type ScheduleWindow, type SettingsLayer, Source } from '../../electron/contract/settings.ts';
import { noSignals, type Signals } from '../../electron/contract/signals.ts';
import { Contribution, vmPhases } from '../../electron/contract/snapshot.ts';
import { gridView } from '../../electron/grid/boinc/runner-view.ts';
import type { Known } from '../../electron/grid/boinc/runner-words.ts';
import { anothersTurn } from '../../electron/host/fleet.ts';
import { type Seen, stateOf } from '../../electron/host/view.ts';
import { say, sayAllowance, sayGrid, sayReason, sayState } from '../../text/said.ts';
import { createSpeaker } from '../../text/speaker.ts';
import { fakeAllowance, fakeReason } from '../fakes/fake-contribution.ts';
import { fakeGrid, fakeNow } from '../fakes/fake-grid-views.ts';
import { fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';
import { everyReason, everythingSaid, idle, known, project, seenTask } from '../fixtures/said.ts';
import { Trial } from './policy-fixture.ts';

const english = await createSpeaker('en');
const minute = 60_000;

/** Names and words of others: anything. */
const foreign = fc.string({ unit: 'grapheme', maxLength: 80 });
const failure: fc.Arbitrary<Failure> = fc.record({
  code: fc.constantFrom(...failureCodes),
  sentence: foreign,
});
const later = fc.integer({ min: fakeNow - 20_000 * minute, max: fakeNow + 20_000 * minute });

/** The longest that its name begins with. */
function codeOf({ code }: Said): ReasonCode {
  const codes = reasonCodes.filter((reason) => code.startsWith(`reason.${reason}`));
  return codes.reduce((longest, reason) => (reason.length > longest.length ? reason : longest));
}

const maybe = fc.option(fc.boolean());
const layer: fc.Arbitrary<SettingsLayer> = fc.record(
  {
    contribute: fc.boolean(),
    'idle.share': fc.double({ min: 0, max: 1, noNaN: true }),
    'pauseOn.programs': fc.subarray(['blender', '“zoom”']),
    'quiet.enabled': fc.boolean(),
    'schedule.windows': fc.constantFrom<ScheduleWindow[]>(
      [],
      [{ days: ['tue'], from: '01:00', to: '02:00' }],
    ),
  },
  { requiredKeys: [] },
);
const signals: fc.Arbitrary<Partial<Signals>> = fc.record(
  {
    call: maybe,
    fullScreen: maybe,
    presentation: maybe,
    remoteSession: maybe,
    sessionActive: maybe,
    onBattery: maybe,
    screenLocked: maybe,
    programs: fc.option(fc.subarray(['blender', '“zoom”'])),
    sleeping: fc.boolean(),
    temperatureC: fc.option(fc.double({ min: 20, max: 110, noNaN: true })),
  },
  { requiredKeys: [] },
);

const [vm] = fakeSnapshot().vms;
const seen: fc.Arbitrary<Seen> = fc
  .record({
    share: fc.constantFrom(0, 0.3, 1),
    reasons: fc.subarray(everyReason(fakeNow + 3000 * minute, 'blender')),
    phase: fc.constantFrom(...vmPhases),
    failure: fc.option(failure),
    title: foreign,
    runs: fc.boolean(),
    boinc: fc.boolean(),
    workWaits: fc.boolean(),
    problems: fc.array(failure, { maxLength: 2 }),
  })
  .map(({ share, reasons, phase, failure: why, title, runs, boinc, workWaits, problems }): Seen => {
    const grid = boinc ? 'boinc-orchard' : 'local';
    const held = reasons.map((said) => fakeReason(codeOf(said), said, { share }));
    return {
      ...idle,
      allowance: fakeAllowance(share, held),
      vms: vm ? [{ ...vm, grid, phase, failure: why }] : [],
      jobs: [fakeJob({ grid, title, state: runs ? 'running' : 'queued' })],
      grids: [fakeGrid()],
      workWaits,
      problems,
    };
  });

const joined: fc.Arbitrary<Known> = fc
  .record({
    state: fc.constantFrom('joining', 'joined', 'leaving'),
    suspended: fc.boolean(),
    noNewWork: fc.boolean(),
    tasks: fc.nat(3000),
    runs: fc.boolean(),
    hasTasks: fc.boolean(),
    live: fc.boolean(),
    waiting: fc.option(
      fc.record({ why: fc.constantFrom('no-work', 'unreachable', 'transfers'), ms: fc.nat(1e9) }),
    ),
    attention: fc.option(failure),
    passing: fc.option(failure),
  })
  .map(({ state, suspended, noNewWork, tasks, runs, ...rest }) => ({
    ...known,
    ...rest,
    project: { ...project, state, suspended, noNewWork },
    open: Array<typeof seenTask>(tasks).fill(runs ? { ...seenTask, process: 1, scheduled: 2 } : seenTask),
  }));

describe('window and tray say in English what the CLI says', () => {
  test.each(Object.entries(everythingSaid))('%s', (_who, spoken) => {
    const heard = spoken.map(({ said, sentence }) =>
      said === null ? sentence : say(english, Said.parse(said), fakeNow),
    );
    expect(heard).toEqual(spoken.map(({ sentence }) => sentence));
  });

  test('whatever of it there is', () => {
    const said = Object.values(everythingSaid).flatMap((spoken) => spoken.map((one) => one.said?.code));
    const all = Said.options.map(({ shape }) => shape.code.value);
    // Whose turn it is belongs to a lane; see below.
    expect(all.filter((code) => !said.includes(code))).toEqual(['reason.turn']);
  });

  test('of another grid’s turn', () => {
    const [turn] = anothersTurn.reasons;
    expect(turn && sayReason(english, turn, fakeNow)).toBe(turn?.words);
    const allowance = { ...fakeAllowance(0), ...anothersTurn };
    expect(sayAllowance(english, allowance, fakeNow)).toBe(anothersTurn.reason);
  });

  test('of an allowance that any reason binds, whoever set it', () => {
    fc.assert(
      fc.property(
        later,
        foreign,
        fc.option(foreign),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom(...Source.options),
        (until, program, organization, share, source) => {
          for (const said of everyReason(until, program)) {
            const reason = fakeReason(codeOf(said), said, { source, share });
            const allowance = fakeAllowance(share, [reason], organization);
            expect(sayReason(english, reason, fakeNow)).toBe(reason.words);
            expect(sayAllowance(english, allowance, fakeNow)).toBe(allowance.reason);
          }
        },
      ),
    );
  });

  test('of what the policy decides over time', () => {
    fc.assert(
      fc.property(
        layer,
        signals,
        signals,
        fc.option(foreign),
        fc.boolean(),
        (set, before, after, name, locked) => {
          const sources = locked ? ({ 'pauseOn.call': 'locked', 'inUse.share': 'default' } as const) : {};
          const trial = new Trial(set, fakeNow, {
            sources,
            ...(name === null ? {} : { organization: name }),
          });
          trial.signals = { ...noSignals, ...before };
          trial.look();
          trial.signals = { ...noSignals, ...after };
          for (const waitMs of [1000, 5000, minute]) {
            const allowance = trial.after(waitMs);
            const now = trial.now;
            expect(sayAllowance(english, allowance, now)).toBe(allowance.reason);
            for (const reason of allowance.reasons)
              expect(sayReason(english, reason, now)).toBe(reason.words);
          }
        },
      ),
    );
  });

  test('of the contribution in any state', () => {
    fc.assert(
      fc.property(seen, (one) => {
        const told = stateOf(one);
        expect(sayState(english, { ...told, allowance: one.allowance }, fakeNow)).toBe(told.sentence);
        expect(Contribution.shape.said.safeParse(told.said).success).toBe(true);
      }),
    );
  });

  test('of a project in any state', () => {
    fc.assert(
      fc.property(joined, (one) => {
        const view = gridView(one);
        expect(sayGrid(english, view, fakeNow)).toBe(view.sentence);
        expect(GridView.safeParse(view).error).toBeUndefined();
      }),
    );
  });
});
