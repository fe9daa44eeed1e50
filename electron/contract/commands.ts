import { z } from 'zod';
import {
  ActivityDay,
  ActivityExport,
  ActivityList,
  ActivityListQuery,
  ActivityPage,
  ActivityPageQuery,
} from './activity.ts';
import { EarningsExport, EarningsQuery, EarningsReport } from './earnings.ts';
import type { Failure } from './failures.ts';
import {
  GridDetail,
  GridId,
  GridShare,
  GridView,
  JoinRequest,
  ListedProject,
  ManagerView,
  ProjectOffer,
  ProjectUrl,
} from './grids.ts';
import { Check, CheckId, FixReport, LogLine, LogQuery, Versions } from './health.ts';
import { JobDocument, JobId, JobStream } from './job.ts';
import { AttemptEntry, LedgerEntry, LedgerVerdict } from './ledger.ts';
import { HostName, NetworkReport, PortNumber } from './network.ts';
import { PolicyReport, PresenceReport, YieldReport } from './policy.ts';
import { EnrolmentSource, PoolJoin, PoolOffer } from './pool-views.ts';
import { EffectiveSetting, SettingKey } from './settings.ts';
import { Contribution, JobView, PauseLength, Snapshot } from './snapshot.ts';
import { UpdateView } from './update.ts';

export const JobDetail = z.strictObject({
  job: JobView,
  document: JobDocument,
  entries: z.array(AttemptEntry),
  /** Last bytes of the job's own output, at most 16 KiB each; hostile text. */
  stdout: z.string(),
  stderr: z.string(),
  /** Of which more came than the document's `limits.log`; the rest was dropped. */
  truncated: z.array(JobStream).readonly(),
});
export type JobDetail = z.infer<typeof JobDetail>;

/** What became of each field of a foreign preferences file. */
export const ImportReport = z.strictObject({
  taken: z.array(z.strictObject({ from: z.string(), value: z.string(), key: SettingKey, became: z.json() })),
  /** Locked, or not understood, with the reason. */
  refused: z.array(z.strictObject({ from: z.string(), value: z.string(), why: z.string() })),
  /** Fields that have no equal here. */
  unequalled: z.array(z.strictObject({ from: z.string(), value: z.string() })),
});
export type ImportReport = z.infer<typeof ImportReport>;

const nothing = z.strictObject({});

/**
 * Everything that the outside may ask, by name. `upload`: the client streams a tar to the host beside the
 * input; `download`: the host streams bytes back instead of an output value. The host never opens a path
 * that a client names. Both servers (`control/`) and all clients derive their types from this table.
 */
