// The end of `npm run test:install`: makes the computer's root and the packages, then runs vitest.
import path from 'node:path';
import { spawnOwned, untilExit } from './children.ts';
import { cacheDir, checkoutDir, fail } from './console.mjs';
import { electronDist } from './electron-runtime.ts';
import { ensureInstallRoot } from './install-root.ts';
import { makeRelease } from './package/release.ts';
import { newerVersion, ownVersion, packageVersion } from './package/version.ts';
import { setUp } from './setup.ts';

/** Tests that are asked to end close their computers first. */
const graceMs = 30_000;

async function run(args: readonly string[]): Promise<number> {
  const { imageDir } = await setUp();
  const rootDir = await ensureInstallRoot();
  const outDir = path.join(cacheDir, 'install', 'packages');
  const version = packageVersion(ownVersion(), electronDist());
  const newer = packageVersion(newerVersion(ownVersion()), electronDist());
  const common = { imageDir, pressing: 'none' } as const;
  await makeRelease({ ...common, version: newer, kinds: ['deb', 'rpm'], outDir: path.join(outDir, 'newer') });
  await makeRelease({ ...common, version, kinds: ['deb', 'rpm', 'tar'], outDir });
  const vitest = path.join(checkoutDir, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawnOwned([process.execPath, vitest, 'run', '--project', 'install', ...args], {
    cwd: checkoutDir,
    env: { ...process.env, GLEANER_INSTALL_ROOT: rootDir, GLEANER_INSTALL_PACKAGES: outDir },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return await untilExit(child, graceMs);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  fail(error);
}
