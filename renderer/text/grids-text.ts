import type { GridState, TaskState, TransferView } from '../../electron/contract/grids.ts';
import type { ContactSource, DenialReason } from '../../electron/contract/network.ts';
import { plain } from './plain.ts';

const gridState: Readonly<Record<GridState, string>> = {
  joining: 'Joining',
  working: 'Working',
  waiting: 'Waiting',
  suspended: 'Paused',
  leaving: 'Leaving',
  attention: 'Needs attention',
};

const taskState: Readonly<Record<TaskState, string>> = {
  downloading: 'Loading',
  ready: 'Ready',
  running: 'Running',
  waiting: 'Waiting',
  uploading: 'Sending',
  reporting: 'Reporting',
  done: 'Done',
  failed: 'Failed',
  aborted: 'Aborted',
};

const contactSource: Readonly<Record<ContactSource, string>> = {
  project: 'named by the project',
  person: 'allowed by you',
  organization: 'set by your organization',
};

const denialReason: Readonly<Record<DenialReason, string>> = {
  'not-listed': 'Not on its list',
  'own-address': 'This computer itself',
  'private-address': 'On a private network',
  'wildcard-behind-proxy': 'No exact name',
  'bad-request': 'Not a proper request',
  'too-many': 'Too many at a time',
  metered: 'Billed by volume',
  'quota-day': 'Daily limit',
  'quota-month': 'Monthly limit',
};

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** The words of the grids' page, and of grids elsewhere. */
export const gridsText = {
  grids: 'Grids',
  join: 'Join a project',
  welcome: 'Welcome page',
  joinedAlready: 'Joined',
  noneTitle: 'No project is joined yet.',
  noneHint: 'Join a public project, or an account manager that chooses projects for you.',

  state: (of: GridState): string => gridState[of],
  managedBy: (name: string): string =>
    `Chosen by ${plain(name)}, which also decides about its share and when it ends.`,
  credit: 'Credit here',
  creditRecent: 'Recent average',
  accountCredit: 'Credit of account',
  creditUnknown: 'Not told yet',
  finished: 'Finished tasks',
  finishedWords: (done: number, failed: number, aborted: number): string =>
    [
      `${done}`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      ...(aborted > 0 ? [`${aborted} aborted`] : []),
    ].join(' · '),
  taskProgress: (title: string): string => `Progress of ${plain(title)}`,

  share: 'Share',
  shareHint: 'of CPU time, beside the others',
  noNewWork: 'No new work',
  noNewWorkHint: 'finish what is here',
  pause: 'Pause',
  pauseLabel: (name: string): string => `Pause ${plain(name)}`,
  resume: 'Go on',
  resumeLabel: (name: string): string => `Let ${plain(name)} go on`,
  update: 'Update',
  updateLabel: (name: string): string => `Update ${plain(name)}: ask for news and work`,
  leave: 'Leave …',
  leaveLabel: (name: string): string => `Leave ${plain(name)}`,
  leaveTitle: (name: string): string => `Leave ${plain(name)}?`,
  leaveLoses: (tasks: number): string =>
    tasks === 0
      ? 'Its disk is deleted with all that is on it. Credit that you have stays with your account there.'
      : `Its disk is deleted, and with it ${plural(tasks, 'task that is', 'tasks that are')} not finished or not reported yet. Credit that you have stays with your account there.`,
  leaveConfirm: 'Leave',
  cancel: 'Cancel',

  details: 'Details',
  detailsLabel: (name: string): string => `Details of ${plain(name)}`,
  seen: (when: string): string => `As seen ${when}.`,
  neverSeen: 'It has not been asked yet.',
  tasks: 'Tasks',
  noTasks: 'It has no tasks now.',
  taskColumns: {
    task: 'Task',
    state: 'State',
    cpu: 'CPU time',
    deadline: 'Due',
    checkpoint: 'Since checkpoint',
    action: 'Abort',
  },
  taskState: (of: TaskState): string => taskState[of],
  abort: 'Abort',
  abortLabel: (name: string): string => `Abort ${plain(name)}`,
  abortTitle: 'Abort this task?',
  abortLoses: (words: string): string => `Its ${words} of CPU time are lost, and earn nothing.`,
  abortConfirm: 'Abort it',
  transfers: 'Transfers',
  direction: (of: TransferView['direction']): string => (of === 'up' ? 'Sends' : 'Loads'),
  transferRate: (done: string, total: string, rate: string): string => `${done} of ${total}, ${rate}/s`,
  transferWaits: (done: string, total: string): string => `${done} of ${total}`,
  messages: 'Messages',
  noMessages: 'It has said nothing yet.',

  project: 'About the project',
  address: 'Address',
  account: 'Account',
  hostId: 'This computer there',
  disk: 'Disk',
  diskOf: (used: string, most: string): string => `${used} of at most ${most}`,
  key: 'Key in its machine',
  weakKey: 'A weak one: it can only compute',
  fullKey: 'Your account’s own: this project has no weak one',

  contacts: 'What it may contact',
  contactsHint: 'Nothing else. The company’s network only where it says so, this computer never.',
  contactSource: (of: ContactSource): string => contactSource[of],
  onCompanyNetwork: 'on your company’s network',
  forbid: 'Forbid',
  forbidLabel: (place: string): string => `Forbid ${plain(place)}`,
  contacted: 'What it contacted',
  contactedNothing: 'Nothing yet.',
  traffic: (sent: string, received: string): string => `${sent} sent, ${received} received`,
  trafficColumns: { host: 'Host', sent: 'Sent', received: 'Received', last: 'Last' },

  denials: 'What it was refused',
  denialReason: (of: DenialReason): string => denialReason[of],
  denialTimes: (count: number, when: string): string =>
    count === 1 ? when : `${count} times, the last ${when}`,
  allow: 'Allow …',
  allowLabel: (place: string): string => `Allow ${plain(place)}`,
  allowTitle: (place: string): string => `Allow ${plain(place)}?`,
  allowMeans: (name: string): string =>
    `Every task of ${plain(name)} may then speak to it. Allow it only if the project says that it needs it.`,
  allowPrivate: 'It is on my company’s network',
  allowConfirm: 'Allow',

  deniedLately: (name: string, place: string): string =>
    `${plain(name)} wanted to reach ${plain(place)} and was refused.`,
  deniedMore: (count: number): string => `And ${plural(count, 'other place', 'other places')}.`,
  deniedSee: 'See why',

  managerTitle: (name: string): string => `Account manager: ${plain(name)}`,
  managerAccount: (name: string): string => `Signed in as ${plain(name)}`,
  managerSynced: (when: string): string => `Asked ${when}`,
  managerNever: 'Not asked yet',
  managerNext: (when: string): string => `asked again ${when}`,
  managerRefused: 'Named by it and not joined',
  sync: 'Ask it now',
  managerLeaveTitle: (name: string): string => `Leave ${plain(name)}?`,
  managerLeaves: 'It chooses nothing any more. Projects that it chose stay, and are yours to decide about.',
  managerLeaveProjects: 'Leave those projects too; their disks are deleted',

  network: 'Network',
  networkToday: 'Today',
  networkMonth: 'This month',
  ofLimit: (used: string, limit: string | null): string => (limit === null ? used : `${used} of ${limit}`),
  networkProxy: 'Proxy',
  noProxy: 'None',
  systemProxy: 'As the system',
  networkMetered: 'This network is billed by volume.',
  networkHosts: 'Hosts of the last 30 days',
  lookups: 'Asked before joining',
  networkNothing: 'Nothing went over the network in the last 30 days.',

  observed: 'observed',
  observedHint: 'Observed: read off the project, which signs nothing.',
  pendingNoFigure: 'pending',
  due: 'Due',
  dueAt: (when: string): string => `due ${when}`,
  creditChanges: 'Credit, as the projects tell it',
  creditChangesNone: 'No project has told of any credit yet.',
  creditColumns: { when: 'When', project: 'Project', change: 'Change', total: 'Now' },
} as const;
