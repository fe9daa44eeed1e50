import type { EffectiveSettings } from '../contract/index.ts';
import type { RawProfiles } from '../settings/profiles/source.ts';
import type { Checker } from './doctor.ts';

/** The settings in force and where they come from. */
export interface SettingsFacts {
  effective(): Pick<EffectiveSettings, 'broken' | 'problems' | 'organization'>;
  /** What an administrator has put here. */
  profiles(): Promise<RawProfiles>;
  /** The person's file, and whether there is one. */
  ownFile(): Promise<{ readonly path: string; readonly exists: boolean }>;
}

export const settingsChecker: Checker<'settings', SettingsFacts> = {
  id: 'settings',
  title: 'Settings',
  async check(facts) {
    const { broken, problems, organization } = facts.effective();
    const own = await facts.ownFile();
    const { defaults, locked } = await facts.profiles().catch(() => ({ defaults: null, locked: null }));
    const managed = [defaults, locked].flatMap((profile) => (profile ? [profile.place] : []));
    const files = [...(own.exists ? [own.path] : []), ...managed].join(', ');
    const values = { files, ...(organization === null ? {} : { organization }) };
    const [problem] = broken ? [broken] : problems;
    if (problem) {
      const { sentence: detail, hint } = problem;
      return {
        state: broken ? 'failed' : 'warning',
        code: broken ? 'broken' : 'unusable',
        values,
        detail,
        ...(hint === undefined ? {} : { hint }),
      };
    }
    if (managed.length === 0) {
      const detail = own.exists ? `Yours, from ${own.path}.` : 'Built-in values; you have set none.';
      return { state: 'ok', code: 'own', values, detail };
    }
    const who = organization ?? 'your organization';
    return { state: 'ok', code: 'managed', values, detail: `Those of ${who} are in force, from ${files}.` };
  },
};
