import type { EffectiveSetting } from '../contract/settings.ts';
import type { Situation } from '../policy/situations.ts';
import type { ProfileFinding, ProfileKind } from '../settings/profiles/check.ts';
import { showSettings } from './show-policy.ts';
import type { Look } from './show-status.ts';
import { cleanLine, count, formatPercent, table } from './text.ts';

/** What is to be said of one profile. */
export interface CheckedFile {
  readonly file: string;
  readonly kind: ProfileKind;
  readonly usable: boolean;
  readonly findings: readonly ProfileFinding[];
}

/** What a computer with the profile would do: the values it gives and, by them, what is allowed when. */
export interface ProfileReport extends CheckedFile {
  /** The profile of the other kind, if there is one. */
  readonly besides: CheckedFile | null;
  readonly organization: string | null;
  /** Values that come from the profiles, on a computer whose person has chosen nothing. */
  readonly settings: readonly EffectiveSetting[];
  readonly situations: readonly {
    readonly situation: Situation;
    readonly share: number;
    readonly network: boolean;
    readonly reason: string;
  }[];
}

/** For a terminal: what is wrong, or else what computers would do. */
export function showCheckedProfile(report: ProfileReport, look: Pick<Look, 'style'>): string {
  const { organization, settings, situations, besides } = report;
  const { style } = look;
  const usable = report.usable && besides?.usable !== false;
  const whose = organization === null ? '' : ` of ${cleanLine(organization)}`;
  return [
    report.usable
      ? style.bold(`${nameOf(report)} can be used as a ${report.kind} profile${whose.replace(/\.$/, '')}.`)
      : unusable(report, look),
    ...report.findings.toSorted(byFault).map((finding) => showFinding(finding, look)),
    ...(besides === null || besides.usable
      ? []
      : [unusable(besides, look), ...besides.findings.map((finding) => showFinding(finding, look))]),
    ...(usable
      ? [
          '',
          `On a computer whose person has chosen nothing, ${count(settings.length, 'value')} would come from it:`,
          ...(settings.length === 0 ? [] : [showSettings(settings, organization, look)]),
          '',
          'What it would allow, within the schedule:',
          table(
            ['WHEN', 'SHARE', 'NETWORK', 'WHY'],
            situations.map(({ situation, share, network, reason }) => [
              situation,
              formatPercent(share),
              network ? 'yes' : 'no',
              reason,
            ]),
            style.bold,
          ),
        ]
      : []),
  ].join('\n');
}

const nameOf = ({ file }: CheckedFile): string => (file === '-' ? 'It' : cleanLine(file));
const byFault = (a: ProfileFinding, b: ProfileFinding): number => Number(b.isFault) - Number(a.isFault);

function unusable(checked: CheckedFile, { style }: Pick<Look, 'style'>): string {
  const { kind, findings } = checked;
  const faults = count(findings.filter(({ isFault }) => isFault).length, 'fault');
  const effect =
    kind === 'locked' ? 'a host with it would contribute nothing' : 'a host would leave it out, and say so';
  return style.warn(`${nameOf(checked)} cannot be used as a ${kind} profile (${faults}): ${effect}.`);
}

function showFinding({ where, words, hint }: ProfileFinding, { style }: Pick<Look, 'style'>): string {
  const about = where === '' ? '' : `${cleanLine(where)}: `;
  return `- ${about}${cleanLine(words)}.${hint === null ? '' : style.dim(` ${cleanLine(hint)}`)}`;
}
