import type { Disposable } from '../../base/disposal.ts';
import type { Failure } from '../../contract/failures.ts';
import type { SettingsDocument } from '../../contract/settings.ts';
import { parseSettings } from '../migrations.ts';

/** A profile as it was found: its document, not yet parsed, or why it cannot be used (after "could not be used: …"). */
export type RawProfile = { readonly place: string } & (
  | { readonly raw: unknown }
  | { readonly fault: string }
);

export interface RawProfiles {
  /** null: there is none. */
  readonly defaults: RawProfile | null;
  readonly locked: RawProfile | null;
}

/** Where this platform keeps an administrator's profiles. */
export interface ProfileSource {
  /** What there is now. Rejects when even that cannot be told. */
  read(): Promise<RawProfiles>;
  /** Calls back, within 2 s, when it may be different from before; may call too often. */
  watch(onChange: () => void): Disposable;
}

export interface Profiles {
  readonly defaults: SettingsDocument | undefined;
  readonly locked: SettingsDocument | undefined;
  readonly broken: Failure | null;
  readonly problems: readonly Failure[];
}

const hint = 'Whoever manages this computer can mend or remove it; Gleaner notices at once.';

/**
 * Reads the profiles of a source. A locked profile that cannot be used is `broken`: what it forbids is unknown, so that
 * nothing may be contributed. Defaults that cannot be used are a problem, and are left out. Never rejects.
 */
export async function readProfiles(source: ProfileSource): Promise<Profiles> {
  let found: RawProfiles;
  try {
    found = await source.read();
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const broken = brokenProfile(`Whether your organization locked settings cannot be told: ${words}`);
    return { defaults: undefined, locked: undefined, broken, problems: [] };
  }
  const locked = parse(found.locked);
  const defaults = parse(found.defaults);
  return {
    defaults: defaults.document,
    locked: locked.document,
    broken:
      locked.fault === undefined
        ? null
        : brokenProfile(
            `The settings that your organization locked could not be used, so nothing is contributed: ${locked.fault}`,
          ),
    problems:
      defaults.fault === undefined
        ? []
        : [
            {
              code: 'settings-invalid',
              sentence: sentence(
                `The defaults of your organization could not be used, so they are left out: ${defaults.fault}`,
              ),
              hint,
            },
          ],
  };
}

function parse(found: RawProfile | null): {
  readonly document: SettingsDocument | undefined;
  readonly fault: string | undefined;
} {
  if (found === null) return { document: undefined, fault: undefined };
  const parsed = 'fault' in found ? found : parseSettings(found.raw);
  return 'fault' in parsed
    ? { document: undefined, fault: `${parsed.fault} (${found.place})` }
    : { document: parsed.document, fault: undefined };
}

const brokenProfile = (words: string): Failure => ({
  code: 'profile-broken',
  sentence: sentence(words),
  hint,
});

const sentence = (words: string): string =>
  `${words
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
    .replace(/\.$/, '')
    .slice(0, 990)}.`;
