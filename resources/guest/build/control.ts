import { chmod, cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { controlFiles, controlLinks, earlyModules, lateModules } from '../recipe.ts';
import { BuildError } from './errors.ts';
import { loadOrder } from './modules.ts';
import { run } from './run.ts';
import { checkLibraries, copyInto, elfFiles, makeLink, namesBelow, stampTimes, writeText } from './tree.ts';

/** Scripts that are executed; the others are read by these. */
const controlPrograms = ['boot', 'ctl', 'launcher', 'relay', 'run'];

/**
 * Builds the control plane's initramfs: programs from packages, the scripts of `control/`, kernel modules.
 * @param packages folder with the control packages unpacked
 * @param kernel folder with the kernel package unpacked
 * @param work an empty folder of the build
 * @param path of the archive to write: newc, zstd
 */
export async function buildInitramfs(
  packages: string,
  kernel: string,
  release: string,
  work: string,
  path: string,
): Promise<void> {
  const tree = join(work, 'initramfs');
  for (const [from, to] of controlFiles) await copyInto(packages, from, tree, to);
  for (const [name, target] of controlLinks) await makeLink(tree, name, target);
  await cp(join(import.meta.dirname, '../control'), join(tree, 'control'), { recursive: true });
  await rename(join(tree, 'control/init'), join(tree, 'init'));
  await mkdir(join(tree, 'etc'));
  await rename(join(tree, 'control/inittab'), join(tree, 'etc/inittab'));
  await writeText(tree, 'etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
  await writeText(tree, 'etc/group', 'root:x:0:\n');
  await writeText(tree, 'etc/shells', '/bin/sh\n');
  await mkdir(join(tree, 'sbin'), { recursive: true });
  await addModules(tree, kernel, release);
  for (const name of ['init', ...controlPrograms.map((program) => `control/${program}`)]) {
    await chmod(join(tree, name), 0o755);
  }

  await checkLibraries(
    tree,
    'kit/ld-linux-x86-64.so.2',
    ['kit', 'lib'],
    [...(await elfFiles(tree, 'bin', /./)), ...(await elfFiles(tree, 'sbin', /./)), 'kit/setpriv'],
  );
  await stampTimes(tree);
  const names = (await namesBelow(tree)).join('\n');
  const archive = await run('cpio', ['--quiet', '-o', '-H', 'newc', '--reproducible', '-R', '0:0'], {
    cwd: tree,
    input: names,
  });
  await writeFile(path, await run('zstd', ['-q', '-19', '-c', '-T1'], { input: archive }));
}

async function addModules(tree: string, kernel: string, release: string): Promise<void> {
  const dir = join(kernel, 'usr/lib/modules', release);
  // The package carries no modules.dep.
  await run('depmod', ['-b', join(kernel, 'usr'), release]);
  const dep = await readFile(join(dir, 'modules.dep'), 'utf8');
  const builtin = await readFile(join(dir, 'modules.builtin'), 'utf8');
  const order = (wanted: readonly string[]): string[] => {
    try {
      return loadOrder(dep, builtin, wanted);
    } catch (error) {
      throw new BuildError(
        'package-changed',
        `The kernel has no module ${String(error)}.`,
        'The recipe needs a change.',
      );
    }
  };
  const early = order(earlyModules);
  const late = order(lateModules).filter((path) => !early.includes(path));
  for (const [folder, paths] of [
    ['early', early],
    ['late', late],
  ] as const) {
    await mkdir(join(tree, 'modules', folder), { recursive: true });
    for (const path of paths) {
      const packed = await readFile(join(dir, path));
      const plain = path.endsWith('.xz') ? await run('xz', ['-dc'], { input: packed }) : packed;
      await writeFile(join(tree, 'modules', folder, koName(path)), plain);
    }
  }
  await writeText(tree, 'modules/early/order', `${early.map(koName).join('\n')}\n`);
  await writeText(tree, 'modules/late/order', `${late.map(koName).join('\n')}\n`);
}

function koName(path: string): string {
  return basename(path).replace(/\.ko.*$/, '.ko');
}
