import { type ReactNode, useEffect, useId, useRef } from 'react';
import type { Check, CheckFix } from '../../electron/contract/health.ts';
import { useAdministered, useReplica } from '../bridge/store.ts';
import { checkWords, fixWords, outcomeWords } from '../text/check-words.ts';
import { copyWords } from '../text/copy-words.ts';
import { bytes, duration } from '../text/format.ts';
import { say } from '../text/host-words.ts';
import { t } from '../text/say.ts';
import { CommandLine } from '../ui/copyable.tsx';
import { Button, Progress } from '../ui/primitives.tsx';
import { StateMark } from '../ui/state-mark.tsx';
import { useNow } from '../ui/use-now.ts';
import { Failed } from './failed.tsx';
import { Told } from './told.tsx';
import type { Doctor } from './use-doctor.ts';

/** What doctor found, each with what mends it. */
export function CheckList({ checks, doctor }: { checks: readonly Check[]; doctor: Doctor }): ReactNode {
  return (
    <ul className="checks">
      {checks.map((check) => (
        <CheckRow key={check.id} check={check} doctor={doctor} />
      ))}
    </ul>
  );
}

function CheckRow({ check, doctor }: { check: Check; doctor: Doctor }): ReactNode {
  const id = useId();
  const ref = useRef<HTMLLIElement>(null);
  const { title, sentence, detail, hint, hostHint } = checkWords(check);
  const outcome = doctor.outcomes.get(check.id);
  const isMending = doctor.mending.has(check.id);
  useEffect(() => {
    // The button that had the focus may be gone: who uses the keyboard goes on from here.
    if ((isMending || outcome) && document.activeElement === document.body) {
      ref.current?.focus({ preventScroll: true });
    }
  }, [isMending, outcome]);
  return (
    <li ref={ref} tabIndex={-1} className="check" aria-labelledby={id}>
      <StateMark state={check.state} />
      <div className="check-name">
        <h3 id={id}>{title}</h3>
        <p className={check.state === 'ok' ? 'small soft' : `small check-${check.state}`}>
          {t(`health:state.${check.state}`)}
        </p>
      </div>
      <div className="check-words">
        <p className="foreign">{sentence}</p>
        {detail === null ? null : check.id === 'accelerator' ? (
          <AcceleratorReason detail={detail} />
        ) : (
          <Told className="soft small">{detail}</Told>
        )}
        {hint === null ? null : <p className="soft small">{hint}</p>}
        {hostHint === null ? null : <Told className="soft small">{hostHint}</Told>}
        {check.fix === null ? null : <Fix check={check} fix={check.fix} title={title} doctor={doctor} />}
        {outcome === undefined || isMending ? null : outcome.ok ? (
          <p className="small">{outcomeWords(outcome.value)}</p>
        ) : (
          <Failed failure={outcome.failure} />
        )}
      </div>
    </li>
  );
}

/** Why a virtual machine runs as it does, in the page's language where one has told. */
function AcceleratorReason({ detail }: { detail: string }): ReactNode {
  const snapshot = useReplica((replica) => replica.snapshot);
  const found = snapshot?.vms.find(({ accelerator }) => accelerator !== null)?.accelerator;
  if (!snapshot || !found) return <Told className="soft small">{detail}</Told>;
  return <p className="soft small foreign">{say(found.said, snapshot.at)}</p>;
}

function Fix(props: { check: Check; fix: CheckFix; title: string; doctor: Doctor }): ReactNode {
  const { check, fix, title, doctor } = props;
  const administered = useAdministered();
  if (fix.kind === 'manual') {
    return (
      <div className="fix">
        <p>{fixWords(fix)}</p>
        {fix.command === null ? null : (
          <>
            <p className="soft small">{t('health:command')}</p>
            <CommandLine label={t('health:copyCommand')} {...copyWords()}>
              {fix.command}
            </CommandLine>
          </>
        )}
      </div>
    );
  }
  if (fix.running !== null || doctor.mending.has(check.id)) {
    return (
      <div className="fix">
        <Progress label={t('health:mending', { name: title })} value={null} />
        <div className="meter-row">
          {fix.running === null ? <span /> : <Since at={fix.running.since} />}
          {fix.cancellable && !administered ? (
            <Button
              small
              label={t('health:cancelLabel', { name: title })}
              onPress={() => void doctor.cancel(check.id)}
            >
              {t('common:cancel')}
            </Button>
          ) : null}
        </div>
      </div>
    );
  }
  const frees = fix.freesBytes === null ? null : t('health:frees', { bytes: bytes(fix.freesBytes) });
  return (
    <div className="fix">
      <p>{[fixWords(fix), frees].filter((words) => words !== null).join(' ')}</p>
      {administered ? null : (
        <div className="buttons">
          <Button onPress={() => void doctor.fix(check.id)}>{t(`health:fix.${fix.code}.do`)}</Button>
        </div>
      )}
    </div>
  );
}

function Since({ at }: { at: number }): ReactNode {
  const now = useNow(1000);
  return (
    <span className="soft small">
      {t('health:since', { time: duration(Math.max(0, Math.floor((now - at) / 1000))) })}
    </span>
  );
}
