// All that a package of Gleaner carries and did not write itself: the bill of materials and the notices are made of this value.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { appliances } from '../guest/appliances.ts';
import { type Manifest as ImageManifest, readIntact } from '../guest/build/manifest.ts';
import { controlPackages, defaultOutDir, kernelMetaPackage, recipeDigest } from '../guest/recipe.ts';
import { type Bundle, readBundle } from './bundled-qemu.ts';
import { checkoutDir, SetupError } from './console.mjs';
import { electronBinary } from './electron-runtime.ts';
import { type LicenceText, licenceOf, licenceTexts, type Manifest } from './licences.ts';
import {
  type Arch,
  bundledNode,
  type PackageLock,
  type Platform,
  productionClosure,
  type ShippedPackage,
} from './shipped.ts';

export interface CarriedPackage extends ShippedPackage {
  /** SPDX expression, one of those that may ship. */
  readonly licence: string;
  readonly texts: readonly LicenceText[];
}

export interface ElectronRelease {
  readonly electron: string;
  readonly chrome: string;
  readonly node: string;
}

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** Names of the images that hold files of it: `kernel`, `initramfs`, or an appliance's. */
  readonly images: readonly string[];
}

export interface Carried {
  readonly version: string;
  readonly platform: Platform;
  readonly arch: Arch;
  readonly npm: readonly CarriedPackage[];
  /** The Node of the command line; undefined where the lock has none. */
  readonly node: CarriedPackage | undefined;
  readonly electron: ElectronRelease;
  readonly image: ImageManifest;
  readonly debian: readonly DebianPackage[];
  readonly qemu: Bundle | undefined;
}

/** Where things are looked for; all but the system is for tests and for releases that lay them out otherwise. */
export interface Places {
  readonly platform: Platform;
  readonly arch: Arch;
  /** A guest image's folder, with its manifest. */
  readonly imageDir?: string;
  readonly qemuListPath?: string;
}

const bundledQemuPath = path.join(checkoutDir, 'resources', 'installer', 'bundled-qemu.json');

/**
 * Gathers all of it from the checkout, as it is installed and built.
 * @throws {SetupError} when a licence is not known, a package is not installed as locked, or there is no guest image
 */
export async function gather({ platform, arch, imageDir, qemuListPath }: Places): Promise<Carried> {
  const { version } = json(path.join(checkoutDir, 'package.json')) as { version: string };
  const image = builtImage(imageDir ?? defaultOutDir());
  return {
    version,
    platform,
    arch,
    ...npmPackages(platform, arch),
    electron: electronRelease(),
    image,
    debian: debianPackages(image),
    qemu:
      platform === 'linux' ? undefined : await readBundle(qemuListPath ?? bundledQemuPath, platform, arch),
  };
}

/**
 * What comes from npm, as it is locked and installed in this checkout.
 * @throws {SetupError} when a licence is not known or a package is not installed as locked
 */
export function npmPackages(platform: Platform, arch: Arch): Pick<Carried, 'npm' | 'node'> {
  const lock = json(path.join(checkoutDir, 'package-lock.json')) as PackageLock;
  const npm = productionClosure(lock, platform, arch).map((one) => installed(one, platform, arch));
  const locked = bundledNode(lock, platform, arch);
  if (locked === undefined) return { npm, node: undefined };
  const node = installed(locked, platform, arch);
  if (node.texts.length > 0) return { npm, node };
  // The licences of one version of Node are the same for every system.
  const own = bundledNode(lock, process.platform as Platform, process.arch as Arch);
  const texts = own?.version === node.version ? licenceTexts(path.join(checkoutDir, own.path)) : [];
  return { npm, node: { ...node, texts } };
}

/**
 * Adds what only the package itself can tell. One for another system than this is not installed here: its licence is
 * the lock's, and it brings no texts.
 */
function installed(shipped: ShippedPackage, platform: Platform, arch: Arch): CarriedPackage {
  const dir = path.join(checkoutDir, shipped.path);
  const isForeign = platform !== process.platform || arch !== process.arch;
  const manifest = readManifest(dir);
  if (manifest === undefined) {
    if (!isForeign)
      throw new SetupError(`${shipped.path} is not installed.`, 'Run `npm ci`, then try again.');
    const { name, version, license } = shipped;
    return { ...shipped, licence: licenceOf({ name, version, license }, []), texts: [] };
  }
  if (manifest.version !== shipped.version) {
    throw new SetupError(
      `${shipped.path} is version ${String(manifest.version)}, and the lock says ${shipped.version}.`,
      'Run `npm ci`, then try again.',
    );
  }
  const texts = licenceTexts(dir);
  return { ...shipped, licence: licenceOf(manifest, texts), texts };
}

function readManifest(dir: string): Manifest | undefined {
  try {
    return json(path.join(dir, 'package.json')) as Manifest;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const json = (at: string): unknown => JSON.parse(readFileSync(at, 'utf8'));

const ElectronRelease = z.object({ electron: z.string(), chrome: z.string(), node: z.string() });

/** Electron tells its own versions when it runs as Node. */
function electronRelease(): ElectronRelease {
  const program = 'process.stdout.write(JSON.stringify(process.versions))';
  const output = execFileSync(electronBinary(), ['-e', program], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    encoding: 'utf8',
    timeout: 30_000,
  });
  return ElectronRelease.parse(JSON.parse(output));
}

function builtImage(dir: string): ImageManifest {
  const image = readIntact(dir, recipeDigest());
  if (image !== undefined) return image;
  throw new SetupError(
    `${dir} holds no guest image of this checkout.`,
    'Build it: node resources/guest/build.ts',
  );
}

/**
 * Which image has files of which Debian package, by the recipe. Pure.
 * @throws {SetupError} when the manifest lists a package that no image is made of
 */
export function debianPackages(image: Pick<ImageManifest, 'packages'>): DebianPackage[] {
  const uses: readonly (readonly [string, readonly string[]])[] = [
    ['initramfs', controlPackages],
    ...Object.entries(appliances).map(([name, { packages }]) => [name, packages] as const),
  ];
  /** Its real name carries the version: `linux-image-6.12.1-cloud-amd64` for `linux-image-cloud-amd64`. */
  const [kernelStart = '', kernelEnd = ''] = kernelMetaPackage.split(/(?<=^linux-image)-/);
  return image.packages.map(({ name, version, sha256 }) => {
    const isKernel = name.startsWith(`${kernelStart}-`) && name.endsWith(`-${kernelEnd}`);
    const images = isKernel
      ? ['kernel', 'initramfs']
      : uses.filter(([, packages]) => packages.includes(name)).map(([imageName]) => imageName);
    if (images.length === 0) {
      throw new SetupError(
        `The guest image's manifest lists ${name}, which no image is made of.`,
        'Build the image anew: node resources/guest/build.ts --force',
      );
    }
    return { name, version, sha256, images };
  });
}
