import { type ReactNode, useId, useState } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useAdministered } from '../bridge/store.ts';
import { percent } from '../text/format.ts';
import { gridNames } from '../text/grid-names.ts';
import { plain } from '../text/plain.ts';
import { organizationName } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { PercentSlider } from '../ui/fields.tsx';
import { LockMark } from '../ui/marks.tsx';
import { Card, Foreign } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';
import { mostPercent, shareForPart, wholeParts } from './share-parts.ts';
import { useCommand } from './use-command.ts';

/** Patterns that tell pieces of the bar apart; with more grids they come again, in the list's order. */
const looks = 5;

/** A share that the person has set, and that the Snapshot does not show yet. */
interface Draft {
  readonly id: string;
  readonly share: number;
}

/** How the CPU time is divided among all grids: parts that add up, of which each can be moved. */
export function Shares({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const grids = snapshot.grids.filter(({ state }) => state !== 'leaving');
  const [draft, setDraft] = useState<Draft | null>(null);
  const { failure, run } = useCommand();
  const { answer } = useAsked(client.listSettings, null);
  const administered = useAdministered();
  if (grids.length < 2) return null;

  const moved = grids.find(({ id }) => id === draft?.id);
  if (draft !== null && moved?.share === draft.share) setDraft(null);
  const shares = grids.map(({ id, share }) => (id === draft?.id ? draft.share : share));
  const parts = wholeParts(shares);
  const nameOf = gridNames(grids);
  const all = shares.reduce((sum, share) => sum + share, 0);
  const localIsLocked =
    answer?.ok === true &&
    answer.value.some(({ key, source }) => key === 'grids.localShare' && source === 'locked');

  const set = async ({ kind, id }: GridView, share: number): Promise<void> => {
    const done = await run(() =>
      kind === 'local'
        ? client.setSetting('grids.localShare', share)
        : client.call('grids.set', { id, share }),
    );
    if (!done) setDraft(null);
  };
  return (
    <Card title={t('grids:shares')}>
      <div className="share-bar" aria-hidden="true">
        {grids.map(({ id }, index) => (
          <span
            key={id}
            className="share-piece"
            data-look={index % looks}
            style={{ flexGrow: parts[index] ?? 0 }}
          />
        ))}
      </div>
      <ul className="share-rows">
        {grids.map((grid, index) => {
          const others = all - (shares[index] ?? 0);
          return (
            <ShareRow
              key={grid.id}
              grid={grid}
              name={nameOf(grid.id)}
              look={index % looks}
              part={parts[index] ?? 0}
              setBy={
                grid.managedBy ??
                (administered || (grid.kind === 'local' && localIsLocked)
                  ? organizationName(snapshot.preset.organization)
                  : null)
              }
              onMove={(part) => {
                setDraft({ id: grid.id, share: shareForPart(part, others) });
              }}
              onCommit={(part) => set(grid, shareForPart(part, others))}
            />
          );
        })}
      </ul>
      {failure === null ? null : <Failed failure={failure} />}
      <p className="soft small">{t('grids:sharesHint')}</p>
      {administered ? null : <p className="soft small">{t('grids:sharesMove')}</p>}
    </Card>
  );
}

function ShareRow(props: {
  grid: GridView;
  name: string;
  look: number;
  /** In whole percent. */
  part: number;
  /** Who decides about it; null: the person. */
  setBy: string | null;
  onMove: (part: number) => void;
  onCommit: (part: number) => Promise<void>;
}): ReactNode {
  const { grid, setBy } = props;
  const id = useId();
  return (
    <li className="share-row">
      <span className="share-name">
        <span className="share-piece share-sample" data-look={props.look} aria-hidden="true" />
        <span>
          <label htmlFor={id}>
            <Foreign>{props.name}</Foreign>
          </label>
          {grid.suspended ? <span className="soft small"> · {t('grids:state.suspended')}</span> : null}
          {setBy === null ? null : (
            <span id={`${id}-lock`} className="soft small line">
              <LockMark />
              {t('common:setBy', { organization: plain(setBy) })}
            </span>
          )}
        </span>
      </span>
      <PercentSlider
        id={id}
        {...(setBy === null ? {} : { describedBy: `${id}-lock` })}
        disabled={setBy !== null}
        most={mostPercent}
        percent={props.part}
        words={(part) => percent(part / 100)}
        onMove={props.onMove}
        onCommit={props.onCommit}
      />
    </li>
  );
}
