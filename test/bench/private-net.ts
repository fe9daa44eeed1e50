import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';

const launcher = fileURLToPath(new URL('../../resources/dev/private-net.mjs', import.meta.url));

/**
 * Runs a script of this folder in a network namespace of its own and reports the figures that it prints, one JSON
 * line each. Rejects when the script fails.
 */
export async function runInPrivateNet(
  script: string,
  report: (figure: Omit<Figure, 'name'>) => void,
): Promise<void> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [launcher, '--', process.execPath, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve(code ?? 1);
    });
  });
  for await (const line of createInterface({ input: child.stdout })) {
    report(JSON.parse(line) as Omit<Figure, 'name'>);
  }
  const code = await exited;
  if (code !== 0) throw new Error(`${script} ended with ${code}`);
}
