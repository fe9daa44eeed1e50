import { type ReactNode, useEffect, useState } from 'react';
import { client, useReplica } from '../bridge/store.ts';
import { text } from '../text/text.ts';
import { Mark } from '../ui/marks.tsx';
import { Button } from '../ui/primitives.tsx';
import { Activity } from './activity.tsx';
import { Home } from './home.tsx';
import { Preferences } from './preferences.tsx';

const pages = ['home', 'activity', 'preferences'] as const;
type Page = (typeof pages)[number];

export function App(): ReactNode {
  const [page, setPage] = useState<Page>('home');
  const snapshot = useReplica((replica) => replica.snapshot);
  useEffect(() => client.follow(), []);

  return (
    <>
      <header className="top">
        <span className="brand">
          <Mark name="working" size={22} />
          {text.app}
        </span>
        <nav aria-label={text.navigation}>
          {pages.map((name) => (
            <button
              key={name}
              type="button"
              className="tab"
              aria-current={page === name ? 'page' : undefined}
              onClick={() => {
                setPage(name);
              }}
            >
              {text[name]}
            </button>
          ))}
        </nav>
        <span className="small soft version">{snapshot?.version}</span>
      </header>
      <main className="page">
        <TrayNotice />
        <CommandFailure />
        {snapshot === null ? (
          <p className="soft" role="status">
            {text.connecting}
          </p>
        ) : page === 'home' ? (
          <Home snapshot={snapshot} />
        ) : page === 'preferences' ? (
          <Preferences preset={snapshot.preset} />
        ) : (
          <Activity snapshot={snapshot} />
        )}
      </main>
    </>
  );
}

/** Said once, by the shell's address: this desktop has no tray to find Gleaner in. */
function TrayNotice(): ReactNode {
  const [shown, setShown] = useState(
    () => new URLSearchParams(window.location.search).get('notice') === 'no-tray',
  );
  if (!shown) return null;
  return (
    <div className="notice" role="status">
      <p>{text.noTray}</p>
      <Button
        onPress={() => {
          setShown(false);
        }}
      >
        {text.dismiss}
      </Button>
    </div>
  );
}

function CommandFailure(): ReactNode {
  const failure = useReplica((replica) => replica.failure);
  if (!failure) return null;
  return (
    <div className="notice notice-bad" role="alert">
      <div>
        <p>
          <strong>{text.commandFailed}</strong>
        </p>
        <p className="foreign">{failure.sentence}</p>
        {failure.hint === undefined ? null : <p className="foreign soft">{failure.hint}</p>}
      </div>
    </div>
  );
}
