import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkoutDir } from './launch.ts';

/** What the command line says, as another process of the same person. */
export async function cli(homeDir: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    path.join(checkoutDir, 'node_modules', '.bin', 'node'),
    [path.join(checkoutDir, 'electron', 'cli.ts'), ...args],
    { env: { ...process.env, GLEANER_HOME: homeDir } },
  );
  return stdout;
}
