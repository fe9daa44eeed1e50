import { createReadStream } from 'node:fs';
import {
  type CommandOutput,
  type CommandParsed,
  type DownloadCommandName,
  GleanerError,
  type PauseLength,
  type PlainCommandName,
  type Updates,
  type UploadCommandName,
} from '../contract/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SettingsStore } from '../settings/store.ts';
import type { Doctor } from './doctor-desk.ts';
import type { Grids } from './grids.ts';
import { tailLog } from './logs.ts';
import type { recordCalls } from './record-calls.ts';
import { type Ask, supportBundle } from './support.ts';
import { computerClues } from './support-clues.ts';

/** How much of a job's own output `jobs.show` tells, in bytes of each stream. */
const tailBytes = 16 * 1024;

/** What the commands act on; the host supplies it. */
export interface CallSubject {
  readonly grids: Pick<Grids, 'local' | 'boinc' | 'pools' | 'network' | 'manager' | 'proxyLogin' | 'views'>;
  readonly ledger: Ledger;
  readonly settings: Pick<SettingsStore, 'list' | 'set' | 'unset' | 'importBoinc'>;
  readonly record: ReturnType<typeof recordCalls>;
  explain(): CommandOutput<'policy.explain'>;
  yields(): CommandOutput<'yields.report'>;
  presence(report: CommandParsed<'presence.report'>): void;
  status(): CommandOutput<'status'>;
  pause(length: PauseLength): CommandOutput<'pause'>;
  resume(): CommandOutput<'resume'>;
  readonly doctor: Pick<Doctor, 'examine' | 'fix' | 'cancel'>;
  versions(): Promise<CommandOutput<'versions'>>;
  readonly logPath: string;
  updateImages(): Promise<CommandOutput<'appliance.update'>>;
  readonly updates: Pick<Updates, 'check' | 'install' | 'cancel'>;
  /** Something was queued. */
  added(): void;
}

type PlainCalls = {
  [N in PlainCommandName]: (input: CommandParsed<N>) => Promise<CommandOutput<N>> | CommandOutput<N>;
};
type UploadCalls = {
  [N in UploadCommandName]: (
    input: CommandParsed<N>,
    body: AsyncIterable<Uint8Array>,
  ) => Promise<CommandOutput<N>>;
};
type DownloadCalls = {
  [N in DownloadCommandName]: (
    input: CommandParsed<N>,
  ) => Promise<AsyncIterable<Uint8Array>> | AsyncIterable<Uint8Array>;
};

export interface HostCalls {
  readonly plain: PlainCalls;
  readonly uploads: UploadCalls;
  readonly downloads: DownloadCalls;
}

