import type { ReactNode } from 'react';
import type { Versions } from '../../electron/contract/health.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { client } from '../bridge/store.ts';
import { moment } from '../text/format.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';
import { LockMark } from '../ui/marks.tsx';
import { Button, Card, Facts } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';
import { SupportBundle } from './health-bundle.tsx';
import { CheckList } from './health-check.tsx';
import { HealthLog } from './health-log.tsx';
import { DoctorSummary } from './health-summary.tsx';
import { UpdateCard } from './update-card.tsx';
import { useDoctor } from './use-doctor.ts';

const askVersions = () => client.call('versions', {});

/** What Gleaner needs of this computer, what mends it, and what somebody who helps may want to know. */
export function Health({ snapshot }: { snapshot: Snapshot }): ReactNode {
  const doctor = useDoctor();
  const { answer: versions, again } = useAsked(askVersions, null);
  const { checks, failure } = doctor;
  return (
    <>
      <div className="title-row">
        <div>
          <h1 className="page-title">{t('common:tab.health')}</h1>
          <DoctorSummary doctor={doctor} checks={checks} well={t('health:well')} />
        </div>
        <Button
          primary
          disabled={checks === null || doctor.looking}
          onPress={() => {
            void doctor.look();
            void again();
          }}
        >
          {t('health:lookAgain')}
        </Button>
      </div>
      {failure === null ? null : <Failed failure={failure} />}
      {checks === null ? null : (
        <Card title={t('health:checks')}>
          <CheckList checks={checks} doctor={doctor} />
        </Card>
      )}
      <UpdateCard update={snapshot.update} now={snapshot.at} />
      {versions?.ok === true ? <VersionFacts versions={versions.value} now={snapshot.at} /> : null}
      {snapshot.service === null ? (
        <>
          <HealthLog />
          <SupportBundle now={snapshot.at} />
        </>
      ) : (
        <p className="soft">
          <LockMark />
          {t('health:administered')}
        </p>
      )}
    </>
  );
}

function VersionFacts({ versions, now }: { versions: Versions; now: number }): ReactNode {
  const { gleaner, electron, chromium, node, system, architecture, qemu, images } = versions;
  // Names of programs are the same in every language.
  const programs: readonly (readonly [string, string | null])[] = [
    ['Gleaner', gleaner],
    ['QEMU', qemu],
    ['Electron', electron],
    ['Chromium', chromium],
    ['Node', node],
    ['boinc-client', images?.boincClient ?? null],
  ];
  const rows: readonly (readonly [string, string])[] = [
    ...programs.map(([name, version]) => [name, version ?? t('health:versions.none')] as const),
    [t('health:versions.system'), plain(`${system}, ${architecture}`)],
    [
      t('health:versions.images'),
      images
        ? t('health:versions.imagesValue', { recipe: images.recipe, kernel: images.kernel })
        : t('health:versions.none'),
    ],
    ...(images?.builtAt == null
      ? []
      : [[t('health:versions.imagesMade'), moment(images.builtAt, now)] as const]),
  ];
  return (
    <Card title={t('health:versions.title')} className="versions">
      <Facts wide rows={rows} />
    </Card>
  );
}
