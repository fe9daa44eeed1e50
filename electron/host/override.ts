import { type EffectiveSettings, SettingKey, type SettingsLayer } from '../contract/index.ts';

/** The settings with some said otherwise for this run alone. What is locked stays as it is. Pure. */
export function overridden(effective: EffectiveSettings, override: SettingsLayer): EffectiveSettings {
  const free = Object.entries(override).filter(
    ([key]) => effective.sources[SettingKey.parse(key)] !== 'locked',
  );
  const sources = Object.fromEntries(free.map(([key]) => [key, 'user' as const]));
  return {
    ...effective,
    values: { ...effective.values, ...Object.fromEntries(free) },
    sources: { ...effective.sources, ...sources },
  };
}
