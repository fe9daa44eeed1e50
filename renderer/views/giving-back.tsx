import { type ReactNode, useEffect } from 'react';
import type { YieldRecord, YieldReport, YieldStats } from '../../electron/contract/policy.ts';
import { client } from '../bridge/store.ts';
import { bound, milliseconds, moment, sentenceCase } from '../text/format.ts';
import { inputSeen, policyText } from '../text/policy-text.ts';
import { text } from '../text/text.ts';
import { Card, Disclosure } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';

/** How fast the computer was given back; `at` is the Snapshot's time. */
export function GivingBack({ yields, at }: { yields: YieldStats; at: number }): ReactNode {
  if (yields.lastMs === null) {
    return (
      <Card title={text.yields}>
        <p className="soft">{text.neverYielded}</p>
      </Card>
    );
  }
  return (
    <Card title={text.yields}>
      <p>{text.gaveBack(milliseconds(yields.lastMs))}</p>
      {yields.p95Ms === null ? null : (
        <p className="soft small">{text.yieldStats(milliseconds(yields.p95Ms), yields.count)}</p>
      )}
      <Disclosure label={text.yieldDetails}>
        <Details count={yields.count} at={at} />
      </Disclosure>
    </Card>
  );
}

function Details({ count, at }: { count: number; at: number }): ReactNode {
  const { answer, again } = useAsked(client.reportYields, null);
  useEffect(() => {
    void again();
  }, [again, count]);
  if (answer === null) return <p className="soft small">{text.loading}</p>;
  if (!answer.ok) return <p role="alert">{answer.failure.sentence}</p>;
  return (
    <div className="stack">
      <Histogram buckets={answer.value.histogram} />
      <Latest records={answer.value.latest} at={at} />
      <p className="soft small">{text.yieldMeans}</p>
    </div>
  );
}

/** The buckets from the first to the last that holds anything: a table whose bars are only for the eye. */
function Histogram({ buckets }: { buckets: YieldReport['histogram'] }): ReactNode {
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  const last = buckets.findLastIndex(({ count }) => count > 0);
  const below = (index: number): string => bound(buckets[index - 1]?.upToMs ?? 0);
  return (
    <table className="histogram small">
      <caption>{text.histogram}</caption>
      <thead>
        <tr>
          <th scope="col">{text.took}</th>
          <th scope="col">{text.times}</th>
          <td aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {buckets.slice(0, last + 1).map(({ upToMs, count }, index) => (
          <tr key={upToMs}>
            <th scope="row">{upToMs === null ? text.longerThan(below(index)) : text.upTo(bound(upToMs))}</th>
            <td className="number">{count}</td>
            <td className="histogram-track" aria-hidden="true">
              <span className="histogram-bar" style={{ width: `${(count / most) * 100}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** As the statistics count it: until no CPU was used, with what polling may have added. */
function took({ stoppedMs, quietMs, polledMs }: YieldRecord): string {
  const ms = milliseconds((quietMs ?? stoppedMs) + polledMs);
  return quietMs === null ? text.yieldUnwatched(ms) : ms;
}

function Latest({ records, at }: { records: readonly YieldRecord[]; at: number }): ReactNode {
  const { yieldColumns: columns } = text;
  return (
    <table className="latest small">
      <caption>{text.latestYields}</caption>
      <thead>
        <tr>
          <th scope="col">{columns.when}</th>
          <th scope="col">{columns.cause}</th>
          <th scope="col">{columns.time}</th>
          <th scope="col">{columns.seen}</th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <tr key={`${record.at} ${record.stoppedMs}`}>
            <td>{moment(record.at, at)}</td>
            <td>{sentenceCase(policyText.cause(record.cause))}</td>
            <td>{took(record)}</td>
            <td>{inputSeen(record.inputSource, record.polledMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
