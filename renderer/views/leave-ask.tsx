import type { ReactNode } from 'react';
import type { Answer } from '../../electron/contract/commands.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Ask } from '../ui/ask.tsx';
import { FailureWords } from './failure-words.tsx';
import { useCommand } from './use-command.ts';

/** Asks before something is left; `children` say what is lost. */
export function LeaveAsk(props: {
  name: string;
  leave: () => Promise<Answer<unknown>>;
  onEnd: () => void;
  children: ReactNode;
}): ReactNode {
  const { busy, failure, run } = useCommand();
  return (
    <Ask
      danger
      title={t('grids:leaveTitle', { name: plain(props.name) })}
      confirm={t('grids:leaveConfirm')}
      cancel={t('common:cancel')}
      busy={busy}
      failure={failure === null ? null : <FailureWords failure={failure} />}
      onCancel={props.onEnd}
      onConfirm={() => {
        void run(props.leave).then((done) => {
          if (done) props.onEnd();
        });
      }}
    >
      {props.children}
    </Ask>
  );
}
