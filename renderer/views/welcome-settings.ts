import { useState } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import { client, type Json } from '../bridge/store.ts';
import { useAsked } from '../ui/use-asked.ts';
import type { Changes } from './changes.ts';

export type Settings = ReadonlyMap<SettingKey, EffectiveSetting>;

/** What is in force, and the few changes that the welcome page makes. */
export function useSettings(): {
  /** null: not known yet. What was asked for is shown as if it were in force until that is known. */
  readonly settings: Settings | null;
  readonly failure: Failure | null;
  readonly changes: Pick<Changes, 'set' | 'refusal'>;
} {
  const { answer, again } = useAsked(client.listSettings, null);
  const [asked, setAsked] = useState<ReadonlyMap<SettingKey, Json>>(new Map());
  const [refused, setRefused] = useState<{ key: SettingKey; failure: Failure } | null>(null);
  const settings =
    answer?.ok === true
      ? new Map(
          answer.value.map((setting) => {
            const value = asked.get(setting.key);
            return [setting.key, value === undefined ? setting : { ...setting, value }];
          }),
        )
      : null;
  return {
    settings,
    failure: answer?.ok === false ? answer.failure : null,
    changes: {
      async set(key, value) {
        setAsked((all) => new Map(all).set(key, value));
        const changed = await client.setSetting(key, value);
        setRefused(changed.ok ? null : { key, failure: changed.failure });
        await again();
        // Unless something newer was asked for meanwhile.
        setAsked((all) => new Map([...all].filter(([other, latest]) => other !== key || latest !== value)));
      },
      refusal: (key) => (refused?.key === key ? refused.failure.sentence : null),
    },
  };
}
