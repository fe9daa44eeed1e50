import type { ReactNode } from 'react';
import type { Check, CheckId } from '../../electron/contract/health.ts';
import { t } from '../text/say.ts';
import { Button, Card, Disclosure } from '../ui/primitives.tsx';
import { Failed } from './failed.tsx';
import { CheckList } from './health-check.tsx';
import { DoctorSummary } from './health-summary.tsx';
import { useDoctor } from './use-doctor.ts';

/** What the first work needs. */
const needed: ReadonlySet<CheckId> = new Set<CheckId>([
  'qemu',
  'accelerator',
  'isolation',
  'images',
  'disk',
  'network',
]);

/** The device is only worth a word where it keeps the accelerator from working. */
function isNeeded({ id, state }: Check): boolean {
  return needed.has(id) || (id === 'kvm' && state !== 'ok');
}

/** Whether work can begin on this computer, and what mends it where it cannot; the rest is shown to whoever asks. */
export function CheckStep(): ReactNode {
  const doctor = useDoctor();
  const checks = doctor.checks?.filter(isNeeded) ?? null;
  // What was mended here stays, with what came of it.
  const open = (checks ?? []).filter(
    ({ id, state }) =>
      state === 'failed' || state === 'warning' || doctor.mending.has(id) || doctor.outcomes.has(id),
  );
  const rest = (checks ?? []).filter((check) => !open.includes(check));
  return (
    <Card title={t('welcome:check.title')}>
      <div className="title-row">
        <DoctorSummary doctor={doctor} checks={checks} well={t('welcome:check.ready')} />
        <Button disabled={checks === null || doctor.looking} onPress={() => void doctor.look()}>
          {t('health:lookAgain')}
        </Button>
      </div>
      {doctor.failure === null ? null : <Failed failure={doctor.failure} />}
      {open.length === 0 ? null : <CheckList checks={open} doctor={doctor} />}
      {open.some(({ state }) => state === 'failed') ? (
        <p className="soft small welcome-rest">{t('welcome:check.mend')}</p>
      ) : null}
      {rest.length === 0 ? null : (
        <Disclosure label={open.length === 0 ? t('welcome:check.show') : t('welcome:check.showRest')}>
          <CheckList checks={rest} doctor={doctor} />
        </Disclosure>
      )}
    </Card>
  );
}
