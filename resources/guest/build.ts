/**
 * Builds the guest: `node resources/guest/build.ts [--out DIR] [--force] [--verify] [--update] [--json]`.
 * Prints its progress on stderr and the folder of the image (with --json its manifest too) on stdout. `--update` builds
 * anew when there are newer packages, and reports with --json `{ dir, updated, builtAt, packages: [{ name, from, to }] }`.
 * Exit codes: 0 there is an image, 1 it could not be built, 2 the arguments are wrong.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { appliances } from './appliances.ts';
import { buildAppliance } from './build/appliance.ts';
import { Apt, findMirrors, type Package } from './build/apt.ts';
import { buildInitramfs } from './build/control.ts';
import { BuildError } from './build/errors.ts';
import {
  type BuiltFile,
  damagedFiles,
  describeFile,
  type Manifest,
  readIntact,
  writeManifest,
} from './build/manifest.ts';
import { interruption } from './build/run.ts';
import { unpackPackages } from './build/tree.ts';
import { type Change, newerPackages } from './build/update.ts';
import { extractVmlinux } from './build/vmlinux.ts';
import { controlPackages, defaultOutDir, kernelMetaPackage, recipeDigest, suite } from './recipe.ts';

function say(line: string): void {
  process.stderr.write(`guest image: ${line}\n`);
}

/** What the mirrors offer for the recipe. */
interface Offer {
  readonly apt: Apt;
  readonly kernelPackage: string;
  readonly packages: readonly Package[];
}

async function lookUp(work: string): Promise<Offer> {
  const mirrors = await findMirrors();
  say(`fetching the index of Debian ${suite} from ${mirrors.main} and ${mirrors.security}`);
  const apt = await Apt.open(join(work, 'apt'), mirrors);
  const kernelPackage = await apt.realPackage(kernelMetaPackage);
  const inside = Object.values(appliances).flatMap((appliance) => appliance.packages);
  const names = [...new Set([kernelPackage, ...controlPackages, ...inside])];
  return { apt, kernelPackage, packages: await apt.describe(names) };
}

/** Builds into `dir`, using `work` for everything that is not part of the image. */
async function build(
  dir: string,
  work: string,
  recipe: string,
  packageCache: string,
  { apt, kernelPackage, packages }: Offer,
): Promise<Manifest> {
  say(`fetching ${packages.length} packages`);
  const debs = await apt.download(packages, packageCache);
  const find = (name: string): string => {
    const path = debs.get(name);
    if (path !== undefined) return path;
    throw new BuildError('package-missing', `${suite} has no package ${name}.`, 'The recipe needs a change.');
  };

  say('unpacking');
  const kernelDir = join(work, 'kernel');
  const controlDir = join(work, 'control');
  await unpackPackages([find(kernelPackage)], kernelDir);
  await unpackPackages(controlPackages.map(find), controlDir);

  const release = kernelPackage.replace(/^linux-image-/, '');
  say(`kernel ${release}`);
  const vmlinux = await extractVmlinux(await readFile(join(kernelDir, 'boot', `vmlinuz-${release}`)));
  await writeFile(join(dir, 'vmlinux'), vmlinux);
  say('initramfs');
  await buildInitramfs(controlDir, kernelDir, release, work, join(dir, 'initramfs.zst'));
  const built: Record<string, BuiltFile> = {};
  for (const [name, appliance] of Object.entries(appliances)) {
    say(`appliance ${name}`);
    const file = `${name}.squashfs`;
    const own = new Map(appliance.packages.map((package_) => [package_, find(package_)]));
    await buildAppliance(appliance, own, work, join(dir, file));
    built[name] = await describeFile(dir, file);
  }

  const manifest: Manifest = {
    schema: 1,
    recipe,
    suite,
    kernelRelease: release,
    kernel: await describeFile(dir, 'vmlinux'),
    initramfs: await describeFile(dir, 'initramfs.zst'),
    appliances: built,
    builtAt: Date.now(),
    packages,
  };
  await writeManifest(dir, manifest);
  return manifest;
}

/**
 * Puts a finished folder in its place. Somebody else may have finished the same image meanwhile: theirs stays,
 * unless it is to be replaced.
 */
async function publish(from: string, to: string, recipe: string, replace: boolean): Promise<void> {
  for (let tries = 0; tries < 5; tries += 1) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      if (!replace && readIntact(to, recipe) !== undefined) {
        await rm(from, { recursive: true });
        return;
      }
      const old = `${to}.old-${randomBytes(6).toString('hex')}`;
      await rename(to, old).catch(() => undefined);
      await rm(old, { recursive: true, force: true });
    }
  }
  throw new BuildError('busy', `${to} keeps changing.`, 'Is another build running?');
}

/** Removes what builds that died left beside the image: their names end with the pid of a process that is gone. */
async function sweep(out: string): Promise<void> {
  for (const name of await readdir(dirname(out))) {
    const pid = new RegExp(`^\\.${basename(out)}\\.(\\d+)$`).exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) {
      await rm(join(dirname(out), name), { recursive: true, force: true });
    }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
      verify: { type: 'boolean', default: false },
      update: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const recipe = recipeDigest();
  const out = values.out === undefined ? defaultOutDir() : resolve(values.out);
  let replace = values.force;
  let manifest = values.force ? undefined : readIntact(out, recipe);
  if (manifest !== undefined && values.verify) {
    const damaged = await damagedFiles(out, manifest);
    if (damaged.length > 0) {
      say(`${damaged.join(', ')} is damaged: building anew`);
      manifest = undefined;
      replace = true;
    }
  }
  let changes: readonly Change[] = [];
  if (manifest === undefined || values.update) {
    process.umask(0o022);
    await mkdir(dirname(out), { recursive: true });
    await sweep(out);
    const temporary = join(dirname(out), `.${basename(out)}.${process.pid}`);
    const [fresh, work] = [join(temporary, 'image'), join(temporary, 'work')];
    try {
      await mkdir(fresh, { recursive: true });
      await mkdir(work);
      const offer = await lookUp(work);
      changes = await newerPackages(manifest?.packages ?? [], offer.packages);
      for (const { name, from, to } of manifest ? changes : []) say(`${name} ${from ?? 'none'} → ${to}`);
      if (manifest !== undefined && changes.length === 0) {
        say('nothing is newer');
        manifest = { ...manifest, builtAt: Date.now() };
        await writeManifest(out, manifest);
      } else {
        replace ||= manifest !== undefined;
        manifest = await build(fresh, work, recipe, join(dirname(out), 'packages'), offer);
        await publish(fresh, out, recipe, replace);
      }
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }
  const report = values.update
    ? { dir: out, updated: changes.length > 0, builtAt: manifest.builtAt, packages: changes }
    : { dir: out, ...manifest };
  process.stdout.write(`${values.json ? JSON.stringify(report) : out}\n`);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    interruption.abort();
  });

try {
  await main();
} catch (error) {
  if (error instanceof BuildError) {
    process.stderr.write(`guest image: ${error.code}: ${error.message}\n  ${error.hint}\n`);
    process.exitCode = 1;
  } else if (
    error instanceof TypeError &&
    'code' in error &&
    String(error.code).startsWith('ERR_PARSE_ARGS')
  ) {
    process.stderr.write(`guest image: ${error.message}\n`);
    process.exitCode = 2;
  } else {
    throw error;
  }
}
