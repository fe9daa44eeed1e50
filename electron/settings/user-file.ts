import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { writeFileAtomic } from '../base/atomic-file.ts';
import type { Clock } from '../base/clock.ts';
import { type Failure, fromFailure, GleanerError, toFailure } from '../contract/failures.ts';
import type { SettingsDocument } from '../contract/settings.ts';
import { type ParsedSettings, parseUserSettings } from './migrations.ts';

/** A person's file is far smaller, in bytes. */
const maxBytes = 256 * 1024;

/** The person's settings; null: there is no file. `text` is what stood there. Never rejects. */
export async function readUserFile(
  settingsPath: string,
): Promise<(ParsedSettings & { readonly text?: string }) | null> {
  try {
    // Not waiting for the other end of a pipe, which is then no regular file.
    const file = await open(settingsPath, constants.O_RDONLY | (constants.O_NONBLOCK || 0));
    try {
      if (!(await file.stat()).isFile()) return { fault: 'it is not a regular file' };
      const bytes = Buffer.alloc(maxBytes + 1);
      const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
      if (bytesRead > maxBytes) return { fault: `it is larger than ${maxBytes} bytes` };
      const text = bytes.toString('utf8', 0, bytesRead);
      return { ...parseUserSettings(text), text };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code === 'ENOENT' ? null : { fault: 'it cannot be read' };
  }
}

/**
 * Replaces the file as a whole, 0600. Returns the text written; rejects with `disk-full` or `storage-failed`, the
 * old file still in place.
 */
export async function writeUserFile(settingsPath: string, document: SettingsDocument): Promise<string> {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  try {
    await writeFileAtomic(settingsPath, text);
    return text;
  } catch (error) {
    const failure = toFailure(error);
    if (failure.code !== 'internal') throw fromFailure(failure);
    const words = error instanceof Error ? error.message : String(error);
    throw new GleanerError(
      'storage-failed',
      `The settings could not be saved: ${words}`.slice(0, 1000),
      `Look at ${settingsPath} and its folder; the old settings are still in force.`,
      { cause: error },
    );
  }
}

export interface KeptAside {
  readonly problem: Failure;
  /** Puts the file back, should nothing have taken its place. */
  restore(): Promise<void>;
}

/** Moves a file that cannot be used to `…damaged-<epoch ms>`, so that nothing of the person's is overwritten. */
export async function keepAside(settingsPath: string, fault: string, clock: Clock): Promise<KeptAside> {
  const asidePath = `${settingsPath}.damaged-${clock.now()}`;
  const kept = await rename(settingsPath, asidePath).then(
    () => true,
    () => false,
  );
  const hint = kept
    ? `Your file was kept as ${asidePath}. Mend it and put it back, or delete it.`
    : `Mend or delete ${settingsPath}.`;
  return {
    problem: unusable('so it was set aside', fault, hint),
    restore: async () => {
      if (kept) await rename(asidePath, settingsPath).catch(() => undefined);
    },
  };
}

/** The problem of a file that became unusable while the host runs: somebody may be writing it just now. */
export function unusableNow(settingsPath: string, fault: string): Failure {
  return unusable('so the values before stay in force', fault, `Mend or delete ${settingsPath}.`);
}

function unusable(consequence: string, fault: string, hint: string): Failure {
  return {
    code: 'settings-invalid',
    sentence: `The settings file could not be used, ${consequence}: ${fault}.`.slice(0, 1000),
    hint,
  };
}
