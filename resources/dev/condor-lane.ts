// The end of `npm run test:condor` and `npm run test:hosts`: makes the pool's root, while there is a network, then runs
// vitest in a namespace without one.
import path from 'node:path';
import { spawnOwned, untilExit } from './children.ts';
import { ensureCondorRoot } from './condor-root.ts';
import { checkoutDir, fail } from './console.mjs';

/** Tests that are asked to end close their pools first. */
const graceMs = 20_000;

async function run(args: readonly string[]): Promise<number> {
  await ensureCondorRoot();
  const launcher = path.join(checkoutDir, 'resources', 'dev', 'private-net.mjs');
  const vitest = path.join(checkoutDir, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawnOwned([process.execPath, launcher, '--', process.execPath, vitest, 'run', ...args], {
    cwd: checkoutDir,
    env: process.env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return await untilExit(child, graceMs);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  fail(error);
}
