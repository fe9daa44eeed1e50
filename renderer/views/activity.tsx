import { type ReactNode, useState } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { JobView, Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { amount, bytes, duration, moment, percent } from '../text/format.ts';
import { gridNames, jobSource } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Button, Foreign } from '../ui/primitives.tsx';
import { CreditChanges } from './credit-changes.tsx';

const keyOf = ({ grid, id }: JobView): string => `${grid} ${id}`;

/** What the host listed when it was asked, with what the Snapshot knows better since. */
function merged(listed: readonly JobView[], live: readonly JobView[]): readonly JobView[] {
  const known = new Set(live.map(keyOf));
  return [...live, ...listed.filter((job) => !known.has(keyOf(job)))];
}

export function Activity({ snapshot }: { snapshot: Snapshot }): ReactNode {
  /** null: not asked yet. */
  const [listed, setListed] = useState<readonly JobView[] | null>(null);
  const asking = useReplica((replica) => replica.asking > 0);
  const jobs = merged(listed ?? [], snapshot.jobs);
  const total = snapshot.grids.reduce(
    (sum, grid) => sum + grid.queued + grid.running + grid.done + grid.failed + grid.aborted,
    0,
  );
  return (
    <section className="stack" aria-labelledby="jobs-title">
      <h1 id="jobs-title" className="page-title">
        {t('activity:title')}
      </h1>
      <ul className="soft small">
        {snapshot.grids.map((grid) => (
          <li key={grid.id}>
            <Foreign>{grid.name}</Foreign>: {countsOf(grid)}
          </li>
        ))}
      </ul>
      {jobs.length === 0 ? <NoJobs asking={asking} /> : <JobTable jobs={jobs} snapshot={snapshot} />}
      {jobs.length < total && listed === null ? (
        <div className="buttons">
          <span className="soft small">{t('activity:shownOf', { shown: jobs.length, total })}</span>
          <Button
            disabled={asking}
            onPress={() => {
              void client.listJobs().then((all) => {
                if (all !== null) setListed(all);
              });
            }}
          >
            {t('activity:showAll')}
          </Button>
        </div>
      ) : null}
      {snapshot.grids.some(({ credit }) => credit !== null) ? <CreditChanges snapshot={snapshot} /> : null}
    </section>
  );
}

function countsOf({ running, queued, done, failed }: GridView): string {
  return t('activity:counts', { running, queued, done, failed });
}

function NoJobs({ asking }: { asking: boolean }): ReactNode {
  return (
    <div className="card empty">
      <p>{t('activity:none')}</p>
      <p className="soft">{t('activity:noneHint')}</p>
      <Button
        primary
        disabled={asking}
        onPress={() => {
          void client.runSample();
        }}
      >
        {t('activity:runSample')}
      </Button>
    </div>
  );
}

/** The roles are named because a narrow window lays the rows out as blocks, which would take them away. */
function JobTable({ jobs, snapshot }: { jobs: readonly JobView[]; snapshot: Snapshot }): ReactNode {
  const name = gridNames(snapshot.grids);
  const heads = [
    ['job', ''],
    ['state', ''],
    ['cpu', 'number'],
    ['memory', 'number memory'],
    ['earned', 'number'],
    ['when', 'number'],
  ] as const;
  return (
    <div className="card table-card">
      <table className="jobs" role="table" aria-label={t('activity:title')}>
        <thead role="rowgroup">
          <tr role="row">
            {heads.map(([head, className]) => (
              <th key={head} scope="col" role="columnheader" className={className}>
                {t(`activity:column.${head}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {jobs.map((job) => (
            <JobRow key={keyOf(job)} job={job} grid={name(job.grid)} at={snapshot.at} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function JobRow({ job, grid, at }: { job: JobView; grid: string; at: number }): ReactNode {
  const state =
    job.state === 'running' && job.progress !== null
      ? `${t(`activity:state.${job.state}`)} ${percent(job.progress)}`
      : t(`activity:state.${job.state}`);
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <Foreign className="job-title">{job.title}</Foreign>
        <span className="foreign soft small line">{jobSource(job, grid)}</span>
        {job.failure === null ? null : (
          <Foreign className="reason small line">{job.failure.sentence}</Foreign>
        )}
      </th>
      <td role="cell">
        <span className={`state state-${job.state}`}>{state}</span>
        {job.attempt > 1 ? (
          <span className="soft small line">{t('activity:attempt', { number: job.attempt })}</span>
        ) : null}
      </td>
      <Value>{job.startedAt === null ? null : duration(job.cpuSeconds)}</Value>
      <Value className="memory">{job.memoryPeakBytes === 0 ? null : bytes(job.memoryPeakBytes)}</Value>
      <Value>
        {job.earned !== null ? (
          <>
            {amount(job.earned.amount)} <Foreign>{job.earned.unit}</Foreign>
          </>
        ) : job.state === 'done' && job.grid !== 'local' ? (
          // The project says what it is worth for all of them together, and later.
          <span className="soft">{t('activity:pending')}</span>
        ) : null}
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
      {nothing ? t('common:none') : props.children}
    </td>
  );
}
