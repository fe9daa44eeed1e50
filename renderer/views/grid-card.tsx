import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { GridState, GridView } from '../../electron/contract/grids.ts';
import type { JobView } from '../../electron/contract/snapshot.ts';
import { client, useAdministered } from '../bridge/store.ts';
import { figure, percent } from '../text/format.ts';
import { finishedWords } from '../text/grid-names.ts';
import { sayGrid } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Switch } from '../ui/fields.tsx';
import { Mark, type MarkName } from '../ui/marks.tsx';
import { Button, Disclosure, Facts, Foreign, Progress } from '../ui/primitives.tsx';
import { Failed } from './failed.tsx';
import { GridDetails } from './grid-details.tsx';
import { LeaveGrid } from './leave-grid.tsx';
import { LeavePool } from './leave-pool.tsx';
import { Problem } from './problem.tsx';
import { type Command, useCommand } from './use-command.ts';

const marks: Readonly<Record<GridState, MarkName>> = {
  joining: 'waiting',
  working: 'working',
  waiting: 'waiting',
  suspended: 'paused',
  leaving: 'waiting',
  attention: 'attention',
};

/** One joined project or pool: what it does, what it credits, and how it is steered. `jobs` are its running ones. */
export function GridCard(props: {
  grid: GridView;
  jobs: readonly JobView[];
  at: number;
  open: boolean;
}): ReactNode {
  const { grid, jobs, at, open } = props;
  const id = useId();
  const card = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const command = useCommand();
  const administered = useAdministered();
  const mark = marks[grid.state];
  useEffect(() => {
    if (!open) return;
    card.current?.scrollIntoView({ block: 'start' });
    // Whoever was sent to this project begins here.
    heading.current?.focus({ preventScroll: true });
  }, [open]);
  return (
    <section ref={card} className="card grid" aria-labelledby={id}>
      <div className="grid-head">
        <h2 ref={heading} id={id} tabIndex={-1}>
          <Foreign>{grid.name}</Foreign>
        </h2>
        <span className={`badge badge-${mark}`}>
          <Mark name={mark} size={14} />
          {t(`grids:state.${grid.state}`)}
        </span>
      </div>
      {grid.kind === 'condor' ? <p className="soft small">{t('pools:card.kind')}</p> : null}
      {grid.failure?.sentence === grid.sentence ? null : <p className="foreign">{sayGrid(grid, at)}</p>}
      {grid.managedBy === null ? null : (
        <p className="soft small foreign">{t('grids:managedBy', { name: plain(grid.managedBy) })}</p>
      )}
      {grid.failure === null ? null : <Problem problem={grid.failure} />}
      {jobs.length === 0 ? null : (
        <ul className="grid-jobs">
          {jobs.map((job) => (
            <li key={job.id}>
              <span className="meter-row">
                <Foreign>{job.title}</Foreign>
                <span className="soft">{job.progress === null ? '' : percent(job.progress)}</span>
              </span>
              <Progress label={t('grids:taskProgress', { name: plain(job.title) })} value={job.progress} />
            </li>
          ))}
        </ul>
      )}
      <Facts rows={factsOf(grid)} />
      {administered ? null : <Controls grid={grid} command={command} />}
      {command.failure === null ? null : <Failed failure={command.failure} />}
      {administered ? null : (
        <Disclosure
          label={t('grids:details')}
          spoken={t('grids:detailsLabel', { name: plain(grid.name) })}
          startsOpen={open}
        >
          <GridDetails grid={grid} at={at} />
        </Disclosure>
      )}
    </section>
  );
}

function factsOf(grid: GridView): readonly (readonly [string, ReactNode])[] {
  const { credit, kind, running, done, failed, aborted } = grid;
  if (kind === 'condor') {
    return [
      [t('pools:card.running'), figure(running)],
      [t('pools:card.done'), finishedWords({ done, failed, aborted: 0 })],
      [t('pools:card.handedBack'), figure(aborted)],
    ];
  }
  const told = (value: number | null): ReactNode =>
    value === null ? <span className="soft unknown">{t('grids:creditUnknown')}</span> : figure(value);
  return [
    [t('grids:credit'), told(credit?.hostTotal ?? null)],
    [t('grids:creditRecent'), told(credit?.hostRecent ?? null)],
    [t('grids:accountCredit'), told(credit?.userTotal ?? null)],
    [t('grids:finished'), finishedWords(grid)],
  ];
}

function Controls({ grid, command }: { grid: GridView; command: Command }): ReactNode {
  const id = useId();
  const [leaving, setLeaving] = useState(false);
  const { busy, run } = command;
  const { managedBy, name } = grid;
  const isPaused = grid.suspended;
  const isOver = grid.state === 'leaving';
  const isPool = grid.kind === 'condor';
  const Leave = isPool ? LeavePool : LeaveGrid;
  const stay = (): void => {
    setLeaving(false);
  };
  const set = (changes: { noNewWork?: boolean; suspended?: boolean }): Promise<boolean> =>
    run(() => client.call('grids.set', { id: grid.id, ...changes }));
  return (
    <div className="grid-controls">
      <span className="grid-control">
        <label htmlFor={`${id}-work`}>
          {t('grids:noNewWork')} <span className="soft small hint">{t('grids:noNewWorkHint')}</span>
        </label>
        <Switch
          id={`${id}-work`}
          disabled={isOver}
          on={grid.noNewWork}
          onChange={(noNewWork) => {
            void set({ noNewWork });
          }}
        />
      </span>
      <span className="buttons">
        <Button
          disabled={busy || isOver}
          label={
            isPaused
              ? t('grids:resumeLabel', { name: plain(name) })
              : t('grids:pauseLabel', { name: plain(name) })
          }
          onPress={() => {
            void set({ suspended: !isPaused });
          }}
        >
          {isPaused ? t('grids:resume') : t('grids:pause')}
        </Button>
        {isPool ? null : (
          <Button
            disabled={busy || isOver}
            label={t('grids:updateLabel', { name: plain(name) })}
            onPress={() => {
              void run(() => client.call('grids.update', { id: grid.id }));
            }}
          >
            {t('grids:update')}
          </Button>
        )}
        {managedBy === null ? (
          <Button
            disabled={busy || isOver}
            label={t('grids:leaveLabel', { name: plain(name) })}
            onPress={() => {
              setLeaving(true);
            }}
          >
            {t('grids:leave')}
          </Button>
        ) : null}
      </span>
      {leaving ? <Leave grid={grid} onEnd={stay} /> : null}
    </div>
  );
}
