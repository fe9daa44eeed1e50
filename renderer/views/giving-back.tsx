import { type ReactNode, useEffect } from 'react';
import type { YieldRecord, YieldReport, YieldStats } from '../../electron/contract/policy.ts';
import { client } from '../bridge/store.ts';
import { bound, figure, milliseconds, moment, percent, sentenceCase } from '../text/format.ts';
import { inputSeen } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { Card, Disclosure } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Told } from './told.tsx';

/** How fast the computer was given back; `at` is the Snapshot's time. */
export function GivingBack({ yields, at }: { yields: YieldStats; at: number }): ReactNode {
  if (yields.lastMs === null) {
    return (
      <Card title={t('home:yields')}>
        <p className="soft">{t('home:neverYielded')}</p>
      </Card>
    );
  }
  return (
    <Card title={t('home:yields')}>
      <p>{t('home:gaveBack', { time: milliseconds(yields.lastMs) })}</p>
      {yields.p95Ms === null ? null : (
        <p className="soft small">
          {t('home:yieldStats', {
            share: percent(0.95),
            time: milliseconds(yields.p95Ms),
            count: yields.count,
          })}
        </p>
      )}
      <Disclosure label={t('home:yieldDetails')}>
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
  if (answer === null) return <p className="soft small">{t('common:loading')}</p>;
  if (!answer.ok) return <Told alert>{answer.failure.sentence}</Told>;
  return (
    <div className="stack">
      <Histogram buckets={answer.value.histogram} />
      <Latest records={answer.value.latest} at={at} />
      <p className="soft small">{t('home:yieldMeans')}</p>
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
      <caption>{t('home:histogram')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('home:took')}</th>
          <th scope="col">{t('home:times')}</th>
          <td aria-hidden="true" />
        </tr>
      </thead>
      <tbody>
        {buckets.slice(0, last + 1).map(({ upToMs, count }, index) => (
          <tr key={upToMs}>
            <th scope="row">
              {upToMs === null
                ? t('home:longerThan', { time: below(index) })
                : t('home:upTo', { time: bound(upToMs) })}
            </th>
            <td className="number">{figure(count)}</td>
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
  return quietMs === null ? t('home:yieldUnwatched', { time: ms }) : ms;
}

function Latest({ records, at }: { records: readonly YieldRecord[]; at: number }): ReactNode {
  return (
    <table className="latest small">
      <caption>{t('home:latestYields')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('home:yieldColumn.when')}</th>
          <th scope="col">{t('home:yieldColumn.cause')}</th>
          <th scope="col">{t('home:yieldColumn.time')}</th>
          <th scope="col">{t('home:yieldColumn.seen')}</th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          <tr key={`${record.at} ${record.stoppedMs}`}>
            <td>{moment(record.at, at)}</td>
            <td>{sentenceCase(t(`policy:cause.${record.cause}`))}</td>
            <td>{took(record)}</td>
            <td>{inputSeen(record.inputSource, record.polledMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
