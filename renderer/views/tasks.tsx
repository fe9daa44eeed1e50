import { type ReactNode, useState } from 'react';
import type { TaskView } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { duration, moment, percent } from '../text/format.ts';
import { say } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Ask } from '../ui/ask.tsx';
import { Button, Foreign } from '../ui/primitives.tsx';
import { FailureWords } from './failure-words.tsx';
import { FigureCell } from './figure-cell.tsx';
import { useCommand } from './use-command.ts';

/** States in which there is nothing to abort any more. */
const over: ReadonlySet<TaskView['state']> = new Set(['uploading', 'reporting', 'done', 'failed', 'aborted']);

const figures = ['cpu', 'deadline', 'checkpoint'] as const;

/** The tasks of one project, and the way to abort each. */
export function Tasks(props: {
  grid: string;
  tasks: readonly TaskView[];
  at: number;
  onChanged: () => Promise<void>;
}): ReactNode {
  const { tasks, at } = props;
  const [aborting, setAborting] = useState<TaskView | null>(null);
  if (tasks.length === 0) return <p className="soft small">{t('grids:noTasks')}</p>;
  return (
    <div className="table-scroll">
      {/* The roles are named because a narrow window lays the rows out as blocks, which would take them away. */}
      <table className="jobs tasks" role="table" aria-label={t('grids:tasks')}>
        <thead role="rowgroup">
          <tr role="row">
            {(['task', 'state'] as const).map((name) => (
              <th key={name} scope="col" role="columnheader">
                {t(`grids:taskColumn.${name}`)}
              </th>
            ))}
            {figures.map((name) => (
              <th key={name} scope="col" role="columnheader" className="number">
                {t(`grids:taskColumn.${name}`)}
              </th>
            ))}
            <th scope="col" role="columnheader">
              <span className="hidden-label">{t('grids:taskColumn.action')}</span>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {tasks.map((task) => (
            <TaskRow
              key={task.name}
              task={task}
              at={at}
              onAbort={() => {
                setAborting(task);
              }}
            />
          ))}
        </tbody>
      </table>
      {aborting === null ? null : (
        <Abort
          grid={props.grid}
          task={aborting}
          onEnd={() => {
            setAborting(null);
            void props.onChanged();
          }}
        />
      )}
    </div>
  );
}

const looks: Readonly<Partial<Record<TaskView['state'], string>>> = {
  running: 'running',
  done: 'done',
  failed: 'failed',
  aborted: 'aborted',
};

function TaskRow(props: { task: TaskView; at: number; onAbort: () => void }): ReactNode {
  const { task, at } = props;
  const begun = task.state === 'running' || (task.state === 'waiting' && task.progress > 0);
  return (
    <tr role="row">
      <th scope="row" role="rowheader">
        <Foreign className="job-title line">{task.application}</Foreign>
        <Foreign className="soft small line">{task.name}</Foreign>
        {task.words === null ? null : (
          <Foreign className={task.state === 'failed' ? 'reason small line' : 'soft small line'}>
            {task.said === null ? task.words : say(task.said, at)}
          </Foreign>
        )}
      </th>
      <td role="cell">
        <span className={`state state-${looks[task.state] ?? 'queued'}`}>
          {t(`grids:taskState.${task.state}`)}
          {begun ? ` ${percent(task.progress)}` : ''}
        </span>
      </td>
      <Value name="cpu">{task.cpuSeconds > 0 ? duration(task.cpuSeconds) : null}</Value>
      <Value name="deadline">{task.deadline === null ? null : moment(task.deadline, at)}</Value>
      <Value name="checkpoint">
        {task.sinceCheckpointSeconds === null ? null : duration(task.sinceCheckpointSeconds)}
      </Value>
      <td role="cell" className="number">
        {over.has(task.state) ? null : (
          <Button small label={t('grids:abortLabel', { name: plain(task.name) })} onPress={props.onAbort}>
            {t('grids:abort')}
          </Button>
        )}
      </td>
    </tr>
  );
}

function Value(props: { name: (typeof figures)[number]; children: ReactNode }): ReactNode {
  return <FigureCell name={t(`grids:taskColumn.${props.name}`)}>{props.children}</FigureCell>;
}

function Abort(props: { grid: string; task: TaskView; onEnd: () => void }): ReactNode {
  const { busy, failure, run } = useCommand();
  const { grid, task, onEnd } = props;
  return (
    <Ask
      danger
      title={t('grids:abortTitle')}
      confirm={t('grids:abortConfirm')}
      cancel={t('common:cancel')}
      busy={busy}
      failure={failure === null ? null : <FailureWords failure={failure} />}
      onCancel={onEnd}
      onConfirm={() => {
        void run(() => client.call('grids.abort-task', { id: grid, task: task.name })).then((done) => {
          if (done) onEnd();
        });
      }}
    >
      <p>
        <Foreign>{task.name}</Foreign>
      </p>
      {task.cpuSeconds === 0 ? null : <p>{t('grids:abortLoses', { time: duration(task.cpuSeconds) })}</p>}
    </Ask>
  );
}
