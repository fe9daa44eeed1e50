import type { ReactNode } from 'react';
import type { Check } from '../../electron/contract/health.ts';
import { outcomeWords } from '../text/check-words.ts';
import { t } from '../text/say.ts';
import type { Doctor } from './use-doctor.ts';

/** How all of it stands, in a sentence; said aloud whenever that changes. */
export function DoctorSummary(props: {
  doctor: Doctor;
  checks: readonly Check[] | null;
  /** What is said when nothing is wrong. */
  well: string;
}): ReactNode {
  return (
    <p className="soft" role="status">
      {summaryWords(props)}
    </p>
  );
}

function summaryWords({ doctor, checks, well }: Parameters<typeof DoctorSummary>[0]): string {
  const { latest, outcomes, looking } = doctor;
  if (checks === null || looking) return doctor.failure === null ? t('health:looking') : '';
  const outcome = latest === null ? undefined : outcomes.get(latest);
  if (latest !== null && outcome) {
    const words = outcome.ok ? outcomeWords(outcome.value) : t('health:outcome.failed');
    return t('health:told', { name: t(`health:title.${latest}`), words });
  }
  const count = checks.filter(({ state }) => state === 'failed' || state === 'warning').length;
  return count === 0 ? well : t('health:needs', { count });
}
