import { dirname, join } from 'node:path';
import { type Fleet, tally } from '../pool/fleet.ts';
import type { CatalogState } from '../pool/state.ts';
import type { Look } from './show-status.ts';
import { cleanLine, count, formatWhen, pairs, table } from './text.ts';

/** What is to be done after `pool init`, as commands. Pure. */
export function showNextSteps(
  dir: string,
  { pool, catalogUrl }: CatalogState,
  rootKey: string | undefined,
): string {
  const folder = cleanLine(dir);
  const conf = join(folder, 'condor', '90-gleaner.conf');
  return [
    `The pool ${pool} has its folder: ${folder}`,
    '',
    '1. On the central manager and every submit node:',
    `     sudo install -m 644 ${conf} /etc/condor/config.d/ && sudo condor_reconfig`,
    `2. Publish what hosts read, at ${cleanLine(catalogUrl)}:`,
    `     gleaner pool publish ${folder} --to FOLDER-OF-THE-WEB-SERVER`,
    '3. Make a file for each computer, as root on the central manager:',
    `     gleaner pool add-host-token ${folder} pc-0017 --out tokens/`,
    '4. Every few days, by a timer: sign anew, or hosts take the catalog for outdated after two weeks:',
    `     gleaner pool refresh ${folder} && gleaner pool publish ${folder} --to FOLDER-OF-THE-WEB-SERVER`,
    '',
    rootKey === undefined
      ? `Take the root key offline: move ${join(folder, 'keys')}/root.*.pem to a safe place, and name it with --root-key when a key is rotated, and once a year.`
      : `Keep the root key safe, and off this machine: ${cleanLine(rootKey)}. It is asked for when a key is rotated, and once a year.`,
    `Whoever has ${join(folder, 'keys')} speaks for the pool: back it up, and let nobody else read it (${dirname(folder)} too).`,
  ].join('\n');
}

/** Until when each role's signature counts. Pure. */
export function showRefreshed(expires: Readonly<Record<string, string>>, now: number): string {
  const rows = Object.entries(expires).map(
    ([role, at]) => [role, `good until ${at.slice(0, 10)}, ${formatWhen(Date.parse(at), now)}`] as const,
  );
  return pairs(rows);
}

const shownRows = 8;

/** The fleet in a few lines. Names and words come from hosts: they are cleaned. Pure. */
export function showFleet({ hosts, malformed, notProved }: Fleet, { style }: Look): string {
  const offered = hosts.reduce((sum, { coresOffered }) => sum + coresOffered, 0);
  const claimed = hosts.reduce((sum, { coresClaimed }) => sum + coresClaimed, 0);
  const parts = [
    ['state', tally(hosts, ({ state }) => state)],
    ['presence', tally(hosts, ({ presence }) => presence)],
    ['version', tally(hosts, ({ version }) => version)],
    ['department', tally(hosts, ({ department }) => department)],
  ] as const;
  return [
    `${count(hosts.length, 'host')}, ${round(offered)} cores offered, ${round(claimed)} claimed`,
    ...(hosts.length === 0 ? [] : parts).map(([name, counts]) =>
      table(
        [name, 'hosts'],
        [
          ...counts.slice(0, shownRows).map(([value, number]) => [value, String(number)]),
          ...(counts.length > shownRows ? [[`… ${counts.length - shownRows} more`, '']] : []),
        ],
        style.bold,
      ),
    ),
    ...(malformed > 0 ? [`${count(malformed, 'ad')} left out: of no host that can be told.`] : []),
    ...(notProved > 0
      ? [`${count(notProved, 'ad')} left out: the sender had proved to be somebody else.`]
      : []),
  ].join('\n');
}

function round(cores: number): string {
  return String(Math.round(cores * 10) / 10);
}
