import {
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import type { LedgerEntry } from '../../electron/contract/ledger.ts';
import { client } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { LongTable } from '../ui/long-table.tsx';
import { Button } from '../ui/primitives.tsx';
import { useNow } from '../ui/use-now.ts';
import { EntryCells } from './activity-cells.tsx';
import { ActivityEntry } from './activity-entry.tsx';
import { ActivityExport, type SaveActivity } from './activity-export.tsx';
import { type Choice, everything, filterOf, isFiltered } from './activity-filter.ts';
import { ActivityFilters } from './activity-filters.tsx';
import { ActivityPages } from './activity-pages.ts';
import type { NameOf } from './activity-words.ts';
import { Failed } from './failed.tsx';

/** How often the host is asked whether something was booked since, in ms. */
const freshMs = 10_000;

/** The record: everything that was booked, the newest first. */
export function ActivityList(props: {
  /** By their ids. */
  grids: readonly string[];
  nameOf: NameOf;
  /** Any time of this day, in epoch ms; the same all day long. */
  today: number;
  /** Changes when something was probably booked. */
  booked: number;
  save: SaveActivity;
}): ReactNode {
  const { nameOf, today, booked } = props;
  const id = useId();
  const table = useRef<{ focus(): void }>(null);
  const [{ choice, filter }, setFilter] = useState(() => ({
    choice: everything,
    filter: filterOf(everything, today),
  }));
  const [opened, setOpened] = useState<LedgerEntry | null>(null);
  const [pages] = useState(() => new ActivityPages((query) => client.call('activity.page', query)));
  const { total, newer, failure, beginnings } = useSyncExternalStore(pages.subscribe, () => pages.state);
  const now = useNow(freshMs);
  useEffect(() => {
    pages.begin(filter);
  }, [pages, filter]);
  useEffect(() => {
    pages.look();
  }, [pages, now, booked]);
  // Nobody stands anywhere in an empty table.
  const comesFirst = total === 0 && newer > 0;
  useEffect(() => {
    if (comesFirst) pages.begin(filter);
  }, [pages, filter, comesFirst]);

  const cells = useMemo(() => new EntryCells(nameOf, today), [nameOf, today]);
  const open = useCallback(
    (index: number) => {
      setOpened(pages.row(index));
    },
    [pages],
  );
  const choose = (next: Choice): void => {
    setFilter({ choice: next, filter: filterOf(next, Date.now()) });
  };

  return (
    <section className="record-list" aria-labelledby={id}>
      <h2 id={id}>{t('activity:record')}</h2>
      <ActivityFilters grids={props.grids} nameOf={nameOf} choice={choice} onChange={choose} />
      <div className="list-line">
        <p className="soft small" role="status">
          {total === null ? t('common:loading') : t('activity:entries', { count: total })}
        </p>
        {newer > 0 ? (
          <Button
            quiet
            small
            onPress={() => {
              pages.begin(filter);
              table.current?.focus();
            }}
          >
            {t('activity:newer', { count: newer })}
          </Button>
        ) : null}
        <ActivityExport filter={filter} save={props.save} />
      </div>
      {failure === null ? null : (
        <Failed failure={failure}>
          <Button onPress={pages.retry}>{t('activity:again')}</Button>
        </Failed>
      )}
      {total === 0 ? (
        <p className="soft">{isFiltered(filter) ? t('activity:noneFits') : t('activity:noneBooked')}</p>
      ) : (
        <LongTable
          ref={table}
          label={t('activity:record')}
          columns={cells.columns}
          count={total ?? 0}
          row={(index) => {
            const entry = pages.row(index);
            return entry === null ? null : cells.of(entry);
          }}
          onRange={pages.see}
          onOpen={open}
          loading={t('common:loading')}
          beginning={beginnings}
        />
      )}
      {opened === null ? null : (
        <ActivityEntry
          entry={opened}
          nameOf={nameOf}
          onClose={() => {
            setOpened(null);
          }}
        />
      )}
    </section>
  );
}
