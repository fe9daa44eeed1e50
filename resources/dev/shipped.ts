// What a package of Gleaner carries of npm, told from the lock file alone: the packaging, the bill of materials and the
// notices all ask here, so that they cannot disagree.
import { SetupError } from './console.mjs';

export type Platform = 'linux' | 'darwin' | 'win32';
export type Arch = 'x64' | 'arm64';

/** One entry of package-lock.json (lockfileVersion 3), as far as it matters here. */
export interface LockEntry {
  readonly name?: string;
  readonly version?: string;
  /** Subresource integrity of its tarball; absent for optional packages that the registry did not serve. */
  readonly integrity?: string;
  /** As its author wrote it: an SPDX expression, most often. */
  readonly license?: unknown;
  readonly optional?: boolean;
  /** Only development dependencies lead to it. */
  readonly dev?: boolean;
  readonly hasInstallScript?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** package-lock.json; the entry '' is the program itself, the others are named by their places. */
export interface PackageLock {
  readonly packages?: Readonly<Record<string, LockEntry>>;
}

export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** Its place below the checkout, for example `node_modules/tar-stream/node_modules/b4a`. */
  readonly path: string;
  readonly integrity: string | undefined;
  /** As the lock has it; undefined where only the package itself may tell. */
  readonly license: string | undefined;
  /** Whether the program works without it: nobody needs it but as an optional dependency. */
  readonly optional: boolean;
  /** Places of the packages that it needs and that ship with it, sorted. */
  readonly needs: readonly string[];
}

/** Optional packages that serve to compile others, and are of no use afterwards. */
const forCompilingOnly = new Set(['buildcheck', 'nan', 'node-addon-api', 'node-gyp']);

/**
 * Every npm package that a package of Gleaner for `platform` and `arch` carries: what `dependencies` lead to, by npm's
 * own rule of looking for a name from folder to folder upwards. Sorted by place. Pure.
 *
 * Left out: development dependencies; packages of other systems, other processors and of musl (Electron is made for
 * glibc alone); peers that are optional; and optional packages that are of no use before an install script has compiled
 * them, or that only help with that, since no script runs when a package is made. `optionalDependencies` of the program itself are Node for the
 * scripts: see `bundledNode`.
 * @throws {SetupError} when a dependency that may not be missing is not in the lock
 */
export function productionClosure(lock: PackageLock, platform: Platform, arch: Arch): ShippedPackage[] {
  const packages = lock.packages ?? {};
  /** By place; false once something that is not optional needs it. */
  const isOptional = new Map<string, boolean>();
  const needed = new Map<string, Set<string>>();
  const waiting: { readonly from: string; readonly optional: boolean }[] = [{ from: '', optional: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { from, optional: fromOptional } = next;
    for (const { name, optional } of needsOf(packages[from] ?? {}, from === '')) {
      const path = placeOf(packages, from, name);
      if (path === undefined) {
        if (optional) continue;
        throw new SetupError(
          `package-lock.json has no ${name}, which ${from === '' ? 'the program' : from} needs.`,
          'Make the lock anew: npm install, then node resources/dev/complete-lock.mjs.',
        );
      }
      const entry = packages[path] ?? {};
      const isUseful =
        fits(entry, path, platform, arch) && entry.hasInstallScript !== true && !forCompilingOnly.has(name);
      if (optional && !isUseful) continue;
      needed.set(from, (needed.get(from) ?? new Set()).add(path));
      const reachedOptionally = fromOptional || optional;
      const known = isOptional.get(path);
      if (known === false || known === reachedOptionally) continue;
      isOptional.set(path, reachedOptionally);
      waiting.push({ from: path, optional: reachedOptionally });
    }
  }
  return [...isOptional]
    .map(([path, optional]) => described(path, packages[path] ?? {}, optional, needed.get(path)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * The npm package that carries the Node which runs the command line on that platform, as the lock pins it. Undefined
 * where the lock has none (macOS). Pure.
 */
export function bundledNode(lock: PackageLock, platform: Platform, arch: Arch): ShippedPackage | undefined {
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
  const path = `node_modules/${name}`;
  const entry = lock.packages?.[path];
  return entry === undefined ? undefined : described(path, entry, false);
}

/**
 * What a packager that goes by `dependencies` and `optionalDependencies` alone would take too much: places of the lock that no
 * package for that system carries, but for development dependencies, which it knows. Sorted; nothing below another of them. Pure.
 * @param archs both for a package that runs on either
 */
export function leftOut(lock: PackageLock, platform: Platform, archs: readonly Arch[]): string[] {
  const shipped = new Set(
    archs.flatMap((arch) => productionClosure(lock, platform, arch).map(({ path }) => path)),
  );
  const others = Object.entries(lock.packages ?? {})
    .filter(([path, { dev }]) => path !== '' && dev !== true && !shipped.has(path))
    .map(([path]) => path)
    .sort();
  return others.filter((path) => !others.some((above) => path.startsWith(`${above}/`)));
}

function described(
  path: string,
  entry: LockEntry,
  optional: boolean,
  needs: Iterable<string> = [],
): ShippedPackage {
  const { version } = entry;
  if (version === undefined) {
    throw new SetupError(`package-lock.json has no version of ${path}.`, 'Make the lock anew: npm install.');
  }
  return {
    name: entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version,
    path,
    integrity: entry.integrity,
    license: typeof entry.license === 'string' ? entry.license : undefined,
    optional,
    needs: [...needs].sort(),
  };
}

function needsOf(entry: LockEntry, isRoot: boolean): { readonly name: string; readonly optional: boolean }[] {
  const optional = isRoot ? {} : (entry.optionalDependencies ?? {});
  const peers = Object.keys(entry.peerDependencies ?? {}).filter(
    (name) => entry.peerDependenciesMeta?.[name]?.optional !== true,
  );
  // npm writes an optional dependency into both tables of a published package: the optional one counts.
  const needed = [...Object.keys(entry.dependencies ?? {}), ...peers].filter((name) => !(name in optional));
  return [
    ...needed.map((name) => ({ name, optional: false })),
    ...Object.keys(optional).map((name) => ({ name, optional: true })),
  ];
}

/** Node's look-up: the folder's own node_modules, then those of the folders around it. */
function placeOf(
  packages: Readonly<Record<string, LockEntry>>,
  from: string,
  name: string,
): string | undefined {
  for (let dir = from; ; ) {
    const path = `${dir === '' ? '' : `${dir}/`}node_modules/${name}`;
    if (Object.hasOwn(packages, path)) return path;
    if (dir === '') return undefined;
    const above = dir.lastIndexOf('/node_modules/');
    dir = above === -1 ? '' : dir.slice(0, above);
  }
}

function fits(entry: LockEntry, path: string, platform: Platform, arch: Arch): boolean {
  // Some packages say only in their name that they are for musl.
  const libc = entry.libc ?? (/-musl(?:eabihf)?$/.test(path) ? ['musl'] : undefined);
  return (
    allows(entry.os, platform) && allows(entry.cpu, arch) && (platform !== 'linux' || allows(libc, 'glibc'))
  );
}

/** npm's rule for `os`, `cpu` and `libc`: a list of what is allowed, or of what is not (`!name`). */
function allows(list: readonly string[] | undefined, value: string): boolean {
  if (list === undefined || list.length === 0) return true;
  if (list.includes(`!${value}`)) return false;
  return list.includes(value) || list.every((item) => item.startsWith('!'));
}
