import type { PauseLength } from '../contract/snapshot.ts';

export interface Pause {
  readonly length: PauseLength;
  /** Epoch ms. */
  readonly since: number;
  /** Epoch ms; null: until the person resumes. */
  readonly until: number | null;
}

const minute = 60_000;
/** A pause until tomorrow ends at this local hour. */
const morningHour = 6;

/** A pause that begins at `now`. "Tomorrow" is the next calendar day at 06:00 local time, daylight saving or not. */
export function pauseFrom(length: PauseLength, now: number): Pause {
  const until = (): number | null => {
    if (typeof length === 'number') return now + length * 1000;
    switch (length) {
      case '30m':
        return now + 30 * minute;
      case '1h':
        return now + 60 * minute;
      case 'tomorrow': {
        const day = new Date(now);
        return new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1, morningHour).getTime();
      }
      case 'manual':
        return null;
    }
  };
  return { length, since: now, until: until() };
}
