import { type ReactNode, useId } from 'react';

/** A titled part of a card. */
export function Part(props: { title: string; children: ReactNode }): ReactNode {
  const id = useId();
  return (
    <section className="part" aria-labelledby={id}>
      <h3 id={id}>{props.title}</h3>
      {props.children}
    </section>
  );
}
