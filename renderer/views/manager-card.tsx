import { type ReactNode, useId, useState } from 'react';
import type { GridView, ManagerView } from '../../electron/contract/grids.ts';
import { client } from '../bridge/store.ts';
import { ago, ahead } from '../text/format.ts';
import { gridsText } from '../text/grids-text.ts';
import { Ask } from '../ui/ask.tsx';
import { Tick } from '../ui/form.tsx';
import { Button, Foreign } from '../ui/primitives.tsx';
import { Failed } from './failed.tsx';
import { useCommand } from './use-command.ts';

/** The account manager that chooses projects. */
export function ManagerCard(props: {
  manager: ManagerView;
  grids: readonly GridView[];
  at: number;
}): ReactNode {
  const { manager, grids, at } = props;
  const id = useId();
  const [leaving, setLeaving] = useState(false);
  const { busy, failure, run } = useCommand();
  const asked =
    manager.syncedAt === null ? gridsText.managerNever : gridsText.managerSynced(ago(manager.syncedAt, at));
  const next = manager.nextAt === null ? '' : `, ${gridsText.managerNext(ahead(manager.nextAt, at))}`;
  return (
    <section className="card grid" aria-labelledby={id}>
      <h2 id={id}>
        <Foreign>{gridsText.managerTitle(manager.name)}</Foreign>
      </h2>
      <p className="soft small">
        <Foreign>{gridsText.managerAccount(manager.userName)}</Foreign> · {asked}
        {next}
      </p>
      {manager.failure === null ? null : <Failed failure={manager.failure} />}
      {manager.refused.length === 0 ? null : (
        <div className="part">
          <h3>{gridsText.managerRefused}</h3>
          <ul className="places">
            {manager.refused.map(({ url, sentence }) => (
              <li key={url}>
                <span>
                  <Foreign className="place">{url}</Foreign>
                  <Foreign className="soft small line">{sentence}</Foreign>
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div className="buttons">
        <Button
          disabled={busy}
          onPress={() => {
            void run(() => client.call('manager.sync', {}));
          }}
        >
          {gridsText.sync}
        </Button>
        <Button
          disabled={busy}
          label={gridsText.leaveLabel(manager.name)}
          onPress={() => {
            setLeaving(true);
          }}
        >
          {gridsText.leave}
        </Button>
      </div>
      {failure === null ? null : <Failed failure={failure} />}
      {leaving ? (
        <LeaveManager
          manager={manager}
          chose={grids.some(({ managedBy }) => managedBy === manager.name)}
          onEnd={() => {
            setLeaving(false);
          }}
        />
      ) : null}
    </section>
  );
}

function LeaveManager(props: { manager: ManagerView; chose: boolean; onEnd: () => void }): ReactNode {
  const { manager, onEnd } = props;
  const { busy, failure, run } = useCommand();
  const [leaveProjects, setLeaveProjects] = useState(false);
  return (
    <Ask
      danger
      title={gridsText.managerLeaveTitle(manager.name)}
      confirm={gridsText.leaveConfirm}
      cancel={gridsText.cancel}
      busy={busy}
      failure={failure?.sentence ?? null}
      onCancel={onEnd}
      onConfirm={() => {
        void run(() => client.call('manager.leave', { leaveProjects })).then((done) => {
          if (done) onEnd();
        });
      }}
    >
      <p>{gridsText.managerLeaves}</p>
      {props.chose ? (
        <Tick label={gridsText.managerLeaveProjects} on={leaveProjects} onChange={setLeaveProjects} />
      ) : null}
    </Ask>
  );
}
