import { expect, test } from 'vitest';
import { noSignals, type Signals } from '../../electron/contract/signals.ts';
import { decide, noHistory, withoutHolds } from '../../electron/policy/decide.ts';
import { pauseFrom } from '../../electron/policy/pause.ts';
import { policyOf, Trial } from './policy-fixture.ts';

const noon = new Date(2026, 4, 4, 12, 0).getTime();

test('with nothing in the way all of it is granted', () => {
  const { allowance } = decide(
    { now: noon, monotonic: 0, pause: null, signals: noSignals },
    policyOf(),
    noHistory,
  );
  expect(allowance).toMatchObject({ run: true, rung: 'full', share: 1, reasons: [], network: true });
});

test.each([
  ['30m', 'Paused until 12:30.'],
  ['tomorrow', 'Paused until 5 May 06:00.'],
  ['manual', 'Paused until you resume.'],
] as const)('a pause for %s says until when', (length, reason) => {
  const trial = new Trial({}, noon);
  trial.pause = pauseFrom(length, noon);
  expect(trial.look()).toMatchObject({ run: false, share: 0, rung: 'frozen', reason });
});

test('a pause ends by its time, and a jump of the clock counts', () => {
  const trial = new Trial({}, noon);
  trial.pause = pauseFrom('30m', noon);
  expect(trial.look().run).toBe(false);
  expect(trial.after(29 * 60_000).run).toBe(false);
  trial.jump(2 * 60_000);
  expect(trial.look().run).toBe(true);
});

const words: readonly (readonly [string, Partial<Signals>, string])[] = [
  ['call', { call: true }, 'Paused: you are in a call.'],
  ['presentation', { presentation: true }, 'Paused: a presentation or a film is shown.'],
  ['full-screen', { fullScreen: true }, 'Paused: a program fills the screen.'],
  ['session-away', { sessionActive: false }, 'Paused: another session has the screen.'],
  ['battery', { onBattery: true, charge: 0.9 }, 'Paused: this computer runs on battery.'],
  ['disk', { diskFreeBytes: 1 }, 'Paused: the disk is nearly full.'],
  ['sleep', { sleeping: true }, 'Paused: this computer is going to sleep.'],
];
test.each(words)('%s stops it, says so, and holds on for a while', (code, signals, reason) => {
  const trial = new Trial({ preset: 'balanced' }, noon);
  trial.signals = { ...noSignals, ...signals };
  expect(trial.look()).toMatchObject({ run: false, reason, reasons: [{ code }] });
  trial.wait(60_000);
  trial.signals = noSignals;
  expect(trial.look().run).toBe(false);
  expect(trial.after(29_000)).toMatchObject({
    run: false,
    reason: reason.replace('.', ' (just ended).'),
  });
  expect(trial.after(1000)).toMatchObject({ run: true });
});

test('use of the computer throttles at once and for its time', () => {
  const trial = new Trial({ preset: 'balanced' }, noon);
  expect(trial.input()).toMatchObject({
    run: true,
    rung: 'throttled',
    share: 0.25,
    reason: 'Working at 25 %: you are using the computer.',
  });
  expect(trial.after(179_999).share).toBe(0.25);
  expect(trial.after(1).share).toBe(1);
});

test('Gentle freezes at any input', () => {
  const trial = new Trial({ preset: 'gentle', 'quiet.enabled': false }, noon);
  expect(trial.look().share).toBe(0.75);
  expect(trial.input()).toMatchObject({ run: false, reason: 'Paused: you are using the computer.' });
});

test('a locked screen is nobody at the computer, until somebody types', () => {
  const trial = new Trial({ preset: 'gentle', 'quiet.enabled': false }, noon);
  trial.input();
  trial.signals = { ...trial.signals, screenLocked: true };
  expect(trial.look().share).toBe(1);
  trial.wait(500);
  // The release of the keys that locked it.
  expect(trial.input().share).toBe(1);
  trial.wait(10_000);
  expect(trial.input().share).toBe(0);
});

