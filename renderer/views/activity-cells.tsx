import type { ReactNode } from 'react';
import type { AttemptBody, LedgerEntry } from '../../electron/contract/ledger.ts';
import { amount, bytes, duration, moment, sentenceCase, signedAmount } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { language, t } from '../text/say.ts';
import type { Column } from '../ui/long-table.tsx';
import { Foreign, Sum } from '../ui/primitives.tsx';
import { type NameOf, sourceOf, titleOf, trafficOf, whyOf } from './activity-words.ts';

function entryColumns(): readonly Column[] {
  const words = (name: 'when' | 'job' | 'outcome' | 'cpu' | 'earned'): string => t(`activity:column.${name}`);
  return [
    { id: 'when', words: words('when'), width: '8rem' },
    { id: 'what', words: words('job'), width: 'minmax(10rem, 5fr)', isHead: true },
    { id: 'outcome', words: words('outcome'), width: 'minmax(8rem, 3fr)' },
    { id: 'cpu', words: words('cpu'), width: '7.25rem', isFigure: true },
    { id: 'earned', words: words('earned'), width: '7rem', isFigure: true },
  ];
}

/** What the table shows of entries; an entry's cells are the same objects until the language changes. */
export class EntryCells {
  readonly #nameOf: NameOf;
  readonly #today: number;
  #language: ReturnType<typeof language> | null = null;
  #columns: readonly Column[] = [];
  #cells = new WeakMap<LedgerEntry, readonly ReactNode[]>();

  /** @param today any time of this day, in epoch ms */
  constructor(nameOf: NameOf, today: number) {
    this.#nameOf = nameOf;
    this.#today = today;
  }

  get columns(): readonly Column[] {
    this.#speak();
    return this.#columns;
  }

  /** A cell for each column. */
  of(entry: LedgerEntry): readonly ReactNode[] {
    this.#speak();
    const cells = this.#cells.get(entry) ?? entryCells(entry, this.#nameOf, this.#today);
    this.#cells.set(entry, cells);
    return cells;
  }

  #speak(): void {
    if (this.#language === language()) return;
    this.#language = language();
    this.#columns = entryColumns();
    this.#cells = new WeakMap();
  }
}

function entryCells(entry: LedgerEntry, nameOf: NameOf, today: number): readonly ReactNode[] {
  const { body, bookedAt } = entry;
  const title = titleOf(entry);
  return [
    <span key="when" className="soft">
      {moment(bookedAt, today)}
    </span>,
    <span key="what">
      {title.ours ? title.words : <Foreign className="job-title">{title.words}</Foreign>}
      <span className="soft small line">{sourceOf(entry, nameOf)}</span>
    </span>,
    <Outcome key="outcome" body={body} />,
    body.kind === 'attempt' ? duration(body.cpuSeconds) : t('common:none'),
    <Earned key="earned" body={body} />,
  ];
}

function Outcome({ body }: Pick<LedgerEntry, 'body'>): ReactNode {
  switch (body.kind) {
    case 'attempt': {
      const why = whyOf(body);
      return (
        <span>
          <OutcomeMark outcome={body.outcome} />
          {why === null ? null : <span className="soft small line">{why}</span>}
        </span>
      );
    }
    case 'credit':
      return <span className="state state-observed">{sentenceCase(t('activity:observed'))}</span>;
    case 'settlement':
      return (
        <span>
          <span className="state state-done">{sentenceCase(t('activity:receipt.settled'))}</span>
          <span className="soft small line">{t('activity:executions', { count: body.executions })}</span>
        </span>
      );
    case 'network': {
      const { sent, received } = trafficOf(body);
      return (
        <span>
          <span aria-hidden="true">
            ↑ {bytes(sent)} ↓ {bytes(received)}
          </span>
          <span className="hidden-label">
            {t('grids:traffic', { sent: bytes(sent), received: bytes(received) })}
          </span>
          {body.denied === 0 ? null : (
            <span className="soft small line">{t('activity:denied', { count: body.denied })}</span>
          )}
        </span>
      );
    }
  }
}

/** How an attempt ended, as a shape and a word. */
export function OutcomeMark({ outcome }: Pick<AttemptBody, 'outcome'>): ReactNode {
  return <span className={`state state-${outcome}`}>{t(`activity:outcome.${outcome}`)}</span>;
}

function Earned({ body }: Pick<LedgerEntry, 'body'>): ReactNode {
  if (body.kind === 'credit') {
    return (
      <span>
        {/* A fall is a correction by the project. */}
        <Sum words={signedAmount(body.to - body.from)} unit={unitWords(body.credit.unit)} />
        <span className="soft small line">{t('activity:creditNow', { amount: amount(body.to) })}</span>
      </span>
    );
  }
  if (body.kind === 'settlement') {
    return <Sum words={signedAmount(body.credit.amount)} unit={unitWords(body.credit.unit)} />;
  }
  if (body.credit !== null) {
    return (
      <span>
        <Sum words={amount(body.credit.amount)} unit={unitWords(body.credit.unit)} />
        <span className="soft small line">{t(`activity:receipt.${body.credit.status}`)}</span>
      </span>
    );
  }
  // A project says what it is worth for all of them together, and later.
  return isPending(body) ? <span className="soft">{t('activity:receipt.pending')}</span> : t('common:none');
}

/** Whether a grid is a project, which tells its credit later; a pool's is metered here. Pure. */
export function isProject(grid: string): boolean {
  return grid.startsWith('boinc-');
}

/** Whether a grid may still credit it, though nobody knows how much. Pure. */
export function isPending(body: LedgerEntry['body']): boolean {
  return body.kind === 'attempt' && body.credit === null && body.outcome === 'done' && isProject(body.grid);
}
