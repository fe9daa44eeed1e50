import type { ReactNode } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { HostTraffic } from '../../electron/contract/network.ts';
import { client } from '../bridge/store.ts';
import { ago, bytes } from '../text/format.ts';
import { gridNames } from '../text/grid-names.ts';
import { t } from '../text/say.ts';
import { Card, Disclosure, Facts, Foreign } from '../ui/primitives.tsx';
import { useAsked } from '../ui/use-asked.ts';
import { Failed } from './failed.tsx';

/** How often is looked what went over the network, in ms. */
const freshMs = 10_000;
const ask = () => client.call('network.report', {});

/** What went over the network for all grids together. */
export function NetworkCard({ grids, at }: { grids: readonly GridView[]; at: number }): ReactNode {
  const { answer } = useAsked(ask, freshMs);
  if (answer === null) {
    return (
      <Card title={t('grids:network')}>
        <p className="soft small">{t('common:loading')}</p>
      </Card>
    );
  }
  if (!answer.ok) return <Failed failure={answer.failure} />;
  const { todayBytes, monthBytes, quotaDayBytes, quotaMonthBytes, metered, proxy, hosts } = answer.value;
  const limited = (used: number, limit: number | null): string =>
    limit === null ? bytes(used) : t('grids:networkOf', { used: bytes(used), limit: bytes(limit) });
  return (
    <Card title={t('grids:network')}>
      <Facts
        wide
        rows={[
          [t('grids:networkToday'), limited(todayBytes, quotaDayBytes)],
          [t('grids:networkMonth'), limited(monthBytes, quotaMonthBytes)],
          [t('grids:networkProxy'), <Proxy key="" proxy={proxy} />],
        ]}
      />
      {metered === true ? <p className="soft small">{t('grids:networkMetered')}</p> : null}
      <Disclosure label={t('grids:networkHosts')}>
        <Hosts hosts={hosts} grids={grids} at={at} />
      </Disclosure>
    </Card>
  );
}

function Proxy({ proxy }: { proxy: string | null }): ReactNode {
  if (proxy === null) return t('grids:noProxy');
  return proxy === 'system' ? t('grids:systemProxy') : <Foreign>{proxy}</Foreign>;
}

function Hosts(props: { hosts: readonly HostTraffic[]; grids: readonly GridView[]; at: number }): ReactNode {
  if (props.hosts.length === 0) return <p className="soft small">{t('grids:networkNothing')}</p>;
  // The host itself asks projects what they are, before there is a grid, and pools for what they have published.
  const nameOf = gridNames([
    ...props.grids,
    { id: 'lookup', name: t('grids:networkLookups') },
    { id: 'catalog', name: t('grids:networkCatalogs') },
  ]);
  return (
    <table className="latest small" aria-label={t('grids:networkHosts')}>
      <thead>
        <tr>
          <th scope="col">{t('grids:trafficColumn.host')}</th>
          <th scope="col" className="number">
            {t('grids:trafficColumn.sent')}
          </th>
          <th scope="col" className="number">
            {t('grids:trafficColumn.received')}
          </th>
          <th scope="col">{t('grids:trafficColumn.last')}</th>
        </tr>
      </thead>
      <tbody>
        {props.hosts.map(({ grid, host, sent, received, lastAt }) => (
          <tr key={`${grid} ${host}`}>
            <td>
              <Foreign className="place">{host}</Foreign>
              <Foreign className="soft line">{nameOf(grid)}</Foreign>
            </td>
            <td className="number">{bytes(sent)}</td>
            <td className="number">{bytes(received)}</td>
            <td>{ago(lastAt, props.at)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
