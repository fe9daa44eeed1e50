import type { Allowance } from '../../electron/contract/policy.ts';
import {
  type EffectiveSettings,
  presetValues,
  type SettingKey,
  type SettingsLayer,
  type Source,
  settingKeys,
} from '../../electron/contract/settings.ts';
import { noSignals, type Signals } from '../../electron/contract/signals.ts';
import type { Narrowing, Policy } from '../../electron/policy/causes.ts';
import { decide, type History, noHistory } from '../../electron/policy/decide.ts';
import type { Pause } from '../../electron/policy/pause.ts';

export interface Around {
  readonly sources?: Partial<Record<SettingKey, Source>>;
  readonly organization?: string;
  readonly broken?: boolean;
}

/** The preset that the layer names (else Balanced) with the layer's own values. */
export function effectiveOf(layer: SettingsLayer = {}, around: Around = {}): EffectiveSettings {
  const preset = layer.preset ?? 'balanced';
  const builtIn = Object.fromEntries(settingKeys.map((key) => [key, 'built-in'])) as Record<
    SettingKey,
    Source
  >;
  return {
    values: { preset, ...presetValues[preset], ...(layer as object) },
    sources: { ...builtIn, ...around.sources },
    byPreset: new Set(),
    organization: around.organization ?? null,
    broken: around.broken ? { code: 'profile-broken', sentence: 'Broken.' } : null,
    problems: [],
  };
}

export function policyOf(layer: SettingsLayer = {}, around: Around = {}): Policy {
  return { effective: effectiveOf(layer, around), vcpus: 2, narrowing: null };
}

/** A policy at work over made-up time. */
export class Trial {
  signals: Signals = noSignals;
  pause: Pause | null = null;
  history: History = noHistory;
  narrowing: Narrowing | null = null;
  organization: string | null;
  again: number | null = null;
  readonly #policy: Policy;
  #now: number;
  #monotonic = 1_000_000;

  constructor(layer: SettingsLayer, now: number, around: Around = {}) {
    this.#policy = policyOf(layer, around);
    this.organization = around.organization ?? null;
    this.#now = now;
  }

  get values(): EffectiveSettings['values'] {
    return this.#policy.effective.values;
  }

  get now(): number {
    return this.#now;
  }

  get monotonic(): number {
    return this.#monotonic;
  }

  look(): Allowance {
    const policy: Policy = {
      ...this.#policy,
      effective: { ...this.#policy.effective, organization: this.organization },
      narrowing: this.narrowing,
    };
    const moment = { now: this.#now, monotonic: this.#monotonic, pause: this.pause, signals: this.signals };
    const decision = decide(moment, policy, this.history);
    this.history = decision.history;
    this.again = decision.again;
    return decision.allowance;
  }

  wait(ms: number): void {
    this.#now += ms;
    this.#monotonic += ms;
  }

  after(ms: number): Allowance {
    this.wait(ms);
    return this.look();
  }

  /** The wall clock jumps; monotonic time does not. */
  jump(ms: number): void {
    this.#now += ms;
  }

  input(): Allowance {
    this.signals = { ...this.signals, lastInputAt: this.#monotonic, inputSource: 'x11' };
    return this.look();
  }
}
