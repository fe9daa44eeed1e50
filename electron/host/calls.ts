import { createReadStream } from 'node:fs';
import {
  type CommandOutput,
  type CommandParsed,
  type DownloadCommandName,
  type JobDocument,
  type PauseLength,
  type PlainCommandName,
  type UploadCommandName,
} from '../contract/index.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { SettingsStore } from '../settings/store.ts';
import type { LocalGrid } from './local-grid.ts';

/** How much of a job's own output `jobs.show` tells, in bytes of each stream. */
const tailBytes = 16 * 1024;

/** What the commands act on; the host supplies it. */
export interface CallSubject {
  readonly grid: LocalGrid;
  readonly ledger: Ledger;
  readonly settings: Pick<SettingsStore, 'list' | 'set' | 'unset' | 'importBoinc'>;
  explain(): CommandOutput<'policy.explain'>;
  yields(): CommandOutput<'yields.report'>;
  presence(report: CommandParsed<'presence.report'>): void;
  /** Rejects a document that this host can never run. */
  admit(document: JobDocument): Promise<void>;
  status(): CommandOutput<'status'>;
  pause(length: PauseLength): CommandOutput<'pause'>;
  resume(): CommandOutput<'resume'>;
  doctor(): Promise<CommandOutput<'doctor'>>;
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
  const { grid, ledger, settings } = subject;

  const add = async (
    { dryRun }: CommandParsed<'jobs.add'>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<'jobs.add'>> => {
    const added = await grid.add(body, { dryRun, admit: (document) => subject.admit(document) });
    if (added.id !== null) subject.added();
    return added;
  };

  return {
    plain: {
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
      'ledger.list': ({ limit, before }) => ledger.list({ limit, before }),
      'ledger.verify': () => ledger.verify(),
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
      doctor: () => subject.doctor(),
    },
    uploads: { 'jobs.add': add },
    downloads: {
      'jobs.result': ({ id }) => createReadStream(grid.resultPath(id)),
      'ledger.export': ({ format }) => (format === 'csv' ? ledger.exportCsv() : ledger.exportJson()),
    },
  };
}
