import { type ActivityDay, type ActivityList, TimelineState } from '../contract/activity.ts';
import { showEntries } from './show-jobs.ts';
import type { Look } from './show-status.ts';
import { count, formatSeconds, table } from './text.ts';

/** A page of entries, and how to get at the next one. */
export function showActivity({ entries, total, next }: ActivityList, look: Look): string {
  if (total === 0) return 'Nothing fits.';
  const shown = entries.length === total ? '' : `${entries.length} of `;
  const more = next === null ? '' : ` The next ones: --before ${next}`;
  return [
    showEntries(entries, look),
    '',
    look.style.dim(`${shown}${count(total, 'entry', 'entries')}.${more}`),
  ].join('\n');
}

/** The day piece by piece, and how long each state lasted. */
export function showDay({ day, from, segments, hours, recordedSince }: ActivityDay, { style }: Look): string {
  if (segments.length === 0) return `${day} is yet to come.`;
  if (recordedSince === null || recordedSince >= (segments.at(-1)?.to ?? from)) {
    return `Of ${day} there is no record.`;
  }
  const rows = segments.map((segment) => [
    clock(segment.from),
    clock(segment.to),
    segment.state,
    segment.reason ?? '',
    segment.grid ?? '',
  ]);
  const sums = TimelineState.options
    .map((state) => ({ state, seconds: hours.reduce((sum, hour) => sum + hour.seconds[state], 0) }))
    .filter(({ seconds }) => seconds > 0)
    .map(({ state, seconds }) => `${state} ${formatSeconds(seconds)}`);
  return [
    table(['FROM', 'TO', 'STATE', 'WHY', 'GRID'], rows, style.bold),
    '',
    style.dim(`${day}: ${sums.join(', ')}.`),
  ].join('\n');
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
