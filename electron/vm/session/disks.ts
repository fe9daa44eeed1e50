import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tarEnd } from '../../base/tar-write.ts';
import { GleanerError } from '../../contract/failures.ts';
import { normaliseTar, type TarRoots } from './tar.ts';

const chunkBytes = 1024 * 1024;

/**
 * Opens a VM's raw disk. The folder belongs to the VM's uid, so a QEMU that was taken over could have put
 * something else in the disk's place: never follow a link, never wait for a FIFO, take regular files only.
 */
async function openDisk(diskPath: string, flags: number): Promise<{ disk: FileHandle; size: number }> {
  // Both flags are missing on Windows, where neither trick exists.
  const careful = (constants.O_NOFOLLOW || 0) | (constants.O_NONBLOCK || 0);
  const disk = await open(diskPath, flags | careful);
  try {
    const stat = await disk.stat();
    if (!stat.isFile() || stat.nlink !== 1) {
      throw new GleanerError('guest-protocol', 'A disk of the virtual machine is not what the host made.');
    }
    return { disk, size: stat.size };
  } catch (error) {
    await disk.close();
    throw error;
  }
}

/** Copies a tar of the host's onto the `in` disk; returns how many bytes of it count. Throws `resources-unavailable`. */
export async function fillDisk(diskPath: string, tarPath: string): Promise<number> {
  const tar = await open(tarPath, 'r');
  try {
    const { size: tarSize } = await tar.stat();
    const { disk, size } = await openDisk(diskPath, constants.O_RDWR);
    try {
      if (tarSize + tarEnd.length > size) {
        throw new GleanerError(
          'resources-unavailable',
          `The input (${tarSize} bytes) does not fit on the transfer disk (${size} bytes).`,
        );
      }
      let at = 0;
      for await (const chunk of pieces(tar, tarSize)) {
        await writeAll(disk, chunk, at);
        at += chunk.length;
      }
      // What an earlier input left behind must not be read as more of this one.
      await writeAll(disk, tarEnd, at);
      return at + tarEnd.length;
    } finally {
      await disk.close();
    }
  } finally {
    await tar.close();
  }
}

/** What the guest says of the tar that it wrote to the `out` disk. */
export interface Claim {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * Reads the guest's tar from the `out` disk, once, and leaves its normalised form at `toPath`, synced. Throws
 * `guest-protocol` when the bytes are not those the guest told, and what {@link normaliseTar} throws; then
 * there is no file at `toPath`.
 */
export async function collectDisk(
  diskPath: string,
  claim: Claim,
  toPath: string,
  roots: TarRoots,
): Promise<{ bytes: number; digest: string }> {
  const { disk, size } = await openDisk(diskPath, constants.O_RDONLY);
  try {
    if (claim.bytes > size) throw mismatch();
    const file = await open(toPath, 'w', 0o600);
    try {
      const raw = createHash('sha256');
      const source = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of pieces(disk, claim.bytes)) {
          raw.update(chunk);
          yield chunk;
        }
      };
      const written = new FileSink(file);
      await normaliseTar(source(), roots, (chunk) => written.write(chunk));
      if (raw.digest('hex') !== claim.sha256) throw mismatch();
      await written.flush();
      await file.sync();
      return { bytes: written.bytes, digest: `sha256:${written.sha256.digest('hex')}` };
    } catch (error) {
      await rm(toPath, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  } finally {
    await disk.close();
  }
}

/** Gathers small pieces into few writes, and hashes them. */
class FileSink {
  readonly #file: FileHandle;
  readonly sha256 = createHash('sha256');
  #waiting: Uint8Array[] = [];
  #held = 0;
  bytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#waiting.push(chunk);
    this.#held += chunk.length;
    if (this.#held >= chunkBytes) await this.flush();
  }

  async flush(): Promise<void> {
    const whole = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#held = 0;
    this.sha256.update(whole);
    await writeAll(this.#file, whole, this.bytes);
    this.bytes += whole.length;
  }
}

async function* pieces(file: FileHandle, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < length; ) {
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafe(Math.min(chunkBytes, length - at)),
      0,
      Math.min(chunkBytes, length - at),
      at,
    );
    if (bytesRead === 0) throw mismatch();
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function mismatch(): GleanerError {
  return new GleanerError(
    'guest-protocol',
    'What the virtual machine wrote to its transfer disk is not what it told.',
  );
}
