import { parseSettingText } from '../../contract/setting-text.ts';
import { SettingKey } from '../../contract/settings.ts';

/**
 * A settings document out of a flat table, as registries and property lists hold it: `version` and `organization`
 * beside the settings by their dotted keys (`idle.share`). Values that such tables cannot say come as text: fractions
 * and null as JSON, schedules in their short form. An unknown key stays in, so that it is refused like anywhere else. Pure.
 */
export function documentFromFlat(table: ReadonlyMap<string, unknown>): unknown {
  const head: [string, unknown][] = [];
  const settings: [string, unknown][] = [];
  for (const [name, value] of table) {
    if (name === 'version' || name === 'organization') head.push([name, value]);
    else settings.push([name, valueOf(name, value)]);
  }
  return Object.fromEntries([...head, ['settings', Object.fromEntries(settings)]]);
}

function valueOf(name: string, value: unknown): unknown {
  const key = SettingKey.safeParse(name).data;
  if (key === undefined) return value;
  if (typeof value === 'string') return parseSettingText(key, value);
  if (key === 'schedule.windows' && Array.isArray(value) && value.every((item) => typeof item === 'string')) {
    return parseSettingText(key, value.join(';'));
  }
  return value;
}
