import { type ReactNode, useCallback } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { bytes } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Ask } from '../ui/ask.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { FailureWords } from './failure-words.tsx';
import { useCommand } from './use-command.ts';

/** Asks before a project is left: what becomes of its tasks, its disk, and what it has credited. */
export function LeaveGrid({ grid, onEnd }: { grid: GridView; onEnd: () => void }): ReactNode {
  const { id } = grid;
  const { busy, failure, run } = useCommand();
  const ask = useCallback(() => client.call('grids.show', { id }), [id]);
  const { answer } = useAsked(ask, null);
  const diskBytes = answer?.ok === true ? answer.value.diskBytes : null;
  return (
    <Ask
      danger
      title={t('grids:leaveTitle', { name: plain(grid.name) })}
      confirm={t('grids:leaveConfirm')}
      cancel={t('common:cancel')}
      busy={busy}
      failure={failure === null ? null : <FailureWords failure={failure} />}
      onCancel={onEnd}
      onConfirm={() => {
        void run(() => client.call('grids.leave', { id })).then((done) => {
          if (done) onEnd();
        });
      }}
    >
      <ul className="plain-list">
        <li>{t('grids:leaveTasks', { tasks: grid.queued + grid.running })}</li>
        {grid.unreported === 0 ? null : <li>{t('grids:leaveUnreported', { tasks: grid.unreported })}</li>}
        <li>
          {diskBytes === null ? t('grids:leaveDisk') : t('grids:leaveDiskOf', { size: bytes(diskBytes) })}
        </li>
        <li>{t('grids:leaveCredit')}</li>
      </ul>
    </Ask>
  );
}
