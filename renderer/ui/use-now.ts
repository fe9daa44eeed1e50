import { useEffect, useState } from 'react';

/**
 * The time in epoch ms, kept fresh every `everyMs` while the page can be seen; null keeps no timer and gives
 * the time of the last render that asked for one.
 */
export function useNow(everyMs: number | null): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (everyMs === null) return undefined;
    let timer: number | undefined;
    const tick = (): void => {
      setNow(Date.now());
    };
    const follow = (): void => {
      window.clearInterval(timer);
      timer = undefined;
      if (document.visibilityState === 'hidden') return;
      tick();
      timer = window.setInterval(tick, everyMs);
    };
    follow();
    document.addEventListener('visibilitychange', follow);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener('visibilitychange', follow);
    };
  }, [everyMs]);
  return now;
}
