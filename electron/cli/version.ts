import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** This program's version, as its package says. */
export function readVersion(): string {
  const json: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return z.object({ version: z.string() }).parse(json).version;
}
