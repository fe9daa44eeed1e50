import { type ReactNode, useId, useState } from 'react';

/** A titled part of a page. */
export function Card(props: { title: string; children: ReactNode; className?: string }): ReactNode {
  const id = useId();
  return (
    <section className={`card ${props.className ?? ''}`} aria-labelledby={id}>
      <h2 id={id}>{props.title}</h2>
      {props.children}
    </section>
  );
}

/** Named values, side by side; two may have the same name. */
export function Facts(props: {
  rows: readonly (readonly [name: string, value: ReactNode])[];
  large?: boolean;
  /** For values that are words. */
  wide?: boolean;
}): ReactNode {
  const kind =
    props.large === true ? 'facts facts-large' : props.wide === true ? 'facts facts-wide' : 'facts';
  return (
    <dl className={kind}>
      {props.rows.map(([name, value], index) => (
        <div key={`${index} ${name}`}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Progress 0…1; null when nobody knows. */
export function Progress(props: { label: string; value: number | null }): ReactNode {
  return (
    <progress
      className="bar"
      aria-label={props.label}
      max={1}
      {...(props.value === null ? {} : { value: props.value })}
    />
  );
}

/** A measured share 0…1 against its limit 0…1; `words` is what it reads as. */
export function Meter(props: { label: string; value: number; limit: number; words: string }): ReactNode {
  const width = (share: number): string => `${Math.min(1, Math.max(0, share)) * 100}%`;
  return (
    <div
      className="meter"
      role="meter"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(Math.min(1, Math.max(0, props.value)) * 100)}
      aria-valuetext={props.words}
    >
      <div className="meter-fill" style={{ width: width(props.value) }} />
      <div className="meter-limit" style={{ insetInlineStart: width(props.limit) }} />
    </div>
  );
}

export function Button(props: {
  children: ReactNode;
  onPress?: () => void;
  primary?: boolean;
  small?: boolean;
  /** Hardly a button: beside others that matter more. */
  quiet?: boolean;
  /** It destroys something. */
  danger?: boolean;
  disabled?: boolean;
  /** It does nothing yet: the id of the words that say why. It can be reached all the same, so that ears hear them. */
  heldBy?: string | undefined;
  label?: string;
  /** For one that chooses: whether it is chosen. */
  pressed?: boolean;
  /** Sends the form that it stands in, too. */
  submits?: boolean;
}): ReactNode {
  const kinds = [
    props.primary === true ? 'button-primary' : '',
    props.small === true ? 'button-small' : '',
    props.quiet === true ? 'button-quiet' : '',
    props.danger === true ? 'button-danger' : '',
  ];
  return (
    <button
      type={props.submits === true ? 'submit' : 'button'}
      className={['button', ...kinds.filter((kind) => kind !== '')].join(' ')}
      disabled={props.disabled === true}
      aria-label={props.label}
      aria-pressed={props.pressed}
      aria-disabled={props.heldBy === undefined ? undefined : true}
      aria-describedby={props.heldBy}
      onClick={props.heldBy === undefined ? props.onPress : undefined}
    >
      {props.children}
    </button>
  );
}

/** Words that came from a job, a grid or a failure: shown as they are, never as markup, in their own direction. */
export function Foreign(props: { children: string; className?: string }): ReactNode {
  return <bdi className={`foreign ${props.className ?? ''}`}>{props.children}</bdi>;
}

/** An amount with the unit that a grid counts in: both in the unit's direction, so that they keep their order. */
export function Sum({ words, unit }: { words: string; unit: string }): ReactNode {
  return <Foreign>{`${words} ${unit}`}</Foreign>;
}

/** A button that shows and hides what belongs to it; nothing of that exists while it is hidden. */
export function Disclosure(props: {
  label: string;
  children: ReactNode;
  startsOpen?: boolean;
  /** For ears, where several have the same label. */
  spoken?: string;
}): ReactNode {
  const id = useId();
  const [open, setOpen] = useState(props.startsOpen === true);
  return (
    <div className="disclosure">
      <button
        type="button"
        className="disclosure-button"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={props.spoken}
        onClick={() => {
          setOpen(!open);
        }}
      >
        {props.label}
      </button>
      {open ? <div id={id}>{props.children}</div> : null}
    </div>
  );
}
