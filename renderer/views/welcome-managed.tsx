import type { ReactNode } from 'react';
import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { plain } from '../text/plain.ts';
import { organizationName } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { asList, asProjectUrls, countOf } from '../text/setting-value.ts';
import { LockMark } from '../ui/marks.tsx';
import { Button, Card, Disclosure, Facts, Foreign } from '../ui/primitives.tsx';
import type { InForce } from './changes.ts';
import { isSameProject } from './known-projects.ts';
import type { Go } from './place.ts';
import { settingRows } from './welcome-begin.tsx';
import { rememberSetup } from './welcome-memory.ts';

const projectsKey: SettingKey = 'grids.boinc';
const poolsKey: SettingKey = 'grids.pools';
const permittedKey: SettingKey = 'grids.permitted';

/** What the organization has set; nothing is asked, but for what it leaves to the person to join. */
export function ManagedWelcome(props: { snapshot: Snapshot; settings: InForce; go: Go }): ReactNode {
  const { snapshot, settings, go } = props;
  const { organization } = snapshot.preset;
  const locked = [...settings.values()].filter(
    ({ key, source }) => source === 'locked' && key !== projectsKey && key !== poolsKey,
  );
  const named = locked.filter(({ preset }) => preset === null);
  const filled = locked.filter(({ preset }) => preset !== null);
  const projects = settings.get(projectsKey);
  const urls = projects === undefined || projects.source === 'user' ? [] : asProjectUrls(projects.value);
  const pools = countOf(settings.get(poolsKey)?.value ?? null);
  const isSet = urls.length > 0 || pools > 0;
  const isService = snapshot.service !== null;
  const mayPause = snapshot.service === null || snapshot.service.mayPause === 'everyone';
  return (
    <>
      <div className="welcome">
        <h1 className="page-title foreign">
          {organization === null
            ? t('welcome:managed.headingNameless')
            : t('welcome:managed.heading', { organization: plain(organization) })}
        </h1>
        <p>{t('welcome:managed.what')}</p>
        {mayPause ? <p>{t('welcome:managed.mayPause')}</p> : null}
        <p>{isSet || isService ? t('welcome:managed.nothingToDo') : t('welcome:managed.choose')}</p>
      </div>
      <div className="columns">
        <Card title={t('welcome:managed.set')}>
          <LockedFacts settings={settings} of={named} />
          {filled.length === 0 ? null : (
            <Disclosure label={t('welcome:managed.preset')}>
              <LockedFacts settings={settings} of={filled} />
            </Disclosure>
          )}
          <p className="soft small welcome-rest">
            {isService
              ? t('preferences:administered')
              : filled.length === 0
                ? t('welcome:managed.rest')
                : t('welcome:managed.restOfPreset')}
          </p>
        </Card>
        <Card title={t('welcome:managed.projects')}>
          {!isSet ? (
            isService ? (
              <p className="soft">{t('welcome:managed.projectsNone')}</p>
            ) : (
              <Permitted snapshot={snapshot} settings={settings} go={go} />
            )
          ) : (
            <ul className="places">
              {urls.map((url) => (
                <li key={url}>
                  <Project snapshot={snapshot} url={url} />
                </li>
              ))}
              <Pools snapshot={snapshot} count={pools} />
            </ul>
          )}
        </Card>
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

/** By name where it is known by now. */
function Project({ snapshot, url }: { snapshot: Snapshot; url: string }): ReactNode {
  const name = snapshot.grids.find((grid) => grid.url !== null && isSameProject(grid.url, url))?.name;
  return (
    <span>
      <Foreign>{name ?? url}</Foreign>
      {name === undefined ? null : <Foreign className="soft small line">{url}</Foreign>}
    </span>
  );
}

/** By name where they are joined by now; a setting names only their enrolments' files. */
function Pools({ snapshot, count }: { snapshot: Snapshot; count: number }): ReactNode {
  const joined = snapshot.grids.filter(({ kind, managedBy }) => kind === 'condor' && managedBy !== null);
  return (
    <>
      {joined.map(({ id, name }) => (
        <li key={id}>
          <span>
            <Foreign>{name}</Foreign>
            <span className="soft small line">{t('pools:card.kind')}</span>
          </span>
        </li>
      ))}
      {joined.length < count ? (
        <li className="soft">{t('welcome:managed.poolsAwaited', { count: count - joined.length })}</li>
      ) : null}
    </>
  );
}

/** What the person may join where the organization has joined nothing itself. */
function Permitted(props: { snapshot: Snapshot; settings: InForce; go: Go }): ReactNode {
  const { snapshot, settings, go } = props;
  const permitted = settings.get(permittedKey)?.value ?? null;
  if (permitted === null) {
    return (
      <div className="stack">
        <p className="soft">{t('welcome:managed.projectsNone')}</p>
        <div className="buttons">
          <Button
            onPress={() => {
              go({ page: 'join', from: 'welcome' });
            }}
          >
            {t('welcome:public.do')}
          </Button>
        </div>
      </div>
    );
  }
  const joined = (url: string): boolean =>
    snapshot.grids.some((grid) => grid.url !== null && isSameProject(grid.url, url));
  return (
    <>
      <p className="foreign">
        {t('welcome:managed.permits', { organization: organizationName(snapshot.preset.organization) })}
      </p>
      <ul className="places">
        {asList(permitted).map((url) => (
          <li key={url}>
            <Project snapshot={snapshot} url={url} />
            {joined(url) ? (
              <span className="soft">{t('join:choose.joined')}</span>
            ) : (
              <Button
                small
                label={t('welcome:managed.joinLabel', { url: plain(url) })}
                onPress={() => {
                  go({ page: 'join', url, from: 'welcome', at: 'address' });
                }}
              >
                {t('join:signIn.join')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
