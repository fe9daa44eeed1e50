import { type ReactNode, useCallback, useId } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { SettingKey } from '../../electron/contract/settings.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { bytes } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { controlOf, settingName } from '../text/setting-rows.ts';
import { asNumber, valueWords } from '../text/setting-value.ts';
import { Switch } from '../ui/fields.tsx';
import { Card, Facts } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import type { Changes, InForce } from './changes.ts';
import { ContactList } from './contacts.tsx';
import { Part } from './part.tsx';
import { Refusal } from './refusal.tsx';

/** What is lent, by the settings that bound it, beside memory and disk. */
const uses: readonly SettingKey[] = ['inUse.share', 'idle.share', 'battery.aboveCharge', 'network.metered'];

/** What all of it comes to, before anything begins. */
export function BeginStep(props: {
  snapshot: Snapshot;
  settings: InForce;
  changes: Pick<Changes, 'set' | 'refusal'>;
}): ReactNode {
  const { snapshot, settings, changes } = props;
  return (
    <>
      <div className="columns">
        <Card title={t('welcome:begin.uses')}>
          <Facts
            wide
            rows={[
              ...settingRows(uses, settings),
              [t('welcome:begin.memory'), sizeOf(settings, 'vm.memoryTotalBytes')],
              [t('welcome:begin.disk'), sizeOf(settings, 'grids.diskBytes')],
            ]}
          />
        </Card>
        <Contacts snapshot={snapshot} />
      </div>
      <p>{t('welcome:begin.never')}</p>
      <AtLogin settings={settings} changes={changes} />
    </>
  );
}

/** InForce by their names, with what is in force. */
export function settingRows(
  keys: readonly SettingKey[],
  settings: InForce,
): readonly (readonly [name: string, value: string])[] {
  return keys.flatMap((key) => {
    const setting = settings.get(key);
    return setting ? [[settingName(key), valueWords(controlOf(key), setting.value)] as const] : [];
  });
}

function sizeOf(settings: InForce, key: 'vm.memoryTotalBytes' | 'grids.diskBytes'): string {
  return bytes(asNumber(settings.get(key)?.value ?? null) ?? 0);
}

function Contacts({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { grids, manager } = snapshot;
  const joined = grids.filter(({ kind }) => kind !== 'local');
  return (
    <Card title={t('welcome:begin.contacts')}>
      <div className="stack">
        {manager === null && joined.length === 0 ? <p>{t('welcome:begin.nobody')}</p> : null}
        {manager === null ? null : (
          <p className="foreign">{t('welcome:begin.manager', { name: plain(manager.name) })}</p>
        )}
        {joined.map((grid) => (
          <ContactsOf key={grid.id} grid={grid} />
        ))}
      </div>
    </Card>
  );
}

function ContactsOf({ grid }: { grid: GridView }): ReactNode {
  const { id, name } = grid;
  const ask = useCallback(() => client.call('grids.show', { id }), [id]);
  const { answer } = useAsked(ask, null);
  return (
    <Part title={t('welcome:begin.contactsOf', { name: plain(name) })}>
      {answer === null ? (
        <p className="soft small">{t('common:loading')}</p>
      ) : answer.ok ? (
        <ContactList contacts={answer.value.contacts} />
      ) : (
        <p className="soft small foreign">{t('welcome:begin.contactsUnknown', { name: plain(name) })}</p>
      )}
    </Part>
  );
}

const atLogin: SettingKey = 'ui.startAtLogin';

function AtLogin(props: { settings: InForce; changes: Pick<Changes, 'set' | 'refusal'> }): ReactNode {
  const id = useId();
  const { settings, changes } = props;
  const refusal = changes.refusal(atLogin);
  return (
    <Card title={t('welcome:begin.login')}>
      <div className="welcome-login">
        <label htmlFor={id}>{settingName(atLogin)}</label>
        <Switch
          id={id}
          disabled={false}
          on={settings.get(atLogin)?.value === true}
          onChange={(on) => void changes.set(atLogin, on)}
        />
      </div>
      <Refusal words={refusal} />
    </Card>
  );
}
