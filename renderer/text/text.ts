import type { ContributionState, JobView, PauseLength } from '../../electron/contract/snapshot.ts';
import { gridsText } from './grids-text.ts';

const state: Readonly<Record<ContributionState, string>> = {
  working: 'Working',
  starting: 'Starting',
  yielding: 'Given back',
  paused: 'Paused',
  waiting: 'Waiting',
  attention: 'Needs attention',
};

const pauseChoice: Readonly<Record<PauseLength, string>> = {
  '30m': '30 minutes',
  '1h': '1 hour',
  tomorrow: 'Until tomorrow',
  manual: 'Until I resume',
};

const jobState: Readonly<Record<JobView['state'], string>> = {
  queued: 'Queued',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  aborted: 'Stopped by you',
};

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** Every word of the window, in English. A second language is a second catalogue of this shape. */
export const text = {
  app: 'Gleaner',
  navigation: 'Pages',
  home: 'Home',
  grids: gridsText.grids,
  activity: 'Activity',
  preferences: 'Preferences',
  connecting: 'Asking the host what is happening …',

  state: (of: ContributionState): string => state[of],
  since: (moment: string): string => `Since ${moment}`,

  pauseFor: 'Pause for',
  pauseChoice: (length: PauseLength): string => pauseChoice[length],
  pauseChoiceLabel: (length: PauseLength): string =>
    length === '30m' || length === '1h'
      ? `Pause for ${pauseChoice[length]}`
      : `Pause ${pauseChoice[length].toLowerCase()}`,
  resume: 'Resume now',
  resumesIn: 'Goes on in',
  pausedUntilResume: 'Stays paused until you resume.',
  changePause: 'Or pause for',

  why: 'Why',
  whyAlso: 'Why else',
  leaves: (share: number): string => (share === 0 ? 'stops it' : `leaves ${Math.round(share * 100)} %`),
  setBy: (organization: string | null): string => `set by ${organization ?? 'your organization'}`,

  problems: 'What needs attention',
  commandFailed: 'That did not work',
  noTray:
    'This desktop shows no tray icons. Gleaner goes on when you close this window; start it again to see it.',
  dismiss: 'Dismiss',

  now: 'Now',
  nothingRuns: 'No job is running.',
  owner: (name: string): string => `for ${name}`,
  attempt: (number: number): string => `Attempt ${number}`,
  progress: 'Progress of the job',
  progressUnknown: 'This job does not tell how far it is.',
  cpuTime: 'CPU time',
  cpuUsed: (time: string): string => `${time} of CPU time`,
  memoryPeak: 'Memory at most',
  checkpoint: 'Last checkpoint',
  noCheckpoint: 'None yet',
  started: 'Started',

  processor: 'Processor',
  share: 'CPU share in use',
  shareInUse: (used: string, granted: string): string => `${used} of ${granted} granted`,
  shareUnknown: (granted: string): string => `Not measured yet; ${granted} granted`,
  vcpus: (count: number): string => plural(count, 'virtual CPU', 'virtual CPUs'),
  noVm: 'The virtual machine is off.',
  booted: (time: string): string => `Ready ${time} after its start`,
  accelerator: (name: string): string => `Accelerator: ${name}`,
  slowAccelerator: 'Emulated: this computer offers no hardware virtualization, so jobs run much slower.',
  isolation: { full: 'Full isolation', reduced: 'Reduced isolation' },

  today: 'Today',
  contributed: 'CPU time given',
  jobsDone: 'Jobs done',
  jobsFailed: (count: number): string => `· ${count} failed`,
  earned: 'Earned',
  earnedFrom: (grid: string): string => `Earned (${grid})`,
  nothingEarned: 'Nothing yet',
  lost: (seconds: number): string =>
    seconds < 60
      ? 'Less than a minute of work was lost today.'
      : `${plural(Math.round(seconds / 60), 'minute', 'minutes')} of work ${Math.round(seconds / 60) === 1 ? 'was' : 'were'} lost today.`,
  pending: (amount: string): string => `· ${amount} pending`,

  yields: 'Giving back',
  gaveBack: (time: string): string => `Gave your computer back in ${time}.`,
  yieldStats: (p95: string, count: number): string =>
    `95 % within ${p95} over the last 30 days (${plural(count, 'time', 'times')}).`,
  yieldMeans: 'From the cause to a virtual machine that uses no CPU, the wait between two looks included.',
  neverYielded: 'Not needed yet.',
  yieldDetails: 'How fast, in detail',
  histogram: 'How often it took how long',
  took: 'Took',
  times: 'Times',
  upTo: (time: string): string => `up to ${time}`,
  longerThan: (time: string): string => `over ${time}`,
  latestYields: 'The latest',
  yieldColumns: { when: 'When', cause: 'Because of', time: 'Took', seen: 'Input seen' },
  yieldUnwatched: (time: string): string => `${time} until stopped`,
  loading: 'One moment …',

  jobs: 'What ran here',
  columns: { job: 'Job', state: 'State', cpu: 'CPU time', memory: 'Memory', earned: 'Earned', when: 'When' },
  jobState: (of: JobView['state']): string => jobState[of],
  noJobs: 'Nothing has run here yet.',
  noJobsHint: 'Jobs appear here as soon as a grid hands some out. You can also run the sample project.',
  runSample: 'Run the sample project',
  counts: (counts: { running: number; queued: number; done: number; failed: number }): string =>
    `${counts.running} running, ${counts.queued} queued, ${counts.done} done, ${counts.failed} failed`,
  shownOf: (shown: number, total: number): string => `The latest ${shown} of ${total} jobs.`,
  showAll: 'Show all',
  none: '–',

  justNow: 'just now',
  ago: (time: string): string => `${time} ago`,
  soon: 'in a moment',
  ahead: (time: string): string => `in ${time}`,
} as const;
