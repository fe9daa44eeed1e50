import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { ContributionState, Snapshot } from '../../electron/contract/snapshot.ts';
import { moment } from '../text/format.ts';
import { gridNames } from '../text/grid-names.ts';
import { sayState } from '../text/host-words.ts';
import { t } from '../text/say.ts';
import { Mark, type MarkName } from '../ui/marks.tsx';
import { Button, Card } from '../ui/primitives.tsx';
import { AllowanceGauge } from './allowance-gauge.tsx';
import { CurrentJob } from './current-job.tsx';
import { DeniedLately } from './denied-lately.tsx';
import { FailureWords } from './failure-words.tsx';
import { GivingBack } from './giving-back.tsx';
import { Machines } from './machines.tsx';
import { PauseControls } from './pause-controls.tsx';
import type { Go } from './place.ts';
import { Problem } from './problem.tsx';
import { Reasons } from './reasons.tsx';
import { ThisWeek } from './this-week.tsx';
import { secondsLeft, standsStill } from './time-left.ts';
import { Totals } from './totals.tsx';
import { UpdateLine } from './update-line.tsx';

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
  const { contribution, problems, grids, denials, yields, today, lostSeconds, service, at } = snapshot;
  const mark = marks[contribution.state];
  const trouble = troubleOf(snapshot);
  return (
    <>
      <section className={`hero hero-${mark}`}>
        <div className="hero-state">
          <span className="hero-mark">
            <Mark name={mark} size={34} />
          </span>
          <div className="hero-words">
            <h1 className="page-title">{t(`home:state.${contribution.state}`)}</h1>
            {trouble === null ? (
              <p className="foreign">{sayState(contribution, at)}</p>
            ) : (
              <>
                <FailureWords failure={trouble} />
                <ToHealth go={go} />
              </>
            )}
            <p className="small soft">{t('home:since', { time: moment(contribution.since, at) })}</p>
            {holdsBack(snapshot) ? <Reasons snapshot={snapshot} /> : null}
          </div>
        </div>
        <AllowanceGauge snapshot={snapshot} />
        {service?.mayPause === null ? null : (
          <PauseControls pause={contribution.pause} mayPause={service?.mayPause !== 'administrators'} />
        )}
      </section>

      <Problems problems={problems.filter(({ sentence }) => sentence !== trouble?.sentence)} go={go} />
      <DeniedLately
        // What was asked before anything was joined is told where it was asked.
        denials={denials.filter(
          ({ grid, lastAt }) => lastAt > props.seenUntil && grids.some(({ id }) => id === grid),
        )}
        name={gridNames(grids)}
        go={go}
        onSeen={props.onSeen}
      />

      <UpdateLine update={snapshot.update} />

      <Running snapshot={snapshot} go={go} />
      <div className="columns">
        <Totals title={t('home:today')} totals={today} grids={grids}>
          {today.earned.some(({ grid, unit }) => grid === 'local' && unit === 'points') ? (
            <p className="soft small">{t('home:pointsMean')}</p>
          ) : null}
          {lostSeconds > 0 ? <p className="lost small">{lostWords(lostSeconds)}</p> : null}
        </Totals>
        <ThisWeek snapshot={snapshot} />
      </div>
      <div className="columns">
        <Machines snapshot={snapshot} />
        <GivingBack yields={yields} at={at} />
      </div>
    </>
  );
}

/** The failure that the state's sentence tells; null: it tells of none. */
function troubleOf({ contribution, problems }: Snapshot): Failure | null {
  const { sentence, said } = contribution;
  const known = problems.find((problem) => problem.sentence === sentence);
  if (known) return known;
  return said?.code === 'failure' ? { code: said.values.failure, sentence: said.values.sentence } : null;
}

/** Whether its rules are why nothing runs: not while something is broken, or there is nothing to do. */
function holdsBack({ contribution: { state, said } }: Snapshot): boolean {
  return state !== 'attention' && said?.code !== 'state.no-work';
}

function ToHealth({ go }: { go: Go }): ReactNode {
  return (
    <p className="notice-do">
      <Button
        small
        onPress={() => {
          go({ page: 'health' });
        }}
      >
        {t('home:toHealth')}
      </Button>
    </p>
  );
}

/** Nobody has said yet what it should work for. */
function Unchosen({ go }: { go: Go }): ReactNode {
  return (
    <Card title={t('home:now')}>
      <div className="stack">
        <p>{t('home:unchosen')}</p>
        <div className="buttons">
          <Button
            primary
            onPress={() => {
              go({ page: 'welcome' });
            }}
          >
            {t('home:choose')}
          </Button>
        </div>
      </div>
    </Card>
  );
}

/** All jobs that run. */
function Running({ snapshot, go }: { snapshot: Snapshot; go: Go }): ReactNode {
  const { jobs, vms, grids, manager, service, at } = snapshot;
  const isJoined = manager !== null || grids.some(({ kind }) => kind !== 'local');
  // What a service of the machine works for is for its administrator to choose.
  if (!isJoined && jobs.length === 0 && service === null) return <Unchosen go={go} />;
  const name = gridNames(grids);
  const running = jobs.filter((job) => job.state === 'running');
  const beside = (grid: string): number => running.filter((job) => job.grid === grid).length;
  return (
    <Card title={t('home:now')}>
      {running.length === 0 ? (
        <p className="soft">{t('home:nothingRuns')}</p>
      ) : (
        <ul className="running">
          {running.map((job) => (
            <CurrentJob
              key={`${job.grid} ${job.id}`}
              job={job}
              grid={name(job.grid)}
              at={at}
              short={running.length > 1}
              still={standsStill(job, vms)}
              left={secondsLeft(
                job,
                vms.find(({ grid }) => grid === job.grid),
                beside(job.grid),
              )}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

function lostWords(seconds: number): string {
  return seconds < 60 ? t('home:lostLittle') : t('home:lost', { minutes: Math.round(seconds / 60) });
}

function Problems({ problems, go }: { problems: readonly Failure[]; go: Go }): ReactNode {
  if (problems.length === 0) return null;
  return (
    <section aria-label={t('home:problems')} className="problems">
      {problems.map((problem) => (
        <Problem key={`${problem.code} ${problem.sentence}`} problem={problem}>
          <ToHealth go={go} />
        </Problem>
      ))}
    </section>
  );
}