export const commands = {
  status: { input: nothing, output: Snapshot, stream: 'none' },
  pause: { input: z.strictObject({ length: PauseLength }), output: Contribution, stream: 'none' },
  resume: { input: nothing, output: Contribution, stream: 'none' },
  'jobs.list': {
    input: z.strictObject({ limit: z.int().min(1).max(1000).default(200) }),
    output: z.array(JobView),
    stream: 'none',
  },
  'jobs.show': { input: z.strictObject({ id: JobId }), output: JobDetail, stream: 'none' },
  /** Body: a tar with `job.json` and `in/…`. `dryRun` parses and answers without queueing. */
  'jobs.add': {
    input: z.strictObject({ dryRun: z.boolean().default(false) }),
    output: z.strictObject({
      id: JobId.nullable(),
      document: JobDocument,
      inputFiles: z.int(),
      inputBytes: z.int(),
    }),
    stream: 'upload',
  },
  /** Answer: a tar with `out/…`, `stdout`, `stderr`. */
  'jobs.result': { input: z.strictObject({ id: JobId }), output: z.null(), stream: 'download' },
  'jobs.abort': { input: z.strictObject({ id: JobId }), output: JobView, stream: 'none' },
  /** Queues the sample project (the option book) once more. */
  'jobs.sample': { input: nothing, output: z.array(JobView), stream: 'none' },
  'ledger.list': {
    input: z.strictObject({
      limit: z.int().min(1).max(1000).default(50),
      /** Entries with a smaller seq only: newest first, page by page. */
      before: z.int().min(1).optional(),
    }),
    output: z.array(LedgerEntry),
    stream: 'none',
  },
  'ledger.verify': { input: nothing, output: LedgerVerdict, stream: 'none' },
  'ledger.export': {
    input: z.strictObject({ format: z.enum(['csv', 'json']) }),
    output: z.null(),
    stream: 'download',
  },
  /** What was earned, by grid and unit, and what it took; `bad-request` for more than 400 periods. */
  'earnings.report': { input: EarningsQuery, output: EarningsReport, stream: 'none' },
  /** The same as a statement. */
  'earnings.export': { input: EarningsExport, output: z.null(), stream: 'download' },
  /** What ran and what it reached: entries that fit a filter, the newest first, page after page. */
  'activity.list': { input: ActivityListQuery, output: ActivityList, stream: 'none' },
  /** The same by index, for a table that jumps. */
  'activity.page': { input: ActivityPageQuery, output: ActivityPage, stream: 'none' },
  /** What the computer did on a day, from minute to minute; kept for 400 days. */
  'activity.day': { input: z.strictObject({ day: z.iso.date() }), output: ActivityDay, stream: 'none' },
  /** Entries that fit a filter, the oldest first, in the form of `ledger.export`. */
  'activity.export': { input: ActivityExport, output: z.null(), stream: 'download' },
  /** The rules in force, each with its source, what they allow now, and every signal. */
  'policy.explain': { input: nothing, output: PolicyReport, stream: 'none' },
  'settings.list': { input: nothing, output: z.array(EffectiveSetting), stream: 'none' },
  /** Sets a value of the person's; `setting-locked`, `setting-reserved`, `setting-unknown`, `setting-invalid`. Answers what is in force. */
  'settings.set': {
    input: z.strictObject({ key: z.string().max(64), value: z.json() }),
    output: EffectiveSetting,
    stream: 'none',
  },
  /** Takes the person's value away, so that the layer below speaks. */
  'settings.unset': {
    input: z.strictObject({ key: z.string().max(64) }),
    output: EffectiveSetting,
    stream: 'none',
  },
  /** Takes what it can of BOINC's preferences (XML). `dryRun` tells without setting anything. */
  'settings.import-boinc': {
    input: z.strictObject({ xml: z.string().max(256 * 1024), dryRun: z.boolean().default(false) }),
    output: ImportReport,
    stream: 'none',
  },
  'yields.report': { input: nothing, output: YieldReport, stream: 'none' },
  /** What a desktop session says of its person, where the host has no sensor of its own. */
  'presence.report': { input: PresenceReport, output: z.null(), stream: 'none' },
  'grids.list': { input: nothing, output: z.array(GridView), stream: 'none' },
  'grids.show': { input: z.strictObject({ id: GridId }), output: GridDetail, stream: 'none' },
  /** The public projects that Gleaner knows of; asks nobody. */
  'grids.known': { input: nothing, output: z.array(ListedProject), stream: 'none' },
  /** Asks the project (or account manager) at this address what it is. `allowPrivate`: it may be on a private network. */
  'grids.lookup': {
    input: z.strictObject({ url: ProjectUrl, allowPrivate: z.boolean().default(false) }),
    output: ProjectOffer,
    stream: 'none',
  },
  /** Signs in and joins; the VM attaches as soon as it may run. */
  'grids.join': { input: JoinRequest, output: GridView, stream: 'none' },
  /** What an enrolment of a company's pool means; nothing is joined. `enrolment-invalid`. */
  'pools.lookup': { input: z.strictObject({ from: EnrolmentSource }), output: PoolOffer, stream: 'none' },
  /** Joins it: the VM connects as soon as it may run. */
  'pools.join': { input: PoolJoin, output: GridView, stream: 'none' },
  /** Detaches, and deletes the project's disk with all that is on it; a pool's jobs are handed back first. */
  'grids.leave': { input: z.strictObject({ id: GridId }), output: z.null(), stream: 'none' },
  /** Asks the project for news and work as soon as its VM runs. */
  'grids.update': { input: z.strictObject({ id: GridId }), output: GridView, stream: 'none' },
  'grids.set': {
    input: z.strictObject({
      id: GridId,
      share: GridShare.optional(),
      noNewWork: z.boolean().optional(),
      suspended: z.boolean().optional(),
    }),
    output: GridView,
    stream: 'none',
  },
  /** Aborts one task of a project. */
  'grids.abort-task': {
    input: z.strictObject({ id: GridId, task: z.string().min(1).max(256) }),
    output: z.null(),
    stream: 'none',
  },
  /** Lets a grid's VM speak to one more place. `private`: on the company's network. */
  'grids.allow': {
    input: z.strictObject({
      id: GridId,
      host: HostName,
      port: PortNumber,
      private: z.boolean().default(false),
    }),
    output: GridDetail,
    stream: 'none',
  },
  /** Takes back what `grids.allow` gave. */
  'grids.forbid': {
    input: z.strictObject({ id: GridId, host: HostName, port: PortNumber }),
    output: GridDetail,
    stream: 'none',
  },
  /** Joins an account manager: it names the projects. The password is hashed at once and kept only so. */
  'manager.join': {
    input: z.strictObject({
      url: ProjectUrl,
      name: z.string().min(1).max(254),
      password: z.string().min(1).max(256),
      allowPrivate: z.boolean().default(false),
    }),
    output: ManagerView,
    stream: 'none',
  },
  'manager.sync': { input: nothing, output: ManagerView, stream: 'none' },
  /** Leaves it, and the projects that it named when `leaveProjects`. */
  'manager.leave': {
    input: z.strictObject({ leaveProjects: z.boolean() }),
    output: z.null(),
    stream: 'none',
  },
  'network.report': { input: nothing, output: NetworkReport, stream: 'none' },
  /**
   * The name and password for the proxy that is set, or else the one that asked last, kept with the host's secrets;
   * null forgets them. Rejects `proxy-refused` when no proxy is known to want any.
   */
  'network.proxy-login': {
    input: z.strictObject({
      login: z.strictObject({ name: z.string().min(1).max(254), password: z.string().max(256) }).nullable(),
    }),
    output: z.null(),
    stream: 'none',
  },
  /** Builds the guest images anew when newer packages are to be had; in use from each VM's next start. */
  'appliance.update': {
    input: nothing,
    output: z.strictObject({
      updated: z.boolean(),
      /** Epoch ms at which the images in use were made. */
      builtAt: z.int().nullable(),
      packages: z.array(z.strictObject({ name: z.string(), from: z.string().nullable(), to: z.string() })),
    }),
    stream: 'none',
  },
  /** Looks at everything that Gleaner needs; what was missing and is there now is taken up at once. */
  doctor: { input: nothing, output: z.array(Check), stream: 'none' },
  /**
   * Mends what can be mended without an administrator, or looks again at what cannot, and answers when that is done;
   * `wrong-phase` while the same is mended already, and what the work itself fails with.
   */
  'doctor.fix': { input: z.strictObject({ id: CheckId }), output: FixReport, stream: 'none' },
  /** Ends a fix that can be ended: it answers `cancelled`. `wrong-phase` when there is none. */
  'doctor.cancel': { input: z.strictObject({ id: CheckId }), output: z.null(), stream: 'none' },
  /** Looks for a newer version of Gleaner now, and downloads it; answers once it has looked. `update-off`, `update-unreachable`, `update-refused`. */
  'update.check': { input: nothing, output: UpdateView, stream: 'none' },
  /**
   * Consents to a restart into the newer version, as soon as no work is lost by it. `handBack`: pools' jobs are handed back
   * rather than waited for. `update-off`; `wrong-phase` when nothing was downloaded.
   */
  'update.install': {
    input: z.strictObject({ handBack: z.boolean().default(false) }),
    output: UpdateView,
    stream: 'none',
  },
  /** Ends its download, or takes the consent back; `wrong-phase` when there is neither. */
  'update.cancel': { input: nothing, output: UpdateView, stream: 'none' },
  versions: { input: nothing, output: Versions, stream: 'none' },
  /** The newest lines of the host's log, the oldest of them first. */
  'logs.tail': { input: LogQuery, output: z.array(LogLine), stream: 'none' },
  /** Answer: a tar.gz for whoever helps, without secrets and names; what is in it says its README.txt. */
  'support.bundle': { input: nothing, output: z.null(), stream: 'download' },
} as const satisfies Record<
  string,
  { input: z.ZodType; output: z.ZodType; stream: 'none' | 'upload' | 'download' }
