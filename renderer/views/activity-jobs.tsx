import { type ReactNode, useCallback, useState } from 'react';
import type { JobView, Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { bytes, duration, moment, percent } from '../text/format.ts';
import { jobSource } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Button, Card, Foreign } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import type { NameOf } from './activity-words.ts';
import { Failed } from './failed.tsx';
import { standsStill } from './time-left.ts';

/** How often the host is asked for all jobs while all are shown, in ms. */
const freshMs = 5000;

const keyOf = ({ grid, id }: JobView): string => `${grid} ${id}`;

type Ahead = JobView & { readonly state: 'running' | 'queued' };
const isAhead = (job: JobView): job is Ahead => job.state === 'running' || job.state === 'queued';

/** What the host listed when it was asked, with what the Snapshot knows better since. */
function merged(listed: readonly JobView[], live: readonly JobView[]): readonly JobView[] {
  const known = new Set(live.map(keyOf));
  return [...live, ...listed.filter((job) => !known.has(keyOf(job)))];
}

/** What runs and what waits; what is over is in the record. */
export function ActivityJobs({ snapshot, nameOf }: { snapshot: Snapshot; nameOf: NameOf }): ReactNode {
  const { grids, jobs, vms, at } = snapshot;
  const [isWhole, setWhole] = useState(false);
  const asking = useReplica((replica) => replica.asking > 0);
  const ahead = jobs.filter(isAhead);
  const total = grids.reduce((sum, { queued, running }) => sum + queued + running, 0);
  const wasUsed = grids.some(({ done, failed, aborted }) => done + failed + aborted > 0);
  const runSample = (
    <Button
      primary={!wasUsed}
      disabled={asking}
      onPress={() => {
        void client.runSample();
      }}
    >
      {t('activity:runSample')}
    </Button>
  );
  if (ahead.length === 0 && !wasUsed) {
    return (
      <div className="card empty">
        <p>{t('activity:none')}</p>
        <p className="soft">{t('activity:noneHint')}</p>
        {runSample}
      </div>
    );
  }
  return (
    <Card title={t('activity:ahead')}>
      <ul className="soft small">
        {grids.map(({ id, running, queued, done, failed }) => (
          <li key={id}>
            <Foreign>{nameOf(id)}</Foreign>: {t('activity:counts', { running, queued, done, failed })}
          </li>
        ))}
      </ul>
      {ahead.length === 0 ? (
        <div className="buttons">{runSample}</div>
      ) : isWhole ? (
        <AllJobs live={jobs} vms={vms} nameOf={nameOf} at={at} />
      ) : (
        <JobTable jobs={ahead} vms={vms} nameOf={nameOf} at={at} />
      )}
      {ahead.length < total && !isWhole ? (
        <div className="buttons">
          <span className="soft small">{t('activity:shownOf', { shown: ahead.length, total })}</span>
          <Button
            onPress={() => {
              setWhole(true);
            }}
          >
            {t('activity:showAll')}
          </Button>
        </div>
      ) : null}
    </Card>
  );
}

interface Told {
  vms: Snapshot['vms'];
  nameOf: NameOf;
  at: number;
}

function AllJobs({ live, ...told }: Told & { live: readonly JobView[] }): ReactNode {
  const ask = useCallback(() => client.call('jobs.list', { limit: 1000 }), []);
  const { answer } = useAsked(ask, freshMs);
  const listed = answer?.ok === true ? answer.value : [];
  return (
    <>
      {answer?.ok === false ? <Failed failure={answer.failure} /> : null}
      <JobTable jobs={merged(listed, live).filter(isAhead)} {...told} />
    </>
  );
}

/** The roles are named because a narrow window lays the rows out as blocks, which would take them away. */
function JobTable(props: Told & { jobs: readonly Ahead[] }): ReactNode {
  const heads = [
    ['job', ''],
    ['state', ''],
    ['cpu', 'number'],
    ['memory', 'number memory'],
    ['when', 'number'],
  ] as const;
  return (
    <table className="jobs" role="table" aria-label={t('activity:ahead')}>
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
        {props.jobs.map((job) => (
          <JobRow
            key={keyOf(job)}
            job={job}
            grid={props.nameOf(job.grid)}
            still={standsStill(job, props.vms)}
            at={props.at}
          />
        ))}
      </tbody>
    </table>
  );
}

function JobRow(props: { job: Ahead; grid: string; still: boolean; at: number }): ReactNode {
  const { job, grid, still, at } = props;
  const state =
    job.state === 'running' && job.progress !== null
      ? still
        ? t('home:standsStill', { progress: percent(job.progress) })
        : `${t(`activity:state.${job.state}`)} ${percent(job.progress)}`
      : t(`activity:state.${job.state}`);
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <Foreign className="job-title">{job.title}</Foreign>
        <span className="foreign soft small line">{jobSource(job, grid)}</span>
      </th>
      <td role="cell">
        <span className={`state state-${job.state}`}>{state}</span>
        {job.attempt > 1 ? (
          <span className="soft small line">{t('activity:attempt', { number: job.attempt })}</span>
        ) : null}
      </td>
      <Value>{job.startedAt === null ? null : duration(job.cpuSeconds)}</Value>
      <Value className="memory">{job.memoryPeakBytes === 0 ? null : bytes(job.memoryPeakBytes)}</Value>
      <Value>{moment(job.startedAt ?? job.addedAt, at)}</Value>
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
