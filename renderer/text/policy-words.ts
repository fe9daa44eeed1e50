import type { EffectiveSetting, Preset } from '../../electron/contract/settings.ts';
import type { InputSource, Signals } from '../../electron/contract/signals.ts';
import type { Key } from '../../text/catalogues.ts';
import { bytes, list, milliseconds, percent } from './format.ts';
import { plain } from './plain.ts';
import { t } from './say.ts';

/** How input was or is noticed; `pollMs` 0: by event. */
export function inputSeen(source: InputSource | null, pollMs: number): string {
  if (source === null) return t('common:none');
  if (pollMs > 0) return t('policy:inputPolled', { time: milliseconds(pollMs) });
  return t(`policy:inputSource.${source}`);
}

/** The organization, to stand behind "set by". */
export function organizationName(organization: string | null): string {
  return organization === null ? t('common:yourOrganization') : plain(organization);
}

/** Where a value comes from, in words. */
export function sourceWords({ source, preset }: EffectiveSetting, organization: string | null): string {
  switch (source) {
    case 'locked':
      return t('common:setBy', { organization: organizationName(organization) });
    case 'default':
      return t('policy:source.default', { organization: organizationName(organization) });
    case 'grid':
      return t('policy:source.grid');
    case 'user':
      return preset === null ? t('policy:source.user') : fromPreset(preset);
    case 'built-in':
      return preset === null ? t('policy:source.built-in') : fromPreset(preset);
  }
}

const fromPreset = (preset: Preset): string =>
  t('policy:source.preset', { preset: t(`policy:preset.${preset}`) });

const unknown = null;
const yesNo = (value: boolean | null, yes: string, no: string): string | null =>
  value === null ? unknown : value ? yes : no;
const measured = (value: number | null, words: (value: number) => string): string | null =>
  value === null ? unknown : words(value);

type Telling = 'screen' | 'call' | 'fullScreen' | 'presentation' | 'remote' | 'session' | 'network' | 'lid';
const telling = (signal: Telling, value: boolean | null): readonly [string, string | null] => [
  t(`policy:signal.${signal}`),
  yesNo(value, t(`policy:signal.${signal}.yes`), t(`policy:signal.${signal}.no`)),
];

/** Every signal with its name and what it says; null: this computer does not tell. */
export function signalRows(signals: Signals): readonly (readonly [name: string, value: string | null])[] {
  const { inputSource, inputPollMs, programs, charge } = signals;
  const row = (name: Key, value: string | null) => [t(name), value] as const;
  return [
    row(
      'policy:signal.input',
      inputSource && t('policy:signal.input.noticed', { how: inputSeen(inputSource, inputPollMs) }),
    ),
    telling('screen', signals.screenLocked),
    telling('call', signals.call),
    telling('fullScreen', signals.fullScreen),
    telling('presentation', signals.presentation),
    telling('remote', signals.remoteSession),
    telling('session', signals.sessionActive),
    row('policy:signal.power', yesNo(signals.onBattery, batteryWords(charge), t('policy:signal.power.no'))),
    row('policy:signal.load', measured(signals.otherLoad, percent)),
    row('policy:signal.programs', programs && programWords(programs)),
    row(
      'policy:signal.temperature',
      measured(signals.temperatureC, (value) =>
        t('policy:signal.temperature.value', { degrees: Math.round(value) }),
      ),
    ),
    row(
      'policy:signal.fan',
      measured(signals.fanRpm, (value) => t('policy:signal.fan.value', { turns: Math.round(value) })),
    ),
    row(
      'policy:signal.watts',
      measured(signals.packageWatts, (value) => t('policy:signal.watts.value', { watts: Math.round(value) })),
    ),
    row('policy:signal.disk', measured(signals.diskFreeBytes, bytes)),
    telling('network', signals.meteredNetwork),
    telling('lid', signals.lidClosed),
    ...(signals.sleeping ? [row('policy:signal.sleep', t('policy:signal.soon'))] : []),
    ...(signals.shuttingDown ? [row('policy:signal.shutdown', t('policy:signal.soon'))] : []),
  ];
}

function batteryWords(charge: number | null): string {
  if (charge === null) return t('policy:signal.power.battery');
  return t('policy:signal.power.charged', { charge: percent(charge) });
}

function programWords(programs: readonly string[]): string {
  if (programs.length === 0) return t('policy:signal.programs.none');
  return t('policy:signal.programs.run', { programs: list(programs.map(plain)) });
}
