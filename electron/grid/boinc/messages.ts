import { z } from 'zod';
import type { Account } from '../../contract/grids.ts';
import { Said } from '../../contract/said.ts';

const Text = z.string().max(2000);
const Name = z.string().max(256);
const Amount = z.number().min(-1e15).max(1e15);
const Duration = z.number().min(0).max(1e12);
/** Epoch ms; null where the client says 0. */
const Time = z.int().min(0).max(8.64e15).nullable();

/** What a project says in `get_project_config.php` and on its master page. */
export const ProjectFacts = z.object({
  kind: z.enum(['project', 'manager']),
  /** The master URL that it names as its own, with a slash at its end. */
  url: z.string().max(500),
  /** Where accounts are asked for, when that is elsewhere on the same host: a scheme or path of its own. */
  accountsUrl: z.string().max(500).optional(),
  name: Name,
  platforms: z.array(Name).max(200),
  canCreateAccount: z.boolean(),
  usesName: z.boolean(),
  minPasswordLength: z.int().min(0).max(100),
  terms: z.string().max(100_000).nullable(),
  /** Its schedulers, from the master page, as URLs. */
  schedulers: z.array(z.string().max(500)).max(16),
  /** Of a manager: the key that its signatures are checked with. */
  signingKey: z.string().max(4000).nullable(),
});
export type ProjectFacts = z.infer<typeof ProjectFacts>;

export const SignedIn = z.object({
  key: z.string().max(256),
  /** A weak key can do nothing but compute. */
  weak: z.boolean(),
});
export type SignedIn = z.infer<typeof SignedIn>;

/** One `<account>` of a manager's reply whose signature is right. */
export const ManagedAccount = z.object({
  url: z.string().max(500),
  key: z.string().max(256),
  share: z.number().min(0).max(1_000_000).nullable(),
  /** null: it says nothing of that, and it stays as it is. */
  suspended: z.boolean().nullable(),
  noNewWork: z.boolean().nullable(),
  detach: z.boolean(),
  detachWhenDone: z.boolean(),
});
export type ManagedAccount = z.infer<typeof ManagedAccount>;

export const ManagerReply = z.object({
  name: Name,
  userName: Name,
  /** Handed back to it with the next request. */
  opaque: z.string().max(16_384).nullable(),
  signingKey: z.string().max(4000),
  repeatSeconds: z
    .number()
    .min(60)
    .max(30 * 86_400),
  accounts: z.array(ManagedAccount).max(64),
  /** Accounts that were refused, with the reason, for the person. */
  refused: z.array(z.object({ url: z.string().max(500), sentence: z.string().max(500), said: Said })).max(64),
});
export type ManagerReply = z.infer<typeof ManagerReply>;

/** `<result>` of the client with its `<active_task>`. All names are hostile text, cleaned and bounded. */
export const ClientTask = z.object({
  name: Name,
  application: Name,
  /** RESULT_* of BOINC's common_defs.h: 0 new, 1 downloading, 2 downloaded, 3 compute error, 4 uploading, 5 uploaded, 6 aborted, 7 upload failed. */
  state: z.int().min(0).max(100),
  /** CPU_SCHED_*: 0 uninitialized, 1 preempted, 2 scheduled; null: not active. */
  scheduled: z.int().min(0).max(100).nullable(),
  /** PROCESS_* of the active task: 0 uninitialized, 1 executing, 5 abort pending, 8 quit pending, 9 suspended, 10 copy pending. */
  process: z.int().min(0).max(100).nullable(),
  progress: z.number().min(0).max(1),
  cpuSeconds: Duration,
  checkpointCpuSeconds: Duration,
  elapsedSeconds: Duration,
  remainingSeconds: Duration.nullable(),
  memoryBytes: z.number().min(0).max(1e15),
  receivedAt: Time,
  deadline: Time,
  readyToReport: z.boolean(),
  serverAck: z.boolean(),
  suspended: z.boolean(),
  exitStatus: z.int().min(-0x80000000).max(0xffffffff),
});
export type ClientTask = z.infer<typeof ClientTask>;

