// A copy of a checkout that another user can read and write in, without the cost of one.
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Copies a file or folder for another user. Folders are new and belong to them. Files that everybody may read are hard
 * links, so nothing but root can change them from there; others are copies.
 * @param skip decides by path relative to `source`, with `/`, what is left out
 */
export function mirror(
  source: string,
  target: string,
  owner: { uid: number; gid: number },
  skip: (name: string) => boolean = () => false,
  name = '',
): void {
  const stat = lstatSync(source);
  if (stat.isSymbolicLink()) {
    symlinkSync(readlinkSync(source), target);
  } else if (stat.isDirectory()) {
    mkdirSync(target, { recursive: true });
    chmodSync(target, 0o755);
    chownSync(target, owner.uid, owner.gid);
    for (const entry of readdirSync(source)) {
      const entryName = name === '' ? entry : `${name}/${entry}`;
      if (!skip(entryName))
        mirror(path.join(source, entry), path.join(target, entry), owner, skip, entryName);
    }
  } else if (stat.isFile()) {
    mirrorFile(source, target, stat.mode, owner);
  }
}

function mirrorFile(source: string, target: string, mode: number, owner: { uid: number; gid: number }): void {
  if ((mode & 0o004) !== 0) {
    try {
      linkSync(source, target);
      return;
    } catch {
      // Another file system, or too many links: a copy does as well.
    }
  }
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
  chownSync(target, owner.uid, owner.gid);
  chmodSync(target, mode & 0o777);
}
