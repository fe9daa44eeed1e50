import type { Check, CheckCode } from '../contract/health.ts';

const dayMs = 86_400_000;
/** Images that are older lack security updates, most likely. */
const freshDays = 30;

export interface AgeFinding extends Pick<Check, 'state' | 'values' | 'detail'> {
  readonly code: CheckCode<'appliance-age'>;
  readonly hint?: string;
}

/** How old the images are, for doctor. Epoch ms. Pure. */
export function checkAge(builtAt: number | null, now: number): AgeFinding {
  if (builtAt === null)
    return { state: 'unknown', code: 'untold', values: {}, detail: 'They do not tell when they were made.' };
  const days = Math.max(0, Math.floor((now - builtAt) / dayMs));
  const age = days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`;
  const values = { days };
  const detail = `Made of the newest packages ${age}.`;
  return days <= freshDays
    ? { state: 'ok', code: 'fresh', values, detail }
    : {
        state: 'warning',
        code: 'old',
        values,
        detail,
        hint: 'Security updates are waiting: gleaner appliance update',
      };
}
