import type { Preset } from '../contract/settings.ts';
import type { ContributionState, PauseLength, Today } from '../contract/snapshot.ts';

const stateWords: Readonly<Record<ContributionState, string>> = {
  working: 'Working',
  starting: 'Starting',
  yielding: 'Given back',
  paused: 'Paused',
  waiting: 'Waiting',
  attention: 'Needs attention',
};

const pauseWords: Readonly<Record<PauseLength, string>> = {
  '30m': 'For 30 minutes',
  '1h': 'For 1 hour',
  tomorrow: 'Until tomorrow',
  manual: 'Until I resume',
};

const presetName: Readonly<Record<Preset, string>> = {
  gentle: 'Gentle',
  balanced: 'Balanced',
  generous: 'Generous',
};

type Earned = Today['earned'][number];

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Every word that the tray, its notices and `--demo` show, in one place. The window has its own catalogue. */
export const text = {
  app: 'Gleaner',
  state: (state: ContributionState): string => stateWords[state],
  pauseChoice: (length: PauseLength): string => pauseWords[length],
  pause: 'Pause',
  resume: 'Resume',
  preset: (preset: Preset): string => `Preset: ${presetName[preset]}`,
  presetChoice: (preset: Preset): string => presetName[preset],
  setBy: (organization: string | null): string => `Set by ${organization ?? 'your organization'}`,
  open: 'Open Gleaner',
  quit: 'Quit Gleaner',
  connecting: 'Starting Gleaner.',
  tooltip: (state: string, sentence: string): string => `Gleaner: ${state}. ${sentence}`,
  /** Rounded up to whole minutes, so that it never says 0 while time is left. */
  timeLeft: (ms: number): string => {
    const minutes = Math.max(1, Math.ceil(ms / 60_000));
    if (minutes < 60) return `${minutes} min left`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
  },
  todayUsed: (cpuSeconds: number, jobs: number): string =>
    `Today: ${cpuTime(cpuSeconds)} of CPU time, ${plural(jobs, 'job', 'jobs')} done`,
  /** What is observed was read off a grid that signs nothing. */
  todayEarned: (grid: string, { unit, settled, pending, observed }: Earned): string => {
    const parts = settled > 0 || observed === 0 ? [`${amount(settled)} ${unit}`] : [];
    if (observed > 0) parts.push(`${amount(observed)}${settled > 0 ? '' : ` ${unit}`} observed`);
    if (pending > 0) parts.push(`${amount(pending)} pending`);
    return `Earned today (${grid}): ${parts.join(', ')}`;
  },
  problem: (sentence: string): string => `⚠ ${sentence}`,
  alreadyRunning: 'Gleaner is already running.',
  cannotStart: 'Gleaner cannot start',
} as const;

/** CPU time in the largest two units that matter. */
export function cpuTime(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** An amount of a grid's own unit: at most two decimals, none that say nothing. */
export function amount(value: number): string {
  return String(Math.round(value * 100) / 100);
}
