import { presetValues, type Source, settingKeys } from '../../electron/contract/settings.ts';
import { noSignals } from '../../electron/contract/signals.ts';
import type { Policy } from '../../electron/policy/causes.ts';
import { decide, noHistory } from '../../electron/policy/decide.ts';
import type { Bench } from './figure.ts';

const rounds = 20_000;

/** Gentle with everything on, and a schedule of four windows. */
function policy(windows: boolean): Policy {
  const sources = Object.fromEntries(settingKeys.map((key) => [key, 'user'])) as Record<
    (typeof settingKeys)[number],
    Source
  >;
  return {
    effective: {
      values: {
        preset: 'gentle',
        ...presetValues.gentle,
        'pauseOn.programs': ['blender', 'zoom'],
        'schedule.windows': windows
          ? [
              { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '18:00', to: '24:00' },
              { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '00:00', to: '08:00' },
              { days: ['sat'], from: '00:00', to: '24:00' },
              { days: ['sun'], from: '00:00', to: '24:00' },
            ]
          : [],
      },
      sources,
      byPreset: new Set(),
      organization: null,
      broken: null,
      problems: [],
    },
    vcpus: 2,
    narrowing: null,
  };
}

function perSecond(used: Policy): number {
  let history = noHistory;
  const began = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    const signals = {
      ...noSignals,
      lastInputAt: round % 7 === 0 ? round : null,
      inputSource: 'x11' as const,
      otherLoad: (round % 10) / 10,
      temperatureC: 60 + (round % 30),
      programs: round % 50 === 0 ? ['zoom'] : [],
    };
    const moment = { now: 1_777_900_000_000 + round, monotonic: round, pause: null, signals };
    history = decide(moment, used, history).history;
  }
  return rounds / ((performance.now() - began) / 1000);
}

export const bench: Bench = {
  name: 'decide',
  about: 'decisions of the policy',
  run(report) {
    perSecond(policy(false));
    report({ metric: 'decisions, always open', value: perSecond(policy(false)), unit: '/s' });
    report({ metric: 'decisions, four windows of a schedule', value: perSecond(policy(true)), unit: '/s' });
    return Promise.resolve();
  },
};
