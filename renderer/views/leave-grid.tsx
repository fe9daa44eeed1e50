import { type ReactNode, useCallback } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { bytes } from '../text/format.ts';
import { t } from '../text/say.ts';
import { useAsked } from '../ui/use-asked.ts';
import { LeaveAsk } from './leave-ask.tsx';

/** Asks before a project is left: what becomes of its tasks, its disk, and what it has credited. */
export function LeaveGrid({ grid, onEnd }: { grid: GridView; onEnd: () => void }): ReactNode {
  const { id } = grid;
  const ask = useCallback(() => client.call('grids.show', { id }), [id]);
  const { answer } = useAsked(ask, null);
  const diskBytes = answer?.ok === true ? answer.value.diskBytes : null;
  return (
    <LeaveAsk name={grid.name} leave={() => client.call('grids.leave', { id })} onEnd={onEnd}>
      <ul className="plain-list">
        <li>{t('grids:leaveTasks', { tasks: grid.queued + grid.running })}</li>
        {grid.unreported === 0 ? null : <li>{t('grids:leaveUnreported', { tasks: grid.unreported })}</li>}
        <li>
          {diskBytes === null ? t('grids:leaveDisk') : t('grids:leaveDiskOf', { size: bytes(diskBytes) })}
        </li>
        <li>{t('grids:leaveCredit')}</li>
      </ul>
    </LeaveAsk>
  );
}
