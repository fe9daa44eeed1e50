import type {
  GridDetail,
  GridView,
  KnownProject,
  ManagerView,
  ProjectOffer,
  TaskView,
} from '../../electron/contract/grids.ts';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';
import type { Denial } from '../../electron/contract/network.ts';
import { plainly } from '../../electron/contract/said.ts';

/** 2026-03-01T12:00:00Z: every fake figure is told from here. */
export const fakeNow = Date.UTC(2026, 2, 1, 12);

const MiB = 1024 * 1024;
const GiB = 1024 * MiB;

/** The embedded grid. */
export function fakeLocalGrid(changes: Partial<GridView> = {}): GridView {
  return {
    id: 'local',
    kind: 'local',
    name: 'This computer',
    url: null,
    state: 'working',
    sentence: 'A job runs.',
    said: plainly('grid.job-runs'),
    managedBy: null,
    share: 100,
    noNewWork: false,
    suspended: false,
    unreported: 0,
    credit: null,
    failure: null,
    queued: 9,
    running: 1,
    done: 3,
    failed: 0,
    aborted: 0,
    ...changes,
  };
}

/** A joined project, in the middle of its work. */
export function fakeGrid(changes: Partial<GridView> = {}): GridView {
  return {
    id: 'boinc-orchard',
    kind: 'boinc',
    name: 'Prime Orchard',
    url: 'https://orchard.example.org/',
    state: 'working',
    sentence: 'It computes 2 tasks.',
    said: { code: 'grid.computes', values: { tasks: 2 } },
    managedBy: null,
    share: 100,
    noNewWork: false,
    suspended: false,
    unreported: 0,
    credit: { hostTotal: 1204.31, hostRecent: 41.7, userTotal: 88_410.5, userRecent: 512.2 },
    failure: null,
    queued: 1,
    running: 2,
    done: 14,
    failed: 1,
    aborted: 0,
    ...changes,
  };
}

export function fakeTask(changes: Partial<TaskView> = {}): TaskView {
  return {
    name: 'sieve_40961_17_0',
    application: 'Sieve 2.04',
    state: 'running',
    progress: 0.61,
    cpuSeconds: 5120,
    elapsedSeconds: 5410,
    remainingSeconds: 3300,
    deadline: fakeNow + 5 * 86_400_000,
    receivedAt: fakeNow - 7_200_000,
    sinceCheckpointSeconds: 94,
    words: null,
    said: null,
    ...changes,
  };
}

export function fakeDenial(changes: Partial<Denial> = {}): Denial {
  return {
    grid: 'boinc-orchard',
    host: 'mirror.example.net',
    port: 443,
    reason: 'not-listed',
    sentence: '“mirror.example.net:443” is not on the list of what this grid may contact.',
    said: { code: 'denial.not-listed', values: { place: 'mirror.example.net:443' } },
    firstAt: fakeNow - 3_600_000,
    lastAt: fakeNow - 120_000,
    count: 4,
    allowable: true,
    ...changes,
  };
}

export function fakeDetail(changes: Partial<GridDetail> = {}): GridDetail {
  return {
    grid: fakeGrid(),
    seenAt: fakeNow - 4000,
    tasks: [
      fakeTask(),
      fakeTask({
        name: 'sieve_40961_18_0',
        progress: 0.08,
        cpuSeconds: 640,
        elapsedSeconds: 700,
        sinceCheckpointSeconds: null,
      }),
      fakeTask({
        name: 'sieve_40961_19_0',
        state: 'ready',
        progress: 0,
        cpuSeconds: 0,
        elapsedSeconds: 0,
        sinceCheckpointSeconds: null,
      }),
    ],
    messages: [
      {
        at: fakeNow - 60_000,
        title: '',
        text: 'Scheduler request completed: got 1 new tasks',
        priority: 'info',
      },
      {
        at: fakeNow - 86_400_000,
        title: 'Work for the spring',
        text: 'A new series of sieves starts on Monday.',
        priority: 'notice',
      },
    ],
    transfers: [
      {
        file: 'sieve_40961_20.in',
        direction: 'down',
        bytes: 3 * MiB,
        totalBytes: 12 * MiB,
        bytesPerSecond: 410 * 1024,
        words: null,
        said: null,
      },
    ],
    diskBytes: 410 * MiB,
    diskLimitBytes: 4 * GiB,
    hostId: '88123',
    userName: 'volunteer',
    weakKey: true,
    contacts: [
      { host: 'orchard.example.org', port: 443, source: 'project', private: false },
      { host: 'files.orchard.example.org', port: 443, source: 'project', private: false },
    ],
    contacted: [
      {
        grid: 'boinc-orchard',
        host: 'orchard.example.org',
        sent: 412_000,
        received: 2_900_000,
        lastAt: fakeNow - 60_000,
      },
      {
        grid: 'boinc-orchard',
        host: 'files.orchard.example.org',
        sent: 61_000,
        received: 148 * MiB,
        lastAt: fakeNow - 300_000,
      },
    ],
    denials: [fakeDenial()],
    pool: null,
    ...changes,
  };
}

