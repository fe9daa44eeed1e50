// The QEMU that packages for Windows and macOS bring along: which files it is made of, from where, under which licence.
// On Linux the distribution's own is a dependency. The list is filled by whoever releases (docs/deploy-windows.md,
// "QEMU in the package"); until then no package for those systems can be made.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { describeIssues } from '../../electron/contract/issues.ts';
import { SetupError } from './console.mjs';

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 hex digits');
const Https = z.string().regex(/^https:\/\/[^\s]+$/, 'an address begins with https://');

/** A path below the bundle's folder: no drive, no `..`, forward slashes, portable to every file system. */
const FilePath = z
  .string()
  .max(240)
  .regex(
    /^[A-Za-z0-9_+-][A-Za-z0-9._+-]*(?:\/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)*$/,
    'not a plain relative path',
  );

const BundledFile = z.strictObject({
  path: FilePath,
  sha256: Sha256,
  /** SPDX expression. */
  licence: z.string().min(1).max(200),
  /** The name of an entry of `origins`. */
  origin: z.string().min(1).max(64),
});

/** Where files were taken from, and where the sources of exactly these are, as the GPL asks for. */
const Origin = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  version: z.string().min(1).max(64),
  url: Https,
  sha256: Sha256,
  sources: Https,
});

const Bundle = z
  .strictObject({
    platform: z.enum(['win32', 'darwin']),
    arch: z.enum(['x64', 'arm64']),
    qemuVersion: z.string().regex(/^\d+\.\d+\.\d+$/),
    origins: z.array(Origin).min(1).max(64),
    files: z.array(BundledFile).min(1).max(4096),
  })
  .superRefine(({ origins, files }, context) => {
    const known = new Set(origins.map(({ name }) => name));
    /** Windows and macOS tell no `A` from an `a`. */
    const seen = new Set<string>();
    for (const [index, file] of files.entries()) {
      const at = ['files', index];
      if (!known.has(file.origin))
        context.addIssue({ code: 'custom', path: [...at, 'origin'], message: `no origin ${file.origin}` });
      if (seen.has(file.path.toLowerCase()))
        context.addIssue({ code: 'custom', path: [...at, 'path'], message: 'is listed twice' });
      seen.add(file.path.toLowerCase());
    }
  });

/** resources/installer/bundled-qemu.json. */
export const BundledQemu = z.strictObject({
  version: z.literal(1),
  bundles: z
    .array(Bundle)
    .max(4)
    .refine(
      (all) => new Set(all.map(({ platform, arch }) => `${platform}-${arch}`)).size === all.length,
      'a system has more than one bundle',
    ),
});
export type Bundle = z.infer<typeof Bundle>;

/** What is in a bundle's folder: a path with forward slashes, and the SHA-256 of what is there. */
export interface FoundFile {
  readonly path: string;
  /** Null for what is no regular file: a link, a socket. */
  readonly sha256: string | null;
}

/** What keeps the folder from being the bundle, as sentences' ends; none: it is that bundle. Pure. */
export function bundleFaults(bundle: Bundle, found: readonly FoundFile[]): string[] {
  const there = new Map(found.map((file) => [file.path, file.sha256]));
  const wanted = new Set(bundle.files.map((file) => file.path));
  return [
    ...bundle.files.flatMap(({ path: at, sha256 }) => {
      const digest = there.get(at);
      if (digest === undefined) return [`${at} is missing`];
      if (digest === null) return [`${at} is no regular file`];
      return digest === sha256 ? [] : [`${at} is another file: its SHA-256 is ${digest}`];
    }),
    ...found.filter((file) => !wanted.has(file.path)).map((file) => `${file.path} is not on the list`),
  ];
}

/**
 * Reads the list.
 * @returns the bundle of that system; undefined: the list has none
 * @throws {SetupError} when it is no such list
 */
export async function readBundle(
  listPath: string,
  platform: 'win32' | 'darwin',
  arch: 'x64' | 'arm64',
): Promise<Bundle | undefined> {
  const parsed = BundledQemu.safeParse(parseJson(await readFile(listPath, 'utf8')));
  if (!parsed.success) {
    throw new SetupError(
      `${path.basename(listPath)} was refused: ${describeIssues(parsed.error.issues)}`,
      'Its form is in resources/dev/bundled-qemu.ts.',
    );
  }
  return parsed.data.bundles.find((bundle) => bundle.platform === platform && bundle.arch === arch);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads every file below the folder. An absent folder is an empty one. */
async function findFiles(dir: string): Promise<FoundFile[]> {
  const names = await readdir(dir, { recursive: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  const found: FoundFile[] = [];
  for (const name of names.sort()) {
    const at = path.join(dir, name);
    const stats = await lstat(at);
    if (stats.isDirectory()) continue;
    const sha256 = stats.isFile() ? await sha256Of(at) : null;
    found.push({ path: name.split(path.sep).join('/'), sha256 });
  }
  return found;
}

async function sha256Of(at: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(at)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Makes sure that `dir` is the bundle of that system, whole, and nothing else.
 * @throws {SetupError} when the list has no bundle for it, or files are missing, other ones, or too many
 */
export async function verifyBundle(
  listPath: string,
  dir: string,
  platform: 'win32' | 'darwin',
  arch: 'x64' | 'arm64',
): Promise<Bundle> {
  const bundle = await readBundle(listPath, platform, arch);
  if (bundle === undefined) {
    throw new SetupError(
      `No QEMU for ${platform}-${arch} is listed, so no package for it can be made.`,
      `Fill ${path.basename(listPath)} as docs/deploy-windows.md says under "QEMU in the package".`,
      2,
    );
  }
  const faults = bundleFaults(bundle, await findFiles(dir));
  if (faults.length > 0) {
    const shown = faults.slice(0, 10).map((fault) => `${fault}.`);
    const more = faults.length > shown.length ? [`And ${faults.length - shown.length} more.`] : [];
    throw new SetupError(
      `The QEMU in ${dir} is not the one that is listed.`,
      [...shown, ...more, 'Unpack it anew from the addresses in the list.'].join('\n'),
    );
  }
  return bundle;
}
