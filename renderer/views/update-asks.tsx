import { type ReactNode, type RefObject, useLayoutEffect, useRef, useState } from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { UpdateView } from '../../electron/contract/update.ts';
import { client } from '../bridge/store.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';

/** Something that the person may ask for. */
interface Choice {
  readonly words: string;
  readonly ask: () => ReturnType<typeof client.call<'update.check'>>;
  /** It is under way already. */
  readonly held?: true;
}

/** How it stands with newer versions, in a sentence or two. */
export function updateWords({ state, version, reason }: UpdateView): string {
  const why = reason === null ? '' : t(`update:reason.${reason}`);
  switch (state) {
    case 'off':
      return why;
    case 'idle':
    case 'checking':
      return `${t(`update:state.${state}`)} ${why}`.trim();
    case 'failed':
      return version === null ? t('update:state.failed') : t('update:with.failed', { version });
    case 'downloading':
    case 'ready':
    case 'waiting':
    case 'installing':
      return `${t(`update:with.${state}`, { version: version ?? '' })} ${why}`.trim();
  }
}

/** Asks for what was pressed. `refused`: why that was not done, until it stands otherwise. */
export function useUpdateAsk({ state }: UpdateView): {
  readonly refused: Failure | null;
  readonly press: (choice: Choice) => Promise<void>;
} {
  const [refused, setRefused] = useState<{ readonly of: string; readonly failure: Failure } | null>(null);
  return {
    refused: refused?.of === state ? refused.failure : null,
    press: async ({ ask }) => {
      const answer = await ask();
      setRefused(answer.ok ? null : { of: state, failure: answer.failure });
    },
  };
}

/** Buttons for these choices. Whoever stood on one that went away goes on from the words. */
export function UpdateButtons(props: {
  choices: readonly Choice[];
  /** What says how it stands; has an id, and can have the focus. */
  words: RefObject<HTMLElement | null>;
  wordsId: string;
  press: (choice: Choice) => Promise<void>;
  small?: boolean;
}): ReactNode {
  const { choices, words, wordsId, press } = props;
  const hasFocus = useRef(false);
  const offered = choices.map((choice) => choice.words).join('\n');
  useLayoutEffect(() => {
    if (!hasFocus.current || document.activeElement !== document.body) return;
    hasFocus.current = false;
    words.current?.focus({ preventScroll: true });
  }, [offered, words]);
  if (choices.length === 0) return null;
  return (
    <span
      className="buttons"
      onFocus={() => {
        hasFocus.current = true;
      }}
      onBlur={() => {
        hasFocus.current = false;
      }}
    >
      {choices.map((choice) => (
        <Button
          key={choice.words}
          small={props.small === true}
          heldBy={choice.held === true ? wordsId : undefined}
          onPress={() => {
            void press(choice);
          }}
        >
          {choice.words}
        </Button>
      ))}
    </span>
  );
}

const look = (): Choice => ({ words: t('update:look'), ask: () => client.call('update.check', {}) });
const restart = (): Choice => ({ words: t('update:restart'), ask: () => client.call('update.install', {}) });
const restartNow = (): Choice => ({
  words: t('update:restartNow'),
  ask: () => client.call('update.install', { handBack: true }),
});
const notNow = (): Choice => ({ words: t('update:cancel'), ask: () => client.call('update.cancel', {}) });

/** The restart, where it is the person's to say when, and nothing has to be weighed. */
export function restartChoices({ state, reason }: UpdateView): Choice[] {
  return state === 'ready' || (state === 'waiting' && reason === 'watched') ? [restart()] : [];
}

/** All that the person may do about it as it stands. */
export function updateChoices(update: UpdateView): Choice[] {
  switch (update.state) {
    case 'off':
    case 'installing':
      return [];
    case 'checking':
      return [{ ...look(), held: true }];
    case 'idle':
    case 'failed':
      return [look()];
    case 'downloading':
      return [notNow()];
    case 'ready':
      return restartChoices(update);
    case 'waiting':
      return [...(update.reason === 'pool-jobs' ? [restartNow()] : restartChoices(update)), notNow()];
  }
}
