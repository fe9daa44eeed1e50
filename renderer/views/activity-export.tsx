import { type ReactNode, useState } from 'react';
import type { ActivityFilter } from '../../electron/contract/activity.ts';
import type { Answer, CommandInput } from '../../electron/contract/commands.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';
import { exportName } from './activity-filter.ts';
import { Failed } from './failed.tsx';
import { useCommand } from './use-command.ts';

/** Asks the person for a place and writes there what `activity.export` streams; `saved`: what
 * the file is called, null if they thought better of it. */
export type SaveActivity = (
  input: CommandInput<'activity.export'>,
  suggestedName: string,
) => Promise<Answer<{ readonly saved: string | null }>>;

/** What fits the filter, into a file. */
export function ActivityExport({ filter, save }: { filter: ActivityFilter; save: SaveActivity }): ReactNode {
  const { busy, failure, run } = useCommand();
  const [file, setFile] = useState<string | null>(null);
  const write = (format: 'csv' | 'json'): void => {
    setFile(null);
    void run(async () => {
      const answer = await save({ ...filter, format }, exportName(format, Date.now()));
      setFile(answer.ok ? answer.value.saved : null);
      return answer;
    });
  };
  return (
    <>
      <div className="buttons">
        {(['csv', 'json'] as const).map((format) => (
          <Button
            key={format}
            small
            quiet
            disabled={busy}
            onPress={() => {
              write(format);
            }}
          >
            {t(`activity:export.${format}`)}
          </Button>
        ))}
        <span className="soft small" role="status">
          {file === null ? '' : t('common:savedAs', { file: plain(file) })}
        </span>
      </div>
      {failure === null ? null : <Failed failure={failure} />}
    </>
  );
}
