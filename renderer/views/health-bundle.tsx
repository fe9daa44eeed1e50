import { type ReactNode, useState } from 'react';
import type { Answer } from '../../electron/contract/commands.ts';
import { client } from '../bridge/store.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { Button, Card } from '../ui/primitives.tsx';
import { Failed } from './failed.tsx';

const inside = ['health', 'settings', 'grids', 'numbers', 'log'] as const;
const leftOut = ['keys', 'jobs', 'names', 'addresses'] as const;

/** What a person can give to somebody who helps, and what is in it. `now`: epoch ms. */
export function SupportBundle({ now }: { now: number }): ReactNode {
  const [saving, setSaving] = useState(false);
  const [came, setCame] = useState<Answer<{ readonly saved: string | null }> | null>(null);
  const save = async (): Promise<void> => {
    setSaving(true);
    setCame(null);
    try {
      const day = new Date(now).toISOString().slice(0, 10);
      setCame(await client.save('support.bundle', {}, `gleaner-support-${day}.tar.gz`));
    } finally {
      setSaving(false);
    }
  };
  return (
    <Card title={t('health:bundle.title')}>
      <div className="stack">
        <p className="soft">{t('health:bundle.what')}</p>
        <div className="columns">
          <div>
            <h3>{t('health:bundle.inside')}</h3>
            <ul className="plain-list">
              {inside.map((part) => (
                <li key={part}>{t(`health:bundle.inside.${part}`)}</li>
              ))}
            </ul>
          </div>
          <div>
            <h3>{t('health:bundle.out')}</h3>
            <ul className="plain-list">
              {leftOut.map((part) => (
                <li key={part}>{t(`health:bundle.out.${part}`)}</li>
              ))}
            </ul>
          </div>
        </div>
        <p className="soft small">{t('health:bundle.look')}</p>
        <div className="buttons">
          <Button disabled={saving} onPress={() => void save()}>
            {t('health:bundle.save')}
          </Button>
          <span className="small soft" role="status">
            {saving ? t('health:bundle.saving') : came?.ok === true ? savedWords(came.value.saved) : ''}
          </span>
        </div>
        {came?.ok === false ? <Failed failure={came.failure} /> : null}
      </div>
    </Card>
  );
}

function savedWords(file: string | null): string {
  return file === null ? t('health:bundle.notSaved') : t('common:savedAs', { file: plain(file) });
}
