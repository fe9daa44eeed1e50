// The second part of set-up, after bootstrap.mjs: Electron, the guest image, the build.
import { statSync } from 'node:fs';
import path from 'node:path';
import { npmCommand } from './bootstrap.mjs';
import { digestOf, markBuilt, needsBuild } from './build-stamp.ts';
import { checkoutDir, mustRunStep, SetupError } from './console.mjs';
import { electronDist, ensureElectron } from './electron-runtime.ts';

/**
 * Makes everything that the app and its tests need, where it is not there yet.
 * @returns `env`: the environment for whatever starts Electron, directly or through the `electron` package;
 *   `imageDir`: the built guest image
 * @throws {SetupError}
 */
export async function setUp(): Promise<{ env: NodeJS.ProcessEnv; imageDir: string }> {
  await ensureElectron();
  const imageDir = await ensureGuestImage();
  await ensureBuild();
  return { env: { ...process.env, ELECTRON_OVERRIDE_DIST_PATH: electronDist() }, imageDir };
}

async function ensureGuestImage(): Promise<string> {
  const script = path.join(checkoutDir, 'resources', 'guest', 'build.ts');
  const { stdout } = await mustRunStep(
    'Building the guest image from Debian packages',
    [process.execPath, script],
    {
      log: 'guest-image',
      quietMs: 1500,
      sentence: 'The guest image could not be built.',
      hint: 'It needs a Debian mirror: set GLEANER_DEBIAN_MIRROR if the default cannot be reached.',
    },
  );
  const imageDir = stdout.trim().split('\n').at(-1) ?? '';
  if (imageDir !== '' && statSync(imageDir, { throwIfNoEntry: false })?.isDirectory() === true)
    return imageDir;
  throw new SetupError(
    'The guest image’s build did not say where the image is.',
    'See .cache/log/guest-image.log; `node resources/guest/build.ts --force` builds it anew.',
  );
}

async function ensureBuild(): Promise<void> {
  const digest = digestOf(checkoutDir);
  if (!needsBuild(checkoutDir, digest)) return;
  await mustRunStep('Building the application', [...npmCommand(), 'run', '--silent', 'build'], {
    log: 'build',
    sentence: 'The application could not be built.',
    hint: 'Correct what the build complains about, then run the command again.',
  });
  markBuilt(checkoutDir, digest);
}
