import { z } from 'zod';

/** The version that the text of a package.json says. */
export function readVersion(packageJson: string): string {
  return z.object({ version: z.string() }).parse(JSON.parse(packageJson)).version;
}
