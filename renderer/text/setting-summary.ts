import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import { bytes, exact, list, percent, price, sentenceCase } from './format.ts';
import { t } from './say.ts';
import { controlOf, type GroupId, settingGroups, settingName } from './setting-rows.ts';
import { asNumber, asText, valueWords } from './setting-value.ts';

type Json = EffectiveSetting['value'];
type Values = (key: SettingKey) => Json;

/** What is set in a group, in a line; `value` tells what is in force. Pure. */
export function groupSummary(id: GroupId, value: Values): string {
  const words = (key: SettingKey): string => valueWords(controlOf(key), value(key));
  const share = (key: SettingKey): string => percent(asNumber(value(key)) ?? 0);
  switch (id) {
    case 'howMuch':
      if (value('contribute') !== true) return t('preferences:summary.off');
      return t('preferences:summary.howMuch', {
        inUse: share('inUse.share'),
        idle: share('idle.share'),
        locked: share('locked.share'),
      });
    case 'when':
      return sentenceCase(words('schedule.windows'));
    case 'stops':
      return stopWords(value);
    case 'battery':
      return value('battery.aboveCharge') === null
        ? t('preferences:summary.neverOnBattery')
        : t('preferences:summary.onBattery', { charge: words('battery.aboveCharge') });
    case 'programs':
      return sentenceCase(words('pauseOn.programs'));
    case 'quiet':
      return value('quiet.enabled') === true
        ? list([sentenceCase(t('preferences:value.on')), ...limits(quietLimits, value)])
        : sentenceCase(t('preferences:value.off'));
    case 'network':
      return list(limits(networkLimits, value)) || sentenceCase(t('preferences:empty.noLimit'));
    case 'disk':
      return t('preferences:summary.disk', {
        memory: bytes(asNumber(value('vm.memoryBytes')) ?? 0),
        disk: bytes(asNumber(value('vm.diskBytes')) ?? 0),
      });
    case 'energy':
      return energyWords(asNumber(value('energy.pricePerKwh')), asText(value('energy.currency')));
    case 'notifications':
      return notificationWords(value);
    case 'window':
      return t('preferences:summary.window', {
        language: words('ui.language'),
        starts: value('ui.startAtLogin') === true ? 'yes' : 'no',
      });
    case 'updates':
      return sentenceCase(
        t('preferences:summary.updates', { mode: words('updates.mode'), channel: words('updates.channel') }),
      );
    case 'more':
      return t('preferences:summary.more', {
        cpus: words('vm.vcpus'),
        accelerator: words('vm.accelerator'),
      });
  }
}

const quietLimits = ['quiet.temperatureC', 'quiet.fanRpm', 'quiet.packageWatts'] as const;
const networkLimits = [
  'network.quotaDayBytes',
  'network.quotaMonthBytes',
  'network.downBytesPerSecond',
  'network.upBytesPerSecond',
] as const;

/** Those that are set, each with its name. */
function limits(keys: readonly SettingKey[], value: Values): string[] {
  return keys
    .filter((key) => value(key) !== null)
    .map((key) =>
      t('preferences:summary.limit', {
        name: settingName(key),
        value: valueWords(controlOf(key), value(key)),
      }),
    );
}

const stops = [
  ['pauseOn.call', 'policy:cause.call'],
  ['pauseOn.fullScreen', 'policy:cause.full-screen'],
  ['pauseOn.presentation', 'policy:cause.presentation'],
  ['pauseOn.remoteSession', 'policy:cause.remote-session'],
] as const;

function stopWords(value: Values): string {
  const causes: string[] = stops.filter(([key]) => value(key) === true).map(([, words]) => t(words));
  const load = asNumber(value('pauseOn.load'));
  if (load !== null) causes.push(t('preferences:summary.load', { load: percent(load) }));
  return causes.length === 0 ? t('preferences:summary.nothing') : sentenceCase(list(causes));
}

function energyWords(perKwh: number | null, currency: string): string {
  if (perKwh === null) return t('preferences:summary.noPrice');
  // What is asked for is shown before the host refuses it, and Intl throws at what is no currency.
  const isCurrency = /^[A-Z]{3}$/.test(currency);
  return t('preferences:summary.energy', { price: isCurrency ? price(perKwh, currency) : exact(perKwh) });
}

function notificationWords(value: Values): string {
  const all = settingGroups.find(({ id }) => id === 'notifications')?.rows ?? [];
  const on = all.filter(({ key }) => value(key) === true).length;
  return t('preferences:summary.notifications', { on, all: all.length });
}
