import type { ImportReport } from '../contract/commands.ts';
import type { Allowance, PolicyReport, Reason } from '../contract/policy.ts';
import { settingWords } from '../contract/setting-words.ts';
import type { EffectiveSetting, Source } from '../contract/settings.ts';
import type { Signals } from '../contract/signals.ts';
import { howToType } from './setting-input.ts';
import { formatSetting } from './setting-value.ts';
import type { Look } from './show-status.ts';
import { cleanLine, count, formatBytes, formatPercent, formatWhen, pairs, shorten, table } from './text.ts';

/** Who set something, in words. `organization` is null where it does not say, or where it was not asked. */
function sourceWords(source: Source, organization: string | null): string {
  const admin = organization === null ? 'your organization' : cleanLine(organization);
  switch (source) {
    case 'built-in':
      return 'built-in';
    case 'default':
      return `default of ${admin}`;
    case 'user':
      return 'yours';
    case 'locked':
      return `set by ${admin}`;
    case 'grid':
      return 'narrowed by a grid';
  }
}

function showSource({ source, preset }: EffectiveSetting, organization: string | null): string {
  const words = sourceWords(source, organization);
  return preset === null ? words : `${words} (${preset})`;
}

/** All values in force with their sources, in groups. */
export function showSettings(
  settings: readonly EffectiveSetting[],
  organization: string | null,
  { style }: Pick<Look, 'style'>,
): string {
  const rows = settings.map((setting) => [
    setting.key,
    shorten(formatSetting(setting.key, setting.value), 60),
    showSource(setting, organization),
  ]);
  const [header = '', ...lines] = table(['KEY', 'VALUE', 'FROM'], rows, style.bold).split('\n');
  const grouped = lines.flatMap((line, at) => {
    const isNewGroup = at > 0 && groupOf(settings[at]) !== groupOf(settings[at - 1]);
    return isNewGroup ? ['', line] : [line];
  });
  return [header, ...grouped].join('\n');
}

/** Keys without a dot, and the three of how much and when, stand together. */
function groupOf(setting: EffectiveSetting | undefined): string {
  const [group = '', rest] = setting?.key.split('.') ?? [];
  if (rest === undefined) return '';
  return ['inUse', 'idle', 'locked'].includes(group) ? 'share' : group;
}

/** One value in force: what it is, what it does, and what it may hold. */
export function showSetting(
  setting: EffectiveSetting,
  organization: string | null,
  { style }: Pick<Look, 'style'>,
): string {
  const { about, holds } = settingWords[setting.key];
  return [
    `${style.bold(setting.key)} is ${cleanLine(formatSetting(setting.key, setting.value))} (${showSource(setting, organization)}).`,
    style.dim(`${about[0]?.toUpperCase() ?? ''}${about.slice(1)}. It may hold ${holds}.`),
  ].join('\n');
}

/** The same, and how a value for it is typed. */
export function showSettingHelp(
  setting: EffectiveSetting,
  organization: string | null,
  look: Pick<Look, 'style'>,
): string {
  return [showSetting(setting, organization, look), look.style.dim(howToType(setting.key))].join('\n');
}

/** Why the computer is as it is: the sentence, all reasons, what is allowed, every signal. */
export function showReport(report: PolicyReport, look: Look): string {
  const { sentence, allowance, signals, sensorTroubles, organization, nextChangeAt } = report;
  const { style, now } = look;
  const parts = [style.bold(cleanLine(sentence)), ''];
  if (allowance.reasons.length === 0) parts.push('Nothing holds it back.');
  parts.push(...allowance.reasons.map((reason, at) => `${at + 1}. ${showReason(reason, organization)}`), '');
  parts.push(
    pairs([
      ['Allowed', showAllowance(allowance)],
      ['Step', allowance.rung],
      ['Preset', report.preset],
      [
        'Next change',
        nextChangeAt === null ? 'when a signal changes' : `at the latest ${formatWhen(nextChangeAt, now)}`,
      ],
    ]),
  );
  parts.push('', style.bold('Signals'), pairs(signalRows(signals), '  '));
  if (sensorTroubles.length > 0) {
    parts.push('', style.bold('Sensors that fail'));
    for (const { sensor, words } of sensorTroubles) {
      parts.push(`  ${style.warn(cleanLine(sensor))}: ${cleanLine(words)}`);
    }
  }
  return parts.join('\n');
}

