import { chmod, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Appliance,
  authoritiesDir,
  authoritiesPath,
  omittedExtensions,
  pythonDir,
} from '../appliances.ts';
import { libraryDir } from '../recipe.ts';
import { BuildError } from './errors.ts';
import { run } from './run.ts';
import {
  checkLibraries,
  copyInto,
  elfFiles,
  makeLink,
  unpackPackages,
  unpackParts,
  writeText,
} from './tree.ts';

/**
 * Builds an appliance's root as a squashfs, everything owned by root.
 * @param debs the paths of its packages by name, in the order in which they are unpacked
 * @param work a folder of the build, in which there is nothing named `root` or `package`
 */
export async function buildAppliance(
  appliance: Appliance,
  debs: ReadonlyMap<string, string>,
  work: string,
  path: string,
): Promise<void> {
  const root = join(work, 'root');
  for (const [name, deb] of debs) {
    const kept = appliance.keeps?.[name];
    await (kept ? unpackParts(deb, name, kept, join(work, 'package'), root) : unpackPackages([deb], root));
  }
  for (const name of appliance.omits) await rm(join(root, name), { recursive: true, force: true });
  await keepNotices(join(root, 'usr/share/doc'));
  if (appliance.python) await preparePython(root);
  if (appliance.authorities) await gatherAuthorities(root);
  await checkLibraries(
    root,
    loader,
    // The loader itself looks into /usr/lib, too.
    [libraryDir, 'usr/lib'],
    [
      ...(await elfFiles(root, 'usr/bin', /./)),
      ...(await elfFiles(root, libraryDir, /\.so\./)),
      ...(await Promise.all((appliance.programDirs ?? []).map((dir) => elfFiles(root, dir, /./)))).flat(),
      ...(appliance.python ? await elfFiles(root, `${pythonDir}/lib-dynload`, /./) : []),
    ],
  );

  for (const folder of appliance.folders) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  await chmod(join(root, 'root'), 0o755);
  for (const [name, target] of appliance.links) {
    await rm(join(root, name), { force: true });
    await makeLink(root, name, target);
  }
  for (const [name, text] of appliance.texts) await writeText(root, name, text);
  for (const [from, to] of appliance.programs) await copyInto(guestDir, from, root, to);
  await run('mksquashfs', [
    ...[root, path, '-noappend', '-no-progress', '-quiet', '-all-root', '-no-xattrs'],
    ...['-comp', 'zstd', '-Xcompression-level', '15', '-b', '128K', '-mkfs-time', '0', '-all-time', '0'],
  ]);
  await rm(root, { recursive: true });
}

const loader = 'usr/lib64/ld-linux-x86-64.so.2';
const guestDir = join(import.meta.dirname, '..');

/** Of a package's documentation only its copyright notice goes along. */
async function keepNotices(docDir: string): Promise<void> {
  for (const name of await readdir(docDir)) {
    const folder = await readdir(join(docDir, name)).catch(() => []);
    for (const file of folder) {
      if (file !== 'copyright') await rm(join(docDir, name, file), { recursive: true });
    }
  }
}

/** Leaves out the modules whose libraries are missing, and compiles the rest. */
async function preparePython(root: string): Promise<void> {
  const extensions = join(root, pythonDir, 'lib-dynload');
  for (const file of await readdir(extensions)) {
    if (omittedExtensions.some((start) => file.startsWith(start))) await rm(join(extensions, file));
  }
  await compilePython(root);
}

/**
 * Compiles Python's library with the appliance's own interpreter, run from the unpacked tree: in the guest the
 * library is read-only, and a job would compile what it imports at every start. One process and a fixed hash
 * seed keep the results the same.
 */
async function compilePython(root: string): Promise<void> {
  await run(
    join(root, loader),
    [
      ...['--library-path', join(root, libraryDir), join(root, 'usr/bin/python3.13')],
      ...['-S', '-m', 'compileall', '-q', '--invalidation-mode', 'unchecked-hash', '-s', root, '-p', '/'],
      join(root, pythonDir),
    ],
    { env: { PYTHONHOME: join(root, 'usr'), PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1' } },
  );
}

/**
 * Writes the authorities of Debian's package into one file, sorted by name, and leaves out the single ones.
 * @throws BuildError `package-changed` when that is no list of certificates
 */
async function gatherAuthorities(root: string): Promise<void> {
  const dir = join(root, authoritiesDir);
  const names = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith('.crt')).sort();
  const texts = await Promise.all(
    names.map(async (name) => (await readFile(join(dir, name), 'utf8')).trim()),
  );
  const odd = texts.findIndex(
    (text) => !/^-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----$/.test(text),
  );
  if (names.length < 50 || odd >= 0) {
    const what = odd >= 0 ? `${names[odd] ?? ''} is no certificate` : `it holds ${names.length} certificates`;
    throw new BuildError(
      'package-changed',
      `The package of certificate authorities is not what it was: ${what}.`,
      'The recipe needs a change.',
    );
  }
  await writeText(root, authoritiesPath, `${texts.join('\n')}\n`);
  await rm(dir, { recursive: true });
}