export const ClientProject = z.object({
  url: z.string().max(500),
  name: Name,
  userName: Name,
  hostId: z.string().max(32).nullable(),
  userTotal: Amount,
  userRecent: Amount,
  hostTotal: Amount,
  hostRecent: Amount,
  suspended: z.boolean(),
  noNewWork: z.boolean(),
  /** A scheduler request is due or under way. */
  contactPending: z.boolean(),
  /** It backs off until then. */
  nextContactAt: Time,
  failedContacts: z.int().min(0).max(1_000_000),
});
export type ClientProject = z.infer<typeof ClientProject>;

export const ClientTransfer = z.object({
  file: Name,
  upload: z.boolean(),
  bytes: Duration,
  totalBytes: Duration,
  bytesPerSecond: Duration,
  retryAt: Time,
  retries: z.int().min(0).max(1_000_000),
});
export type ClientTransfer = z.infer<typeof ClientTransfer>;

export const ClientMessage = z.object({
  seqno: z
    .int()
    .min(0)
    .max(2 ** 31),
  at: Time,
  title: Name,
  text: Text,
  /** 1 info, 2 alert to the person, 3 internal error; 4 is ours: a notice. */
  priority: z.int().min(1).max(4),
});
export type ClientMessage = z.infer<typeof ClientMessage>;

/** Everything that one look at the client tells. */
export const ClientLook = z.object({
  projects: z.array(ClientProject).max(16),
  tasks: z.array(ClientTask).max(1000),
  transfers: z.array(ClientTransfer).max(200),
  /** Newer than what was asked for; at most the latest 200. */
  messages: z.array(ClientMessage).max(200),
  /** What all its files take, in bytes; null: not told. */
  diskBytes: Duration.nullable(),
});
export type ClientLook = z.infer<typeof ClientLook>;

/** Web verbs go through the gateway's Unix socket, which is an HTTP proxy with the list of what may be asked. */
interface Way {
  readonly gatewayPath: string;
  /** Certificates (PEM) of authorities to be trusted besides the public ones: the setting `network.authorities`. */
  readonly authorities: string | null;
}

/** What the worker `boinc` is asked, by verb. */
export interface Inputs {
  readonly lookup: Way & { readonly url: string };
  readonly signIn: Way & { readonly facts: ProjectFacts; readonly account: Account };
  readonly syncManager: Way & {
    readonly facts: ProjectFacts;
    readonly name: string;
    /** md5 (hex) of the password and the lower-case name, as BOINC has it. */
    readonly passwordHash: string;
    readonly opaque: string | null;
    /** A random name for this host, the same every time. */
    readonly hostCpid: string;
    readonly projects: readonly {
      readonly url: string;
      readonly name: string;
      readonly hostId: string | null;
      readonly share: number;
      readonly suspended: boolean;
      readonly noNewWork: boolean;
    }[];
  };
  /** RPC verbs speak to the one client behind the Unix socket given to `open`. */
  readonly open: { readonly socketPath: string; readonly password: string };
  readonly look: { readonly messagesAfter: number; readonly noticesAfter: number };
  readonly attach: { readonly url: string; readonly key: string; readonly name: string };
  readonly detach: { readonly url: string };
  readonly update: { readonly url: string };
  readonly setProject: { readonly url: string; readonly noNewWork: boolean; readonly suspended: boolean };
  readonly abortTask: { readonly url: string; readonly task: string };
  /** `never` suspends all computing softly; `always` is how it runs otherwise. */
  readonly runMode: { readonly mode: 'always' | 'never' };
  readonly networkMode: { readonly mode: 'always' | 'never' };
  /** The whole of `<global_preferences>`; in effect at once. */
  readonly setPreferences: { readonly xml: string };
  readonly quit: null;
}
export type Verb = keyof Inputs;

/** What it may answer, by verb: it has read a project's or a guest's bytes, so every value is parsed and bounded. */
export const answers = {
  lookup: ProjectFacts,
  signIn: SignedIn,
  syncManager: ManagerReply,
  open: z.object({ version: z.string().max(32) }),
  look: ClientLook,
  attach: z.null(),
  detach: z.null(),
  update: z.null(),
  setProject: z.null(),
  abortTask: z.null(),
  runMode: z.null(),
  networkMode: z.null(),
  setPreferences: z.null(),
  quit: z.null(),
} satisfies Record<Verb, z.ZodType>;
export type Answer<V extends Verb> = z.output<(typeof answers)[V]>;
