import { type ReactNode, useEffect } from 'react';
import type { YieldRecord, YieldReport, YieldStats } from '../../electron/contract/policy.ts';
import { client } from '../bridge/store.ts';
import { bound, figure, milliseconds, moment, percent, sentenceCase } from '../text/format.ts';
import { inputSeen } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { Card, Disclosure } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';

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
  if (!answer.ok) return <Failed failure={answer.failure} />;
  return (
    <div className="stack">
      <Histogram buckets={answer.value.histogram} />
      <Latest records={answer.value.latest} at={at} />
      <p className="soft small">{t('home:yieldMeans')}</p>
    </div>
  );
}

/** How often it took how long: a picture, and the same as a table. */
function Histogram({ buckets }: { buckets: YieldReport['histogram'] }): ReactNode {
  const last = buckets.findLastIndex(({ count }) => count > 0);
  const rows = buckets.slice(0, last + 1).map(({ upToMs, count }, index) => ({
    count,
    words:
      upToMs === null
        ? t('home:longerThan', { time: bound(buckets[index - 1]?.upToMs ?? 0) })
        : t('home:upTo', { time: bound(upToMs) }),
  }));
  const most = Math.max(1, ...rows.map(({ count }) => count));
  return (
    <>
      <div className="histogram-picture small" aria-hidden="true">
        {rows.map(({ words, count }) => (
          <span key={words} className="histogram-column">
            <span className="histogram-figure">{count > 0 ? figure(count) : ''}</span>
            <span className="histogram-bar" style={{ blockSize: `${(count / most) * 6}rem` }} />
            <span className="histogram-label soft">{words}</span>
          </span>
        ))}
      </div>
      <table className="histogram small">
        <caption>{t('home:histogram')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('home:took')}</th>
            <th scope="col" className="number">
              {t('home:times')}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ words, count }) => (
            <tr key={words}>
              <th scope="row">{words}</th>
              <td className="number">{figure(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
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
