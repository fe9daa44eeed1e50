import type { CommandOutput } from '../../electron/contract/commands.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import {
  besidePresets,
  type EffectiveSetting,
  type Preset,
  presetValues,
  type SettingKey,
  SettingKey as SettingKeys,
  type SettingsLayer,
  type Source,
  settingKeys,
  settingTypes,
} from '../../electron/contract/settings.ts';
import { DesktopSettings } from '../../electron/contract/snapshot.ts';

const beside: ReadonlySet<SettingKey> = new Set(besidePresets);

type LayerName = 'built-in' | 'default' | 'user' | 'locked';

/** A fake of the settings' layers: in memory, without files, `built-in < default < user < locked`. */
export class FakeSettings {
  readonly layers: Record<LayerName, SettingsLayer> = {
    'built-in': { preset: 'balanced' },
    default: {},
    user: {},
    locked: {},
  };
  /** Who set `default` and `locked`. */
  organization: string | null = null;

  get preset(): { name: Preset; source: Source; organization: string | null } {
    const { value, source } = this.inForce('preset');
    return { name: value as Preset, source, organization: this.organization };
  }

  get desktop(): DesktopSettings {
    return DesktopSettings.parse(Object.fromEntries(this.list().map(({ key, value }) => [key, value])));
  }

  list(): EffectiveSetting[] {
    return settingKeys.map((key) => this.inForce(key));
  }

  /** The highest layer that names the key speaks, or names a preset, which speaks for all of its keys. */
  inForce(key: SettingKey): EffectiveSetting {
    for (const source of ['locked', 'user', 'default', 'built-in'] as const) {
      const layer = this.layers[source];
      if (layer[key] !== undefined) return { key, value: layer[key], source, preset: null };
      const isFilled = key !== 'preset' && (source === 'built-in' || !beside.has(key));
      if (layer.preset !== undefined && isFilled) {
        const preset = beside.has(key) ? null : layer.preset;
        return { key, value: presetValues[layer.preset][key], source, preset };
      }
    }
    throw new Error('the built-in layer names no preset');
  }

  set(name: string, value: unknown): EffectiveSetting {
    const key = this.#changeable(name);
    const parsed = settingTypes[key].safeParse(value);
    if (!parsed.success) throw new GleanerError('setting-invalid', `"${key}" cannot hold this value.`);
    this.layers.user = { ...this.layers.user, [key]: parsed.data };
    return this.inForce(key);
  }

  unset(asked: string): EffectiveSetting {
    const key = this.#changeable(asked);
    const { user } = this.layers;
    this.layers.user = Object.fromEntries(Object.entries(user).filter(([name]) => name !== key));
    return this.inForce(key);
  }

  /** Knows one field of BOINC's only. */
  importBoinc(xml: string, dryRun: boolean): CommandOutput<'settings.import-boinc'> {
    const fields = [...xml.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, from = '', value = '']) => ({
      from,
      value,
    }));
    const idle = fields.find(({ from }) => from === 'idle_time_to_run');
    const unequalled = fields.filter((field) => field !== idle);
    if (!idle) return { taken: [], refused: [], unequalled };
    const became = Number(idle.value) * 60;
    if (!dryRun) this.set('idle.afterSeconds', became);
    return { taken: [{ ...idle, key: 'idle.afterSeconds', became }], refused: [], unequalled };
  }

  #changeable(name: string): SettingKey {
    const key = SettingKeys.safeParse(name);
    if (!key.success) throw new GleanerError('setting-unknown', `There is no setting "${name}".`);
    if (this.inForce(key.data).source === 'locked') {
      throw new GleanerError(
        'setting-locked',
        `"${name}" is set by ${this.organization ?? 'your organization'} and cannot be changed here.`,
        'Ask whoever looks after this computer.',
      );
    }
    return key.data;
  }
}
