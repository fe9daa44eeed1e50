import { type ReactNode, useState } from 'react';
import type { Answer } from '../../electron/contract/commands.ts';
import { useAdministered } from '../bridge/store.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button } from '../ui/primitives.tsx';
import { Failed } from './failed.tsx';
import { useCommand } from './use-command.ts';

interface Choice {
  readonly name: string;
  /** `saved`: what the file is called, null if they thought better of it. */
  readonly save: () => Promise<Answer<{ readonly saved: string | null }>>;
}

/**
 * Buttons that each write a file where the person wants it, and what became of the last. What a service of the machine has on
 * record is for its administrator to take away.
 */
export function SaveBar(props: { choices: readonly Choice[]; small?: boolean; quiet?: boolean }): ReactNode {
  const { choices, small = false, quiet = false } = props;
  const { busy, failure, run } = useCommand();
  const administered = useAdministered();
  const [file, setFile] = useState<string | null>(null);
  const begin = async ({ save }: Choice): Promise<void> => {
    setFile(null);
    await run(async () => {
      const answer = await save();
      setFile(answer.ok ? answer.value.saved : null);
      return answer;
    });
  };
  if (administered) return null;
  return (
    <>
      <div className="buttons">
        {choices.map((choice) => (
          <Button
            key={choice.name}
            small={small}
            quiet={quiet}
            disabled={busy}
            onPress={() => {
              void begin(choice);
            }}
          >
            {choice.name}
          </Button>
        ))}
        <span className="soft small" role="status">
          {file === null ? null : t('common:savedAs', { file: plain(file) })}
        </span>
      </div>
      {failure === null ? null : <Failed failure={failure} />}
    </>
  );
}
