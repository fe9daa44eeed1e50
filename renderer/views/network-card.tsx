import type { ReactNode } from 'react';
import type { GridView } from '../../electron/contract/grids.ts';
import type { HostTraffic } from '../../electron/contract/network.ts';
import { client } from '../bridge/store.ts';
import { ago, bytes } from '../text/format.ts';
import { gridsText } from '../text/grids-text.ts';
import { text } from '../text/text.ts';
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
      <Card title={gridsText.network}>
        <p className="soft small">{text.loading}</p>
      </Card>
    );
  }
  if (!answer.ok) return <Failed failure={answer.failure} />;
  const { todayBytes, monthBytes, quotaDayBytes, quotaMonthBytes, metered, proxy, hosts } = answer.value;
  const limited = (used: number, limit: number | null): string =>
    gridsText.ofLimit(bytes(used), limit === null ? null : bytes(limit));
  return (
    <Card title={gridsText.network}>
      <Facts
        wide
        rows={[
          [gridsText.networkToday, limited(todayBytes, quotaDayBytes)],
          [gridsText.networkMonth, limited(monthBytes, quotaMonthBytes)],
          [gridsText.networkProxy, <Proxy key="" proxy={proxy} />],
        ]}
      />
      {metered === true ? <p className="soft small">{gridsText.networkMetered}</p> : null}
      <Disclosure label={gridsText.networkHosts}>
        <Hosts hosts={hosts} grids={grids} at={at} />
      </Disclosure>
    </Card>
  );
}

function Proxy({ proxy }: { proxy: string | null }): ReactNode {
  if (proxy === null) return gridsText.noProxy;
  return proxy === 'system' ? gridsText.systemProxy : <Foreign>{proxy}</Foreign>;
}

function Hosts(props: { hosts: readonly HostTraffic[]; grids: readonly GridView[]; at: number }): ReactNode {
  if (props.hosts.length === 0) return <p className="soft small">{gridsText.networkNothing}</p>;
  const { trafficColumns: columns } = gridsText;
  // The host itself asks projects what they are, before there is a grid.
  const names = new Map([
    ['lookup', gridsText.lookups],
    ...props.grids.map(({ id, name }) => [id, name] as const),
  ]);
  return (
    <table className="latest small" aria-label={gridsText.networkHosts}>
      <thead>
        <tr>
          <th scope="col">{columns.host}</th>
          <th scope="col" className="number">
            {columns.sent}
          </th>
          <th scope="col" className="number">
            {columns.received}
          </th>
          <th scope="col">{columns.last}</th>
        </tr>
      </thead>
      <tbody>
        {props.hosts.map(({ grid, host, sent, received, lastAt }) => (
          <tr key={`${grid} ${host}`}>
            <td>
              <Foreign className="place">{host}</Foreign>
              <Foreign className="soft line">{names.get(grid) ?? grid}</Foreign>
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
