// The installed app as a folder: what electron-builder makes of the built application, the Electron at hand, the command
// line with its Node, and the guest's images.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { build, type Configuration, Platform } from 'electron-builder';
import { checkoutDir, SetupError } from '../console.mjs';
import { electronDist } from '../electron-runtime.ts';
import { bundledNode, type PackageLock, productionClosure } from '../shipped.ts';
import { externalImports, packageNameOf } from './imports.ts';

export interface UnpackedOptions {
  /** As `packageVersion` says it. */
  readonly version: string;
  /** The folder of the built guest image. */
  readonly imageDir: string;
  /** Made anew; the app lies in `linux-unpacked` below it. */
  readonly outDir: string;
  /** Of electron-builder: what all systems share, and Linux. */
  readonly config: Configuration;
}

/**
 * Packs the built application for Linux.
 * @returns the folder that is to be installed
 * @throws {SetupError} before the build, or where something that ships is missing
 */
export async function packUnpacked(o: UnpackedOptions): Promise<string> {
  const { version, imageDir, outDir, config } = o;
  rmSync(outDir, { recursive: true, force: true });
  const appDir = path.join(outDir, 'app');
  const cliDir = path.join(outDir, 'cli');
  stageApp(appDir, version);
  stageCommandLine(appDir, cliDir);
  const node = path.join(checkoutDir, lockedNode(), 'bin', 'node');
  const dist = withoutSampleApp(electronDist(), path.join(outDir, 'electron'));
  await build({
    targets: Platform.LINUX.createTarget('dir'),
    publish: 'never',
    projectDir: appDir,
    config: {
      ...config,
      electronDist: dist,
      electronVersion: readFileSync(path.join(dist, 'version'), 'utf8').trim().replace(/^v/, ''),
      directories: { output: outDir, buildResources: path.join(checkoutDir, 'resources', 'installer') },
      extraResources: [
        { from: cliDir, to: 'cli', filter: ['**/*'] },
        { from: imageDir, to: 'images', filter: ['**/*'] },
        { from: node, to: 'runtime/node' },
      ],
    },
  });
  const unpacked = path.join(outDir, 'linux-unpacked');
  // electron-builder leaves node_modules out of extra resources, whatever the filter says.
  cpSync(path.join(cliDir, 'node_modules'), path.join(unpacked, 'resources', 'cli', 'node_modules'), {
    recursive: true,
  });
  for (const dir of [appDir, cliDir, dist]) rmSync(dir, { recursive: true });
  return unpacked;
}

/** The same Electron, by links, without the sample app that would run where ours is gone. */
function withoutSampleApp(dist: string, to: string): string {
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    const from = path.join(entry.parentPath, entry.name);
    const below = path.relative(dist, from);
    if (!entry.isFile() || below.split(path.sep).includes('default_app.asar')) continue;
    const target = path.join(to, below);
    mkdirSync(path.dirname(target), { recursive: true });
    linkSync(from, target);
  }
  return to;
}

/** The application as electron-builder wants it: the built code, what it imports at run time, and its pictures. */
function stageApp(appDir: string, version: string): void {
  const outDir = path.join(checkoutDir, 'out');
  if (!existsSync(path.join(outDir, 'main', 'main.js'))) {
    throw new SetupError('The application is not built yet.', 'Run `npm run build` first.');
  }
  const manifest = readJson(path.join(checkoutDir, 'package.json'));
  const all = isRecord(manifest['dependencies']) ? manifest['dependencies'] : {};
  const imported = new Set(codeOf(path.join(outDir, 'main')).flatMap(externalImports).map(packageNameOf));
  const lock = readLock();
  const roots = stringsOf(Object.fromEntries(Object.entries(all).filter(([name]) => imported.has(name))));
  const root = { ...lock.packages?.[''], dependencies: roots };
  const carried = productionClosure({ packages: { ...lock.packages, '': root } }, 'linux', 'x64');
  // With those that are only a package's peers, which npm lists under nobody else.
  const places = new Set(carried.map(({ path: place }) => place));
  const dependencies = stringsOf(
    Object.fromEntries(Object.entries(all).filter(([name]) => places.has(`node_modules/${name}`))),
  );
  mkdirSync(appDir, { recursive: true });
  const { name, description, license, type, main, homepage, author } = manifest;
  writeJson(path.join(appDir, 'package.json'), {
    ...{ name, version, description, license, homepage, author, type, main },
    dependencies,
  });
  for (const part of ['main', 'preload', 'renderer']) {
    cpSync(path.join(outDir, part), path.join(appDir, 'out', part), { recursive: true });
  }
  for (const part of ['icons', 'sample']) {
    cpSync(path.join(checkoutDir, 'resources', part), path.join(appDir, 'resources', part), {
      recursive: true,
      filter: (from) => !/\.mjs$|icons\/package\.json$/.test(from),
    });
  }
  for (const place of places) {
    cpSync(path.join(checkoutDir, place), path.join(appDir, place), {
      recursive: true,
      filter: isNeededAtRunTime,
    });
  }
  // Modules, and no programs.
  execFileSync('find', [path.join(appDir, 'node_modules'), '-type', 'f', '-exec', 'chmod', '644', '{}', '+']);
}

/** The same code once more for Node, which cannot read Electron's archive. */
function stageCommandLine(appDir: string, cliDir: string): void {
  cpSync(path.join(appDir, 'out', 'main'), path.join(cliDir, 'main'), {
    recursive: true,
    filter: (from) => path.basename(from) !== 'main.js',
  });
  cpSync(path.join(appDir, 'resources', 'sample'), path.join(cliDir, 'resources', 'sample'), {
    recursive: true,
  });
  for (const name of ['node_modules', 'package.json']) {
    cpSync(path.join(appDir, name), path.join(cliDir, name), { recursive: true });
  }
}

/** No tests, sources and papers of packages; their licences go into the notices. */
function isNeededAtRunTime(from: string): boolean {
  const below = from.slice(from.lastIndexOf('node_modules/'));
  // Of the runtime Bare, which nothing here runs on.
  if (/^node_modules\/bare-/.test(below)) return false;
  // What its authors' tools read.
  if (path.basename(below).startsWith('.')) return false;
  if (/\.(map|md|markdown|ts|mts|cts|tsx|flow)$/i.test(below)) return false;
  return !/\/(test|tests|__tests__|examples?|docs?|\.github|\.bin)(\/|$)/.test(
    below.replace(/^node_modules\/[^/]+/, ''),
  );
}

function codeOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(path.join(dir, name), 'utf8'));
}

function lockedNode(): string {
  const node = bundledNode(readLock(), 'linux', 'x64');
  if (node) return node.path;
  throw new SetupError(
    'package-lock.json has no Node for this system.',
    'Packages are made for x86-64 Linux.',
  );
}

function readLock(): PackageLock {
  return readJson(path.join(checkoutDir, 'package-lock.json'));
}

function readJson(file: string): Record<string, unknown> {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (isRecord(json)) return json;
  throw new SetupError(`${path.basename(file)} is no JSON object.`, 'Restore it from the repository.');
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringsOf(record: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
}
