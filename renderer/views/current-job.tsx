import type { ReactNode } from 'react';
import type { JobView } from '../../electron/contract/snapshot.ts';
import { ago, bytes, duration, moment, percent } from '../text/format.ts';
import { text } from '../text/text.ts';
import { Facts, Foreign, Progress } from '../ui/primitives.tsx';

/** The job that runs right now; `at` is the Snapshot's time. */
export function CurrentJob({ job, at }: { job: JobView; at: number }): ReactNode {
  return (
    <div className="stack">
      <div>
        <p className="job-title">
          <Foreign>{job.title}</Foreign>
        </p>
        <p className="soft small">
          <Foreign>{text.owner(job.owner)}</Foreign>
          {job.attempt > 1 ? ` · ${text.attempt(job.attempt)}` : ''}
        </p>
      </div>
      <Progress label={text.progress} value={job.progress} />
      <div className="meter-row small soft">
        <span>
          {job.progressText === '' && job.progress === null ? text.progressUnknown : ''}
          <Foreign>{job.progressText}</Foreign>
        </span>
        <span>{job.progress === null ? '' : percent(job.progress)}</span>
      </div>
      <Facts
        rows={[
          [text.cpuTime, duration(job.cpuSeconds)],
          [text.memoryPeak, job.memoryPeakBytes === 0 ? text.none : bytes(job.memoryPeakBytes)],
          [text.started, job.startedAt === null ? text.none : moment(job.startedAt, at)],
          [text.checkpoint, job.checkpointAt === null ? text.noCheckpoint : ago(job.checkpointAt, at)],
        ]}
      />
    </div>
  );
}
