import type { ReactNode } from 'react';
import { t } from '../text/say.ts';

/** One figure of a row of a table; null when there is none. `name` is shown where the head of the table is not. */
export function FigureCell({ name, children }: { name: string; children: ReactNode }): ReactNode {
  const nothing = children === null;
  return (
    <td role="cell" className={nothing ? 'number nothing' : 'number'} data-name={t('grids:named', { name })}>
      {nothing ? t('common:none') : children}
    </td>
  );
}
