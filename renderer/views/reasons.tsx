import { type ReactNode, useId } from 'react';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { percent, sentenceCase } from '../text/format.ts';
import { organizationName } from '../text/policy-words.ts';
import { t } from '../text/say.ts';
import { Foreign } from '../ui/primitives.tsx';

/** What holds contribution back beside what the headline says already. */
export function Reasons({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const id = useId();
  const { contribution, preset } = snapshot;
  const { reason, reasons } = contribution.allowance;
  const headlineTells = contribution.sentence === reason;
  const shown = headlineTells ? reasons.slice(1) : reasons;
  if (shown.length === 0) return null;
  return (
    <section className="reasons" aria-labelledby={id}>
      <h2 id={id}>{headlineTells ? t('home:whyElse') : t('home:why')}</h2>
      <ul>
        {shown.map(({ code, words, share, source }) => (
          <li key={`${code} ${words}`}>
            <Foreign>{sentenceCase(words)}</Foreign>{' '}
            <span className="soft">
              · {share === 0 ? t('home:stops') : t('home:leaves', { share: percent(share) })}
              {source === 'locked' || source === 'default'
                ? ` · ${t('common:setBy', { organization: organizationName(preset.organization) })}`
                : ''}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
