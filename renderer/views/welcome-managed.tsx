import type { ReactNode } from 'react';
import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { asProjectUrls } from '../text/setting-value.ts';
import { LockMark } from '../ui/marks.tsx';
import { Button, Card, Disclosure, Facts, Foreign } from '../ui/primitives.tsx';
import type { InForce } from './changes.ts';
import type { Go } from './place.ts';
import { settingRows } from './welcome-begin.tsx';
import { rememberSetup } from './welcome-memory.ts';

const projectsKey: SettingKey = 'grids.boinc';

/** What the organization has set, and nothing that is asked. */
export function ManagedWelcome(props: { snapshot: Snapshot; settings: InForce; go: Go }): ReactNode {
  const { snapshot, settings, go } = props;
  const { organization } = snapshot.preset;
  const locked = [...settings.values()].filter(
    ({ key, source }) => source === 'locked' && key !== projectsKey,
  );
  const named = locked.filter(({ preset }) => preset === null);
  const filled = locked.filter(({ preset }) => preset !== null);
  return (
    <>
      <div className="welcome">
        <h1 className="page-title foreign">
          {organization === null
            ? t('welcome:managed.headingNameless')
            : t('welcome:managed.heading', { organization: plain(organization) })}
        </h1>
        <p>{t('welcome:managed.what')}</p>
      </div>
      <div className="columns">
        <Card title={t('welcome:managed.set')}>
          <LockedFacts settings={settings} of={named} />
          {filled.length === 0 ? null : (
            <Disclosure label={t('welcome:managed.preset')}>
              <LockedFacts settings={settings} of={filled} />
            </Disclosure>
          )}
          <p className="soft small welcome-rest">{t('welcome:managed.rest')}</p>
        </Card>
        <Projects snapshot={snapshot} setting={settings.get(projectsKey)} />
      </div>
      <div className="welcome-go">
        <Button
          primary
          onPress={() => {
            rememberSetup({ state: 'finished', step: 'check', sample: false });
            go({ page: 'home' });
          }}
        >
          {t('welcome:managed.home')}
        </Button>
        <Button
          onPress={() => {
            go({ page: 'preferences' });
          }}
        >
          {t('welcome:managed.preferences')}
        </Button>
      </div>
    </>
  );
}

function LockedFacts({ settings, of }: { settings: InForce; of: readonly EffectiveSetting[] }): ReactNode {
  const rows = settingRows(
    of.map(({ key }) => key),
    settings,
  );
  return (
    <Facts
      wide
      rows={rows.map(([name, value]) => [
        name,
        <span key={name} className="foreign">
          <LockMark />
          {value}
        </span>,
      ])}
    />
  );
}

/** What the organization joined, by name where it is known by now. */
function Projects({
  snapshot,
  setting,
}: {
  snapshot: Snapshot;
  setting: EffectiveSetting | undefined;
}): ReactNode {
  const urls = setting === undefined || setting.source === 'user' ? [] : asProjectUrls(setting.value);
  return (
    <Card title={t('welcome:managed.projects')}>
      {urls.length === 0 ? (
        <p className="soft">{t('welcome:managed.projectsNone')}</p>
      ) : (
        <ul className="places">
          {urls.map((url) => {
            const name = snapshot.grids.find((grid) => grid.url === url)?.name;
            return (
              <li key={url}>
                <span>
                  <Foreign>{name ?? url}</Foreign>
                  {name === undefined ? null : <Foreign className="soft small line">{url}</Foreign>}
                </span>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}
