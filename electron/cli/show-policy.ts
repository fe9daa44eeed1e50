import type { ImportReport } from '../contract/commands.ts';
import type { Allowance, PolicyReport, Reason } from '../contract/policy.ts';
import { settingWords } from '../contract/setting-words.ts';
import type { EffectiveSetting, Source } from '../contract/settings.ts';
import type { Signals } from '../contract/signals.ts';
import { howToType } from './setting-input.ts';
import { formatSetting } from './setting-value.ts';
import { howToTurnOn, type Look } from './show-status.ts';
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

/** As the window says it: a preset is named where no administrator stands behind it. */
function showSource({ source, preset }: EffectiveSetting, organization: string | null): string {
  const isPersons = source === 'user' || source === 'built-in';
  return isPersons && preset !== null ? `from ${preset}` : sourceWords(source, organization);
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
export function showReport(report: PolicyReport, look: Look, isRunning = true): string {
  const { sentence, allowance, sensorTroubles, organization } = report;
  const { style } = look;
  const parts = [style.bold(cleanLine(sentence)), ''];
  if (allowance.reasons.length === 0) {
    parts.push(isRunning ? 'Nothing holds it back.' : 'No setting holds it back.');
  }
  parts.push(...allowance.reasons.map((reason, at) => `${at + 1}. ${showReason(reason, organization)}`));
  const turnOn = howToTurnOn(allowance);
  if (turnOn !== null) parts.push(turnOn);
  parts.push('', pairs(isRunning ? ruleRows(report, look) : settingRows(report)));
  parts.push('', style.bold('Signals'), showSignals(report, isRunning));
  if (sensorTroubles.length > 0) {
    parts.push('', style.bold('Sensors that fail'));
    for (const { sensor, words } of sensorTroubles) {
      parts.push(`  ${style.warn(cleanLine(sensor))}: ${cleanLine(words)}`);
    }
  }
  return parts.join('\n');
}

type Row = readonly [string, string];

function ruleRows({ allowance, preset, nextChangeAt }: PolicyReport, { now }: Look): Row[] {
  // What time alone does to something that is off is to give up what is saved: nobody waits for that.
  const isOff = howToTurnOn(allowance) !== null;
  const next =
    nextChangeAt === null ? 'when a signal changes' : `at the latest ${formatWhen(nextChangeAt, now)}`;
  return [
    ['Allowed', showAllowance(allowance)],
    ...(isOff ? [] : [['Step', stepWords[allowance.rung]] as const]),
    ['Preset', preset],
    ['Next change', isOff ? 'when it is turned on' : next],
  ];
}

/** What the settings alone would say, while no host looks at anything. */
function settingRows({ allowance, preset }: PolicyReport): Row[] {
  return [
    [allowance.run ? 'Allowed at most' : 'Allowed', showAllowance(allowance)],
    ['Preset', preset],
  ];
}

const stepWords: Readonly<Record<Allowance['rung'], string>> = {
  full: 'full speed',
  throttled: 'throttled to that share',
  frozen: 'frozen in memory',
  saved: 'saved to disk, its memory returned',
  off: 'off, only the last checkpoint is kept',
};

function showReason({ code, words, source, share }: Reason, organization: string | null): string {
  const leaves = share === 0 ? 'nothing is allowed' : `at most ${formatPercent(share)}`;
  const from = code === 'profile-broken' ? '' : `, ${reasonSource(source, organization)}`;
  return `${verbs[code] ?? ''}${cleanLine(words)}: ${leaves} (${code}${from})`;
}

/** Where the words of a reason are made to stand behind a verb. */
const verbs: Partial<Record<Reason['code'], string>> = { pause: 'paused ', schedule: 'waiting ' };

function reasonSource(source: Source, organization: string | null): string {
  return source === 'user' ? 'set by you' : sourceWords(source, organization);
}

function showAllowance({ run, share, vcpus, memoryBytes, network }: Allowance): string {
  if (!run) return 'nothing';
  const parts = [formatPercent(share), count(vcpus, 'vCPU'), formatBytes(memoryBytes)];
  return [...parts, network ? 'network' : 'no network'].join(', ');
}

/** What is not known is named so, never guessed; where nobody looks, that is said once. */
function showSignals(report: PolicyReport, isRunning: boolean): string {
  const unwatched = isRunning ? whyUnwatched(report) : 'Gleaner is not running';
  const rows = signalRows(report.signals);
  if (unwatched === null)
    return pairs(
      rows.map(([name, value]) => [name, value ?? 'unknown'] as const),
      '  ',
    );
  const known = isRunning ? rows.filter(([, value]) => value !== null) : [];
  const line = `  ${known.length === 0 ? 'Nobody looks' : 'Nobody looks at the others'}: ${unwatched}.`;
  return known.length === 0 ? line : `${pairs(known, '  ')}\n${line}`;
}

/** Why a host that runs asks its sensors for next to nothing; null when it asks. */
function whyUnwatched({ allowance, said }: PolicyReport): string | null {
  const codes = allowance.reasons.map(({ code }) => code);
  if (codes.includes('disabled')) return 'they would change nothing while it is turned off';
  if (codes.includes('pause')) return 'they would change nothing while you have paused it';
  return said?.code === 'state.no-work' ? 'they would change nothing while there is no work' : null;
}

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');

/** Null for what is not known. */
function signalRows(signals: Signals): (readonly [string, string | null])[] {
  const known = <T>(value: T | null, words: (value: T) => string): string | null =>
    value === null ? null : words(value);
  return [
    ['Input', showInput(signals)],
    ['Screen locked', known(signals.screenLocked, yesOrNo)],
    ['Microphone or camera', known(signals.call, (value) => (value ? 'in use' : 'not in use'))],
    ['Full screen', known(signals.fullScreen, yesOrNo)],
    ['Presentation', known(signals.presentation, yesOrNo)],
    ['Remote session', known(signals.remoteSession, yesOrNo)],
    ['Has the screen', known(signals.sessionActive, yesOrNo)],
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

function showInput({ lastInputAt, inputSource, inputPollMs }: Signals): string | null {
  if (inputSource === null) return null;
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
