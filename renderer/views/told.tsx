import type { ReactNode } from 'react';

/** Words of the host's own, which are English whatever the page speaks. */
export function Told(props: { children: string; className?: string }): ReactNode {
  return (
    <p lang="en" dir="auto" className={`foreign ${props.className ?? ''}`}>
      {props.children}
    </p>
  );
}
