import { z } from 'zod';
import { type ClassAd, HistorySplitter, parseClassAd } from '../../base/classad.ts';
import { GleanerError } from '../../contract/failures.ts';

import { NodeJob, type NodeLook, NodeRecord, type PoolAnswer } from './messages.ts';
import { cleanText } from './node-link.ts';

const MiB = 1024 * 1024;
const adLength = 256 * 1024;

/** As a node's agent answers `look`; the ads are in HTCondor's own words. */
const RawLook = z.object({
  master: z.boolean(),
  ended: z.string().nullable(),
  slots: z.array(z.object({ name: z.string().max(200), claimed: z.boolean() })).max(1000),
  jobs: z
    .array(
      z.object({
        slot: z.string().max(100),
        job: z.string().max(adLength),
        machine: z.string().max(adLength),
        update: z.string().max(adLength),
        progress: z.number().nullable(),
      }),
    )
    .max(256),
  history: z.object({ next: z.int().min(0), text: z.string().max(4 * MiB) }),
});

/** What a node's answer to `look` means. Throws `grid-protocol` for what is none. Pure. */
export function readLook(answer: unknown): NodeLook {
  const raw = RawLook.safeParse(answer);
  if (!raw.success) throw new GleanerError('grid-protocol', 'What the execute node tells makes no sense.');
  const { master, ended, slots, history } = raw.data;
  let malformed = 0;
  const jobs = raw.data.jobs.flatMap(({ slot, job, machine, update, progress }) => {
    const parsed = NodeJob.safeParse({
      slot,
      ...executionOf(parseClassAd(job), parseClassAd(machine), parseClassAd(update)),
      progress: progress === null ? null : Math.min(1, Math.max(0, progress)),
    });
    if (!parsed.success) malformed += 1;
    return parsed.success ? [parsed.data] : [];
  });
  const splitter = new HistorySplitter(adLength);
  const records = [...splitter.push(history.text)].flatMap(({ ad }) => {
    const parsed = ad === null ? undefined : NodeRecord.safeParse(recordOf(parseClassAd(ad)));
    if (!parsed?.success) malformed += 1;
    return parsed?.success ? [parsed.data] : [];
  });
  return {
    master,
    ended: ended === null ? null : cleanText(ended, 300),
    claimed: slots.filter(({ claimed }) => claimed).length,
    jobs,
    records: records.slice(0, 4096),
    next: history.next,
    malformed,
  };
}

const empty = parseClassAd('');

/** What an execution's ads say; not checked yet. */
function executionOf(job: ClassAd, machine = empty, update = empty): Record<string, unknown> {
  const number = (name: string): number | null => update.number(name) ?? job.number(name);
  const startedAt = epochMs(
    job.number('JobCurrentStartExecutingDate') ??
      job.number('JobCurrentStartDate') ??
      job.number('ShadowBday'),
  );
  const cluster = job.number('ClusterId');
  const proc = job.number('ProcId');
  return {
    job: job.string('GlobalJobId'),
    run: job.number('NumShadowStarts') ?? 0,
    name: cluster === null || proc === null ? '' : `${cluster}.${proc}`,
    owner: cleanText(job.string('User') ?? job.string('Owner'), 120),
    program: programOf(job),
    group: job.string('AcctGroup'),
    cores: machine.number('Cpus') ?? job.number('CpusProvisioned') ?? job.number('RequestCpus') ?? 1,
    memoryBytes:
      (machine.number('Memory') ?? job.number('MemoryProvisioned') ?? job.number('RequestMemory') ?? 0) * MiB,
    startedAt,
    cpuSeconds: (number('RemoteUserCpu') ?? 0) + (number('RemoteSysCpu') ?? 0),
    residentBytes: (number('ResidentSetSize') ?? 0) * 1024,
    progress: null,
    deadline: epochMs(job.number('GleanerDeadline')),
    bytesSent: number('BytesSent') ?? 0,
    bytesReceived: number('BytesRecvd') ?? 0,
  };
}

/** The file name of what was submitted; HTCondor itself calls it `condor_exec.exe` where it runs. */
function programOf(job: ClassAd): string {
  const command = job.string('Cmd') ?? job.string('OrigCmd') ?? '';
  return cleanText(command.split(/[\\/]/).pop() ?? '', 120);
}

function recordOf(ad: ClassAd): Record<string, unknown> {
  const endedAt = epochMs(ad.number('CompletionDate') || null) ?? lastSeen(ad);
  // `[ How = "OF_ITS_OWN_ACCORD"; Who = "itself"; … ]`, absent when nobody knows.
  const ticket = ad.text('ToE') ?? '';
  const ownAccord = /\bHow\s*=\s*"OF_ITS_OWN_ACCORD"/.test(ticket);
  const isBySignal = ad.boolean('ExitBySignal') === true;
  // A job is asked to leave by this signal; few end themselves by it.
  const isAsked = isBySignal && ad.number('ExitSignal') === 15;
  const isCutOff = ad.boolean('STARTER_DISCONNECTED_FROM_SUBMIT_NODE') === true;
  return {
    ...executionOf(ad),
    endedAt,
    end: ownAccord && !isAsked ? (isCutOff ? 'undelivered' : 'done') : 'evicted',
    exitCode: isBySignal ? null : ad.number('ExitCode'),
    exitSignal: isBySignal ? ad.number('ExitSignal') : null,
  };
}

function lastSeen(ad: ClassAd): number | null {
  const start = ad.number('JobCurrentStartDate');
  const seconds = ad.number('JobDuration') ?? ad.number('RemoteWallClockTime');
  return start === null || seconds === null ? null : epochMs(start + seconds);
}

function epochMs(seconds: number | null): number | null {
  return seconds === null || seconds <= 0 ? null : Math.round(seconds * 1000);
}

/** What `condor_ping` said: its exit code and its words. Pure. */
export function readPing(answer: Readonly<Record<string, unknown>>): PoolAnswer {
  const words = cleanText(answer['words'], 1000);
  if (answer['code'] === 0) return { answer: 'accepted', words };
  const isRefused = /DENIED|not authorized|authoriz|AUTHENTICATE:(?!1004)|authenticat/i.test(words);
  return { answer: isRefused ? 'refused' : 'unreachable', words };
}