>;

export type Commands = typeof commands;
export type CommandName = keyof Commands;
export type CommandInput<N extends CommandName> = z.input<Commands[N]['input']>;
export type CommandParsed<N extends CommandName> = z.output<Commands[N]['input']>;
export type CommandOutput<N extends CommandName> = z.output<Commands[N]['output']>;

export type PlainCommandName = {
  [N in CommandName]: Commands[N]['stream'] extends 'none' ? N : never;
}[CommandName];
export type UploadCommandName = {
  [N in CommandName]: Commands[N]['stream'] extends 'upload' ? N : never;
}[CommandName];
export type DownloadCommandName = {
  [N in CommandName]: Commands[N]['stream'] extends 'download' ? N : never;
}[CommandName];

/** What every command answers on the wire. */
export type Answer<T> = { ok: true; value: T } | { ok: false; failure: Failure };

/** Events: at most 4 per second, only while somebody listens. */
export const HostEvent = z.strictObject({ type: z.literal('snapshot'), snapshot: Snapshot });
export type HostEvent = z.infer<typeof HostEvent>;

/**
 * What a host offers to the two servers and to the shell. Inputs are parsed by the caller (a server parses
 * what came over the wire by the table); every method rejects with a `GleanerError`.
 */
export interface HostApi {
  call<N extends PlainCommandName>(name: N, input: CommandParsed<N>): Promise<CommandOutput<N>>;
  upload<N extends UploadCommandName>(
    name: N,
    input: CommandParsed<N>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<N>>;
  download<N extends DownloadCommandName>(
    name: N,
    input: CommandParsed<N>,
  ): Promise<AsyncIterable<Uint8Array>>;
  /** Calls `listener` with the Snapshot at once and with every new one, at most 4 per second; returns the way to stop. */
  subscribe(listener: (event: HostEvent) => void): () => void;
}
