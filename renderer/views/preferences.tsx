import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client, useAdministered } from '../bridge/store.ts';
import { language, t } from '../text/say.ts';
import { type GroupId, settingName } from '../text/setting-rows.ts';
import { LockMark } from '../ui/marks.tsx';
import { Button } from '../ui/primitives.tsx';
import { Search } from '../ui/search.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { type Change, changeWords } from './changes.ts';
import { Failed } from './failed.tsx';
import { useChanges } from './preferences-changes.ts';
import { Found, Groups } from './preferences-groups.tsx';
import { PresetCards } from './preset-cards.tsx';
import { Sees } from './sees.tsx';

/** How often is looked whether an administrator changed something, in ms. */
const freshMs = 2000;

/** The presets, everything else behind titles that open, and the way back from the last changes. */
export function Preferences(
  props: Pick<Snapshot, 'preset'> & {
    /** The group that the person was sent to. */
    open: GroupId | null;
  },
): ReactNode {
  const administered = useAdministered();
  const { answer, again } = useAsked(client.listSettings, freshMs);
  const { shown, changes, last, undone, undo } = useChanges(answer?.ok === true ? answer.value : null, again);
  const [searched, setSearched] = useState({ words: '', language: language() });
  const [open, setOpen] = useState<ReadonlySet<GroupId>>(new Set(props.open === null ? [] : [props.open]));
  /** Whose title gets the focus when the groups appear: whoever searches keeps it. */
  const [sentTo, setSentTo] = useState(props.open);
  const title = useRef<HTMLHeadingElement>(null);
  // What was searched in one language is seldom found in another.
  const words = searched.language === language() ? searched.words.trim() : '';
  if (searched.language !== language()) {
    // Whoever found the language by searching goes on where it stands.
    if (searched.words !== '') {
      setOpen(new Set([...open, 'window']));
      setSentTo('window');
    }
    setSearched({ words: '', language: language() });
  }
  const parts = { settings: shown, organization: props.preset.organization, changes };
  return (
    <>
      <div className="title-row">
        <h1 className="page-title" ref={title} tabIndex={-1}>
          {t('common:tab.preferences')}
        </h1>
        <Search
          key={searched.language}
          label={t('preferences:search')}
          placeholder={t('preferences:search.placeholder')}
          clear={t('preferences:search.clear')}
          onSearch={(wanted) => {
            setSentTo(null);
            setSearched({ words: wanted, language: language() });
          }}
        />
      </div>
      {answer === null ? (
        <p className="soft" role="status">
          {t('common:loading')}
        </p>
      ) : !answer.ok ? (
        <Failed failure={answer.failure} />
      ) : words === '' ? (
        <>
          {administered ? (
            <p className="soft">
              <LockMark />
              {t('preferences:administered')}
            </p>
          ) : null}
          <PresetCards {...parts} isAdministered={administered} />
          <Groups {...parts} open={open} onOpen={setOpen} sentTo={sentTo} />
          <Sees />
        </>
      ) : (
        <Found {...parts} words={words} />
      )}
      {administered ? null : (
        <Undo
          last={last}
          undone={undone}
          undo={undo}
          onLastUndone={() => {
            title.current?.focus();
          }}
        />
      )}
    </>
  );
}

/** The last change with the way back; Ctrl+Z (⌘Z) goes it too, but in fields, which have their own. */
function Undo(props: {
  last: Change | null;
  /** What was taken back just now. */
  undone: Change | null;
  undo: () => Promise<void>;
  /** The button had the focus, and there is nothing more to take back. */
  onLastUndone: () => void;
}): ReactNode {
  const { last, undone, undo, onLastUndone } = props;
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (!isUndo || event.key.toLowerCase() !== 'z' || isWrittenIn(event.target)) return;
      event.preventDefault();
      void undo();
    };
    window.addEventListener('keydown', key);
    return () => {
      window.removeEventListener('keydown', key);
    };
  }, [undo]);
  const told = undone ?? last;
  return (
    <div className="undo-place" role="status" ref={bar}>
      <div className="undo">
        {told === null ? (
          <p className="soft small">{t('preferences:atOnce')}</p>
        ) : (
          <p className="foreign">
            {undone === null ? changeWords(told) : t('preferences:undone', { change: changeWords(told) })}
          </p>
        )}
        {last === null ? null : (
          <Button
            onPress={() => {
              void undo().then(() => {
                if (bar.current?.querySelector('button') === null) onLastUndone();
              });
            }}
          >
            {undone === null
              ? t('preferences:undo')
              : t('preferences:undoAlso', { name: settingName(last.before.key) })}
          </Button>
        )}
      </div>
    </div>
  );
}

const written: ReadonlySet<string> = new Set(['text', 'number', 'search', 'time']);

function isWrittenIn(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return written.has(target.type);
  return target instanceof HTMLTextAreaElement;
}
