import { type ReactNode, type RefObject, useRef, useState } from 'react';
import { Button } from './primitives.tsx';

/** Selects what an element holds, and copies it where the system lets a page do that. */
function copyFrom(element: HTMLElement): boolean {
  window.getSelection()?.selectAllChildren(element);
  // The clipboard API asks for a permission that this window grants nobody; this needs the person's click alone.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  return document.execCommand('copy');
}

/** Copies what `of` holds at a press; where it may not, it is selected, and the words say so. */
export function CopyButton(props: {
  of: RefObject<HTMLElement | null>;
  words: string;
  /** For ears. */
  label: string;
  copied: string;
  selected: string;
}): ReactNode {
  const [came, setCame] = useState<'copied' | 'selected' | null>(null);
  return (
    <>
      <Button
        small
        label={props.label}
        onPress={() => {
          const element = props.of.current;
          if (element) setCame(copyFrom(element) ? 'copied' : 'selected');
        }}
      >
        {props.words}
      </Button>
      <span className="small soft" role="status">
        {came === null ? '' : props[came]}
      </span>
    </>
  );
}

/** A line for a terminal, as it is, with a button that copies it. */
export function CommandLine(props: {
  children: string;
  words: string;
  label: string;
  copied: string;
  selected: string;
}): ReactNode {
  const { children, ...words } = props;
  const ref = useRef<HTMLElement>(null);
  return (
    <div className="command">
      <code ref={ref} className="foreign" dir="ltr">
        {children}
      </code>
      <CopyButton of={ref} {...words} />
    </div>
  );
}
