import type { ReactNode } from 'react';
import type { ActivityFilter } from '../../electron/contract/activity.ts';
import type { Answer, CommandInput } from '../../electron/contract/commands.ts';
import { t } from '../text/say.ts';
import { exportName } from './activity-filter.ts';
import { SaveBar } from './save-bar.tsx';

/** Asks the person for a place and writes there what `activity.export` streams; `saved`: what
 * the file is called, null if they thought better of it. */
export type SaveActivity = (
  input: CommandInput<'activity.export'>,
  suggestedName: string,
) => Promise<Answer<{ readonly saved: string | null }>>;

/** What fits the filter, into a file. */
export function ActivityExport({ filter, save }: { filter: ActivityFilter; save: SaveActivity }): ReactNode {
  const choices = (['csv', 'json'] as const).map((format) => ({
    name: t(`activity:export.${format}`),
    save: () => save({ ...filter, format }, exportName(format, Date.now())),
  }));
  return <SaveBar choices={choices} small quiet />;
}
