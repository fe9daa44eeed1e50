import { type ReactNode, useId, useRef } from 'react';
import type { UpdateView } from '../../electron/contract/update.ts';
import { moment, percent } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Card, Progress } from '../ui/primitives.tsx';
import { FailureWords } from './failure-words.tsx';
import { UpdateButtons, updateChoices, updateWords, useUpdateAsk } from './update-asks.tsx';

/** How it stands with newer versions of Gleaner itself, and what the person may do about it. */
export function UpdateCard({ update, now }: { update: UpdateView; now: number }): ReactNode {
  const id = useId();
  const words = useRef<HTMLParagraphElement>(null);
  const { refused, press } = useUpdateAsk(update);
  const { state, version, progress, notes, checkedAt } = update;
  const failure = refused ?? update.failure;
  return (
    <Card title={t('update:title')}>
      <div className="stack">
        <p ref={words} id={id} tabIndex={-1} role="status">
          {updateWords(update)}
        </p>
        {failure === null ? null : (
          <div>
            <FailureWords failure={failure} />
          </div>
        )}
        {state === 'downloading' && version !== null ? (
          <div>
            <Progress label={t('update:progress', { version })} value={progress} />
            {progress === null ? null : (
              <p className="small soft" aria-hidden="true">
                {percent(progress)}
              </p>
            )}
          </div>
        ) : null}
        {notes === null && checkedAt === null ? null : (
          <div className="small soft">
            {notes === null ? null : (
              <p className="foreign">{t('update:notes', { address: plain(notes) })}</p>
            )}
            {checkedAt === null ? null : <p>{t('update:checked', { time: moment(checkedAt, now) })}</p>}
          </div>
        )}
        <UpdateButtons choices={updateChoices(update)} words={words} wordsId={id} press={press} />
      </div>
    </Card>
  );
}
