import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { askedPlace } from './bridge/asked-place.ts';
import { client } from './bridge/store.ts';
import { speak } from './text/say.ts';
import { App } from './views/app.tsx';
import { Localized } from './views/localized.tsx';

async function open(): Promise<void> {
  const root = document.getElementById('root');
  if (!root) throw new Error('index.html has no #root');
  // The language is known before the first word is shown; a host that cannot tell leaves it to the system.
  const [place] = await Promise.all([askedPlace(), client.listSettings()]);
  await speak(client.store.getState().language);
  createRoot(root).render(
    <StrictMode>
      <Localized>
        <App begin={place} />
      </Localized>
    </StrictMode>,
  );
}

void open();
