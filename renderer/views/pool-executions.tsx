import type { ReactNode } from 'react';
import type { ExecutionView } from '../../electron/contract/pool-views.ts';
import { bytes, duration, figure, moment, percent } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { say } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Facts, Foreign, Progress, Sum } from '../ui/primitives.tsx';
import { FigureCell } from './figure-cell.tsx';
import { Part } from './part.tsx';
import { smallAmount } from './pool-words.ts';

/** How many of those that are over are shown; the record has them all. */
const shownLately = 20;

const keyOf = ({ job, run }: ExecutionView): string => `${job} ${run}`;

/** The pool's jobs on this computer: what runs, what ran lately, and what was lost. `grid`: the pool's name. */
export function Executions(props: {
  grid: string;
  executions: readonly ExecutionView[];
  lost: number;
  at: number;
}): ReactNode {
  const { executions, lost, at } = props;
  const now = executions.filter(({ state }) => state === 'running');
  const over = executions
    .filter(({ state }) => state !== 'running')
    .sort((one, other) => (other.endedAt ?? 0) - (one.endedAt ?? 0));
  return (
    <>
      <Part title={t('pools:jobs')}>
        {now.length === 0 ? <p className="soft small">{t('pools:jobs.none')}</p> : null}
        <ul className="pool-jobs">
          {now.map((execution) => (
            <Running key={keyOf(execution)} execution={execution} at={at} />
          ))}
        </ul>
      </Part>
      {over.length === 0 && lost === 0 ? null : (
        <Part title={t('pools:lately')}>
          {lost === 0 ? null : <p className="reason small">{t('pools:lost', { count: lost })}</p>}
          {over.length === 0 ? null : <Lately executions={over.slice(0, shownLately)} at={at} />}
        </Part>
      )}
    </>
  );
}

function Who({ execution }: { execution: ExecutionView }): ReactNode {
  const { program, name, owner } = execution;
  return (
    <>
      <Foreign className="job-title">{program === '' ? name : program}</Foreign>
      <span className="soft small line foreign">
        {t('pools:whose', { owner: plain(owner), name: plain(name) })}
      </span>
    </>
  );
}

function Running({ execution, at }: { execution: ExecutionView; at: number }): ReactNode {
  const { cores, memoryBytes, startedAt, cpuSeconds, frozenSeconds, progress, earned } = execution;
  const title = execution.program === '' ? execution.name : execution.program;
  return (
    <li className="stack">
      <div className="meter-row">
        <span>
          <Who execution={execution} />
        </span>
        <span className="soft">{progress === null ? '' : percent(progress)}</span>
      </div>
      {progress === null ? null : (
        <Progress label={t('grids:taskProgress', { name: plain(title) })} value={progress} />
      )}
      <Facts
        rows={[
          [t('pools:job.cores'), figure(cores)],
          [t('pools:job.memory'), bytes(memoryBytes)],
          [t('pools:job.since'), moment(startedAt, at)],
          [t('pools:job.cpu'), duration(cpuSeconds)],
          [t('pools:job.frozen'), frozenSeconds === 0 ? t('common:none') : duration(frozenSeconds)],
          [t('pools:job.files'), <Files key="" execution={execution} />],
          ...(earned === null ? [] : [[t('pools:job.earned'), <Earned key="" of={earned} />] as const]),
        ]}
      />
      <Words execution={execution} at={at} />
    </li>
  );
}

function Words({ execution, at }: { execution: ExecutionView; at: number }): ReactNode {
  const { words, said, state } = execution;
  if (words === null) return null;
  return (
    <Foreign className={state === 'lost' || state === 'failed' ? 'reason small line' : 'soft small line'}>
      {said === null ? words : say(said, at)}
    </Foreign>
  );
}

function Files({ execution: { bytesReceived, bytesSent } }: { execution: ExecutionView }): ReactNode {
  return (
    <>
      <span aria-hidden="true">
        ↓ {bytes(bytesReceived)} ↑ {bytes(bytesSent)}
      </span>
      <span className="hidden-label">
        {t('grids:traffic', { sent: bytes(bytesSent), received: bytes(bytesReceived) })}
      </span>
    </>
  );
}

function Earned({ of }: { of: NonNullable<ExecutionView['earned']> }): ReactNode {
  return (
    <span>
      <Sum words={smallAmount(of.amount)} unit={unitWords(of.unit)} />
      <span className="soft small line">
        {of.settled ? t('activity:receipt.settled') : t('activity:receipt.pending')}
      </span>
    </span>
  );
}

const looks: Readonly<Record<ExecutionView['state'], string>> = {
  running: 'running',
  done: 'done',
  failed: 'failed',
  evicted: 'interrupted',
  lost: 'aborted',
};

const figures = ['cpu', 'frozen', 'ended', 'earned'] as const;

function Lately({ executions, at }: { executions: readonly ExecutionView[]; at: number }): ReactNode {
  return (
    <div className="table-scroll">
      {/* The roles are named because a narrow window lays the rows out as blocks, which would take them away. */}
      <table className="jobs tasks" role="table" aria-label={t('pools:lately')}>
        <thead role="rowgroup">
          <tr role="row">
            {(['job', 'state'] as const).map((name) => (
              <th key={name} scope="col" role="columnheader">
                {t(`pools:column.${name}`)}
              </th>
            ))}
            {figures.map((name) => (
              <th key={name} scope="col" role="columnheader" className="number">
                {t(`pools:job.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {executions.map((execution) => (
            <tr key={keyOf(execution)} role="row">
              <th scope="row" role="rowheader">
                <Who execution={execution} />
                <Words execution={execution} at={at} />
              </th>
              <td role="cell">
                <span className={`state state-${looks[execution.state]}`}>
                  {t(`pools:state.${execution.state}`)}
                </span>
              </td>
              <Value name="cpu">{duration(execution.cpuSeconds)}</Value>
              <Value name="frozen">
                {execution.frozenSeconds === 0 ? null : duration(execution.frozenSeconds)}
              </Value>
              <Value name="ended">{execution.endedAt === null ? null : moment(execution.endedAt, at)}</Value>
              <Value name="earned">
                {execution.earned === null ? null : <Earned of={execution.earned} />}
              </Value>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value(props: { name: (typeof figures)[number]; children: ReactNode }): ReactNode {
  return <FigureCell name={t(`pools:job.${props.name}`)}>{props.children}</FigureCell>;
}
