import type { PoolPolicy, PoolTariff } from '../contract/pool.ts';
import type { TariffSince } from '../pool/state.ts';
import { formatBytes, formatPercent, formatSeconds, pairs } from './text.ts';

/** A pool's policy, one value a line. Pure. */
export function showPoolPolicy(version: number, policy: PoolPolicy): string {
  const { run, share, vcpus, memoryBytes, leaseSeconds, vacateSeconds, revoked } = policy;
  return pairs([
    ['version', String(version)],
    ['run', run ? 'on' : 'off: no computer works for the pool'],
    ['share', `${formatPercent(share)} of a VM's CPU time`],
    ['vCPUs', vcpus === null ? 'no bound' : `at most ${vcpus}`],
    ['memory', memoryBytes === null ? 'no bound' : `at most ${formatBytes(memoryBytes)}`],
    ['lease', formatSeconds(leaseSeconds)],
    ['vacate', formatSeconds(vacateSeconds)],
    [
      'revoked',
      revoked.length === 0
        ? 'nobody'
        : `${revoked.length}: ${revoked.slice(0, 10).join(', ')}${revoked.length > 10 ? ' …' : ''}`,
    ],
  ]);
}

/** A tariff, one value a line, and since when each one counts. Pure. */
export function showPoolTariff(tariff: PoolTariff, all: readonly TariffSince[]): string {
  const { unit, perCoreHour, perGibHour, priority, latePenalty } = tariff;
  return pairs([
    ['core and hour', `${perCoreHour} ${unit}`],
    ['GiB and hour', `${perGibHour} ${unit}`],
    ['late', latePenalty === 0 ? 'no penalty' : `less ${formatPercent(latePenalty)}`],
    ...priority.map(({ group, factor }) => [group, `times ${factor}`] as const),
    ...all.map(
      ({ from, tariff: { version } }) =>
        [
          `version ${version}`,
          from === 0 ? 'from the beginning' : `from ${new Date(from).toISOString()}`,
        ] as const,
    ),
  ]);
}

/** The lines that changed, before and after. Pure. */
export function showChanges(title: string, before: string, after: string): string {
  const was = before.split('\n');
  const is = after.split('\n');
  const gone = was.filter((line) => !is.includes(line) && !line.startsWith('version'));
  const come = is.filter((line) => !was.includes(line) && !line.startsWith('version'));
  if (gone.length === 0 && come.length === 0) return `Nothing changed: ${title}.`;
  return [`Now ${title}.`, ...gone.map((line) => `- ${line}`), ...come.map((line) => `+ ${line}`)].join('\n');
}
