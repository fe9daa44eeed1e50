import { type RefObject, startTransition, useCallback, useEffect, useRef, useState } from 'react';
import type { Place as AskedPlace } from '../../electron/contract/place.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { onAskedPlace } from '../bridge/asked-place.ts';
import { firstPlace, type Go, type Place, placeAsked } from './place.ts';
import { rememberedSetup } from './welcome-memory.ts';

/** A stay in a place: the same place may be visited anew. */
export interface Visit {
  readonly place: Place;
  /** Counted from 0, which is where the window began. */
  readonly count: number;
}

/**
 * Where the window is: first where it was sent, else where the Snapshot leads; null before the first Snapshot. Then
 * wherever the person goes, and wherever the shell sends it.
 * @param begin what the window was opened for
 * @returns also what tells where it is going: there already, or while that page is still being read
 */
export function useVisit(
  begin: AskedPlace | null,
  snapshot: Snapshot | null,
): readonly [Visit | null, Go, () => Place | null] {
  const [visit, setVisit] = useState<Visit | null>(() => {
    const place = begin === null ? null : placeAsked(begin);
    return place === null ? null : { place, count: 0 };
  });
  const bound = useRef<Place | null>(null);
  const go = useCallback<Go>((place) => {
    bound.current = place;
    // The page before stays until the next one has been read.
    startTransition(() => {
      setVisit((before) => ({ place, count: (before?.count ?? 0) + 1 }));
    });
  }, []);
  useEffect(
    () =>
      onAskedPlace((asked) => {
        const place = placeAsked(asked);
        if (place !== null) go(place);
      }),
    [go],
  );
  // Once: later changes of the Snapshot move nobody to another page.
  if (visit === null && snapshot !== null)
    setVisit({ place: firstPlace(snapshot, rememberedSetup()), count: 0 });
  return [visit, go, () => bound.current ?? visit?.place ?? null];
}

/**
 * After each change of the page, but not at the first, the focus is at its heading, so that whoever listens or uses
 * the keyboard begins there. A page that has put it elsewhere in itself keeps it.
 */
export function useFocusAtHeading(visit: Visit | null): RefObject<HTMLElement | null> {
  const page = useRef<HTMLElement>(null);
  const count = visit?.count ?? 0;
  // After the page's own effects.
  useEffect(() => {
    const element = page.current;
    if (count === 0 || !element || element.contains(document.activeElement)) return;
    const heading = element.querySelector<HTMLElement>('h1') ?? element;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [count]);
  return page;
}
