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
  /** Says beside the value why it stays as it is, until something else is asked for. */
  refuse(key: SettingKey, words: string): void;
  /** Why the last change of this key was refused. */
  refusal(key: SettingKey): string | null;
}

/** One change that can be taken back. */
export interface Change {
  readonly before: EffectiveSetting;
  readonly after: EffectiveSetting;
}

export type InForce = ReadonlyMap<SettingKey, EffectiveSetting>;

/** So many changes can be taken back, one after another. */
const mostChanges = 20;

/** With one more change; what changed nothing is none. Pure. */
export function withChange(history: readonly Change[], change: Change): readonly Change[] {
  const { before, after } = change;
  if (isSame(before.value, after.value)) return history;
  return [...history.slice(1 - mostChanges), change];
}

/**
 * The place of the change to take back: the latest whose outcome is still in force, and is not locked since. What
 * somebody else has changed meanwhile is theirs. -1: none. Pure.
 */
export function undoable(history: readonly Change[], inForce: InForce): number {
  return history.findLastIndex(({ after }) => {
    const now = inForce.get(after.key);
    return now !== undefined && now.source !== 'locked' && isSame(now.value, after.value);
  });
}

/** Whether two values are the same; both as the contract writes them. */
export function isSame(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What was changed from what to what. */
export function changeWords({ before, after }: Change): string {
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
