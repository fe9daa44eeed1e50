import { DesktopSettings, type Failure, failureSaid, presetValues, updatesOff } from '../contract/index.ts';
import type { Snapshot } from '../contract/snapshot.ts';

/**
 * What tray and window show while the service does not answer: why, and what was known before and does not change by itself. Pure.
 * @param last the latest that it told; null: nothing yet
 * @param since epoch ms of when it was lost
 */
export function awaySnapshot(
  last: Snapshot | null,
  failure: Failure,
  o: { readonly now: number; readonly since: number; readonly version: string },
): Snapshot {
  const organization = last?.preset.organization ?? null;
  return {
    version: o.version,
    at: o.now,
    contribution: {
      state: 'attention',
      sentence: failure.sentence,
      said: failureSaid(failure),
      since: o.since,
      allowance: {
        run: false,
        rung: 'off',
        share: 0,
        vcpus: 0,
        memoryBytes: 0,
        network: false,
        reason: failure.sentence,
        organization,
        reasons: [],
      },
      pause: last?.contribution.pause ?? null,
    },
    vms: [],
    jobs: [],
    grids: last?.grids ?? [],
    manager: last?.manager ?? null,
    denials: [],
    today: last?.today ?? { cpuSeconds: 0, wallSeconds: 0, jobsDone: 0, jobsFailed: 0, earned: [] },
    yields: last?.yields ?? { count: 0, lastMs: null, p50Ms: null, p95Ms: null },
    lostSeconds: last?.lostSeconds ?? 0,
    asksPresence: false,
    service: { mayPause: null, asks: [] },
    preset: last?.preset ?? { name: 'balanced', source: 'built-in', organization },
    update: last?.update ?? updatesOff('headless').view(),
    desktop: last?.desktop ?? DesktopSettings.parse(presetValues.balanced),
    problems: [failure],
  };
}
