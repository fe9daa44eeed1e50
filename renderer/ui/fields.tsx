import { type ReactNode, useEffect, useRef, useState } from 'react';

/** What every field is told; `describedBy` names what stands beside it. */
interface FieldProps {
  readonly id: string;
  readonly describedBy?: string;
  readonly disabled: boolean;
}

/**
 * A draft that is shown while the person changes it, and handed over when the browser says that a change is complete
 * (the native `change` event: a key, the end of a drag, leaving the field).
 */
function useDraft(
  shown: string,
  onCommit: (draft: string) => Promise<unknown>,
  /** What is written is no value of the field's kind, and is taken out of it. */
  onUnreadable?: () => void,
): {
  readonly ref: (element: HTMLInputElement | HTMLTextAreaElement | null) => void;
  readonly value: string;
  readonly onInput: (value: string) => void;
} {
  const [draft, setDraft] = useState<string | null>(null);
  const [element, ref] = useState<HTMLInputElement | HTMLTextAreaElement | null>(null);
  const told = useRef({ onCommit, onUnreadable });
  useEffect(() => {
    told.current = { onCommit, onUnreadable };
  });
  useEffect(() => {
    if (element === null) return undefined;
    const change = (): void => {
      const { value } = element;
      if (element.validity.badInput) {
        // Such a field says that it is empty, so that setting it to what it says would change nothing.
        element.value = '';
        setDraft(null);
        told.current.onUnreadable?.();
        return;
      }
      void told.current.onCommit(value).then(() => {
        // Whatever was written meanwhile stays.
        setDraft((now) => (now === value ? null : now));
      });
    };
    element.addEventListener('change', change);
    return () => {
      element.removeEventListener('change', change);
    };
  }, [element]);
  return { ref, value: draft ?? shown, onInput: setDraft };
}

export function Switch(props: FieldProps & { on: boolean; onChange: (on: boolean) => void }): ReactNode {
  return (
    <input
      type="checkbox"
      role="switch"
      className="switch"
      id={props.id}
      aria-describedby={props.describedBy}
      disabled={props.disabled}
      checked={props.on}
      onChange={(event) => {
        props.onChange(event.target.checked);
      }}
    />
  );
}

/** Whole percent, by slider. */
export function PercentSlider(
  props: FieldProps & {
    percent: number;
    /** 100 if not told. */
    most?: number;
    /** What so many percent read as. */
    words: (percent: number) => string;
    /** While it is moved, before it is handed over. */
    onMove?: (percent: number) => void;
    onCommit: (percent: number) => Promise<unknown>;
  },
): ReactNode {
  const { ref, value, onInput } = useDraft(String(props.percent), (draft) => props.onCommit(Number(draft)));
  return (
    <span className="slider">
      <input
        ref={ref}
        type="range"
        min={0}
        max={props.most ?? 100}
        step={1}
        id={props.id}
        aria-describedby={props.describedBy}
        aria-valuetext={props.words(Number(value))}
        disabled={props.disabled}
        value={value}
        onChange={(event) => {
          onInput(event.target.value);
          props.onMove?.(Number(event.target.value));
        }}
      />
      <output htmlFor={props.id}>{props.words(Number(value))}</output>
    </span>
  );
}

/** A number with its unit; emptied it is null, if `empty` says what that means, else as it was. */
export function NumberField(
  props: FieldProps & {
    value: number | null;
    unit: string;
    empty?: string;
    onCommit: (value: number | null) => Promise<unknown>;
    /** Something was written that is no number, or nothing where there must be one; the field shows `value` again. */
    onUnreadable?: () => void;
  },
): ReactNode {
  const { ref, value, onInput } = useDraft(
    props.value === null ? '' : String(props.value),
    async (draft) => {
      if (draft !== '') await props.onCommit(Number(draft));
      else if (props.empty !== undefined) await props.onCommit(null);
      else props.onUnreadable?.();
    },
    props.onUnreadable,
  );
  return (
    <span className="number-field">
      <input
        ref={ref}
        type="number"
        step="any"
        className="field"
        id={props.id}
        aria-describedby={props.describedBy}
        disabled={props.disabled}
        placeholder={props.empty}
        value={value}
        onChange={(event) => {
          onInput(event.target.value);
        }}
      />
      <span className="unit soft">{props.unit}</span>
    </span>
  );
}

export function TextField(
  props: FieldProps & {
    value: string;
    empty: string;
    /** Of several lines. */
    long?: boolean;
    onCommit: (value: string) => Promise<unknown>;
  },
): ReactNode {
  const { ref, value, onInput } = useDraft(props.value, props.onCommit);
  const common = {
    ref,
    className: 'field field-wide',
    spellCheck: false,
    id: props.id,
    'aria-describedby': props.describedBy,
    disabled: props.disabled,
    placeholder: props.empty,
    value,
    onChange: (event: { target: { value: string } }) => {
      onInput(event.target.value);
    },
  };
  return props.long === true ? <textarea rows={3} {...common} /> : <input type="text" {...common} />;
}

/** A time of day, `HH:MM`; handed over when the field is left, since a time is written digit by digit. */
export function TimeField(props: {
  label: string;
  value: string;
  onCommit: (value: string) => void;
}): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  return (
    <input
      type="time"
      className="field"
      aria-label={props.label}
      value={draft ?? props.value}
      onChange={(event) => {
        setDraft(event.target.value);
      }}
      onBlur={() => {
        if (draft !== null && draft !== '' && draft !== props.value) props.onCommit(draft);
        setDraft(null);
      }}
    />
  );
}

export function Choice(
  props: FieldProps & {
    value: string;
    options: readonly string[];
    /** What an option is called. */
    words: (option: string) => string;
    onChange: (value: string) => void;
  },
): ReactNode {
  return (
    <select
      className="field"
      id={props.id}
      aria-describedby={props.describedBy}
      disabled={props.disabled}
      value={props.value}
      onChange={(event) => {
        props.onChange(event.target.value);
      }}
    >
      {props.options.map((option) => (
        <option key={option} value={option}>
          {props.words(option)}
        </option>
      ))}
    </select>
  );
}
