import {
  type DragEvent,
  type ReactNode,
  type SyntheticEvent,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import type { Failure } from '../../electron/contract/failures.ts';
import type { EnrolmentSource } from '../../electron/contract/pool-views.ts';
import { t } from '../text/say.ts';
import { FormField } from '../ui/form.tsx';
import { Button, Card } from '../ui/primitives.tsx';
import { Failed } from './failed.tsx';
import { type FileFault, faultOfAddress, faultOfFiles } from './pool-flow.ts';

type OnLook = (from: EnrolmentSource) => void;

/** Which pool: by the file of an enrolment, or by its address. `url`: the address that is filled in. */
export function PoolChoose(props: {
  url: string;
  /** The address came from a link; it comes first then. */
  byLink: boolean;
  /** Why the last enrolment was not taken. */
  refused: { byFile: boolean; failure: Failure } | null;
  onLook: OnLook;
}): ReactNode {
  const { url, byLink, refused, onLook } = props;
  const address = (
    <ByAddress begin={url} byLink={byLink} refused={refused?.byFile === false} onLook={onLook} />
  );
  return (
    <>
      <p>{t('pools:join.what')}</p>
      {refused === null ? null : <Failed failure={refused.failure} />}
      {byLink ? address : null}
      <ByFile refused={refused?.byFile === true} onLook={onLook} />
      {byLink ? null : address}
    </>
  );
}

function ByFile({ refused, onLook }: { refused: boolean; onLook: OnLook }): ReactNode {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [fault, setFault] = useState<FileFault | null>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (refused) input.current?.focus();
  }, [refused]);
  const take = async (files: readonly File[]): Promise<void> => {
    const [file] = files;
    const wrong = faultOfFiles(files);
    setFault(wrong);
    if (wrong !== null || file === undefined) return;
    // The text goes from here to the host and is kept nowhere in between: there is a secret in it.
    const text = await textOf(file);
    if (text === null || text === '') setFault('unreadable');
    else onLook({ kind: 'text', text });
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    void take([...event.dataTransfer.files]);
  };
  return (
    <Card title={t('pools:join.file')}>
      <div
        className={over ? 'drop drop-over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => {
          setOver(false);
        }}
        onDrop={drop}
      >
        <label htmlFor={id} className="button drop-button">
          {t('pools:join.choose')}
        </label>
        <input
          ref={input}
          id={id}
          type="file"
          className="drop-input"
          accept=".json,application/json"
          aria-invalid={fault === null ? undefined : true}
          aria-describedby={`${id}-about`}
          onChange={(event) => {
            const files = [...(event.target.files ?? [])];
            // The same file may be chosen again, after it was put right.
            event.target.value = '';
            void take(files);
          }}
        />
        <span className="soft">{t('pools:join.drop')}</span>
      </div>
      <p
        id={`${id}-about`}
        role={fault === null ? undefined : 'alert'}
        className={fault === null ? 'soft small' : 'refusal small'}
      >
        {fault === null ? t('pools:join.fileHint') : t(`pools:join.wrong.${fault}`)}
      </p>
    </Card>
  );
}

/** null: it cannot be read. */
async function textOf(file: File): Promise<string | null> {
  return await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(typeof reader.result === 'string' ? reader.result : null);
    };
    reader.onerror = () => {
      resolve(null);
    };
    reader.readAsText(file);
  });
}

function ByAddress(props: { begin: string; byLink: boolean; refused: boolean; onLook: OnLook }): ReactNode {
  const { byLink, refused, onLook } = props;
  const form = useRef<HTMLFormElement>(null);
  const [typed, setTyped] = useState(props.begin);
  const [fault, setFault] = useState<ReturnType<typeof faultOfAddress>>(null);
  useEffect(() => {
    if (refused) form.current?.querySelector('input')?.focus();
  }, [refused]);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const wrong = faultOfAddress(typed);
    setFault(wrong);
    if (wrong === null) onLook({ kind: 'url', url: typed.trim() });
  };
  return (
    <Card title={byLink ? t('pools:join.linkTitle') : t('pools:join.address')}>
      <form ref={form} className="form" noValidate onSubmit={submit}>
        <FormField
          type="url"
          label={t('pools:join.addressLabel')}
          hint={byLink ? t('join:link.hint') : t('pools:join.addressHint')}
          example={t('join:other.example')}
          value={typed}
          error={
            fault === null ? null : fault === 'empty' ? t('join:other.empty') : t('pools:join.addressWrong')
          }
          onInput={(value) => {
            setTyped(value);
            setFault(null);
          }}
        />
        <div className="buttons">
          <Button submits>{t('join:lookUp')}</Button>
        </div>
      </form>
    </Card>
  );
}
