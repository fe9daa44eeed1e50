import type { ReactNode } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';
import { GridCard } from './grid-card.tsx';
import { ManagerCard } from './manager-card.tsx';
import { NetworkCard } from './network-card.tsx';
import type { Go } from './place.ts';
import { Shares } from './shares.tsx';

/** Everything that is joined. `open`: the grid whose details are shown at once. */
export function Grids(props: { snapshot: Snapshot; open: string | null; go: Go }): ReactNode {
  const { snapshot, open, go } = props;
  const { grids, manager, jobs, at } = snapshot;
  const joined = grids.filter(({ kind }) => kind !== 'local');
  const isEmpty = joined.length === 0 && manager === null;
  // What a service of the machine works for is for its administrator to choose.
  const mayJoin = snapshot.service === null;
  const join = (
    <Button
      primary
      onPress={() => {
        go({ page: 'join' });
      }}
    >
      {t('grids:join')}
    </Button>
  );
  return (
    <>
      <div className="title-row">
        <h1 className="page-title">{t('grids:title')}</h1>
        <span className="buttons">
          <Button
            quiet
            onPress={() => {
              go({ page: 'welcome' });
            }}
          >
            {t('grids:welcome')}
          </Button>
          {isEmpty || !mayJoin ? null : join}
        </span>
      </div>
      {isEmpty ? (
        <div className="card empty">
          <p>{t('grids:noneTitle')}</p>
          {mayJoin ? (
            <>
              <p className="soft">{t('grids:noneHint')}</p>
              <div className="buttons">
                {join}
                <Button
                  onPress={() => {
                    go({ page: 'join-pool' });
                  }}
                >
                  {t('pools:join.title')}
                </Button>
              </div>
            </>
          ) : null}
        </div>
      ) : null}
      {manager === null ? null : <ManagerCard manager={manager} grids={joined} at={at} />}
      {joined.map((grid) => (
        <GridCard
          key={grid.id}
          grid={grid}
          jobs={jobs.filter((job) => job.grid === grid.id && job.state === 'running')}
          at={at}
          open={open === grid.id}
        />
      ))}
      {joined.length === 0 ? null : <Shares snapshot={snapshot} />}
      {joined.length === 0 ? null : <NetworkCard grids={grids} at={at} />}
    </>
  );
}
