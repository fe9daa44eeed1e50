import { type ReactNode, useId } from 'react';
import { Button } from './primitives.tsx';
import { useModal } from './use-modal.ts';

/**
 * Asks before something is done that cannot be taken back. It takes the focus while it is there, and gives it back
 * to where it was; Escape is its "no".
 */
export function Ask(props: {
  title: string;
  children: ReactNode;
  confirm: string;
  cancel: string;
  danger?: boolean;
  /** What was confirmed is on its way. */
  busy: boolean;
  /** Whether it may be confirmed yet. */
  ready?: boolean;
  /** Why it did not work. */
  failure: ReactNode;
  onConfirm: () => void;
  onCancel: () => void;
}): ReactNode {
  const id = useId();
  const ref = useModal();
  return (
    <dialog
      ref={ref}
      className="ask"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onCancel();
      }}
    >
      <h2 id={id}>{props.title}</h2>
      {props.children}
      {props.failure === null ? null : (
        <div className="refusal foreign" role="alert">
          {props.failure}
        </div>
      )}
      <div className="buttons">
        <Button onPress={props.onCancel}>{props.cancel}</Button>
        <Button
          primary={props.danger !== true}
          danger={props.danger === true}
          disabled={props.busy || props.ready === false}
          onPress={props.onConfirm}
        >
          {props.confirm}
        </Button>
      </div>
    </dialog>
  );
}
