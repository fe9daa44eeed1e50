import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import type { GroupId } from '../text/setting-rows.ts';
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
  const { answer, again } = useAsked(client.listSettings, freshMs);
  const { shown, changes, last, undo } = useChanges(answer?.ok === true ? answer.value : null, again);
  const [words, setWords] = useState('');
  const [open, setOpen] = useState<ReadonlySet<GroupId>>(new Set(props.open === null ? [] : [props.open]));
  /** Whose title gets the focus when the groups appear: whoever searches keeps it. */
  const [sentTo, setSentTo] = useState(props.open);
  const title = useRef<HTMLHeadingElement>(null);
  const parts = { settings: shown, organization: props.preset.organization, changes };
  return (
    <>
      <div className="title-row">
        <h1 className="page-title" ref={title} tabIndex={-1}>
          {t('common:tab.preferences')}
        </h1>
        <Search
          label={t('preferences:search')}
          placeholder={t('preferences:search.placeholder')}
          clear={t('preferences:search.clear')}
          onSearch={(wanted) => {
            setSentTo(null);
            setWords(wanted);
          }}
        />
      </div>
      {answer === null ? (
        <p className="soft" role="status">
          {t('common:loading')}
        </p>
      ) : !answer.ok ? (
        <Failed failure={answer.failure} />
      ) : words.trim() === '' ? (
        <>
          <PresetCards {...parts} />
          <Groups {...parts} open={open} onOpen={setOpen} sentTo={sentTo} />
          <Sees />
        </>
      ) : (
        <Found {...parts} words={words} />
      )}
      <Undo
        last={last}
        undo={undo}
        onLastUndone={() => {
          title.current?.focus();
        }}
      />
    </>
  );
}

/** The last change with the way back; Ctrl+Z (⌘Z) goes it too, but in fields, which have their own. */
function Undo(props: {
  last: Change | null;
  undo: () => Promise<void>;
  /** The button had the focus, and there is nothing more to take back. */
  onLastUndone: () => void;
}): ReactNode {
  const { last, undo, onLastUndone } = props;
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
  return (
    <div className="undo-place" role="status" ref={bar}>
      {last === null ? null : (
        <div className="undo">
          <p className="foreign">{changeWords(last)}</p>
          <Button
            onPress={() => {
              void undo().then(() => {
                if (bar.current?.querySelector('button') === null) onLastUndone();
              });
            }}
          >
            {t('preferences:undo')}
          </Button>
        </div>
      )}
    </div>
  );
}

const written: ReadonlySet<string> = new Set(['text', 'number', 'search', 'time']);

function isWrittenIn(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return written.has(target.type);
  return target instanceof HTMLTextAreaElement;
}
