import type { ReactNode } from 'react';
import type { ScheduleWindow, Weekday } from '../../electron/contract/settings.ts';
import { t } from '../text/say.ts';
import { TimeField } from '../ui/fields.tsx';
import { Button } from '../ui/primitives.tsx';

const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const nights: ScheduleWindow = { days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '22:00', to: '06:00' };
/** The end of a day, which a time field writes as the next day's begin; as an end both mean the same. */
const shownEnd = (to: string): string => (to === '24:00' ? '00:00' : to);

/** The times of the week at which the computer may contribute. */
export function Schedule(props: {
  labelledBy: string;
  describedBy: string;
  disabled: boolean;
  windows: readonly ScheduleWindow[];
  onChange: (windows: ScheduleWindow[]) => void;
}): ReactNode {
  const { windows, onChange } = props;
  return (
    <fieldset
      className="schedule"
      disabled={props.disabled}
      aria-labelledby={props.labelledBy}
      aria-describedby={props.describedBy}
    >
      {windows.length === 0 ? <p className="soft">{t('preferences:always')}</p> : null}
      {windows.map((window, index) => (
        <WindowRow
          // Two may be equal; what they are is all that tells them apart from others.
          key={`${index} ${JSON.stringify(window)}`}
          number={index + 1}
          window={window}
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
        disabled={props.disabled}
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
        {weekdays.map((day) => (
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
      <span className="schedule-times">
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
