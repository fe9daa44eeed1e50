import type { ReactNode } from 'react';
import type { Snapshot, VmView } from '../../electron/contract/snapshot.ts';
import { percent } from '../text/format.ts';
import { t } from '../text/say.ts';
import { Gauge } from '../ui/gauge.tsx';

/**
 * What all running VMs use together, 0…1: each has its part of what is granted. 0 when none runs; null while one is not
 * measured. Pure.
 */
export function shareInUse(vms: readonly Pick<VmView, 'phase' | 'shareMeasured'>[]): number | null {
  return vms
    .filter(({ phase }) => phase === 'running')
    .reduce<number | null>(
      (sum, { shareMeasured }) => (sum === null || shareMeasured === null ? null : sum + shareMeasured),
      0,
    );
}

/** What may be used of the processor now, and what is. */
export function AllowanceGauge({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const { contribution, vms } = snapshot;
  const { share } = contribution.allowance;
  const used = shareInUse(vms);
  const granted = percent(share);
  const rests = share === 0 || vms.every(({ phase }) => phase !== 'running');
  return (
    <Gauge
      label={t('home:share')}
      used={used}
      limit={share}
      rests={rests}
      words={
        used === null
          ? t('home:shareUnknown', { granted })
          : t('home:shareInUse', { used: percent(used), granted })
      }
      figure={used === null ? t('common:none') : percent(used)}
      about={share === 0 ? t('home:rests') : t('home:ofGranted', { granted })}
    />
  );
}
