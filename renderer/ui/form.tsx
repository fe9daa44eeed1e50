import { type ReactNode, useId, useState } from 'react';

/** A labelled line of text in a form, with what is wrong about it. */
export function FormField(props: {
  label: string;
  value: string;
  onInput: (value: string) => void;
  type?: 'text' | 'email' | 'search' | 'url';
  hint?: string;
  example?: string;
  error?: string | null;
  /** Dots instead of letters, until this (the label of a box beside it) is chosen. */
  hiddenUnless?: string;
  autoComplete?: string;
  disabled?: boolean;
}): ReactNode {
  const id = useId();
  const [shown, setShown] = useState(false);
  const { error = null, hint, hiddenUnless } = props;
  const type = hiddenUnless !== undefined && !shown ? 'password' : (props.type ?? 'text');
  return (
    <div className="form-field">
      <label htmlFor={id}>{props.label}</label>
      <span className="form-line">
        <input
          id={id}
          type={type}
          className="field field-wide"
          value={props.value}
          placeholder={props.example}
          spellCheck={false}
          autoComplete={props.autoComplete ?? 'off'}
          disabled={props.disabled === true}
          aria-invalid={error === null ? undefined : true}
          aria-describedby={hint === undefined && error === null ? undefined : `${id}-about`}
          onChange={(event) => {
            props.onInput(event.target.value);
          }}
        />
        {hiddenUnless === undefined ? null : <Tick label={hiddenUnless} on={shown} onChange={setShown} />}
      </span>
      {hint === undefined && error === null ? null : (
        <p id={`${id}-about`} className={error === null ? 'soft small' : 'refusal small'}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

/** A box to tick, with its words. */
export function Tick(props: {
  label: string;
  on: boolean;
  onChange: (on: boolean) => void;
  error?: string | null;
  disabled?: boolean;
}): ReactNode {
  const id = useId();
  const { error = null } = props;
  return (
    <>
      <label className="tick">
        <input
          type="checkbox"
          checked={props.on}
          disabled={props.disabled === true}
          aria-invalid={error === null ? undefined : true}
          aria-describedby={error === null ? undefined : id}
          onChange={(event) => {
            props.onChange(event.target.checked);
          }}
        />
        <span>{props.label}</span>
      </label>
      {error === null ? null : (
        <p id={id} className="refusal small">
          {error}
        </p>
      )}
    </>
  );
}
