import type { Place } from '../../electron/contract/place.ts';

/** The place that the page's address names; null: none. Only a page that was sent to one loads what reads it. */
export async function askedPlace(): Promise<Place | null> {
  const { hash } = window.location;
  if (hash === '') return null;
  const { placeOfFragment } = await import('./place-reader.ts');
  return placeOfFragment(hash);
}

/** Calls `listener` with every place that the shell sends the page to from now on; returns the way to stop. */
export function onAskedPlace(listener: (place: Place) => void): () => void {
  let latest = 0;
  const follow = (): void => {
    latest += 1;
    const mine = latest;
    void askedPlace().then((place) => {
      if (place !== null && mine === latest) listener(place);
    });
  };
  window.addEventListener('hashchange', follow);
  return () => {
    latest += 1;
    window.removeEventListener('hashchange', follow);
  };
}
