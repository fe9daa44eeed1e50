import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../base/atomic-file.ts';
import { PauseLength } from '../contract/snapshot.ts';
import type { Pause } from './pause.ts';

const Intent = z.strictObject({
  schema: z.literal(1),
  pause: z.strictObject({ length: PauseLength, since: z.int(), until: z.int().nullable() }).nullable(),
});

/** The pause that the person asked for before a restart. A missing or damaged file means none was asked. */
export async function loadPause(filePath: string): Promise<Pause | null> {
  try {
    return Intent.parse(JSON.parse(await readFile(filePath, 'utf8'))).pause;
  } catch {
    return null;
  }
}

export async function savePause(filePath: string, pause: Pause | null): Promise<void> {
  await writeFileAtomic(filePath, JSON.stringify({ schema: 1, pause } satisfies z.input<typeof Intent>));
}
