import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDir } from '../base/atomic-file.ts';
import { GleanerError } from '../contract/failures.ts';

/** A disk that outlives its VM: the guest keeps a file system on it, which the host never looks into. */
export interface DataDisk {
  readonly path: string;
  /** Its size; a disk that is larger already stays so. */
  readonly bytes: number;
}

/** Of which a data disk's size is a multiple, whatever was asked for. */
const stepBytes = 1024 * 1024;

/**
 * Makes the disk where it is missing (sparse, so that it takes no room before it is written), and lets it grow. It is
 * never shortened, emptied or deleted. `uid` is who QEMU runs as, when that is not us: its folder must let that user
 * pass. Rejects `data-unusable` for anything that is not a file of its own, `disk-full`, or what the file system says.
 */
export async function readyDataDisk({ path, bytes }: DataDisk, uid: number | undefined): Promise<void> {
  const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  if (made !== undefined && uid !== undefined) await chmod(dirname(path), 0o711);
  const disk = await openOwn(path);
  try {
    const facts = await disk.stat();
    if (!facts.isFile() || facts.nlink !== 1) {
      throw new GleanerError(
        'data-unusable',
        'The data disk of the virtual machine is not what Gleaner made.',
        `Look at ${path}.`,
      );
    }
    const wanted = Math.ceil(bytes / stepBytes) * stepBytes;
    if (facts.size < wanted) {
      await disk.truncate(wanted);
      await disk.sync();
      await syncDir(dirname(path));
    }
    if (uid !== undefined && (facts.uid !== uid || facts.gid !== uid)) await disk.chown(uid, uid);
  } finally {
    await disk.close();
  }
}

/** QEMU's user owns the disk, and might have put something else in its place: follows no link, waits for no FIFO. */
async function openOwn(path: string): Promise<FileHandle> {
  // Both flags are missing on Windows, where neither trick exists.
  const careful = (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0);
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT | careful, 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ELOOP' && code !== 'ENXIO' && code !== 'EISDIR') throw error;
    throw new GleanerError(
      'data-unusable',
      'The data disk of the virtual machine is not a file.',
      `Look at ${path}.`,
    );
  }
}
