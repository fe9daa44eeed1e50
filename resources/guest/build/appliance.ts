import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  applianceLinks,
  applianceOmits,
  applianceTexts,
  libraryDir,
  omittedExtensions,
  pythonDir,
} from '../recipe.ts';
import { run } from './run.ts';
import { checkLibraries, elfFiles, makeLink, unpackPackages, writeText } from './tree.ts';

/**
 * Builds the base appliance's root as a squashfs, everything owned by root.
 * @param work an empty folder of the build
 */
export async function buildAppliance(debs: readonly string[], work: string, path: string): Promise<void> {
  const root = join(work, 'root');
  await unpackPackages(debs, root);
  for (const name of applianceOmits) await rm(join(root, name), { recursive: true, force: true });
  await keepNotices(join(root, 'usr/share/doc'));
  const extensions = join(root, pythonDir, 'lib-dynload');
  for (const file of await readdir(extensions)) {
    if (omittedExtensions.some((start) => file.startsWith(start))) await rm(join(extensions, file));
  }
  await compilePython(root);
  await checkLibraries(
    root,
    loader,
    [libraryDir],
    [
      ...(await elfFiles(root, 'usr/bin', /./)),
      ...(await elfFiles(root, libraryDir, /\.so\./)),
      ...(await elfFiles(root, `${pythonDir}/lib-dynload`, /./)),
    ],
  );

  for (const folder of ['dev', 'proc', 'job', 'root', 'run', 'sys', 'tmp', 'usr/local/bin']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await chmod(join(root, 'tmp'), 0o1777);
  await chmod(join(root, 'root'), 0o755);
  for (const [name, target] of applianceLinks) {
    await rm(join(root, name), { force: true });
    await makeLink(root, name, target);
  }
  for (const [name, text] of applianceTexts) await writeText(root, name, text);
  await run('mksquashfs', [
    ...[root, path, '-noappend', '-no-progress', '-quiet', '-all-root', '-no-xattrs'],
    ...['-comp', 'zstd', '-Xcompression-level', '15', '-b', '128K', '-mkfs-time', '0', '-all-time', '0'],
  ]);
}

const loader = 'usr/lib64/ld-linux-x86-64.so.2';

/** Of a package's documentation only its copyright notice goes along. */
async function keepNotices(docDir: string): Promise<void> {
  for (const name of await readdir(docDir)) {
    const folder = await readdir(join(docDir, name)).catch(() => []);
    for (const file of folder) {
      if (file !== 'copyright') await rm(join(docDir, name, file), { recursive: true });
    }
  }
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
