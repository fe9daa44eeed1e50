import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Package } from './apt.ts';

/** A file beside the manifest; `digest` is `sha256:` and 64 hex digits, `size` in bytes. */
export interface BuiltFile {
  readonly file: string;
  readonly digest: string;
  readonly size: number;
}

/** manifest.json: what a built image is, and what it was made of. */
export interface Manifest {
  readonly schema: 1;
  /** SHA-256 (hex) of the recipe, see `recipeDigest`. */
  readonly recipe: string;
  readonly suite: string;
  readonly kernelRelease: string;
  readonly kernel: BuiltFile;
  readonly initramfs: BuiltFile;
  readonly appliances: Readonly<Record<string, BuiltFile>>;
  /** Epoch ms at which it was made, or last found to be made of the newest packages. */
  readonly builtAt: number;
  readonly packages: readonly Package[];
}

const manifestName = 'manifest.json';

export async function describeFile(dir: string, file: string): Promise<BuiltFile> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(dir, file))) hash.update(chunk as Buffer);
  return { file, digest: `sha256:${hash.digest('hex')}`, size: statSync(join(dir, file)).size };
}

/** In one step: whoever reads meanwhile finds the one before. */
export async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  const temporary = join(dir, `${manifestName}.${process.pid}`);
  await writeFile(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(temporary, join(dir, manifestName));
}

/**
 * The manifest of a whole image of this recipe, undefined when there is none: no manifest, another recipe, or a
 * file missing or of another size. Contents are not read.
 */
export function readIntact(dir: string, recipe: string): Manifest | undefined {
  try {
    const manifest = JSON.parse(readFileSync(join(dir, manifestName), 'utf8')) as Manifest;
    if ((manifest.schema as number) !== 1 || manifest.recipe !== recipe) return undefined;
    const whole = filesOf(manifest).every(({ file, size }) => statSync(join(dir, file)).size === size);
    return whole ? manifest : undefined;
  } catch {
    // Absent or half written: to be built.
    return undefined;
  }
}

/** Names of the files whose content is not what the manifest says. Reads all of them. */
export async function damagedFiles(dir: string, manifest: Manifest): Promise<string[]> {
  const damaged: string[] = [];
  for (const { file, digest } of filesOf(manifest)) {
    if ((await describeFile(dir, file)).digest !== digest) damaged.push(file);
  }
  return damaged;
}

function filesOf(manifest: Manifest): readonly BuiltFile[] {
  return [manifest.kernel, manifest.initramfs, ...Object.values(manifest.appliances)];
}