const known = (name: string, area: string, about: string, verified = false): KnownProject => {
  const host = `${name.toLowerCase().replaceAll(' ', '-')}.example.org`;
  return {
    url: `https://${host}/`,
    name,
    about,
    area,
    hosts: [{ host: `files.${host}`, port: 443 }],
    source: 'the project’s pages',
    asOf: '2025-03-01',
    verified,
  };
};

/** Projects that exist nowhere. */
export const fakeKnown: readonly KnownProject[] = [
  known('Prime Orchard', 'Mathematics', 'Looks for large primes of rare shapes.', true),
  known('Knot Atlas', 'Mathematics', 'Sorts knots by their invariants.'),
  known('Protein Loom', 'Biology and medicine', 'Folds proteins that are hard to see in the laboratory.'),
  known('Fever Map', 'Biology and medicine', 'Models how malaria spreads, and what would stop it.'),
  known('Quiet Sky', 'Astronomy', 'Listens for pulsars in old recordings of radio telescopes.', true),
  known('Tide Tables', 'Climate', 'Runs models of the oceans a hundred years ahead.'),
];

export function fakeOffer(changes: Partial<ProjectOffer> = {}): ProjectOffer {
  const [first] = fakeKnown;
  const url = changes.url ?? first?.url ?? '';
  const project = fakeKnown.find((candidate) => candidate.url === url) ?? null;
  const { hostname } = new URL(url);
  return {
    url,
    name: project?.name ?? hostname,
    kind: 'project',
    platforms: ['x86_64-pc-linux-gnu', 'windows_x86_64', 'x86_64-apple-darwin'],
    runsHere: true,
    canCreateAccount: true,
    usesName: false,
    minPasswordLength: 8,
    terms: null,
    contacts: [
      { host: hostname, port: 443, source: 'project', private: false },
      ...(project?.hosts ?? []).map((place) => ({ ...place, source: 'project' as const, private: false })),
    ],
    needsPrivate: false,
    diskBytes: 4 * GiB,
    memoryBytes: 768 * MiB,
    known: project,
    ...changes,
  };
}

export function fakeManager(changes: Partial<ManagerView> = {}): ManagerView {
  return {
    url: 'https://united.example.org/',
    name: 'Science Together',
    userName: 'volunteer',
    syncedAt: fakeNow - 1_800_000,
    nextAt: fakeNow + 82_800_000,
    failure: null,
    refused: [],
    ...changes,
  };
}

const digest = `sha256:${'ab'.repeat(32)}`;
const entry = (seq: number, body: LedgerEntry['body']): LedgerEntry => ({
  seq,
  bookedAt: body.endedAt,
  body,
  personal: null,
  previous: '0'.repeat(64),
  hash: 'c'.repeat(64),
});

/** A rise of what a project says that it credits this computer. */
export function fakeCreditEntry(seq = 2, from = 1192.01, to = 1204.31): LedgerEntry {
  return entry(seq, {
    kind: 'credit',
    grid: 'boinc-orchard',
    job: `credit:88123:${from}:${to}`,
    attempt: 1,
    startedAt: fakeNow - 600_000,
    endedAt: fakeNow - 600_000,
    hosts: [],
    personalDigest: digest,
    hostId: '88123',
    from,
    to,
    credit: { amount: Math.round((to - from) * 100) / 100, unit: 'credit', status: 'observed' },
  });
}

/** What a project's VM moved in a while. */
export function fakeNetworkEntry(seq = 3): LedgerEntry {
  return entry(seq, {
    kind: 'network',
    grid: 'boinc-orchard',
    job: `network:${fakeNow - 900_000}`,
    attempt: 1,
    startedAt: fakeNow - 900_000,
    endedAt: fakeNow - 300_000,
    hosts: [{ host: 'orchard.example.org', sent: 41_200, received: 290_000 }],
    personalDigest: digest,
    denied: 2,
    credit: null,
  });
}
