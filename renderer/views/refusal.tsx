import type { ReactNode } from 'react';

/** Why a value stays as it was; null: it does not. */
export function Refusal({ words }: { words: string | null }): ReactNode {
  return words === null ? null : (
    <p role="alert" className="refusal small foreign">
      {words}
    </p>
  );
}