test('a load counts after its grace, and is gone well below its threshold', () => {
  const trial = new Trial({ preset: 'balanced' }, noon);
  const load = (otherLoad: number | null) => {
    trial.signals = { ...trial.signals, otherLoad };
    return trial.look().run;
  };
  expect(load(0.9)).toBe(true);
  trial.wait(9000);
  expect(load(0.1)).toBe(true);
  expect(load(0.9)).toBe(true);
  trial.wait(10_000);
  expect(load(0.41)).toBe(false);
  // Between the two thresholds it still holds.
  trial.wait(60_000);
  expect(load(0.3)).toBe(false);
  expect(load(0.2)).toBe(false);
  trial.wait(30_000);
  expect(load(0.2)).toBe(true);
});

test('named programs, charge and metered networks are heeded', () => {
  const trial = new Trial({ 'pauseOn.programs': ['blender'], 'battery.aboveCharge': 0.5 }, noon);
  trial.signals = { ...noSignals, programs: ['blender'] };
  expect(trial.look().reason).toBe('Paused: “blender” is running.');
  trial.signals = { ...noSignals, onBattery: true, charge: 0.6, meteredNetwork: true };
  trial.look();
  expect(trial.after(60_000)).toMatchObject({ run: true, network: false });
  trial.signals = { ...noSignals, onBattery: true, charge: 0.5 };
  expect(trial.look().run).toBe(false);
});

test('the schedule says when it goes on, and who set it', () => {
  const trial = new Trial({ 'schedule.windows': [{ days: ['mon'], from: '22:00', to: '06:00' }] }, noon, {
    sources: { 'schedule.windows': 'locked' },
    organization: 'ACME',
  });
  expect(trial.look()).toMatchObject({ run: false, reason: 'Waiting until 22:00 (set by ACME).' });
  trial.organization = null;
  expect(trial.look().reason).toBe('Waiting until 22:00 (set by your organization).');
  expect(trial.after(10 * 3_600_000).run).toBe(true);
  expect(trial.after(8 * 3_600_000).run).toBe(false);
});

test('a broken profile and a contribution that is turned off stop everything and keep no memory', () => {
  const off = new Trial({ contribute: false }, noon);
  expect(off.look()).toMatchObject({ run: false, rung: 'saved', reason: 'Off: contributing is turned off.' });
  const broken = new Trial({}, noon, { broken: true });
  expect(broken.look()).toMatchObject({ run: false, rung: 'saved' });
  expect(broken.look().reasons[0]?.code).toBe('profile-broken');
});

test('the ladder: frozen, saved, off', () => {
  const trial = new Trial(
    { 'inUse.share': 0, 'ladder.saveAfterSeconds': 100, 'ladder.offAfterSeconds': 1000 },
    noon,
  );
  trial.pause = pauseFrom('manual', noon);
  expect(trial.look().rung).toBe('frozen');
  expect(trial.after(99_999).rung).toBe('frozen');
  expect(trial.after(1).rung).toBe('saved');
  expect(trial.after(899_999).rung).toBe('saved');
  expect(trial.after(1).rung).toBe('off');
  trial.signals = { ...noSignals, sleeping: true };
  expect(trial.look().rung).toBe('frozen');
});

test('what binds most is told first', () => {
  const trial = new Trial({ preset: 'balanced' }, noon);
  trial.input();
  trial.signals = { ...trial.signals, call: true, onBattery: true };
  expect(trial.look().reasons.map(({ code }) => code)).toEqual(['call', 'battery', 'input']);
});

test('the person’s resume beats what only lingers, not what still holds', () => {
  const trial = new Trial({ preset: 'balanced' }, noon);
  trial.signals = { ...noSignals, call: true };
  trial.look();
  trial.history = withoutHolds(trial.history);
  expect(trial.look().run).toBe(false);
  trial.signals = noSignals;
  expect(trial.look().run).toBe(false);
  trial.history = withoutHolds(trial.history);
  expect(trial.look().run).toBe(true);
});

test('a grid can narrow and never widen', () => {
  const trial = new Trial({ 'idle.share': 0.5 }, noon);
  trial.narrowing = { share: 0.25, vcpus: 1, memoryBytes: 1, network: false };
  expect(trial.look()).toMatchObject({ share: 0.25, vcpus: 1, memoryBytes: 1, network: false });
  trial.narrowing = { share: 1, vcpus: 64, memoryBytes: 2 ** 40, network: true };
  expect(trial.look()).toMatchObject({ share: 0.5, vcpus: 2, memoryBytes: 805_306_368 });
});
