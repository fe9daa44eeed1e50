import type { ReactNode } from 'react';
import { t } from '../text/say.ts';
import { Foreign } from '../ui/primitives.tsx';

/** Each can be selected and copied. */
export function Digests({
  rows,
}: {
  rows: readonly (readonly [name: string, digest: string | null])[];
}): ReactNode {
  return (
    <dl className="digests">
      {rows.map(([name, digest]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {digest === null || digest === 'none' ? (
              <span className="soft">{t('activity:record.noDigest')}</span>
            ) : (
              <Foreign className="digest">{digest}</Foreign>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
