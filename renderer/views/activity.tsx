import { type ReactNode, useState } from 'react';
import type { JobView, Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { amount, bytes, duration, moment, percent } from '../text/format.ts';
import { text } from '../text/text.ts';
import { Button, Foreign } from '../ui/primitives.tsx';

/** What the host listed when it was asked, with what the Snapshot knows better since. */
function merged(listed: readonly JobView[], live: readonly JobView[]): readonly JobView[] {
  const known = new Set(live.map((job) => job.id));
  return [...live, ...listed.filter((job) => !known.has(job.id))];
}

export function Activity({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const [listed, setListed] = useState<readonly JobView[]>([]);
  const asking = useReplica((replica) => replica.asking > 0);
  const jobs = merged(listed, snapshot.jobs);
  const total = snapshot.grids.reduce(
    (sum, grid) => sum + grid.queued + grid.running + grid.done + grid.failed + grid.aborted,
    0,
  );
  return (
    <section className="stack" aria-labelledby="jobs-title">
      <h1 id="jobs-title" className="page-title">
        {text.jobs}
      </h1>
      {snapshot.grids.map((grid) => (
        <p key={grid.id} className="soft small">
          <Foreign>{grid.name}</Foreign>: {text.counts(grid)}
        </p>
      ))}
      {jobs.length === 0 ? <NoJobs asking={asking} /> : <JobTable jobs={jobs} at={snapshot.at} />}
      {jobs.length < total ? (
        <div className="buttons">
          <span className="soft small">{text.shownOf(jobs.length, total)}</span>
          <Button
            disabled={asking}
            onPress={() => {
              void client.listJobs().then((all) => {
                if (all !== null) setListed(all);
              });
            }}
          >
            {text.showAll}
          </Button>
        </div>
      ) : null}
    </section>
  );
}

function NoJobs({ asking }: { asking: boolean }): ReactNode {
  return (
    <div className="card empty">
      <p>{text.noJobs}</p>
      <p className="soft">{text.noJobsHint}</p>
      <Button
        primary
        disabled={asking}
        onPress={() => {
          void client.runSample();
        }}
      >
        {text.runSample}
      </Button>
    </div>
  );
}

/** The roles are named because a narrow window lays the rows out as blocks, which would take them away. */
function JobTable({ jobs, at }: { jobs: readonly JobView[]; at: number }): ReactNode {
  const { columns } = text;
  const heads = [
    [columns.job, ''],
    [columns.state, ''],
    [columns.cpu, 'number'],
    [columns.memory, 'number memory'],
    [columns.earned, 'number'],
    [columns.when, 'number'],
  ] as const;
  return (
    <div className="card table-card">
      <table className="jobs" role="table" aria-label={text.jobs}>
        <thead role="rowgroup">
          <tr role="row">
            {heads.map(([name, className]) => (
              <th key={name} scope="col" role="columnheader" className={className}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} at={at} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function JobRow({ job, at }: { job: JobView; at: number }): ReactNode {
  const state =
    job.state === 'running' && job.progress !== null
      ? `${text.jobState(job.state)} ${percent(job.progress)}`
      : text.jobState(job.state);
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <Foreign className="job-title">{job.title}</Foreign>
        <Foreign className="soft small line">{text.owner(job.owner)}</Foreign>
        {job.failure === null ? null : (
          <Foreign className="reason small line">{job.failure.sentence}</Foreign>
        )}
      </th>
      <td role="cell">
        <span className={`state state-${job.state}`}>{state}</span>
        {job.attempt > 1 ? <span className="soft small line">{text.attempt(job.attempt)}</span> : null}
      </td>
      <Value>{job.startedAt === null ? null : duration(job.cpuSeconds)}</Value>
      <Value className="memory">{job.memoryPeakBytes === 0 ? null : bytes(job.memoryPeakBytes)}</Value>
      <Value>
        {job.earned === null ? null : (
          <>
            {amount(job.earned.amount)} <Foreign>{job.earned.unit}</Foreign>
          </>
        )}
      </Value>
      <Value>{moment(job.endedAt ?? job.startedAt ?? job.addedAt, at)}</Value>
    </tr>
  );
}

/** One figure of a row; null when there is none yet. */
function Value(props: { children: ReactNode; className?: string }): ReactNode {
  const nothing = props.children === null;
  return (
    <td role="cell" className={`number ${nothing ? 'nothing' : ''} ${props.className ?? ''}`}>
      {nothing ? text.none : props.children}
    </td>
  );
}
