import { type ReactNode, useState } from 'react';
import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client, type Json } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { moreSettings, type SettingGroup, settingGroups } from '../text/setting-rows.ts';
import { Button, Card, Disclosure } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { type Changes, changeWords, isOwn } from './changes.ts';
import { PresetCards } from './preset-cards.tsx';
import { Sees } from './sees.tsx';
import { SettingField } from './setting-field.tsx';
import { Told } from './told.tsx';

/** How often is looked whether an administrator changed something, in ms. */
const freshMs = 2000;

/** One change that can be taken back. */
interface Change {
  readonly before: EffectiveSetting;
  readonly after: EffectiveSetting;
}

export function Preferences({ preset }: Pick<Snapshot, 'preset'>): ReactNode {
  const { answer, again } = useAsked(client.listSettings, freshMs);
  /** What was asked for and is not answered yet: shown as if it were in force. */
  const [asked, setAsked] = useState<ReadonlyMap<SettingKey, Json>>(new Map());
  const [last, setLast] = useState<Change | null>(null);
  const [refused, setRefused] = useState<{ key: SettingKey; sentence: string } | null>(null);
  if (answer === null) {
    return (
      <p className="soft" role="status">
        {t('common:loading')}
      </p>
    );
  }
  if (!answer.ok) {
    return (
      <Told alert className="notice notice-bad">
        {answer.failure.sentence}
      </Told>
    );
  }
  const inForce = new Map(answer.value.map((setting) => [setting.key, setting]));
  const settings = new Map(
    answer.value.map((setting) => {
      const value = asked.get(setting.key);
      return [setting.key, value === undefined ? setting : { ...setting, value }];
    }),
  );

  const change = async (key: SettingKey, ask: () => ReturnType<typeof client.setSetting>): Promise<void> => {
    const before = inForce.get(key);
    const changed = await ask();
    await again();
    if (!changed.ok) {
      setRefused({ key, sentence: changed.failure.sentence });
      return;
    }
    setRefused(null);
    if (before) setLast({ before, after: changed.value });
  };
  const changes: Changes = {
    set: async (key, value) => {
      setAsked((all) => new Map(all).set(key, value));
      await change(key, () => client.setSetting(key, value));
      // Unless something newer was asked for meanwhile.
      setAsked((all) => new Map([...all].filter(([other, latest]) => other !== key || latest !== value)));
    },
    unset: (key) => change(key, () => client.unsetSetting(key)),
    refusal: (key) => (refused?.key === key ? refused.sentence : null),
  };
  const undo = async ({ before }: Change): Promise<void> => {
    await (isOwn(before) ? changes.set(before.key, before.value) : changes.unset(before.key));
  };
  const group = (shown: SettingGroup): ReactNode =>
    shown.rows.map((row) => {
      const setting = settings.get(row.key);
      return setting === undefined ? null : (
        <SettingField
          key={row.key}
          row={row}
          setting={setting}
          organization={preset.organization}
          changes={changes}
        />
      );
    });

  return (
    <>
      <h1 className="page-title">{t('common:tab.preferences')}</h1>
      <PresetCards settings={settings} organization={preset.organization} changes={changes} />
      {settingGroups.map((shown) => (
        <Card key={shown.title} title={t(shown.title)}>
          {group(shown)}
        </Card>
      ))}
      <Card title={t(moreSettings.title)}>
        <Disclosure label={t('preferences:more')}>{group(moreSettings)}</Disclosure>
      </Card>
      <Sees />
      {last === null || inForce.get(last.before.key)?.source === 'locked' ? null : (
        <div className="undo" role="status">
          <p className="foreign">{changeWords(last.before, last.after)}</p>
          <Button
            onPress={() => {
              void undo(last);
            }}
          >
            {t('preferences:undo')}
          </Button>
        </div>
      )}
    </>
  );
}
