import type { hostAttributes, PoolPolicy, PoolTariff } from '../../electron/contract/pool.ts';
import type { PoolDetail } from '../../electron/contract/pool-views.ts';
import { amount, bytes, exact, percent, span } from '../text/format.ts';
import { unitWords } from '../text/grid-names.ts';
import { plain } from '../text/plain.ts';
import { t } from '../text/say.ts';

type Attribute = (typeof hostAttributes)[number];

/** Every attribute of a host's machine ad that has words of ours. */
const attributes = {
  GleanerHost: true,
  GleanerVersion: true,
  GleanerDepartment: true,
  GleanerTags: true,
  GleanerState: true,
  GleanerPresence: true,
  GleanerShare: true,
  GleanerCores: true,
  GleanerMemoryMB: true,
  GleanerAccelerator: true,
  GleanerPricePerKwh: true,
  GleanerPolicyVersion: true,
  GleanerExecutions: true,
  GleanerCoreSeconds: true,
  GleanerFrozenSeconds: true,
  GleanerAmount: true,
  GleanerUnit: true,
} as const satisfies Readonly<Record<Attribute, true>>;

function isAttribute(name: string): name is Attribute {
  return Object.hasOwn(attributes, name);
}

/** What an attribute of the machine's ad tells, in words; its name where there are none. */
export function attributeWords(name: string): string {
  return isAttribute(name) ? t(`pools:sees.${name}`) : plain(name);
}

/** All that a host publishes, in words; what was asked for elsewhere to be told (`GleanerPricePerKwh`) is named as that. */
export function allAttributes(): readonly string[] {
  return Object.keys(attributes).map(attributeWords);
}

/** What a pool's policy asks of this computer, a sentence each. */
export function policyWords(policy: PoolPolicy): string[] {
  const { run, share, vcpus, memoryBytes, leaseSeconds, vacateSeconds } = policy;
  const limits = [
    ...(run ? [] : [t('pools:policy.rest')]),
    ...(share < 1 ? [t('pools:policy.share', { share: percent(share) })] : []),
    ...(vcpus === null ? [] : [t('pools:policy.cpus', { count: vcpus })]),
    ...(memoryBytes === null ? [] : [t('pools:policy.memory', { size: bytes(memoryBytes) })]),
  ];
  return [
    ...(limits.length === 0 ? [t('pools:policy.free')] : limits),
    t('pools:policy.vacate', { time: span(vacateSeconds) }),
    t('pools:policy.lease', { time: span(leaseSeconds) }),
  ];
}

/** What a pool pays, a sentence each. */
export function tariffWords(tariff: PoolTariff): string[] {
  const { perCoreHour, perGibHour, priority, latePenalty } = tariff;
  const price = (amount: number): string => plain(`${exact(amount)} ${unitWords(tariff.unit)}`);
  return [
    ...(perCoreHour > 0 ? [t('pools:tariff.core', { price: price(perCoreHour) })] : []),
    ...(perGibHour > 0 ? [t('pools:tariff.memory', { price: price(perGibHour) })] : []),
    ...(perCoreHour === 0 && perGibHour === 0 ? [t('pools:tariff.nothing')] : [t('pools:tariff.frozen')]),
    ...priority.map(({ group, factor }) =>
      t('pools:tariff.priority', { group: plain(group), factor: exact(factor) }),
    ),
    ...(latePenalty > 0 ? [t('pools:tariff.late', { part: percent(latePenalty) })] : []),
  ];
}

/** An amount that may be far less than the unit: four decimals of what two would hide. */
export function smallAmount(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01 ? exact(value) : amount(value);
}

/** What a statement credits beyond what was pending; exact to the cent, so that equal sums differ by nothing. Pure. */
export function differenceOf({ amount: credited, pending }: PoolDetail['statements'][number]): number {
  return Math.round((credited - pending) * 1e6) / 1e6;
}
