import { z } from 'zod';
import { Failure } from './failures.ts';
import { Contact, Denial, HostTraffic } from './network.ts';
import { PoolDetail } from './pool-views.ts';
import { Said } from './said.ts';

/** Epoch milliseconds. */
const time = z.int();

/** `local`, or `boinc-` or `condor-` and a name made from the project's address or the pool's domain. Names its VM, too. */
export const GridId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);
export const GridKind = z.enum(['local', 'boinc', 'condor']);
export type GridKind = z.infer<typeof GridKind>;

/** The address of a project or an account manager, as a person types it. */
export const ProjectUrl = z.string().min(1).max(500);
/** Relative weight among grids: CPU time over 24 hours is divided by it. */
export const GridShare = z.number().min(0).max(1_000_000);

/**
 * `joining`: not attached yet; `working`: tasks run; `waiting`: nothing to do, or not its turn; `suspended` by the
 * person; `leaving`: detaching; `attention`: something that the person should look at.
 */
export const GridState = z.enum(['joining', 'working', 'waiting', 'suspended', 'leaving', 'attention']);
export type GridState = z.infer<typeof GridState>;

/** As the project tells it; in its own unit, never added to another's. null: not told yet. */
export const ProjectCredit = z.strictObject({
  hostTotal: z.number().nullable(),
  hostRecent: z.number().nullable(),
  userTotal: z.number().nullable(),
  userRecent: z.number().nullable(),
});
export type ProjectCredit = z.infer<typeof ProjectCredit>;

export const GridView = z.strictObject({
  id: GridId,
  kind: GridKind,
  name: z.string(),
  /** The project's address, or that of a pool's catalog; null for the embedded grid. */
  url: z.string().nullable(),
  state: GridState,
  /** One sentence: what it does and why. */
  sentence: z.string(),
  said: Said,
  /** Who decides about it, when that is not the person: an account manager's or an organization's name. */
  managedBy: z.string().nullable(),
  share: GridShare,
  /** No new tasks are fetched; those at hand are finished. */
  noNewWork: z.boolean(),
  /** By the person; whatever else is the matter with it, see `state`. */
  suspended: z.boolean(),
  credit: ProjectCredit.nullable(),
  failure: Failure.nullable(),
  queued: z.int(),
  running: z.int(),
  /** Results that are finished, but not reported to the project yet. */
  unreported: z.int(),
  done: z.int(),
  failed: z.int(),
  aborted: z.int(),
});
export type GridView = z.infer<typeof GridView>;

/** A public project that Gleaner knows of, as data with a date and a source. */
export const KnownProject = z.strictObject({
  url: z.string(),
  name: z.string(),
  /** What it computes, in a sentence. */
  about: z.string(),
  area: z.string(),
  /** What its tasks need to reach besides the project's own address. */
  hosts: z.array(z.strictObject({ host: z.string(), port: z.int() })),
  source: z.string(),
  /** ISO date. */
  asOf: z.string(),
  /** Whether somebody has looked at it while making this list; else it is from memory. */
  verified: z.boolean(),
});
export type KnownProject = z.infer<typeof KnownProject>;

/** As `grids.known` lists it. */
export const ListedProject = KnownProject.extend({
  /** Whether the settings of this computer let it be joined; see `grids.permitted`. */
  permitted: z.boolean(),
});
export type ListedProject = z.infer<typeof ListedProject>;

/** What a project says of itself, and what joining it means. */
export const ProjectOffer = z.strictObject({
  /** The master URL that it names as its own. */
  url: z.string(),
  name: z.string(),
  kind: z.enum(['project', 'manager']),
  /** Names of its platforms; hostile text. */
  platforms: z.array(z.string()),
  /** Whether it has something for the VM's platform; null: it does not tell. */
  runsHere: z.boolean().nullable(),
  /** Whether an account can be made from here. */
  canCreateAccount: z.boolean(),
  /** Whether an account's name is no e-mail address. */
  usesName: z.boolean(),
  minPasswordLength: z.int().min(0).max(100),
  /** Its terms, to be agreed to by who makes an account; hostile text. */
  terms: z.string().nullable(),
  /** What its VM may contact when it is joined; the person consents to exactly these. */
  contacts: z.array(Contact),
  /** Some of the contacts are on a private network: joining says so in `allowPrivate`. */
  needsPrivate: z.boolean(),
  /** Largest size that its disk may grow to, and memory of its VM. */
  diskBytes: z.int(),
  memoryBytes: z.int(),
  known: KnownProject.nullable(),
});
export type ProjectOffer = z.infer<typeof ProjectOffer>;

