import { type ReactNode, Suspense, useEffect, useLayoutEffect, useState, useSyncExternalStore } from 'react';
import type { Place as AskedPlace } from '../../electron/contract/place.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useReplica } from '../bridge/store.ts';
import { onSpeaker, speak, speaker, t } from '../text/say.ts';
import { Mark } from '../ui/marks.tsx';
import { Announcer } from './announcer.tsx';
import { Boundary } from './boundary.tsx';
import { Failed } from './failed.tsx';
import { Home } from './home.tsx';
import { LinkNotice, TrayNotice } from './notices.tsx';
import { pages } from './pages.ts';
import { type Go, type Place, tabOf, tabs } from './place.ts';
import { useFocusAtHeading, useVisit } from './visit.ts';

/** `begin`: what the window was opened for. */
export function App({ begin }: { begin: AskedPlace | null }): ReactNode {
  const snapshot = useReplica((replica) => replica.snapshot);
  const [visit, go, boundFor] = useVisit(begin, snapshot);
  const page = useFocusAtHeading(visit);
  /** Refusals up to here (epoch ms) were waved away on the home page; the window remembers, nothing else does. */
  const [seenUntil, setSeenUntil] = useState(0);
  useLanguage();
  useEffect(() => client.follow(), []);
  const current = visit === null ? 'home' : tabOf(visit.place);
  const title = t('common:title', { page: titleOf(visit?.place ?? null) });
  useLayoutEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <>
      <header className="top">
        <span className="brand">
          <Mark name="working" size={22} />
          <span className="brand-name">{t('common:app')}</span>
        </span>
        <nav aria-label={t('common:pages')}>
          {tabs.map((name) => (
            <button
              key={name}
              type="button"
              className="tab"
              aria-current={current === name ? 'page' : undefined}
              onClick={() => {
                // Whoever is there already keeps what they have begun.
                if (boundFor()?.page !== name) go({ page: name });
              }}
            >
              {t(`common:tab.${name}`)}
            </button>
          ))}
        </nav>
        <span className="small soft version">{snapshot?.version}</span>
      </header>
      <main ref={page} className="page">
        {snapshot === null ? null : <Announcer snapshot={snapshot} />}
        <TrayNotice />
        <LinkNotice begin={begin} />
        <CommandFailure />
        {snapshot === null || visit === null ? (
          <p className="soft" role="status">
            {t('common:connecting')}
          </p>
        ) : (
          <Suspense>
            <Boundary key={visit.count}>
              <Page
                place={visit.place}
                snapshot={snapshot}
                go={go}
                seenUntil={seenUntil}
                onSeen={setSeenUntil}
              />
            </Boundary>
          </Suspense>
        )}
      </main>
    </>
  );
}

function titleOf(place: Place | null): string {
  switch (place?.page) {
    case 'welcome':
      return t('welcome:title');
    case 'join':
      return t('join:title');
    case 'join-pool':
      return t('pools:join.title');
    default:
      return t(`common:tab.${place?.page ?? 'home'}`);
  }
}

/**
 * Speaks as the person wants, from now on. Another language renders everything anew rather than making a new tree, so
 * that focus and drafts stay: words are asked for whenever they are shown, and nothing keeps them.
 */
function useLanguage(): void {
  const wanted = useReplica((replica) => replica.language);
  const spoken = useSyncExternalStore(onSpeaker, speaker);
  useEffect(() => {
    void speak(wanted);
  }, [wanted]);
  useLayoutEffect(() => {
    document.documentElement.lang = spoken.language;
    document.documentElement.dir = spoken.direction;
  }, [spoken]);
}

function Page(props: {
  place: Place;
  snapshot: Snapshot;
  go: Go;
  seenUntil: number;
  onSeen: (until: number) => void;
}): ReactNode {
  const { place, snapshot, go, seenUntil, onSeen } = props;
  switch (place.page) {
    case 'welcome':
      return <pages.Welcome snapshot={snapshot} go={go} />;
    case 'home':
      return <Home snapshot={snapshot} go={go} seenUntil={seenUntil} onSeen={onSeen} />;
    case 'grids':
      return <pages.Grids snapshot={snapshot} open={place.open ?? null} go={go} />;
    case 'join':
      return (
        <pages.Join
          snapshot={snapshot}
          url={place.url ?? ''}
          from={place.from ?? null}
          at={place.at ?? null}
          go={go}
        />
      );
    case 'join-pool':
      return <pages.JoinPool url={place.url ?? null} from={place.from ?? null} go={go} />;
    case 'activity':
      return <pages.Activity snapshot={snapshot} />;
    case 'earnings':
      return <pages.Earnings snapshot={snapshot} go={go} />;
    case 'health':
      return <pages.Health snapshot={snapshot} />;
    case 'preferences':
      return (
        <pages.Preferences preset={snapshot.preset} open={'open' in place ? (place.open ?? null) : null} />
      );
  }
}

function CommandFailure(): ReactNode {
  const failure = useReplica((replica) => replica.failure);
  return failure === null ? null : <Failed failure={failure} />;
}
