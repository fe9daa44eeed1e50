import { type ReactNode, useId, useRef } from 'react';
import type { UpdateState, UpdateView } from '../../electron/contract/update.ts';
import { t } from '../text/say.ts';
import { FailureWords } from './failure-words.tsx';
import { restartChoices, UpdateButtons, updateWords, useUpdateAsk } from './update-asks.tsx';

/** A newer version is there, and this one still runs. */
const isThere: ReadonlySet<UpdateState> = new Set(['ready', 'waiting', 'installing']);

/** One line for a newer version from when it is there until it runs; all else of it, and why it waits, stands under Health. */
export function UpdateLine({ update }: { update: UpdateView }): ReactNode {
  return isThere.has(update.state) ? <Line update={update} /> : null;
}

function Line({ update }: { update: UpdateView }): ReactNode {
  const id = useId();
  const words = useRef<HTMLParagraphElement>(null);
  const { refused, press } = useUpdateAsk(update);
  return (
    <section className="notice notice-line" aria-label={t('update:title')}>
      <div>
        <p ref={words} id={id} tabIndex={-1} role="status">
          {updateWords({ ...update, reason: null })}
        </p>
        {refused === null ? null : <FailureWords failure={refused} />}
      </div>
      <UpdateButtons choices={restartChoices(update)} words={words} wordsId={id} press={press} small />
    </section>
  );
}
