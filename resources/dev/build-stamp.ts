// Whether the built application in out/ is that of the sources: by content, so that switching branches back and forth
// does not confuse it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Folders and files that the build reads, relative to the checkout. */
const inputs = [
  'electron',
  'renderer',
  'text',
  'electron.vite.config.ts',
  'tsconfig.json',
  'package.json',
  'package-lock.json',
];
const stampPath = path.join('out', '.inputs');
const productPath = path.join('out', 'main', 'main.js');

/**
 * One digest over names and contents, independent of the order of listing; an absent input counts as absent.
 * @param root the checkout
 * @returns sha256, hex
 */
export function digestOf(root: string, names: readonly string[] = inputs): string {
  const hash = createHash('sha256');
  for (const name of names) {
    const top = path.join(root, name);
    const stat = statSync(top, { throwIfNoEntry: false });
    const files = stat?.isDirectory() === true ? filesUnder(top) : stat === undefined ? [] : [top];
    for (const file of files) {
      const content = readFileSync(file);
      hash.update(`${path.relative(root, file)}\0${content.length}\0`).update(content);
    }
  }
  return hash.digest('hex');
}

function filesUnder(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

/** Whether `root` must be built again before it can be started. */
export function needsBuild(root: string, digest: string): boolean {
  const stamp = path.join(root, stampPath);
  if (!existsSync(path.join(root, productPath)) || !existsSync(stamp)) return true;
  return readFileSync(stamp, 'utf8').trim() !== digest;
}

/** Notes that `out/` was built from the inputs of that digest, taken before the build began. */
export function markBuilt(root: string, digest: string): void {
  writeFileSync(path.join(root, stampPath), `${digest}\n`);
}
