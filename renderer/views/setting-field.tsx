import { type ReactNode, useId } from 'react';
import type { EffectiveSetting } from '../../electron/contract/settings.ts';
import { useAdministered } from '../bridge/store.ts';
import { figure, percent } from '../text/format.ts';
import { sourceWords } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { languageOptions } from '../text/setting-control.ts';
import { type SettingRow, settingName } from '../text/setting-rows.ts';
import {
  asList,
  asNumber,
  asText,
  asWindows,
  countOf,
  fromUnit,
  numberRefusal,
  toList,
  toldWords,
  toUnit,
  valueWords,
} from '../text/setting-value.ts';
import { Choice, NumberField, PercentSlider, Switch, TextField } from '../ui/fields.tsx';
import { LockMark, Mark } from '../ui/marks.tsx';
import { Pick } from '../ui/pick.tsx';
import { Button } from '../ui/primitives.tsx';
import { type Changes, isOwn } from './changes.ts';
import { Refusal } from './refusal.tsx';
import { Schedule } from './schedule.tsx';

/** What has a name of its own, so that no label stands before it. */
const named: ReadonlySet<string> = new Set(['schedule', 'language']);

interface SettingFieldProps {
  readonly row: SettingRow;
  readonly setting: EffectiveSetting;
  readonly organization: string | null;
  readonly changes: Changes;
}

/** One value: its name, its control, where it comes from, and the way back. */
export function SettingField(props: SettingFieldProps): ReactNode {
  const { row, setting, organization, changes } = props;
  const id = useId();
  const refusal = changes.refusal(row.key);
  const locked = setting.source === 'locked';
  const fixed = useAdministered() || locked;
  const own = isOwn(setting);
  const back = t(row.isOfDesktop === true ? 'preferences:backToDefault' : 'preferences:back');
  const name = (
    <>
      {row.control.kind === 'language' ? <Mark name="globe" size={16} /> : null}
      {settingName(row.key)}
      {row.hint === undefined ? null : <span className="soft small hint">{t(row.hint)}</span>}
    </>
  );
  return (
    <div className={row.control.kind === 'schedule' ? 'setting setting-tall' : 'setting'}>
      {named.has(row.control.kind) ? (
        <span id={id} className="setting-name">
          {name}
        </span>
      ) : (
        <label htmlFor={id} className="setting-name">
          {name}
        </label>
      )}
      <SettingControl {...props} id={id} describedBy={`${id}-source`} fixed={fixed} />
      <div className="setting-source">
        <span id={`${id}-source`} className={own ? 'small source source-own' : 'small soft source'}>
          {locked ? <LockMark /> : null}
          {sourceWords(setting, organization)}
        </span>
        {fixed ? null : (
          // Its place is kept, so that nothing moves under the pointer when there is something to go back from.
          <span className={own ? undefined : 'kept-place'}>
            <Button
              small
              label={t('preferences:backLabel', { name: settingName(row.key), back })}
              onPress={() => {
                // The button goes, the focus stays at what it was about.
                document.getElementById(id)?.focus();
                void changes.unset(row.key);
              }}
            >
              {back}
            </Button>
          </span>
        )}
      </div>
      <Refusal words={refusal} />
    </div>
  );
}

function SettingControl(
  props: SettingFieldProps & { id: string; describedBy: string; fixed: boolean },
): ReactNode {
  const { row, setting, changes, id, describedBy, fixed } = props;
  const { control, key } = row;
  const { value } = setting;
  const number = asNumber(value);
  const common = { id, describedBy, disabled: fixed };
  switch (control.kind) {
    case 'switch':
      return <Switch {...common} on={value === true} onChange={(on) => void changes.set(key, on)} />;
    case 'share':
      return (
        <PercentSlider
          {...common}
          percent={Math.round((number ?? 0) * 100)}
          words={(shown) => percent(shown / 100)}
          onCommit={(shown) => changes.set(key, fromUnit(shown, 0.01))}
        />
      );
    case 'number':
      return (
        <NumberField
          {...common}
          value={number === null ? null : toUnit(number, control.scale)}
          unit={control.unit === null ? '' : t(control.unit)}
          {...(control.empty === undefined ? {} : { empty: t(control.empty) })}
          onCommit={async (shown) => {
            const wanted = shown === null ? null : fromUnit(shown, control.scale);
            const refusal = wanted === null ? null : numberRefusal(control, wanted, value);
            if (refusal === null) await changes.set(key, wanted);
            else changes.refuse(key, refusal);
          }}
          onUnreadable={() => {
            changes.refuse(key, t('preferences:refused.noNumber', { stays: valueWords(control, value) }));
          }}
        />
      );
    case 'list':
      return (
        <TextField
          {...common}
          value={asList(value).join(', ')}
          empty={t(control.empty ?? 'preferences:empty.none')}
          onCommit={(words) => {
            const list = toList(words);
            return changes.set(key, list.length === 0 && control.empty !== undefined ? null : list);
          }}
        />
      );
    case 'text':
      return (
        <TextField
          {...common}
          value={value === control.unsaid ? '' : asText(value)}
          empty={t(control.empty)}
          long={control.long === true}
          onCommit={(words) => {
            const said = control.isCapital === true ? words.toUpperCase() : words;
            return changes.set(key, said.trim() || (control.unsaid ?? null));
          }}
        />
      );
    case 'count':
      return (
        <output id={id} className="soft">
          {figure(countOf(value))}
        </output>
      );
    case 'told':
      return (
        <output id={id} className="soft">
          {toldWords(value)}
        </output>
      );
    case 'schedule':
      return (
        <Schedule
          labelledBy={id}
          describedBy={describedBy}
          disabled={fixed}
          windows={asWindows(value)}
          onChange={(windows) => void changes.set(key, windows)}
          onRefuse={(words) => {
            changes.refuse(key, words);
          }}
        />
      );
    case 'language':
      return (
        <Pick
          label={settingName(key)}
          hideLabel
          describedBy={describedBy}
          disabled={fixed}
          value={asText(value)}
          options={languageOptions()}
          onChange={(option) => void changes.set(key, option)}
        />
      );
    case 'choice':
      return (
        <Choice
          {...common}
          value={asText(value)}
          options={control.options}
          words={control.words ?? ((option) => option)}
          onChange={(option) => void changes.set(key, option)}
        />
      );
  }
}
