import type { Denial, HostTraffic, NetworkReport } from '../contract/network.ts';
import { showPlace } from './names.ts';
import type { Look } from './show-status.ts';
import { formatBytes, formatWhen, pairs, table } from './text.ts';

/** What was refused, the newest first. */
export function showDenials(denials: readonly Denial[], { style, now }: Look): string {
  if (denials.length === 0) return 'Nothing was refused.';
  const rows = denials.map((denial) => [
    denial.grid,
    showPlace(denial),
    denial.reason,
    String(denial.count),
    formatWhen(denial.lastAt, now),
    denial.allowable ? 'yes' : 'no',
    denial.sentence,
  ]);
  return table(['GRID', 'PLACE', 'REASON', 'TIMES', 'LAST', 'ALLOWABLE', 'WHY'], rows, style.bold);
}

export function showHosts(hosts: readonly HostTraffic[], { style, now }: Look): string {
  const rows = hosts.map(({ grid, host, sent, received, lastAt }) => [
    grid,
    host,
    formatBytes(sent),
    formatBytes(received),
    formatWhen(lastAt, now),
  ]);
  return table(['GRID', 'HOST', 'SENT', 'RECEIVED', 'LAST'], rows, style.dim);
}

/** What went through the gateway, and what did not. */
export function showNetwork(report: NetworkReport, look: Look): string {
  const { style } = look;
  const { metered, hosts, denials } = report;
  const limited = (used: number, limit: number | null): string =>
    limit === null ? formatBytes(used) : `${formatBytes(used)} of ${formatBytes(limit)}`;
  const parts = [
    pairs([
      ['Today', limited(report.todayBytes, report.quotaDayBytes)],
      ['This month', limited(report.monthBytes, report.quotaMonthBytes)],
      ['Billed by volume', metered === null ? 'unknown' : metered ? 'yes' : 'no'],
      ['Proxy', report.proxy ?? 'none'],
    ]),
    '',
    style.bold('Hosts of the last 30 days'),
    hosts.length === 0 ? 'None.' : showHosts(hosts, look),
    '',
    style.bold('Refused'),
    showDenials(denials, look),
  ];
  return parts.join('\n');
}
