import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { checkoutDir } from './launch.ts';
import type { Ended } from './processes.ts';

/** What the command line says, as another process of the same person. */
export async function cli(homeDir: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    path.join(checkoutDir, 'node_modules', '.bin', 'node'),
    [path.join(checkoutDir, 'electron', 'cli.ts'), ...args],
    { env: { ...process.env, GLEANER_HOME: homeDir } },
  );
  return stdout;
}

/** The same with any environment, to its end however it ends. */
export async function runCli(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
  return await new Promise((resolve) => {
    execFile(
      path.join(checkoutDir, 'node_modules', '.bin', 'node'),
      [path.join(checkoutDir, 'electron', 'cli.ts'), ...args],
      { env: { ...process.env, ...env } },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      },
    );
  });
}
