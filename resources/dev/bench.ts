// The end of `npm run bench`: set-up, a screen of our own, the benchmarks. Only they write to stdout.
import path from 'node:path';
import { spawnOwned, untilExit } from './children.ts';
import { checkoutDir, fail } from './console.mjs';
import { startDisplay } from './display.ts';
import { setUp } from './setup.ts';

/** A bench that is asked to end stops its VMs first. */
const graceMs = 10_000;

async function bench(args: readonly string[]): Promise<number> {
  const { env } = await setUp();
  const display = await startDisplay();
  try {
    const child = spawnOwned([process.execPath, path.join(checkoutDir, 'test', 'bench', 'run.ts'), ...args], {
      cwd: checkoutDir,
      env: { ...env, ...display.env },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return await untilExit(child, graceMs);
  } finally {
    await display.close();
  }
}

try {
  process.exitCode = await bench(process.argv.slice(2));
} catch (error) {
  fail(error);
}
