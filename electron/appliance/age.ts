import type { Check } from '../contract/commands.ts';

const dayMs = 86_400_000;
/** Images that are older lack security updates, most likely. */
const freshDays = 30;

/** How old the images are, as a line for doctor. Epoch ms. Pure. */
export function checkAge(builtAt: number | null, now: number): Check {
  const check = { id: 'appliance-age', title: 'Age of the images' };
  if (builtAt === null)
    return { ...check, state: 'unknown', detail: 'They do not tell when they were made.' };
  const days = Math.max(0, Math.floor((now - builtAt) / dayMs));
  const age = days === 0 ? 'today' : days === 1 ? 'yesterday' : `${days} days ago`;
  const detail = `Made of the newest packages ${age}.`;
  return days <= freshDays
    ? { ...check, state: 'ok', detail }
    : { ...check, state: 'warning', detail, hint: 'Security updates are waiting: gleaner appliance update' };
}
