import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { verifyBundle } from '../dev/bundled-qemu.ts';
import { SetupError } from '../dev/console.mjs';
import { stageDir } from './base.ts';
import { launchAgent, launchDaemon } from './macos/launchd.ts';

/** What has to be in the stage beside QEMU, whatever the system. */
const staged = (isMac: boolean): readonly string[] => [
  'images/manifest.json',
  'cli/main/cli.js',
  'cli/node_modules',
  'cli/package.json',
  isMac ? 'runtime/node' : 'runtime/node.exe',
  'THIRD-PARTY-NOTICES.txt',
  'sbom.cdx.json',
];

/** The part of electron-builder's context that counts. */
export interface Packing {
  /** `linux`, `win32`, `darwin`. */
  readonly electronPlatformName: string;
}

/**
 * Refuses to make a package for Windows or macOS that would lack something, before anything is packed: electron-builder leaves
 * out what is not there without a word. A package for Linux depends on the distribution's QEMU and is not looked at here.
 * @param root the checkout
 * @throws {SetupError} when QEMU is not the listed one, or a part of the stage is missing
 */
export async function beforePack({ electronPlatformName }: Packing, root: string): Promise<void> {
  if (electronPlatformName !== 'win32' && electronPlatformName !== 'darwin') return;
  const isMac = electronPlatformName === 'darwin';
  const stage = path.join(root, stageDir(isMac ? 'mac' : 'win'));
  const list = path.join(root, 'resources/installer/bundled-qemu.json');
  for (const arch of isMac ? (['arm64', 'x64'] as const) : (['x64'] as const)) {
    await verifyBundle(list, path.join(stage, 'qemu', arch), electronPlatformName, arch);
  }
  const missing = staged(isMac).filter((name) => !existsSync(path.join(stage, name)));
  if (missing.length > 0) {
    throw new SetupError(
      `The package would lack ${missing.join(', ')}.`,
      `Put them into ${stage}: resources/guest/build.ts, resources/dev/notices.ts and resources/dev/sbom.ts make them, and docs/deploy-windows.md tells of cli/ and runtime/.`,
    );
  }
  if (!isMac) return;
  const launchd = path.join(stage, 'launchd');
  await mkdir(launchd, { recursive: true });
  for (const { name, text } of [
    launchAgent('/Applications/Gleaner.app'),
    launchDaemon('/Applications/Gleaner.app'),
  ])
    await writeFile(path.join(launchd, name), text);
}
