import type { ReactNode } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { ContributionState, Snapshot, VmView } from '../../electron/contract/snapshot.ts';
import { amount, duration, moment, percent } from '../text/format.ts';
import { text } from '../text/text.ts';
import { Mark, type MarkName } from '../ui/marks.tsx';
import { Card, Facts, Foreign, Meter } from '../ui/primitives.tsx';
import { CurrentJob } from './current-job.tsx';
import { GivingBack } from './giving-back.tsx';
import { PauseControls } from './pause-controls.tsx';
import { Reasons } from './reasons.tsx';

const marks: Readonly<Record<ContributionState, MarkName>> = {
  working: 'working',
  starting: 'waiting',
  yielding: 'yielding',
  paused: 'paused',
  waiting: 'waiting',
  attention: 'attention',
};

export function Home({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { contribution, problems, jobs, vms, yields, at } = snapshot;
  const running = jobs.filter((job) => job.state === 'running');
  const mark = marks[contribution.state];
  const reason = problems.find((problem) => problem.sentence === contribution.sentence);
  return (
    <>
      <section className={`hero hero-${mark}`}>
        <span className="hero-mark">
          <Mark name={mark} size={34} />
        </span>
        <div role="status">
          <h1>{text.state(contribution.state)}</h1>
          <p className="foreign">{contribution.sentence}</p>
          {reason?.hint === undefined ? null : <p className="foreign">{reason.hint}</p>}
          <p className="small soft">{text.since(moment(contribution.since, at))}</p>
        </div>
        <Reasons snapshot={snapshot} />
        <PauseControls pause={contribution.pause} />
      </section>

      <Problems problems={problems.filter((problem) => problem !== reason)} />
      <TodayCard snapshot={snapshot} />

      <div className="columns">
        <Card title={text.now}>
          {running.length === 0 ? <p className="soft">{text.nothingRuns}</p> : null}
          {running.map((job) => (
            <CurrentJob key={job.id} job={job} at={at} />
          ))}
        </Card>
        <div className="stack">
          <Card title={text.processor}>
            {vms.length === 0 ? <p className="soft">{text.noVm}</p> : null}
            {vms.map((vm) => (
              <Machine key={vm.name} vm={vm} />
            ))}
          </Card>
          <GivingBack yields={yields} at={at} />
        </div>
      </div>
    </>
  );
}

function TodayCard({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { today, grids, lostSeconds } = snapshot;
  return (
    <Card title={text.today}>
      <Facts
        large
        rows={[
          [text.contributed, duration(today.cpuSeconds)],
          [
            text.jobsDone,
            <>
              {today.jobsDone}
              {today.jobsFailed > 0 ? (
                <span className="soft small"> {text.jobsFailed(today.jobsFailed)}</span>
              ) : null}
            </>,
          ],
          ...(today.earned.length === 0 ? [[text.earned, text.nothingEarned] as const] : []),
          // Units are never added up: each grid and unit stands for itself.
          ...today.earned.map(
            (row) =>
              [
                text.earnedFrom(grids.find((grid) => grid.id === row.grid)?.name ?? row.grid),
                <>
                  {amount(row.settled)} <Foreign>{row.unit}</Foreign>
                  {row.pending > 0 ? (
                    <span className="soft small"> {text.pending(amount(row.pending))}</span>
                  ) : null}
                </>,
              ] as const,
          ),
        ]}
      />
      {lostSeconds > 0 ? <p className="lost small">{text.lost(lostSeconds)}</p> : null}
    </Card>
  );
}

function Problems({ problems }: { problems: readonly Failure[] }): ReactNode {
  if (problems.length === 0) return null;
  return (
    <section aria-label={text.problems} className="problems">
      {problems.map((problem) => (
        <div key={`${problem.code} ${problem.sentence}`} className="notice notice-warn" role="alert">
          <Mark name="attention" size={20} />
          <div>
            <p className="foreign">{problem.sentence}</p>
            {problem.hint === undefined ? null : <p className="foreign soft small">{problem.hint}</p>}
          </div>
        </div>
      ))}
    </section>
  );
}

/** Phases in which no QEMU runs. */
const off: ReadonlySet<VmView['phase']> = new Set(['stopped', 'saved', 'backoff', 'failed']);

function Machine({ vm }: { vm: VmView }): ReactNode {
  if (off.has(vm.phase)) return <p className="soft">{text.noVm}</p>;
  const granted = percent(vm.shareGranted);
  const words =
    vm.shareMeasured === null
      ? text.shareUnknown(granted)
      : text.shareInUse(percent(vm.shareMeasured), granted);
  const facts = [
    text.vcpus(vm.vcpus),
    ...(vm.bootMs === null ? [] : [text.booted(duration(vm.bootMs / 1000))]),
    ...(vm.accelerator === null ? [] : [text.accelerator(vm.accelerator.name)]),
    ...(vm.isolation === null ? [] : [text.isolation[vm.isolation]]),
  ];
  return (
    <div className="stack">
      <div className="meter-row">
        <span>{text.share}</span>
        <span className="soft">{words}</span>
      </div>
      <Meter label={text.share} value={vm.shareMeasured ?? 0} limit={vm.shareGranted} words={words} />
      <ul className="soft small inline-list">
        {facts.map((fact) => (
          <li key={fact}>{fact}</li>
        ))}
      </ul>
      {vm.accelerator?.name === 'tcg' ? <p className="soft small">{text.slowAccelerator}</p> : null}
    </div>
  );
}
