import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import type { Json } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { controlOf, settingName } from '../text/setting-rows.ts';
import { valueWords } from '../text/setting-value.ts';

/** What a field needs to change its value. Both ways resolve when the page shows what is in force. */
export interface Changes {
  set(key: SettingKey, value: Json): Promise<void>;
  /** Takes the person's own value away. */
  unset(key: SettingKey): Promise<void>;
  /** Why the last change of this key was refused. */
  refusal(key: SettingKey): string | null;
}

/** What was changed from what to what. */
export function changeWords(before: EffectiveSetting, after: EffectiveSetting): string {
  const control = controlOf(before.key);
  return t('preferences:changed', {
    name: settingName(before.key),
    before: valueWords(control, before.value),
    after: valueWords(control, after.value),
  });
}

/** Whether the value is the person's own, rather than one that a layer's preset filled in. */
export function isOwn({ source, preset }: EffectiveSetting): boolean {
  return source === 'user' && preset === null;
}
