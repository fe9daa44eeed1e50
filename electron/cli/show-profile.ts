import type { EffectiveSetting } from '../contract/settings.ts';
import type { Situation } from '../policy/situations.ts';
import type { ProfileFinding, ProfileKind } from '../settings/profiles/check.ts';
import { showSettings } from './show-policy.ts';
import type { Look } from './show-status.ts';
import { cleanLine, count, formatPercent, table } from './text.ts';

/** What a computer with the profile would do: the values it gives and, by them, what is allowed when. */
export interface ProfileReport {
  readonly file: string;
  readonly kind: ProfileKind;
  readonly usable: boolean;
  readonly organization: string | null;
  readonly findings: readonly ProfileFinding[];
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
  const { file, kind, usable, organization, findings, settings, situations } = report;
  const { style } = look;
  const faults = findings.filter(({ isFault }) => isFault);
  const notes = findings.filter(({ isFault }) => !isFault);
  const name = file === '-' ? 'It' : cleanLine(file);
  const whose = organization === null ? '' : ` of ${cleanLine(organization)}`;
  const effect =
    kind === 'locked' ? 'a host with it would contribute nothing' : 'a host would leave it out, and say so';
  return [
    usable
      ? style.bold(`${name} can be used as a ${kind} profile${whose.replace(/\.$/, '')}.`)
      : style.warn(
          `${name} cannot be used as a ${kind} profile (${count(faults.length, 'fault')}): ${effect}.`,
        ),
    ...faults.map((finding) => showFinding(finding, look)),
    ...notes.map((finding) => showFinding(finding, look)),
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

function showFinding({ where, words, hint }: ProfileFinding, { style }: Pick<Look, 'style'>): string {
  const about = where === '' ? '' : `${cleanLine(where)}: `;
  return `- ${about}${cleanLine(words)}.${hint === null ? '' : style.dim(` ${cleanLine(hint)}`)}`;
}
