import { type ReactNode, useId } from 'react';

/** A titled part of a card; no landmark, since each project has the same ones. */
export function Part(props: { title: string; children: ReactNode }): ReactNode {
  const id = useId();
  return (
    <div role="group" className="part" aria-labelledby={id}>
      <h3 id={id}>{props.title}</h3>
      {props.children}
    </div>
  );
}
