import type { Failure } from '../contract/failures.ts';
import {
  besidePresets,
  type EffectiveSetting,
  type EffectiveSettings,
  presetValues,
  reservedKeys,
  type SettingKey,
  type Settings,
  type SettingsDocument,
  type SettingsLayer,
  type Source,
  settingKeys,
} from '../contract/settings.ts';

export interface Layers {
  readonly defaults?: SettingsDocument | undefined;
  readonly user?: SettingsDocument | undefined;
  readonly locked?: SettingsDocument | undefined;
  /** `profile-broken`, when a locked profile exists that cannot be used. */
  readonly broken?: Failure | null;
  /** What is wrong beside a broken locked profile. */
  readonly problems: readonly Failure[];
}

const builtIn: SettingsLayer = { preset: 'balanced' };

const reserved: ReadonlySet<SettingKey> = new Set(reservedKeys);
const beside: ReadonlySet<SettingKey> = new Set(besidePresets);

interface Told {
  readonly value: unknown;
  readonly source: Source;
  readonly byPreset: boolean;
}

/**
 * The values in force: built-in < admin default < user < locked. A layer that names a preset speaks for all of the
 * preset's values at its own level but for {@link besidePresets}, and its own keys win inside it. Pure and total: every key has a value and a source.
 */
export function mergeLayers({ defaults, user, locked, broken = null, problems }: Layers): EffectiveSettings {
  const told = new Map<SettingKey, Told>();
  speak(told, builtIn, 'built-in');
  speak(told, defaults?.settings, 'default');
  speak(told, user?.settings, 'user');
  speak(told, locked?.settings, 'locked');
  return {
    values: Object.fromEntries([...told].map(([key, { value }]) => [key, value])) as Settings,
    sources: Object.fromEntries([...told].map(([key, { source }]) => [key, source])) as Record<
      SettingKey,
      Source
    >,
    byPreset: new Set([...told].filter(([, { byPreset }]) => byPreset).map(([key]) => key)),
    organization: locked?.organization ?? defaults?.organization ?? null,
    broken,
    problems: broken ? [broken, ...problems] : problems,
  };
}

function speak(told: Map<SettingKey, Told>, layer: SettingsLayer | undefined, source: Source): void {
  if (layer === undefined) return;
  const filled: SettingsLayer = layer.preset === undefined ? {} : presetValues[layer.preset];
  for (const key of settingKeys) {
    if (source === 'user' && reserved.has(key)) continue;
    const own = layer[key];
    const isBeside = beside.has(key);
    const byPreset = isBeside && source !== 'built-in' ? undefined : filled[key];
    const value = own === undefined ? byPreset : own;
    if (value !== undefined) told.set(key, { value, source, byPreset: own === undefined && !isBeside });
  }
}

/** One value in force, as it is shown. A value that came by a preset came by the one in force: the highest that is named. */
export function effectiveSetting(effective: EffectiveSettings, key: SettingKey): EffectiveSetting {
  return {
    key,
    value: shown(key, effective.values),
    source: effective.sources[key],
    preset: effective.byPreset.has(key) ? effective.values.preset : null,
  };
}

/** Account keys are nobody's to read again: what only has to be shown is shown without them. */
function shown(key: SettingKey, values: Settings): EffectiveSetting['value'] {
  if (key !== 'grids.boinc') return structuredClone(values[key]);
  return values[key].map((project) => ({ ...project, key: 'hidden' }));
}

/** All values in force, in the order of the contract. */
export function effectiveList(effective: EffectiveSettings): EffectiveSetting[] {
  return settingKeys.map((key) => effectiveSetting(effective, key));
}

/** The reverse of {@link effectiveList}, for who was told of the values in force by a host. Pure. */
export function effectiveFromList(
  list: readonly EffectiveSetting[],
  organization: string | null,
  broken: Failure | null,
): EffectiveSettings {
  return {
    values: Object.fromEntries(list.map(({ key, value }) => [key, value])) as Settings,
    sources: Object.fromEntries(list.map(({ key, source }) => [key, source])) as Record<SettingKey, Source>,
    byPreset: new Set(list.filter(({ preset }) => preset !== null).map(({ key }) => key)),
    organization,
    broken,
    problems: broken ? [broken] : [],
  };
}