/** How to sign in. Passwords are hashed in the host, used once, never stored or logged. */
export const Account = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('key'),
    key: z.string().regex(/^[A-Za-z0-9_-]{16,256}$/, 'an account key is 32 or more letters and digits'),
  }),
  z.strictObject({
    kind: z.literal('login'),
    email: z.string().min(1).max(254),
    password: z.string().min(1).max(256),
  }),
  z.strictObject({
    kind: z.literal('create'),
    email: z.string().min(3).max(254),
    password: z.string().min(1).max(256),
    name: z.string().min(1).max(100),
    /** The person has read the terms, where there are some. */
    agreed: z.boolean(),
  }),
]);
export type Account = z.infer<typeof Account>;

export const JoinRequest = z.strictObject({
  /** Of the offer. */
  url: ProjectUrl,
  account: Account,
  /** Exactly the contacts of the offer that the person has seen: `consent-required` when they are others now. */
  contacts: z.array(z.strictObject({ host: z.string().max(260), port: z.int() })).max(64),
  allowPrivate: z.boolean().default(false),
  share: GridShare.default(100),
});
export type JoinRequest = z.infer<typeof JoinRequest>;

export const TaskState = z.enum([
  'downloading',
  'ready',
  'running',
  'waiting',
  'uploading',
  'reporting',
  'done',
  'failed',
  'aborted',
]);
export type TaskState = z.infer<typeof TaskState>;

/** One task of a project. All names and words are hostile text. Times are epoch ms, durations seconds. */
export const TaskView = z.strictObject({
  name: z.string(),
  application: z.string(),
  state: TaskState,
  /** 0…1. */
  progress: z.number().min(0).max(1),
  cpuSeconds: z.number().min(0),
  elapsedSeconds: z.number().min(0),
  remainingSeconds: z.number().min(0).nullable(),
  deadline: time.nullable(),
  receivedAt: time.nullable(),
  /** CPU seconds since its last checkpoint: what would be lost. */
  sinceCheckpointSeconds: z.number().min(0).nullable(),
  /** Why it failed or waits; null: nothing to say. */
  words: z.string().nullable(),
  said: Said.nullable(),
});
export type TaskView = z.infer<typeof TaskView>;

export const ProjectMessage = z.strictObject({
  at: time,
  /** Of a notice; empty for a plain message. */
  title: z.string(),
  text: z.string(),
  priority: z.enum(['info', 'alert', 'error', 'notice']),
});
export type ProjectMessage = z.infer<typeof ProjectMessage>;

export const TransferView = z.strictObject({
  file: z.string(),
  direction: z.enum(['up', 'down']),
  bytes: z.number().min(0),
  totalBytes: z.number().min(0),
  bytesPerSecond: z.number().min(0),
  /** Why it waits, and until when; null: it goes on. */
  words: z.string().nullable(),
  said: Said.nullable(),
});
export type TransferView = z.infer<typeof TransferView>;

/** `grids.show`: all that is known of one grid. */
export const GridDetail = z.strictObject({
  grid: GridView,
  /** When it was asked last what it does (the VM may not run now). */
  seenAt: time.nullable(),
  tasks: z.array(TaskView),
  messages: z.array(ProjectMessage),
  transfers: z.array(TransferView),
  /** What its files take in its VM, and the most that they may. */
  diskBytes: z.number().nullable(),
  diskLimitBytes: z.number().nullable(),
  /** Its number for this computer, and the account's name. */
  hostId: z.string().nullable(),
  userName: z.string().nullable(),
  /** Whether the key in its VM is the weak one, which can do nothing but compute; null for the embedded grid. */
  weakKey: z.boolean().nullable(),
  contacts: z.array(Contact),
  contacted: z.array(HostTraffic),
  denials: z.array(Denial),
  /** null for a grid that is no pool. */
  pool: PoolDetail.nullable(),
});
export type GridDetail = z.infer<typeof GridDetail>;

/** An account manager that decides which projects are joined. */
export const ManagerView = z.strictObject({
  url: z.string(),
  name: z.string(),
  userName: z.string(),
  /** Epoch ms; null: never yet. */
  syncedAt: time.nullable(),
  nextAt: time.nullable(),
  failure: Failure.nullable(),
  /** Projects that it names and that are not joined, each with the reason. */
  refused: z.array(z.strictObject({ url: z.string(), sentence: z.string(), said: Said })),
});
export type ManagerView = z.infer<typeof ManagerView>;
