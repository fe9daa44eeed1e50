import type { ReactNode } from 'react';
import type { EffectiveSetting, Preset, SettingKey } from '../../electron/contract/settings.ts';
import { sentenceCase } from '../text/format.ts';
import { sourceWords } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { isOfPresets } from '../text/setting-rows.ts';
import { LockMark } from '../ui/marks.tsx';
import type { Changes } from './changes.ts';
import { Refusal } from './refusal.tsx';

const presets: readonly Preset[] = ['gentle', 'balanced', 'generous'];

type InForce = ReadonlyMap<SettingKey, EffectiveSetting>;

/** How many values are others than the preset's, of those that a preset speaks for. Pure. */
export function differingFrom(settings: InForce): number {
  return [...settings.values()].filter(
    ({ key, source, preset }) => isOfPresets(key) && source !== 'built-in' && preset === null,
  ).length;
}

/** The three presets, of which one is in force. */
export function PresetCards(props: {
  settings: InForce;
  /** Without the values below them. */
  isAlone?: boolean;
  /** Only an administrator changes it. */
  isAdministered?: boolean;
  organization: string | null;
  changes: Pick<Changes, 'set' | 'refusal'>;
}): ReactNode {
  const { settings, organization, changes } = props;
  const preset = settings.get('preset');
  if (preset === undefined) return null;
  const locked = preset.source === 'locked';
  const fixed = props.isAdministered === true || locked;
  const differing = props.isAlone === true ? 0 : differingFrom(settings);
  const refusal = changes.refusal('preset');
  return (
    <fieldset className="card presets" disabled={fixed}>
      <legend className="hidden-label">{t('policy:presets')}</legend>
      <h2 aria-hidden="true">{t('policy:presets')}</h2>
      <div className="preset-cards">
        {presets.map((name) => (
          <label key={name} className="preset">
            <input
              type="radio"
              name="preset"
              value={name}
              checked={preset.value === name}
              onChange={() => {
                void changes.set('preset', name);
              }}
            />
            <span className="preset-name">{t(`policy:preset.${name}`)}</span>
            <span className="small soft">{t(`policy:presetAbout.${name}`)}</span>
          </label>
        ))}
      </div>
      <p className="small soft source">
        {locked ? <LockMark /> : null}
        {preset.source === 'locked' || preset.source === 'default'
          ? `${sentenceCase(sourceWords(preset, organization))}. `
          : ''}
        {differing > 0 ? t('policy:differing', { count: differing }) : ''}
      </p>
      <Refusal words={refusal} />
    </fieldset>
  );
}
