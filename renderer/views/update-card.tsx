import { type ReactNode, useState } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { UpdateView } from '../../electron/contract/update.ts';
import { client } from '../bridge/store.ts';
import { moment } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button, Card, Progress } from '../ui/primitives.tsx';
import { FailureWords } from './failure-words.tsx';

interface Choice {
  readonly words: string;
  readonly ask: () => ReturnType<typeof client.call<'update.check'>>;
}

/** How it stands with newer versions of Gleaner itself, and what the person may do about it. */
export function UpdateCard({ update, now }: { update: UpdateView; now: number }): ReactNode {
  const [refused, setRefused] = useState<Failure | null>(null);
  const { state, version, progress, notes, checkedAt } = update;
  const failure = refused ?? update.failure;
  const press = async ({ ask }: Choice): Promise<void> => {
    const answer = await ask();
    setRefused(answer.ok ? null : answer.failure);
  };
  return (
    <Card title={t('update:title')}>
      <div className="stack">
        <p role="status">{stateWords(update)}</p>
        {failure === null ? null : <FailureWords failure={failure} />}
        {state === 'downloading' && version !== null ? (
          <Progress label={t('update:progress', { version })} value={progress} />
        ) : null}
        {notes === null ? null : <p className="small soft">{t('update:notes', { address: plain(notes) })}</p>}
        {checkedAt === null ? null : (
          <p className="small soft">{t('update:checked', { time: moment(checkedAt, now) })}</p>
        )}
        <div className="buttons">
          {choices(update).map((choice) => (
            <Button
              key={choice.words}
              onPress={() => {
                void press(choice);
              }}
            >
              {choice.words}
            </Button>
          ))}
        </div>
      </div>
    </Card>
  );
}

function stateWords({ state, version, reason }: UpdateView): string {
  const why = reason === null ? '' : t(`update:reason.${reason}`);
  switch (state) {
    case 'off':
      return why;
    case 'idle':
    case 'checking':
    case 'failed':
      return `${t(`update:state.${state}`)} ${why}`.trim();
    case 'downloading':
    case 'ready':
    case 'waiting':
    case 'installing':
      return `${t(`update:with.${state}`, { version: version ?? '' })} ${why}`.trim();
  }
}

const look = (): Choice => ({ words: t('update:look'), ask: () => client.call('update.check', {}) });
const restart = (): Choice => ({ words: t('update:restart'), ask: () => client.call('update.install', {}) });
const restartNow = (): Choice => ({
  words: t('update:restartNow'),
  ask: () => client.call('update.install', { handBack: true }),
});
const notNow = (): Choice => ({ words: t('update:cancel'), ask: () => client.call('update.cancel', {}) });

function choices({ state, reason }: UpdateView): Choice[] {
  switch (state) {
    case 'off':
    case 'checking':
    case 'installing':
      return [];
    case 'idle':
    case 'failed':
      return [look()];
    case 'downloading':
      return [notNow()];
    case 'ready':
      return [restart()];
    case 'waiting':
      if (reason === 'pool-jobs') return [restartNow(), notNow()];
      return reason === 'watched' ? [restart(), notNow()] : [notNow()];
  }
}
