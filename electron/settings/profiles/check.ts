import type { z } from 'zod';
import { describeIssues } from '../../contract/issues.ts';
import { settingWords } from '../../contract/setting-words.ts';
import {
  SettingKey,
  SettingsDocument,
  type SettingsLayer,
  settingsVersion,
} from '../../contract/settings.ts';
import { parseSettings } from '../migrations.ts';
import { unknownSetting } from '../nearest-key.ts';

/** As their files are called: what a person may change, and what nobody may. */
export type ProfileKind = 'defaults' | 'locked';

/** One thing about a profile that its administrator should know. */
export interface ProfileFinding {
  /** Faults make it unusable; the rest is only worth knowing. */
  readonly isFault: boolean;
  /** The key that it is about; empty for the profile as a whole. */
  readonly where: string;
  readonly words: string;
  readonly hint: string | null;
}

export interface CheckedProfile {
  /** null when it cannot be used. */
  readonly document: SettingsDocument | null;
  readonly findings: readonly ProfileFinding[];
}

/** What a host would make of a profile, with all of its faults at once. Pure; never throws. */
export function checkProfile(raw: unknown, kind: ProfileKind): CheckedProfile {
  const parsed = parseSettings(raw);
  if ('document' in parsed)
    return { document: parsed.document, findings: worthKnowing(parsed.document, kind) };
  const { error } = SettingsDocument.safeParse(raw);
  const findings = error?.issues.flatMap(findingsOf) ?? [];
  // A version that is unknown says that nothing else can be told.
  const isOther = isObject(raw) && raw['version'] !== settingsVersion;
  return {
    document: null,
    findings: isOther || findings.length === 0 ? [fault('', parsed.fault)] : findings,
  };
}

/** What a profile that cannot even be read has for a finding. */
export function fault(where: string, words: string, hint: string | null = null): ProfileFinding {
  return { isFault: true, where, words, hint };
}

type Issue = z.core.$ZodIssue;

function findingsOf(issue: Issue): ProfileFinding[] {
  const [head, name] = issue.path.map(String);
  if (head !== 'settings') return [fault('', describeIssues([issue]))];
  if (issue.code === 'unrecognized_keys' && name === undefined) {
    return issue.keys.map((asked) => {
      const { message, hint } = unknownSetting(asked);
      return fault('settings', message.replace(/\.$/, ''), hint ?? null);
    });
  }
  const key = SettingKey.safeParse(name).data;
  if (key === undefined) return [fault('settings', describeIssues([issue]))];
  // Below the key, as far as it goes.
  const within = describeIssues([{ ...issue, path: issue.path.slice(2) }]);
  return [fault(key, within, `It may hold ${settingWords[key].holds}.`)];
}

function worthKnowing({ organization, settings }: SettingsDocument, kind: ProfileKind): ProfileFinding[] {
  const note = (where: string, words: string, hint: string | null = null): ProfileFinding => ({
    isFault: false,
    where,
    words,
    hint,
  });
  const notes: ProfileFinding[] = [];
  if (organization === undefined) {
    notes.push(
      note(
        '',
        'It does not say who set it',
        'Add "organization": people then read its name beside each value.',
      ),
    );
  }
  if (Object.keys(settings).length === 0) notes.push(note('', 'It sets nothing'));
  if (kind === 'locked' && settings.preset !== undefined) {
    notes.push(
      note(
        'preset',
        'It locks every value of that preset',
        'Without a preset only the named keys are locked.',
      ),
    );
  }
  if (settings.contribute === false) notes.push(note('contribute', 'Computers with it contribute nothing'));
  if (kind === 'defaults' && hasWork(settings) && settings['ui.startAtLogin'] !== true) {
    notes.push(
      note(
        'ui.startAtLogin',
        'It names work, but Gleaner runs only once somebody starts it',
        'Set it to true to have Gleaner start, without a window, when a person signs in.',
      ),
    );
  }
  if ((settings['grids.boinc'] ?? []).length > 0) {
    notes.push(
      note('grids.boinc', 'Whoever can read the profile can compute for these accounts, and nothing else'),
    );
  }
  return notes;
}

const hasWork = (settings: SettingsLayer): boolean =>
  (settings['grids.boinc'] ?? []).length + (settings['grids.pools'] ?? []).length > 0;

const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value);
