import { fits, parseSettingText } from '../contract/setting-text.ts';
import { presetValues, type SettingKey } from '../contract/settings.ts';
import { parseDuration, parseMeasure, parsePercent, parseSize } from './quantity.ts';
import { amountOf, formatSetting, settingUnits, wordForNull } from './setting-value.ts';

/**
 * A setting's value as a person types it: as it is shown (`yes`, `60 %`, `3 min`, `20 GiB`, `never`), or as
 * `parseSettingText` takes it. What fits neither way is returned as that understood it, to be refused by the host. Pure.
 */
export function parseSettingInput(key: SettingKey, text: string): unknown {
  const typed = text.trim();
  const named = namedValue(key, typed.toLowerCase().replaceAll('’', "'"));
  if (named !== undefined) return named;
  const value = parseSettingText(key, typed);
  if (fits(key, value)) return value;
  const amount = parseAmount(key, typed);
  return amount !== null && fits(key, amount) ? amount : value;
}

const switches: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['on', true],
  ['true', true],
  ['no', false],
  ['off', false],
  ['false', false],
]);

const isSwitch = (key: SettingKey): boolean => fits(key, true);
/** Some number or other is within the bounds of every key that holds one. */
const isNumber = (key: SettingKey): boolean => [0.5, 10, 2 ** 30].some((value) => fits(key, value));

/** What a word stands for that `formatSetting` shows instead of a value; a program named "none" is written ["none"]. */
function namedValue(key: SettingKey, word: string): boolean | null | readonly never[] | undefined {
  if (isSwitch(key)) return switches.get(word);
  if (fits(key, null) && word === wordForNull(key)) return null;
  return word === 'none' && fits(key, []) ? [] : undefined;
}

function parseAmount(key: SettingKey, text: string): number | null {
  switch (amountOf(key)) {
    case 'share':
      return parsePercent(text);
    case 'seconds':
      return parseDuration(text);
    case 'bytes':
      return parseSize(text);
    case 'bytes per second':
      return parseSize(text.replace(/\s*\/\s*s$/, ''));
    case 'number': {
      const unit = settingUnits[key];
      return unit === undefined ? null : parseMeasure(text, [unit, unit.replace('°', '')]);
    }
  }
}

/** What may be typed instead of the bare value; null where it is typed as it is. */
function otherForms(key: SettingKey): string | null {
  if (isSwitch(key)) return 'yes, no, on or off';
  const forms: string[] = [];
  if (isNumber(key)) {
    const amount = amountOf(key);
    if (amount === 'share') forms.push('60 %');
    if (amount === 'seconds') forms.push('90 s', '3 min', '2 h', '1 d');
    if (amount === 'bytes') forms.push('20 GiB', '500 MB');
    if (amount === 'bytes per second') forms.push('500 kB/s', '1 MiB/s');
    if (settingUnits[key] !== undefined) forms.push(settingExample(key));
  }
  if (fits(key, null)) forms.push(wordForNull(key).replace(/^.* .*$/, '"$&"'));
  const last = forms.pop();
  if (last === undefined) return null;
  return forms.length === 0 ? last : `${forms.join(', ')} or ${last}`;
}

/** Where the built-in value is no good example of what may be typed. */
const examples: Partial<Record<SettingKey, string>> = {
  preset: 'gentle',
  'pauseOn.programs': 'blender, zoom',
  'battery.aboveCharge': '60 %',
  'network.quotaDayBytes': '2 GB',
  'network.quotaMonthBytes': '20 GB',
  'network.downBytesPerSecond': '1 MiB/s',
  'network.upBytesPerSecond': '500 kB/s',
  'network.proxy': 'http://proxy.example.org:3128',
  'grids.permitted': 'https://einsteinathome.org/',
  'grids.boinc': '[{"url":"https://example.org/","key":"0123456789abcdef"}]',
  'grids.pools': '[{"enrolment":"/etc/gleaner/pool.json"}]',
  'schedule.windows': 'mon-fri 22:00-06:00; sat,sun 00:00-24:00',
  'schedule.timeZone': 'Europe/Berlin',
  'quiet.fanRpm': '1200 rpm',
  'quiet.packageWatts': '65 W',
  'vm.vcpus': '2',
  'energy.pricePerKwh': '0.32',
};

/** A value that may be typed, but for `network.authorities`, whose values are no line. Pure. */
export function settingExample(key: SettingKey): string {
  return examples[key] ?? formatSetting(key, key === 'preset' ? null : presetValues.balanced[key]);
}

/** A sentence or two on what may be typed for a key, with a command that works. Pure. */
export function howToType(key: SettingKey): string {
  const value = key === 'network.authorities' ? '"$(cat authority.pem)"' : quote(settingExample(key));
  const command = `gleaner settings set ${key} ${value}`;
  const forms = otherForms(key);
  return forms === null ? `For example: ${command}` : `You may also type ${forms}. For example: ${command}`;
}

/** As one word for the shell. */
function quote(text: string): string {
  if (/^[\w.:/+-]+$/.test(text)) return text;
  return text.includes('"') ? `'${text}'` : `"${text}"`;
}
