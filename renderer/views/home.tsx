import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { ContributionState, Snapshot, Today, VmView } from '../../electron/contract/snapshot.ts';
import { amount, duration, figure, moment, percent } from '../text/format.ts';
import { gridNames } from '../text/grid-names.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Mark, type MarkName } from '../ui/marks.tsx';
import { Card, Facts, Foreign, Meter } from '../ui/primitives.tsx';
import { CurrentJob } from './current-job.tsx';
import { DeniedLately } from './denied-lately.tsx';
import { GivingBack } from './giving-back.tsx';
import { PauseControls } from './pause-controls.tsx';
import type { Go } from './place.ts';
import { Problem } from './problem.tsx';
import { Reasons } from './reasons.tsx';
import { Told } from './told.tsx';

const marks: Readonly<Record<ContributionState, MarkName>> = {
  working: 'working',
  starting: 'waiting',
  yielding: 'yielding',
  paused: 'paused',
  waiting: 'waiting',
  attention: 'attention',
};

export function Home(props: {
  snapshot: Snapshot;
  go: Go;
  /** Refusals up to here (epoch ms) are not shown any more. */
  seenUntil: number;
  onSeen: (until: number) => void;
}): ReactNode {
  const { snapshot, go } = props;
  const { contribution, problems, jobs, vms, grids, denials, yields, at } = snapshot;
  const running = jobs.filter((job) => job.state === 'running');
  const mark = marks[contribution.state];
  const name = gridNames(grids);
  const on = vms.filter(({ phase }) => !off.has(phase));
  const reason = problems.find((problem) => problem.sentence === contribution.sentence);
  return (
    <>
      <section className={`hero hero-${mark}`}>
        <span className="hero-mark">
          <Mark name={mark} size={34} />
        </span>
        <div role="status">
          <h1>{t(`home:state.${contribution.state}`)}</h1>
          <Told>{contribution.sentence}</Told>
          {reason?.hint === undefined ? null : <Told>{reason.hint}</Told>}
          <p className="small soft">{t('home:since', { time: moment(contribution.since, at) })}</p>
        </div>
        <Reasons snapshot={snapshot} />
        <PauseControls pause={contribution.pause} />
      </section>

      <Problems problems={problems.filter((problem) => problem !== reason)} />
      <DeniedLately
        // What was asked before anything was joined is told where it was asked.
        denials={denials.filter(
          ({ grid, lastAt }) => lastAt > props.seenUntil && grids.some(({ id }) => id === grid),
        )}
        name={name}
        go={go}
        onSeen={props.onSeen}
      />
      <TodayCard snapshot={snapshot} />

      <div className="columns">
        <Card title={t('home:now')}>
          {running.length === 0 ? <p className="soft">{t('home:nothingRuns')}</p> : null}
          {running.map((job) => (
            <CurrentJob
              key={`${job.grid} ${job.id}`}
              job={job}
              grid={name(job.grid)}
              at={at}
              short={running.length > 1}
            />
          ))}
        </Card>
        <div className="stack">
          <Card title={t('home:processor')}>
            {on.length === 0 ? <p className="soft">{t('home:noVm')}</p> : null}
            {on.map((vm) => (
              <Machine key={vm.name} vm={vm} grid={vms.length > 1 ? name(vm.grid) : null} />
            ))}
            {on.some(({ accelerator }) => accelerator?.name === 'tcg') ? (
              <p className="soft small slow">{t('home:slow')}</p>
            ) : null}
          </Card>
          <GivingBack yields={yields} at={at} />
        </div>
      </div>
    </>
  );
}

function TodayCard({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { today, grids, lostSeconds } = snapshot;
  const name = gridNames(grids);
  return (
    <Card title={t('home:today')}>
      <Facts
        large
        rows={[
          [t('home:contributed'), duration(today.cpuSeconds)],
          [
            t('home:jobsDone'),
            <>
              {figure(today.jobsDone)}
              {today.jobsFailed > 0 ? (
                <span className="soft small"> · {t('home:jobsFailed', { count: today.jobsFailed })}</span>
              ) : null}
            </>,
          ],
          ...(today.earned.length === 0 ? [[t('home:earned'), t('home:nothingEarned')] as const] : []),
          // Units are never added up: each grid and unit stands for itself.
          ...today.earned.map(
            (row) =>
              [t('home:earnedFrom', { grid: plain(name(row.grid)) }), <Earned key="" row={row} />] as const,
          ),
        ]}
      />
      {today.earned.some(({ observed }) => observed > 0) ? (
        <p className="soft small">{t('activity:observedHint')}</p>
      ) : null}
      {lostSeconds > 0 ? <p className="lost small">{lostWords(lostSeconds)}</p> : null}
    </Card>
  );
}

function lostWords(seconds: number): string {
  return seconds < 60 ? t('home:lostLittle') : t('home:lost', { minutes: Math.round(seconds / 60) });
}

/** What is confirmed, what is only read off the grid, and what is not confirmed yet: never added up. */
function Earned({ row }: { row: Today['earned'][number] }): ReactNode {
  const { unit, settled, pending, observed } = row;
  const isObserved = observed > 0 && settled === 0;
  return (
    <>
      {amount(isObserved ? observed : settled)} <Foreign>{unit}</Foreign>
      {isObserved ? <span className="soft small line">{t('activity:observed')}</span> : null}
      <span className="soft small">
        {observed > 0 && !isObserved ? ` · ${t('home:observed', { amount: amount(observed) })}` : ''}
        {pending > 0 ? ` · ${t('home:pending', { amount: amount(pending) })}` : ''}
      </span>
    </>
  );
}

function Problems({ problems }: { problems: readonly Failure[] }): ReactNode {
  if (problems.length === 0) return null;
  return (
    <section aria-label={t('home:problems')} className="problems">
      {problems.map((problem) => (
        <Problem key={`${problem.code} ${problem.sentence}`} problem={problem} />
      ))}
    </section>
  );
}

/** Phases in which no QEMU runs. */
const off: ReadonlySet<VmView['phase']> = new Set(['stopped', 'saved', 'backoff', 'failed']);

/** `grid`: whose it is, where there are several. */
function Machine({ vm, grid }: { vm: VmView; grid: string | null }): ReactNode {
  const granted = percent(vm.shareGranted);
  const words =
    vm.shareMeasured === null
      ? t('home:shareUnknown', { granted })
      : t('home:shareInUse', { used: percent(vm.shareMeasured), granted });
  const facts = [
    t('home:vcpus', { count: vm.vcpus }),
    ...(vm.bootMs === null ? [] : [t('home:booted', { time: duration(vm.bootMs / 1000) })]),
    ...(vm.accelerator === null ? [] : [t('home:accelerator', { name: vm.accelerator.name })]),
    ...(vm.isolation === null ? [] : [t(`home:isolation.${vm.isolation}`)]),
  ];
  return (
    <div className="stack">
      {grid === null ? null : <Foreign className="job-title line">{grid}</Foreign>}
      <div className="meter-row">
        <span>{t('home:share')}</span>
        <span className="soft">{words}</span>
      </div>
      <Meter label={t('home:share')} value={vm.shareMeasured ?? 0} limit={vm.shareGranted} words={words} />
      <ul className="soft small inline-list">
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
    </div>
  );
}
