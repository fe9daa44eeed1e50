import type { ReactNode } from 'react';
import type { GridDetail } from '../../electron/contract/grids.ts';
import type { PoolDetail } from '../../electron/contract/pool-views.ts';
import { ago, bytes } from '../text/format.ts';
import { t } from '../text/say.ts';
import { Facts, Foreign } from '../ui/primitives.tsx';
import { Part } from './part.tsx';
import { Executions } from './pool-executions.tsx';
import { PoolStatements } from './pool-statements.tsx';
import { Policy, Tariff } from './pool-terms.tsx';
import { attributeWords } from './pool-words.ts';
import { Problem } from './problem.tsx';

type Rows = readonly (readonly [name: string, value: ReactNode])[];

/** What is known of a joined pool beside what every grid has: `children`, which come amid it. */
export function PoolParts(props: {
  detail: GridDetail;
  pool: PoolDetail;
  at: number;
  children: ReactNode;
}): ReactNode {
  const { detail, pool, at } = props;
  const { executions, policy, tariff, documents, policyVersion, policyAt } = pool;
  return (
    <>
      {documents === null ? null : <Problem problem={documents} />}
      <Executions grid={detail.grid.name} executions={executions} lost={pool.lost} at={at} />
      <div className="columns">
        <Part title={t('pools:policy')}>
          <Policy policy={policy} />
          {policyVersion === null || policyAt === null ? null : (
            <p className="soft small">
              {t('pools:policy.version', { version: policyVersion, when: ago(policyAt, at) })}
            </p>
          )}
        </Part>
        <Part title={t('pools:tariff')}>
          <Tariff tariff={tariff} />
        </Part>
      </div>
      <PoolStatements statements={pool.statements} />
      {props.children}
      <div className="columns">
        <Part title={t('pools:sees')}>
          <Published published={pool.published} />
        </Part>
        <Part title={t('pools:about')}>
          <Facts wide rows={aboutOf(detail, pool)} />
        </Part>
      </div>
    </>
  );
}

/** Who this computer is there: as an offer and a joined pool tell alike. */
export function membershipRows({
  domain,
  host,
  department,
  tags,
}: Pick<PoolDetail, 'domain' | 'host' | 'department' | 'tags'>): Rows {
  return [
    [t('pools:about.domain'), <Foreign key="">{domain}</Foreign>],
    [t('pools:about.host'), <Foreign key="">{host}</Foreign>],
    ...(department === null
      ? []
      : [[t('pools:about.department'), <Foreign key="">{department}</Foreign>] as const]),
    ...(tags.length === 0
      ? []
      : [[t('pools:about.tags'), <Foreign key="">{tags.join(', ')}</Foreign>] as const]),
  ];
}

function aboutOf({ grid, diskBytes, diskLimitBytes }: GridDetail, pool: PoolDetail): Rows {
  const disk =
    diskLimitBytes === null
      ? bytes(diskBytes ?? 0)
      : t('grids:diskOf', { used: bytes(diskBytes ?? 0), most: bytes(diskLimitBytes) });
  return [
    ...membershipRows(pool),
    ...(pool.connected === null
      ? []
      : [
          [
            t('pools:about.connection'),
            pool.connected ? t('pools:about.connected') : t('pools:about.connecting'),
          ] as const,
        ]),
    ...(grid.url === null ? [] : [[t('pools:about.catalog'), <Foreign key="">{grid.url}</Foreign>] as const]),
    ...(diskBytes === null ? [] : [[t('grids:disk'), disk] as const]),
  ];
}

/** Names and values as they stand in the machine's ad, each with what it tells. */
function Published({ published }: Pick<PoolDetail, 'published'>): ReactNode {
  if (published.length === 0) return <p className="soft small">{t('pools:sees.nothing')}</p>;
  return (
    <>
      <ul className="places small">
        {published.map(({ name, value }) => (
          <li key={name}>
            <span>
              {attributeWords(name)}
              <Foreign className="soft line">{name}</Foreign>
            </span>
            <Foreign className="published">{value}</Foreign>
          </li>
        ))}
      </ul>
      <p className="soft small">{t('pools:sees.hint')}</p>
    </>
  );
}
