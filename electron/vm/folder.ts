import { chmod, chown, mkdir, open, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GleanerError } from '../contract/failures.ts';
import { pidFileName } from './orphans.ts';

/**
 * One VM's folder:
 *
 * | entry | written by | holds |
 * | --- | --- | --- |
 * | `qemu.pid.json` | host | who QEMU is, for the next host if this one dies |
 * | `boot.img` | host | keys and configuration of this boot; read-only for QEMU |
 * | `scratch.raw` | QEMU | the guest's disk for one job after another |
 * | `in.raw` | host | input for the guest; read-only for QEMU's guest |
 * | `out.raw` | QEMU | results and checkpoints on their way out |
 * | `run/` | QEMU | `session.sock`, the guest's session port |
 * | `wire/` | host | `state.sock`, on which QEMU sends what is to be saved |
 * | `state.new` | host | a saved state that is being written; of no use to anybody |
 * | `state` | host | a saved state, enciphered (`state-format.ts`): one generation with the three disks |
 * | `state.used` | host | a state that was brought back, until its guest runs; never used again |
 *
 * While the VM is saved, only `state` and the disks are there: `boot.img` is made again from the keys in the state.
 * A VM's data disk lies elsewhere, since it outlives the folder (`data-disk.ts`).
 * Only `run/` is a folder that QEMU may write: the disks are single files to it, so that it cannot put a link in
 * the place of something that the host opens.
 */
export interface VmFolder {
  readonly dir: string;
  readonly pidFilePath: string;
  readonly bootPath: string;
  readonly scratchPath: string;
  readonly inPath: string;
  readonly outPath: string;
  readonly runDir: string;
  readonly socketPath: string;
  readonly wireDir: string;
  readonly wirePath: string;
  readonly newStatePath: string;
  readonly statePath: string;
  readonly usedStatePath: string;
}

/** Longest path of a Unix socket on any platform we know, less its terminating zero (unix(7); macOS has 104). */
const longestSocketPath = 103;

/** Pure. `name` is the VM's own, `a-z0-9-`. */
export function folderOf(vmsDir: string, name: string): VmFolder {
  const dir = join(vmsDir, name);
  const runDir = join(dir, 'run');
  const wireDir = join(dir, 'wire');
  return {
    dir,
    pidFilePath: join(dir, pidFileName),
    bootPath: join(dir, 'boot.img'),
    scratchPath: join(dir, 'scratch.raw'),
    inPath: join(dir, 'in.raw'),
    outPath: join(dir, 'out.raw'),
    runDir,
    socketPath: join(runDir, 'session.sock'),
    wireDir,
    wirePath: join(wireDir, 'state.sock'),
    newStatePath: join(dir, 'state.new'),
    statePath: join(dir, 'state'),
    usedStatePath: join(dir, 'state.used'),
  };
}

/** A writable disk, by the serial that the guest knows it by. */
export interface DiskFile {
  readonly name: 'scratch' | 'in' | 'out' | 'data';
  readonly path: string;
}

/** The disks that make one generation with a saved state. Pure. */
export function disksOf(folder: VmFolder, dataPath: string | undefined): DiskFile[] {
  return [
    { name: 'scratch', path: folder.scratchPath },
    { name: 'in', path: folder.inPath },
    { name: 'out', path: folder.outPath },
    ...(dataPath === undefined ? [] : [{ name: 'data', path: dataPath } as const]),
  ];
}

export interface FreshFolder {
  /** What the boot disk holds. */
  readonly boot: Uint8Array;
  readonly scratchBytes: number;
  readonly transferBytes: number;
  /** Who QEMU runs as, when that is not us. */
  readonly uid: number | undefined;
}

/**
 * Makes the folder anew for one boot: sparse empty disks, this boot's boot disk, nothing left of an earlier boot.
 * Rejects `storage-failed` for a folder whose socket path would be too long, else what the file system says.
 */
export async function makeFolder(folder: VmFolder, o: FreshFolder): Promise<void> {
  if (Buffer.byteLength(folder.socketPath) > longestSocketPath) {
    throw new GleanerError(
      'storage-failed',
      `The path of Gleaner’s data folder is too long for a socket: ${folder.socketPath}`,
      'Choose a data folder with a shorter path.',
    );
  }
  const { uid } = o;
  const mode = modeFor(uid);
  await mkdir(folder.dir, { recursive: true, mode });
  await chmod(folder.dir, mode);
  await emptyFolder(folder);
  await makePorts(folder, o);
  await makeFile(folder.scratchPath, 0o600, uid, o.scratchBytes);
  await makeFile(folder.inPath, 0o600, uid, o.transferBytes);
  await makeFile(folder.outPath, 0o600, uid, o.transferBytes);
}

/** Makes again what {@link tidyFolder} has deleted; the disks of a saved VM stay as they are. */
export async function reviveFolder(folder: VmFolder, o: Pick<FreshFolder, 'boot' | 'uid'>): Promise<void> {
  await tidyFolder(folder);
  await makePorts(folder, o);
}

/** Deletes what a saved VM does not need: keys and sockets. */
export async function tidyFolder({ bootPath, runDir, wireDir }: VmFolder): Promise<void> {
  for (const path of [bootPath, runDir, wireDir]) await rm(path, { recursive: true, force: true });
}

/** Deletes keys, disks, sockets and saved states; the folder and its pid file stay. */
async function emptyFolder(folder: VmFolder): Promise<void> {
  await tidyFolder(folder);
  const { statePath, newStatePath, usedStatePath, scratchPath, inPath, outPath } = folder;
  // The state first: it is of no use without its disks.
  for (const path of [statePath, newStatePath, usedStatePath, scratchPath, inPath, outPath]) {
    await rm(path, { force: true });
  }
}

/** {@link emptyFolder}, and the folder itself goes when nothing else is in it. */
export async function removeFolder(folder: VmFolder): Promise<void> {
  await emptyFolder(folder);
  await rmdir(folder.dir).catch(() => undefined);
}

/** With a uid of its own, QEMU must pass through the folders, but finds nothing else open to it there. */
function modeFor(uid: number | undefined): number {
  return uid === undefined ? 0o700 : 0o711;
}

async function makePorts(folder: VmFolder, { boot, uid }: Pick<FreshFolder, 'boot' | 'uid'>): Promise<void> {
  await mkdir(folder.runDir, { mode: 0o700 });
  if (uid !== undefined) await chown(folder.runDir, uid, uid);
  await mkdir(folder.wireDir, { mode: modeFor(uid) });
  await chmod(folder.wireDir, modeFor(uid));
  await makeFile(folder.bootPath, 0o400, uid, boot);
}

async function makeFile(
  path: string,
  mode: number,
  uid: number | undefined,
  content: Uint8Array | number,
): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    if (typeof content === 'number') await file.truncate(content);
    else await file.writeFile(content);
    if (uid !== undefined) await file.chown(uid, uid);
  } finally {
    await file.close();
  }
}
