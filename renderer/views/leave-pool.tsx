import type { ReactNode } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { LeaveAsk } from './leave-ask.tsx';

/** Asks before a pool is left: what becomes of its jobs, of what it keeps here, and of what was done for it. */
export function LeavePool({ grid, onEnd }: { grid: GridView; onEnd: () => void }): ReactNode {
  const { id } = grid;
  return (
    <LeaveAsk name={grid.name} leave={() => client.call('grids.leave', { id })} onEnd={onEnd}>
      <ul className="plain-list">
        <li>{t('pools:leave.jobs', { jobs: grid.queued + grid.running })}</li>
        <li>{t('pools:leave.traces')}</li>
        <li>{t('pools:leave.record')}</li>
        <li>{t('pools:leave.again')}</li>
      </ul>
    </LeaveAsk>
  );
}
