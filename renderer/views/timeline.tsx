import { type ReactNode, useCallback, useMemo, useState } from 'react';
import type { ActivityDay } from '../../electron/contract/activity.ts';
import { client } from '../bridge/store.ts';
import { clock, dayHour, duration, weekday } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { language, t } from '../text/say.ts';
import { DayLegend, DayLine, type DayLook, type DayPiece } from '../ui/day-line.tsx';
import { Button, Card, Disclosure } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { later, startOf } from './activity-calendar.ts';
import type { NameOf } from './activity-words.ts';
import { Failed } from './failed.tsx';
import { hourRows, type Piece, piecesOf, type ShownState, sumsOf } from './timeline-pieces.ts';

/** How often the host is asked while today is shown, in ms. */
const freshMs = 30_000;

const looks: Readonly<Record<ShownState, DayLook>> = {
  worked: 'full',
  starting: 'part',
  yielded: 'hatched',
  paused: 'dotted',
  waiting: 'lined',
  attention: 'alert',
  off: 'empty',
  unknown: 'blank',
};

/** One day: every hour as what this computer did, and why; `today` is its date. */
export function Timeline({ nameOf, today }: { nameOf: NameOf; today: string }): ReactNode {
  /** null: today, whichever day that is. */
  const [chosen, setChosen] = useState<string | null>(null);
  const day = chosen ?? today;
  const ask = useCallback(() => client.call('activity.day', { day }), [day]);
  const { answer } = useAsked(ask, chosen === null ? freshMs : null);
  const shown = answer?.ok === true ? answer.value : null;
  const isFirst = shown !== null && (shown.recordedSince === null || shown.recordedSince >= shown.from);
  const go = (days: number): void => {
    const next = later(day, days);
    setChosen(next >= today ? null : next);
  };
  return (
    <Card title={t('activity:timeline.title')} className="timeline">
      <div className="title-row">
        <p role="status">{weekday(startOf(day))}</p>
        <div className="buttons">
          <Button
            small
            disabled={isFirst && shown.day === day}
            onPress={() => {
              go(-1);
            }}
          >
            {t('activity:timeline.before')}
          </Button>
          <Button
            small
            disabled={chosen === null}
            onPress={() => {
              go(1);
            }}
          >
            {t('activity:timeline.after')}
          </Button>
          <Button
            small
            disabled={chosen === null}
            onPress={() => {
              setChosen(null);
            }}
          >
            {t('activity:timeline.today')}
          </Button>
        </div>
      </div>
      {answer === null ? <p className="soft small">{t('common:loading')}</p> : null}
      {answer?.ok === false ? <Failed failure={answer.failure} /> : null}
      {shown === null ? null : <Day key={shown.day} day={shown} nameOf={nameOf} spoken={language()} />}
    </Card>
  );
}

/** Its words are kept as long as neither the day nor the language that is `spoken` is another. */
function Day(props: { day: ActivityDay; nameOf: NameOf; spoken: ReturnType<typeof language> }): ReactNode {
  const { day, nameOf, spoken } = props;
  const { pieces, marks, sums } = useMemo(() => {
    const all = piecesOf(day);
    return {
      pieces: all.map(
        (piece): DayPiece => ({
          from: piece.from,
          to: piece.to,
          look: looks[piece.state],
          words: pieceWords(piece, nameOf),
        }),
      ),
      marks: day.hours
        .filter(({ from }) => new Date(from).getHours() % 3 === 0)
        .map(({ from }) => ({ at: from, words: dayHour(from) })),
      sums: sumsOf(all),
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- t() speaks another language without anything in here telling
  }, [day, nameOf, spoken]);
  return (
    <div className="stack">
      <DayLine
        label={t('activity:timeline.title')}
        from={day.from}
        to={day.to}
        pieces={pieces}
        marks={marks}
        hint={t('activity:timeline.hint')}
      />
      <DayLegend
        entries={sums.map(([state, seconds]) => ({
          look: looks[state],
          words: t(`activity:timeline.state.${state}`),
          figure: duration(seconds),
        }))}
      />
      <Disclosure label={t('activity:timeline.hours')}>
        <Hours day={day} states={sums.map(([state]) => state)} />
      </Disclosure>
    </div>
  );
}

/** `09:00–09:30 (30 min) · Given back · your input · Prime Orchard`. */
function pieceWords({ from, to, state, reason, grid }: Piece, nameOf: NameOf): string {
  const cause = reason === null ? null : t(`policy:cause.${reason}`);
  return [
    t('activity:timeline.span', { from: clock(from), to: clock(to), length: duration((to - from) / 1000) }),
    t(`activity:timeline.state.${state}`),
    ...(cause === null ? [] : [state === 'worked' ? t('activity:timeline.slowed', { cause }) : cause]),
    ...(grid === null ? [] : [plain(nameOf(grid))]),
  ].join(' · ');
}

/** The same hour by hour, in figures. */
function Hours({ day, states }: { day: ActivityDay; states: readonly ShownState[] }): ReactNode {
  return (
    <div className="hours-scroll" role="region" aria-label={t('activity:timeline.hours')} tabIndex={0}>
      <table className="latest small" aria-label={t('activity:timeline.hours')}>
        <thead>
          <tr>
            <th scope="col">{t('activity:timeline.hour')}</th>
            {states.map((state) => (
              <th key={state} scope="col" className="number">
                {t(`activity:timeline.state.${state}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hourRows(day).map(({ from, to, seconds }) => (
            <tr key={from}>
              <th scope="row">{t('activity:timeline.range', { from: clock(from), to: clock(to) })}</th>
              {states.map((state) => {
                const length = seconds.get(state);
                return (
                  <td key={state} className="number">
                    {length === undefined ? t('common:none') : duration(length)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
