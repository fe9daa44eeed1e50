import { expect, test } from 'vitest';
import type { SettingsLayer } from '../../electron/contract/settings.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import { PolicyDesk } from '../../electron/host/policy-desk.ts';
import { pauseFrom } from '../../electron/policy/pause.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { effectiveOf } from './policy-fixture.ts';

const hourMs = 3_600_000;

function looksInAnHour(layer: SettingsLayer, length: '1h' | 'manual'): number {
  const clock = new FakeClock();
  const pause = pauseFrom(length, clock.now());
  let looks = 0;
  const desk = new PolicyDesk({
    signals: () => noSignals,
    effective: () => effectiveOf(layer),
    pause: () => pause,
    vcpus: () => 1,
    clock,
    onDue: () => {
      looks += 1;
      desk.decide();
    },
  });
  desk.decide();
  clock.advance(hourMs);
  desk.dispose();
  expect(clock.pending).toBe(0);
  return looks;
}

test('an idle host is hardly woken: only where a time of the wall clock is waited for, which may jump', () => {
  expect(looksInAnHour({}, 'manual')).toBeLessThanOrEqual(8);
  expect(looksInAnHour({}, '1h')).toBeGreaterThanOrEqual(100);
  const windows = [{ days: ['mon' as const], from: '00:00', to: '24:00' }];
  expect(looksInAnHour({ 'schedule.windows': windows }, 'manual')).toBeGreaterThanOrEqual(100);
});
