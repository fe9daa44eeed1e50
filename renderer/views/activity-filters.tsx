import { type ReactNode, useId } from 'react';
import type { EntryKind, Outcome } from '../../electron/contract/ledger.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Pick, type PickOption } from '../ui/pick.tsx';
import { Search } from '../ui/search.tsx';
import { type Choice, changed, times } from './activity-filter.ts';
import type { NameOf } from './activity-words.ts';

const all = 'all';
const kinds = ['attempt', 'credit', 'settlement', 'network'] as const satisfies readonly EntryKind[];
const outcomes = ['done', 'failed', 'aborted', 'interrupted'] as const satisfies readonly Outcome[];

/** What the list is narrowed down to. */
export function ActivityFilters(props: {
  /** By their ids. */
  grids: readonly string[];
  nameOf: NameOf;
  choice: Choice;
  onChange: (choice: Choice) => void;
}): ReactNode {
  const { choice } = props;
  const change = (part: Partial<Choice>): void => {
    props.onChange(changed(choice, part));
  };
  return (
    <div className="filters" role="search" aria-label={t('activity:filter.title')}>
      <Search
        label={t('activity:filter.search')}
        placeholder={t('activity:filter.placeholder')}
        clear={t('activity:filter.clear')}
        onSearch={(text) => {
          change({ text });
        }}
      />
      <Narrow
        label={t('activity:filter.grid')}
        any={t('activity:filter.anyGrid')}
        value={choice.grid}
        options={props.grids.map((id) => ({ id, words: plain(props.nameOf(id)) }))}
        onChange={(grid) => {
          change({ grid });
        }}
      />
      <Narrow
        label={t('activity:filter.kind')}
        any={t('activity:filter.anyKind')}
        value={choice.kind}
        options={kinds.map((id) => ({ id, words: t(`activity:kind.${id}`) }))}
        onChange={(kind) => {
          change({ kind });
        }}
      />
      <Narrow
        label={t('activity:column.outcome')}
        any={t('activity:filter.anyOutcome')}
        value={choice.outcome}
        options={outcomes.map((id) => ({ id, words: t(`activity:outcome.${id}`) }))}
        onChange={(outcome) => {
          change({ outcome });
        }}
      />
      <Pick
        label={t('activity:column.when')}
        hideLabel
        value={choice.time}
        options={times.map((id) => ({ id, words: t(`activity:time.${id}`) }))}
        onChange={(time) => {
          change({ time });
        }}
      />
      {choice.time === 'days' ? (
        <>
          <Day
            label={t('activity:time.first')}
            value={choice.first}
            onChange={(first) => {
              change({ first });
            }}
          />
          <Day
            label={t('activity:time.last')}
            value={choice.last}
            onChange={(last) => {
              change({ last });
            }}
          />
        </>
      ) : null}
    </div>
  );
}

/** One of these, or any. */
function Narrow<Id extends string>(props: {
  label: string;
  any: string;
  value: Id | null;
  options: readonly PickOption<Id>[];
  onChange: (id: Id | null) => void;
}): ReactNode {
  return (
    <Pick<Id | typeof all>
      label={props.label}
      hideLabel
      value={props.value ?? all}
      options={[{ id: all, words: props.any }, ...props.options]}
      onChange={(id) => {
        props.onChange(props.options.find((option) => option.id === id)?.id ?? null);
      }}
    />
  );
}

function Day(props: { label: string; value: string; onChange: (day: string) => void }): ReactNode {
  const id = useId();
  return (
    <div className="pick">
      <label htmlFor={id} className="pick-label">
        {props.label}
      </label>
      <input
        id={id}
        type="date"
        className="field"
        value={props.value}
        onChange={(event) => {
          props.onChange(event.target.value);
        }}
      />
    </div>
  );
}
