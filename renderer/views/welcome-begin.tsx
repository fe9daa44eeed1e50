import { type ReactNode, useCallback, useId } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { SettingKey } from '../../electron/contract/settings.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { bytes, list } from '../text/format.ts';
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
  /** The sample is what it works for, alone or beside others. */
  sample: boolean;
  settings: InForce;
  changes: Pick<Changes, 'set' | 'refusal'>;
}): ReactNode {
  const { snapshot, sample, settings, changes } = props;
  const { grids, manager } = snapshot;
  const joined = grids.filter(({ kind }) => kind !== 'local');
  const names = [
    ...(manager === null ? [] : [manager.name]),
    ...joined.map(({ name }) => name),
    ...(sample ? [t('welcome:begin.sample')] : []),
  ];
  return (
    <>
      <p className="foreign">{t('welcome:begin.worksFor', { names: list(names.map(plain)) })}</p>
      <div className="columns">
        <Card title={t('welcome:begin.uses')}>
          <Facts
            wide
            rows={[
              ...settingRows(uses, settings),
              ...(manager === null && joined.length === 0 ? [] : sizeRows(projectSizes, settings)),
              ...(sample ? sizeRows(sampleSizes, settings) : []),
            ]}
          />
        </Card>
        <Contacts manager={manager} joined={joined} sample={sample} />
      </div>
      <p>{t('welcome:begin.never')}</p>
      <AtLogin settings={settings} changes={changes} />
    </>
  );
}

type Row = readonly [name: string, value: string];

/** Settings by their names, with what is in force. */
export function settingRows(keys: readonly SettingKey[], settings: InForce): readonly Row[] {
  return keys.flatMap((key) => {
    const setting = settings.get(key);
    if (!setting) return [];
    const words = valueWords(controlOf(key), setting.value);
    if (key !== 'battery.aboveCharge') return [[settingName(key), words] as const];
    const battery =
      setting.value === null
        ? t('welcome:begin.batteryNot')
        : t('welcome:begin.batteryAbove', { charge: words });
    return [[t('preferences:group.battery'), battery] as const];
  });
}

/** Each with the words that say whose it is. */
const projectSizes = [
  ['vm.memoryTotalBytes', 'welcome:begin.projectsMemory'],
  ['grids.diskBytes', 'welcome:begin.projectDisk'],
] as const;
const sampleSizes = [
  ['vm.memoryBytes', 'welcome:begin.sampleMemory'],
  ['vm.diskBytes', 'welcome:begin.sampleDisk'],
] as const;

function sizeRows(sizes: typeof projectSizes | typeof sampleSizes, settings: InForce): readonly Row[] {
  return sizes.map(([key, name]) => [t(name), bytes(asNumber(settings.get(key)?.value ?? null) ?? 0)]);
}

function Contacts(props: {
  manager: Snapshot['manager'];
  joined: readonly GridView[];
  sample: boolean;
}): ReactNode {
  const { manager, joined, sample } = props;
  return (
    <Card title={t('welcome:begin.contacts')}>
      <div className="stack">
        {sample ? <p>{t('welcome:begin.sampleContacts')}</p> : null}
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
