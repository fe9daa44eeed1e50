import { type ReactNode, useId } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { isSetByOrganization } from '../bridge/set-by.ts';
import { percent, sentenceCase } from '../text/format.ts';
import { sayReason } from '../text/host-words.ts';
import { organizationName } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { Foreign } from '../ui/primitives.tsx';

/** What holds contribution back beside what the headline says already. */
export function Reasons({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const id = useId();
  const { contribution, preset, at } = snapshot;
  const { reasons } = contribution.allowance;
  const headlineTells = contribution.said === null;
  const shown = headlineTells ? reasons.slice(1) : reasons;
  if (shown.length === 0) return null;
  return (
    <section className="reasons" aria-labelledby={id}>
      <h2 id={id}>{headlineTells ? t('home:whyElse') : t('home:why')}</h2>
      <ul>
        {shown.map((reason) => (
          <li key={`${reason.code} ${reason.words}`}>
            <Foreign>{sentenceCase(sayReason(reason, at))}</Foreign>{' '}
            <span className="soft">
              · {reason.share === 0 ? t('home:stops') : t('home:leaves', { share: percent(reason.share) })}
              {isSetByOrganization(reason)
                ? ` · ${t('common:setBy', { organization: organizationName(preset.organization) })}`
                : ''}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
