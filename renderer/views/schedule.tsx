import { type ReactNode, useId } from 'react';
import type { ScheduleWindow, Weekday } from '../../electron/contract/settings.ts';
import { language, t } from '../text/say.ts';
import { settingName } from '../text/setting-rows.ts';
import { weekdays } from '../text/week-minutes.ts';
import { TimeField } from '../ui/fields.tsx';
import { Button, Disclosure } from '../ui/primitives.tsx';
import type { Week } from '../ui/week.ts';
import { WeekGrid } from '../ui/week-grid.tsx';
import { firstDayOf, mostWindows, paint, weekFrom, weekOf } from './schedule-week.ts';

const nights: ScheduleWindow = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '06:00' };
/** The end of a day, which a time field writes as the next day's begin; as an end both mean the same. */
const shownEnd = (to: string): string => (to === '24:00' ? '00:00' : to);
const hourWords = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

interface ScheduleProps {
  readonly labelledBy: string;
  readonly describedBy: string;
  readonly disabled: boolean;
  readonly windows: readonly ScheduleWindow[];
  readonly onChange: (windows: ScheduleWindow[]) => void;
}

/** When the computer may contribute: a week to paint on, and the exact times behind it. */
export function Schedule(props: ScheduleProps & { onRefuse: (words: string) => void }): ReactNode {
  const { windows, disabled, onChange } = props;
  const id = useId();
  const order = weekFrom(firstDayOf(regionTag()));
  const painted = (week: Week): void => {
    const done = paint(windows, week, order);
    switch (done.kind) {
      case 'windows':
        onChange(done.windows);
        return;
      case 'never':
        props.onRefuse(
          t('preferences:schedule.never', {
            contribute: settingName('contribute'),
            group: t('preferences:group.howMuch'),
          }),
        );
        return;
      case 'too-many':
        props.onRefuse(t('preferences:schedule.tooMany', { most: mostWindows }));
        return;
      case 'unchanged':
    }
  };
  return (
    <div className="schedule">
      <p id={`${id}-how`} className="soft small">
        {t('preferences:schedule.howTo')}
      </p>
      <WeekGrid
        labelledBy={props.labelledBy}
        describedBy={`${id}-how ${props.describedBy}`}
        disabled={disabled}
        week={weekOf(windows, order)}
        days={order.map((day) => ({
          short: t(`preferences:day.${day}`),
          name: t(`preferences:dayName.${day}`),
        }))}
        hour={hourWords}
        cell={(day, hour, state) => t('preferences:schedule.cell', { day, hour, state })}
        onChange={painted}
      />
      <div className="schedule-foot">
        <p className="schedule-legend small soft">
          {(['on', 'partly', 'off'] as const).map((state) => (
            <span key={state}>
              <span className="week-sample week" aria-hidden="true">
                <span data-state={state} />
              </span>
              {t('preferences:schedule.state', { state })}
            </span>
          ))}
        </p>
        {windows.length === 0 ? (
          <p>{t('preferences:schedule.all')}</p>
        ) : (
          <Button
            small
            disabled={disabled}
            onPress={() => {
              onChange([]);
            }}
          >
            {t('preferences:schedule.all')}
          </Button>
        )}
      </div>
      <Disclosure label={t('preferences:schedule.exact')}>
        <ExactTimes {...props} order={order} />
      </Disclosure>
    </div>
  );
}

/** The language with the region that the person lives in, which knows the week's first day. */
function regionTag(): string {
  const spoken = language();
  return navigator.languages.find((tag) => tag.split('-')[0]?.toLowerCase() === spoken) ?? spoken;
}

/** The windows themselves, to the minute. */
function ExactTimes(props: ScheduleProps & { order: readonly Weekday[] }): ReactNode {
  const { windows, disabled, onChange, order } = props;
  return (
    <fieldset className="schedule-times" disabled={disabled} aria-labelledby={props.labelledBy}>
      {windows.length === 0 ? <p className="soft">{t('preferences:schedule.all')}</p> : null}
      {windows.map((window, index) => (
        <WindowRow
          // Two may be equal; what they are is all that tells them apart from others.
          key={`${index} ${JSON.stringify(window)}`}
          number={index + 1}
          window={window}
          order={order}
          onChange={(changed) => {
            onChange(windows.map((other, at) => (at === index ? changed : other)));
          }}
          onRemove={() => {
            onChange(windows.filter((_other, at) => at !== index));
          }}
        />
      ))}
      <Button
        small
        disabled={disabled}
        onPress={() => {
          onChange([...windows, nights]);
        }}
      >
        {t('preferences:schedule.add')}
      </Button>
    </fieldset>
  );
}

function WindowRow(props: {
  number: number;
  window: ScheduleWindow;
  /** The days as weeks begin here. */
  order: readonly Weekday[];
  onChange: (window: ScheduleWindow) => void;
  onRemove: () => void;
}): ReactNode {
  const { window, onChange } = props;
  const name = t('preferences:schedule.window', { number: props.number });
  const toggled = (day: Weekday): Weekday[] =>
    weekdays.filter((other) => (other === day) !== window.days.includes(other));
  return (
    <div role="group" aria-label={name} className="schedule-window">
      <span className="weekdays">
        {props.order.map((day) => (
          <label key={day} className="weekday">
            <input
              type="checkbox"
              aria-label={t(`preferences:dayName.${day}`)}
              checked={window.days.includes(day)}
              // A window without any day would never open.
              disabled={window.days.length === 1 && window.days.includes(day)}
              onChange={() => {
                onChange({ ...window, days: toggled(day) });
              }}
            />
            <span aria-hidden="true">{t(`preferences:day.${day}`)}</span>
          </label>
        ))}
      </span>
      <span className="schedule-span">
        <TimeField
          label={t('preferences:schedule.from')}
          value={window.from}
          onCommit={(from) => {
            onChange({ ...window, from });
          }}
        />
        <span aria-hidden="true">–</span>
        <TimeField
          label={t('preferences:schedule.to')}
          value={shownEnd(window.to)}
          onCommit={(to) => {
            onChange({ ...window, to });
          }}
        />
        <Button
          small
          label={t('preferences:schedule.removeLabel', { number: props.number })}
          onPress={props.onRemove}
        >
          {t('preferences:schedule.remove')}
        </Button>
      </span>
    </div>
  );
}