/** Every command of the contract, as it is carried out. */
export function hostCalls(subject: CallSubject): HostCalls {
  const { grids, ledger, settings, record } = subject;
  const { boinc, pools, network, manager } = grids;
  const { grid, vm } = grids.local;

  const add = async (
    { dryRun }: CommandParsed<'jobs.add'>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<'jobs.add'>> => {
    const added = await grid.add(body, { dryRun, admit: (document) => vm.admit(document) });
    if (added.id !== null) subject.added();
    return added;
  };

  const requireProject = (id: string): void => {
    if (!pools.has(id)) return;
    throw new GleanerError(
      'grid-unsupported',
      'A pool decides about its own jobs and places.',
      'Let it rest, or leave it.',
    );
  };

  const localDetail = (): CommandOutput<'grids.show'> => {
    const { hosts, denials } = network.of(grids.local.id);
    return {
      grid: grids.local.view(),
      seenAt: null,
      tasks: [],
      messages: [],
      transfers: [],
      diskBytes: null,
      diskLimitBytes: null,
      hostId: null,
      userName: null,
      weakKey: null,
      contacts: [],
      contacted: hosts,
      denials,
      pool: null,
    };
  };

  const plain: PlainCalls = {
    status: () => subject.status(),
    pause: ({ length }) => subject.pause(length),
    resume: () => subject.resume(),
    'jobs.list': ({ limit }) => grid.list(limit),
    'jobs.show': async ({ id }) => ({
      job: grid.job(id),
      document: grid.document(id),
      entries: ledger.entriesOf(id),
      stdout: await grid.tail(id, 'stdout', tailBytes),
      stderr: await grid.tail(id, 'stderr', tailBytes),
      truncated: grid.truncated(id),
    }),
    'jobs.abort': async ({ id }) => {
      await grid.abort(id);
      return grid.job(id);
    },
    'jobs.sample': async () => {
      const ids: string[] = [];
      for await (const body of grid.samples()) {
        const { id } = await add({ dryRun: false }, body);
        if (id !== null) ids.push(id);
      }
      return ids.map((id) => grid.job(id));
    },
    ...record.plain,
    'policy.explain': () => subject.explain(),
    'settings.list': () => settings.list(),
    'settings.set': ({ key, value }) => settings.set(key, value),
    'settings.unset': ({ key }) => settings.unset(key),
    'settings.import-boinc': ({ xml, dryRun }) => settings.importBoinc(xml, dryRun),
    'yields.report': () => subject.yields(),
    'presence.report': (report) => {
      subject.presence(report);
      return null;
    },
    'grids.list': () => grids.views(),
    'grids.show': ({ id }) => {
      if (id === grids.local.id) return localDetail();
      return (pools.has(id) ? pools : boinc).detail(id);
    },
    'pools.lookup': ({ from }) => pools.offer(from),
    'pools.join': (request) => pools.join(request),
    'grids.known': () => boinc.known(),
    'grids.lookup': ({ url, allowPrivate }) => boinc.offer(withoutScheme(url), allowPrivate),
    'grids.join': (request) => boinc.join({ ...request, url: withoutScheme(request.url) }),
    'grids.leave': async ({ id }) => {
      await (pools.has(id) ? pools : boinc).leave(id);
      return null;
    },
    'grids.update': ({ id }) => (pools.has(id) ? pools : boinc).update(id),
    'grids.set': ({ id, ...values }) => (pools.has(id) ? pools : boinc).set(id, values),
    'grids.abort-task': ({ id, task }) => {
      requireProject(id);
      boinc.abortTask(id, task);
      return null;
    },
    'grids.allow': ({ id, ...contact }) => {
      requireProject(id);
      return boinc.allow(id, contact);
    },
    'grids.forbid': ({ id, host, port }) => {
      requireProject(id);
      return boinc.forbid(id, host, port);
    },
    'manager.join': (request) => manager.join({ ...request, url: withoutScheme(request.url) }),
    'manager.sync': () => manager.sync(),
    'manager.leave': async ({ leaveProjects }) => {
      await manager.leave(leaveProjects);
      return null;
    },
    'network.report': () => network.report(),
    'network.proxy-login': async ({ login }) => {
      await grids.proxyLogin.set(login);
      return null;
    },
    'appliance.update': () => subject.updateImages(),
    doctor: () => subject.doctor.examine(),
    'doctor.fix': ({ id }) => subject.doctor.fix(id),
    'doctor.cancel': ({ id }) => {
      subject.doctor.cancel(id);
      return null;
    },
    'update.check': () => subject.updates.check(),
    'update.install': ({ handBack }) => subject.updates.install(handBack),
    'update.cancel': () => subject.updates.cancel(),
    versions: () => subject.versions(),
    'logs.tail': (query) => tailLog(subject.logPath, query),
  };
  const ask: Ask = async (name, input) => await plain[name](input);

  return {
    plain,
    uploads: { 'jobs.add': add },
    downloads: {
      'jobs.result': ({ id }) => createReadStream(grid.resultPath(id)),
      ...record.downloads,
      'support.bundle': () => supportBundle(ask, computerClues(process.env)),
    },
  };
}

/** `boinc:URL` is how the command line names a project's address. */
function withoutScheme(url: string): string {
  return url.trim().replace(/^boinc:/i, '');
}
