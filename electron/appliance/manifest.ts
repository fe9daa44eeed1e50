import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GleanerError } from '../contract/failures.ts';
import { describeIssues } from '../contract/issues.ts';

const manifestName = 'manifest.json';
const maxManifestBytes = 1024 * 1024;

const ManifestFile = z.object({
  /** A name beside the manifest, never a path. */
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** Bytes. */
  size: z.int().min(1),
});
export type ManifestFile = z.infer<typeof ManifestFile>;

/**
 * What the host reads of a guest image's manifest (resources/guest writes it; a release would download it):
 * each file with its digest, the appliances by name, and the versions of the packages for people.
 */
const ImageManifest = z.object({
  schema: z.literal(1),
  /** SHA-256 of the recipe. */
  recipe: z.string().regex(/^[0-9a-f]{64}$/),
  kernelRelease: z.string().min(1).max(128),
  /** Epoch ms at which they were made, or last found to be what the suite offers. */
  builtAt: z.int().min(0).optional(),
  kernel: ManifestFile,
  initramfs: ManifestFile,
  appliances: z
    .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/), ManifestFile)
    .refine((appliances) => Object.hasOwn(appliances, 'base'), 'the base appliance is missing'),
  /** What they were made of. */
  packages: z
    .array(z.object({ name: z.string().max(128), version: z.string().max(128) }))
    .max(4096)
    .optional(),
});
export type ImageManifest = z.infer<typeof ImageManifest>;

/** The manifest in `sourceDir`. Rejects with `image-missing`, `image-damaged`, or what the file system says. */
export async function readManifest(sourceDir: string): Promise<ImageManifest> {
  const value = parseJson(await readBounded(join(sourceDir, manifestName)));
  const parsed = ImageManifest.safeParse(value);
  if (!parsed.success) throw damaged(`its manifest was refused: ${describeIssues(parsed.error.issues)}`);
  return parsed.data;
}

async function readBounded(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw isMissing(error) ? missing(manifestName) : error;
  });
  try {
    const { size } = await file.stat();
    if (size > maxManifestBytes) throw damaged('its manifest is larger than 1 MiB');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged('its manifest is not JSON');
  }
}

const hint = 'Gleaner builds it anew where it can; else run: npm start';

export function damaged(reason: string): GleanerError {
  return new GleanerError('image-damaged', `The guest image is damaged: ${reason}.`, hint);
}

export function missing(name: string): GleanerError {
  return new GleanerError('image-missing', `The guest image is not there: ${name} is missing.`, hint);
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
