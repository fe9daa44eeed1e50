import type { ReactNode } from 'react';
import type { JobView } from '../../electron/contract/snapshot.ts';
import { ago, ahead, bytes, duration, moment, percent } from '../text/format.ts';
import { jobSource } from '../text/grid-names.ts';
import { say } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Facts, Foreign, Progress } from '../ui/primitives.tsx';

/**
 * A job that runs right now, of the grid with that name; `at` is the Snapshot's time. `short`: others run beside it,
 * so only what changes is told.
 */
export function CurrentJob(props: {
  job: JobView;
  grid: string;
  at: number;
  short: boolean;
  /** Its VM does not run, so it stands still. */
  still: boolean;
  /** Seconds until it is done, at its pace; null: nobody can tell. */
  left: number | null;
}): ReactNode {
  const { job, grid, at, short, still, left } = props;
  return (
    <li className="stack">
      <div>
        <p className="job-title">
          <Foreign>{job.title}</Foreign>
        </p>
        <p className="soft small">
          <span className="foreign">{jobSource(job, grid)}</span>
          {job.attempt > 1 ? ` · ${t('activity:attempt', { number: job.attempt })}` : ''}
        </p>
      </div>
      <Progress label={t('home:progressOf', { title: plain(job.title) })} value={job.progress} />
      <div className="meter-row small soft">
        <span>
          <Stage job={job} at={at} />
          {short ? shortWords(job, at) : ''}
        </span>
        <span>
          {[
            ...(job.progress === null ? [] : [progressWords(job.progress, still)]),
            ...(left === null ? [] : [t('home:doneWhen', { when: ahead(at + left * 1000, at) })]),
          ].join(' · ')}
        </span>
      </div>
      {short ? null : (
        <Facts
          rows={[
            [t('home:cpuTime'), duration(job.cpuSeconds)],
            [t('home:memoryPeak'), job.memoryPeakBytes === 0 ? t('common:none') : bytes(job.memoryPeakBytes)],
            [t('home:started'), job.startedAt === null ? t('common:none') : moment(job.startedAt, at)],
            [
              t('home:checkpoint'),
              job.checkpointAt === null ? t('home:noCheckpoint') : ago(job.checkpointAt, at),
            ],
            ...(job.deadline === null ? [] : [[t('home:due'), moment(job.deadline, at)] as const]),
          ]}
        />
      )}
    </li>
  );
}

function progressWords(progress: number, still: boolean): string {
  return still ? t('home:standsStill', { progress: percent(progress) }) : percent(progress);
}

/** What the job says of its progress, or the host in its place. */
function Stage({ job, at }: { job: JobView; at: number }): ReactNode {
  const { progress, progressText, progressSaid } = job;
  if (progressSaid !== null) return say(progressSaid, at);
  if (progressText !== '') return <Foreign>{progressText}</Foreign>;
  return progress === null ? t('home:progressUnknown') : null;
}

/** What stands beside the progress where there is little room. */
function shortWords({ progressText, progress, cpuSeconds, deadline }: JobView, at: number): string {
  const words = [
    t('home:cpuUsed', { time: duration(cpuSeconds) }),
    ...(deadline === null ? [] : [t('home:dueAt', { time: moment(deadline, at) })]),
  ];
  return `${progressText === '' && progress !== null ? '' : ' · '}${words.join(' · ')}`;
}