function showReason({ code, words, source, share }: Reason, organization: string | null): string {
  const leaves = share === 0 ? 'nothing is allowed' : `at most ${formatPercent(share)}`;
  return `${cleanLine(words)}: ${leaves} (${code}, ${sourceWords(source, organization)})`;
}

function showAllowance({ run, share, vcpus, memoryBytes, network }: Allowance): string {
  if (!run) return 'nothing';
  const parts = [formatPercent(share), count(vcpus, 'vCPU'), formatBytes(memoryBytes)];
  return [...parts, network ? 'network' : 'no network'].join(', ');
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

/** What is not known is named so, never guessed. */
function signalRows(signals: Signals): (readonly [string, string])[] {
  const known = <T>(value: T | null, words: (value: T) => string): string =>
    value === null ? 'unknown' : words(value);
  return [
    ['Input', showInput(signals)],
    ['Screen locked', known(signals.screenLocked, yesOrNo)],
    ['Microphone or camera', known(signals.call, (value) => (value ? 'in use' : 'not in use'))],
    ['Full screen', known(signals.fullScreen, yesOrNo)],
    ['Presentation', known(signals.presentation, yesOrNo)],
    ['Remote session', known(signals.remoteSession, yesOrNo)],
    ['Power', known(signals.onBattery, (value) => (value ? 'battery' : 'mains'))],
    ['Charge', known(signals.charge, formatPercent)],
    ['Load of others', known(signals.otherLoad, formatPercent)],
    ['Temperature', known(signals.temperatureC, (value) => `${Math.round(value)} °C`)],
    ['Fan', known(signals.fanRpm, (value) => `${Math.round(value)} rpm`)],
    ['Package power', known(signals.packageWatts, (value) => `${Math.round(value * 10) / 10} W`)],
    ['Named programs', known(signals.programs, (value) => value.join(', ') || 'none runs')],
    ['Disk free', known(signals.diskFreeBytes, formatBytes)],
    ['Metered network', known(signals.meteredNetwork, yesOrNo)],
    ['Lid closed', known(signals.lidClosed, yesOrNo)],
    ['About to sleep', yesOrNo(signals.sleeping)],
    ['About to shut down', yesOrNo(signals.shuttingDown)],
  ];
}

function showInput({ lastInputAt, inputSource, inputPollMs }: Signals): string {
  if (inputSource === null) return 'unknown';
  const how =
    inputPollMs === 0 ? `noticed by ${inputSource}` : `asked for every ${inputPollMs} ms (${inputSource})`;
  return lastInputAt === null ? `${how}, none so far` : how;
}

/** What became of each field of a foreign preferences file. */
export function showImport(report: ImportReport, dryRun: boolean, { style }: Pick<Look, 'style'>): string {
  const { taken, refused, unequalled } = report;
  const parts: string[] = [];
  if (taken.length > 0) {
    parts.push(style.bold(dryRun ? 'Would be taken' : 'Taken'));
    const rows = taken.map(({ from, value, key, became }) => [from, value, key, formatSetting(key, became)]);
    parts.push(table(['FIELD', 'VALUE', 'SETTING', 'BECOMES'], rows, style.dim), '');
  }
  if (refused.length > 0) {
    parts.push(style.bold('Refused'));
    parts.push(
      table(
        ['FIELD', 'VALUE', 'WHY'],
        refused.map(({ from, value, why }) => [from, value, why]),
        style.dim,
      ),
      '',
    );
  }
  if (unequalled.length > 0) {
    parts.push(style.bold('Without an equal here'));
    parts.push(
      pairs(
        unequalled.map(({ from, value }) => [cleanLine(from), value] as const),
        '  ',
      ),
      '',
    );
  }
  const counts = `${count(taken.length, 'setting')} ${dryRun ? 'would be set' : 'set'}, ${count(refused.length, 'field')} refused, ${unequalled.length} without an equal.`;
  return [...parts, counts].join('\n');
}

/** The decisions along a trace, one line each. */
export function showSteps(
  steps: readonly { readonly at: number; readonly allowance: Allowance }[],
  { style }: Pick<Look, 'style'>,
): string {
  const rows = steps.map(({ at, allowance: { rung, share, reason } }) => [
    localTime(at),
    rung,
    formatPercent(share),
    reason,
  ]);
  return table(['WHEN', 'STEP', 'SHARE', 'WHY'], rows, style.bold);
}

/** `2026-11-02 09:00:05`, in this computer's time zone. */
function localTime(at: number): string {
  return new Date(at).toLocaleString('sv-SE');
}
