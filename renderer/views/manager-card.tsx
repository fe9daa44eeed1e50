import { type ReactNode, useId, useState } from 'react';
import type { GridView, ManagerView } from '../../electron/contract/grids.ts';
import { client, useAdministered } from '../bridge/store.ts';
import { ago, ahead } from '../text/format.ts';
import { say } from '../text/host-words.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Tick } from '../ui/form.tsx';
import { Button, Foreign } from '../ui/primitives.tsx';
import { Failed } from './failed.tsx';
import { LeaveAsk } from './leave-ask.tsx';
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
  const administered = useAdministered();
  const asked =
    manager.syncedAt === null
      ? t('grids:manager.never')
      : t('grids:manager.asked', { when: ago(manager.syncedAt, at) });
  const next =
    manager.nextAt === null ? '' : `, ${t('grids:manager.next', { when: ahead(manager.nextAt, at) })}`;
  return (
    <section className="card grid" aria-labelledby={id}>
      <h2 id={id} className="foreign">
        {t('grids:manager.title', { name: plain(manager.name) })}
      </h2>
      <p className="soft small">
        <span className="foreign">{t('grids:manager.account', { name: plain(manager.userName) })}</span> ·{' '}
        {asked}
        {next}
      </p>
      {manager.failure === null ? null : <Failed failure={manager.failure} />}
      {manager.refused.length === 0 ? null : (
        <div className="part">
          <h3>{t('grids:manager.refused')}</h3>
          <ul className="places">
            {manager.refused.map(({ url, said }) => (
              <li key={url}>
                <span>
                  <Foreign className="place">{url}</Foreign>
                  <Foreign className="soft small line">{say(said, at)}</Foreign>
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {administered ? null : (
        <div className="buttons">
          <Button
            disabled={busy}
            onPress={() => {
              void run(() => client.call('manager.sync', {}));
            }}
          >
            {t('grids:manager.ask')}
          </Button>
          <Button
            disabled={busy}
            label={t('grids:leaveLabel', { name: plain(manager.name) })}
            onPress={() => {
              setLeaving(true);
            }}
          >
            {t('grids:leave')}
          </Button>
        </div>
      )}
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
  const [leaveProjects, setLeaveProjects] = useState(false);
  return (
    <LeaveAsk name={manager.name} leave={() => client.call('manager.leave', { leaveProjects })} onEnd={onEnd}>
      <p>{t('grids:manager.leaves')}</p>
      {props.chose ? (
        <Tick label={t('grids:manager.leaveProjects')} on={leaveProjects} onChange={setLeaveProjects} />
      ) : null}
    </LeaveAsk>
  );
}
