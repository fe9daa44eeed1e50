import { readFile, rename } from 'node:fs/promises';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Failure } from '../contract/failures.ts';
import { describeIssues } from '../contract/issues.ts';
import { Settings } from '../contract/settings.ts';

export interface LoadedSettings {
  readonly settings: Settings;
  /** `settings-invalid` when there was a file that could not be used; the settings are the defaults then. */
  readonly problem: Failure | null;
}

export function defaultSettings(): Settings {
  return Settings.parse({ schema: 1 });
}

/**
 * The settings in `settingsPath`. No file: the defaults. A file that is damaged, of an unknown version or
 * unreadable: the defaults with a problem, and the file is kept aside as `…damaged-<epoch ms>`, so that the
 * next save replaces nothing of the person's. Never rejects.
 */
export async function loadSettings(
  settingsPath: string,
  clock: Clock = systemClock,
): Promise<LoadedSettings> {
  let text: string;
  try {
    text = await readFile(settingsPath, 'utf8');
  } catch (error) {
    if (isMissing(error)) return { settings: defaultSettings(), problem: null };
    return keepAside(settingsPath, 'it cannot be read', clock);
  }
  const parsed = parseSettings(text);
  return typeof parsed === 'string'
    ? keepAside(settingsPath, parsed, clock)
    : { settings: parsed, problem: null };
}

/** Replaces the file as a whole, 0600. Throws what the file system throws. */
export async function saveSettings(settingsPath: string, settings: Settings): Promise<void> {
  await writeFileAtomic(settingsPath, `${JSON.stringify(Settings.parse(settings), null, 2)}\n`);
}

/** Settings, or the reason in words why the text holds none. */
function parseSettings(text: string): Settings | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  if (typeof value === 'object' && value !== null && 'schema' in value && value.schema !== 1) {
    return `its version (${JSON.stringify(value.schema).slice(0, 20)}) is unknown to this Gleaner`;
  }
  const parsed = Settings.safeParse(value);
  return parsed.success ? parsed.data : describeIssues(parsed.error.issues);
}

async function keepAside(settingsPath: string, reason: string, clock: Clock): Promise<LoadedSettings> {
  const asidePath = `${settingsPath}.damaged-${clock.now()}`;
  const kept = await rename(settingsPath, asidePath).then(
    () => true,
    () => false,
  );
  return {
    settings: defaultSettings(),
    problem: {
      code: 'settings-invalid',
      sentence: `The settings file could not be used, so the defaults are in force: ${reason}.`.slice(
        0,
        1000,
      ),
      hint: kept
        ? `Your file was kept as ${asidePath}. Mend it and put it back, or delete it.`
        : `Mend or delete ${settingsPath}.`,
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
