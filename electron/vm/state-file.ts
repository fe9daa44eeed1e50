import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { z } from 'zod';
import { syncDir } from '../base/atomic-file.ts';
import type { BootKeys } from './boot-disk.ts';
import type { DiskFile, VmFolder } from './folder.ts';
import {
  Chunks,
  chunkBytes,
  damaged,
  decodeHeader,
  encodeHeader,
  leadBytesMax,
  type SavedDisk,
  type StateHeader,
  sealedChunkBytes,
  unfit,
} from './state-format.ts';

/** Where the composition root keeps secrets. */
export interface Secrets {
  /** 32 bytes that stay the same for this name; made when it is asked for first. */
  key(name: string): Promise<Uint8Array>;
}

const keyName = 'saved-state';
const keysBytesMax = 64 * 1024;

const base64 = z
  .string()
  .max(8192)
  .transform((text): Uint8Array => Buffer.from(text, 'base64'));
const SavedKeys = z.strictObject({
  clientPrivateKey: z.string().max(8192),
  authorizedKey: z.string().max(8192),
  hostPrivateKeyDropbear: base64,
  hostPublicKey: base64,
});

/** The key under which states are saved here. Rejects what `secrets` does. */
export function stateKey(secrets: Secrets): Promise<Uint8Array> {
  return secrets.key(keyName);
}

/** Writes one state, chunk by chunk, in bounded memory. It is of use only after {@link finish}. */
export class StateWriter {
  readonly #file: FileHandle;
  readonly #chunks: Chunks;
  readonly #chunk = Buffer.allocUnsafe(chunkBytes);
  #filled = 0;
  #bytes: number;
  #flushing: Promise<unknown> = Promise.resolve();
  #unflushed = 0;

  private constructor(file: FileHandle, chunks: Chunks, bytes: number) {
    this.#file = file;
    this.#chunks = chunks;
    this.#bytes = bytes;
  }

  static async create(
    filePath: string,
    key: Uint8Array,
    header: StateHeader,
    keys: BootKeys,
  ): Promise<StateWriter> {
    const lead = encodeHeader(header);
    await rm(filePath, { force: true });
    const file = await open(filePath, 'wx', 0o600);
    try {
      await file.write(lead);
      const writer = new StateWriter(file, new Chunks(key, header, lead), lead.length);
      await writer.write(encodeKeys(keys));
      return writer;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Length of the file so far. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let done = 0; done < piece.length; ) {
      // A chunk is sealed only when more follows: the last one is marked as such.
      if (this.#filled === chunkBytes) await this.#seal(false);
      const part = piece.subarray(done, done + chunkBytes - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.length;
      done += part.length;
    }
  }

  /** Seals the last chunk; resolves when all of it is on the disk. */
  async finish(): Promise<void> {
    await this.#seal(true);
    await this.#flushing;
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#flushing.catch(() => undefined);
    await this.#file.close();
  }

  async #seal(last: boolean): Promise<void> {
    const parts = this.#chunks.seal(this.#chunk.subarray(0, this.#filled), last);
    this.#filled = 0;
    for (const part of parts) {
      for (let done = 0; done < part.length; ) {
        const { bytesWritten } = await this.#file.write(part, done, part.length - done);
        done += bytesWritten;
        this.#bytes += bytesWritten;
      }
      this.#unflushed += part.length;
    }
    await this.#flush();
  }

  /** Begins early with what the sync at the end would have to wait for, one piece at a time. */
  async #flush(): Promise<void> {
    if (this.#unflushed < flushBytes) return;
    this.#unflushed = 0;
    await this.#flushing;
    this.#flushing = this.#file.datasync();
    this.#flushing.catch(() => undefined);
  }
}

const flushBytes = 16 * chunkBytes;

/** The header of the state at `filePath`. Throws `state-unfit`, or what the file system says. */
export async function readHeader(filePath: string): Promise<{ header: StateHeader; bytes: number }> {
  const file = await open(filePath, 'r');
  try {
    const { header } = await leadOf(file);
    const { size } = await file.stat();
    return { header, bytes: size };
  } finally {
    await file.close();
  }
}

/**
 * Whether a whole saved state lies in the folder that nobody has begun to use. A state that was being written, or
 * that was used up, is none; remainders of both are deleted.
 */
export async function isSaved(folder: VmFolder): Promise<boolean> {
  await rm(folder.newStatePath, { force: true });
  const used = await stat(folder.usedStatePath).then(
    () => true,
    () => false,
  );
  if (used) return false;
  return readHeader(folder.statePath).then(
    () => true,
    () => false,
  );
}

/** The keys of the boot that was saved. Throws `state-unfit`. */
export async function readKeys(filePath: string, key: Uint8Array): Promise<BootKeys> {
  const content = contentOf(filePath, key);
  try {
    const { value } = await content.next();
    return splitKeys(value ?? new Uint8Array()).keys;
  } finally {
    await content.return(undefined);
  }
}

/** QEMU's migration stream, each piece authenticated before it is given. Throws `state-unfit` where that fails. */
export async function* readStream(
  filePath: string,
  key: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  let first = true;
  for await (const chunk of contentOf(filePath, key)) {
    yield first ? splitKeys(chunk).rest : chunk;
    first = false;
  }
}

async function* contentOf(filePath: string, key: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(filePath, 'r');
  try {
    const { header, lead } = await leadOf(file);
    const { size } = await file.stat();
    const chunks = new Chunks(key, header, lead);
    for (let at = lead.length, last = false; !last; ) {
      const length = Math.min(sealedChunkBytes, size - at);
      last = at + length >= size;
      const sealed = await readAt(file, at, Math.max(0, length));
      if (sealed.length < length) throw damaged();
      yield chunks.open(sealed, last);
      at += length;
    }
  } finally {
    await file.close();
  }
}

async function leadOf(file: FileHandle): Promise<ReturnType<typeof decodeHeader>> {
  return decodeHeader(await readAt(file, 0, leadBytesMax));
}

/** Fewer bytes at the end of the file only. */
async function readAt(file: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return buffer.subarray(0, done);
}

function encodeKeys(keys: BootKeys): Uint8Array {
  const json = Buffer.from(
    JSON.stringify({
      clientPrivateKey: keys.clientPrivateKey,
      authorizedKey: keys.authorizedKey,
      hostPrivateKeyDropbear: Buffer.from(keys.hostPrivateKeyDropbear).toString('base64'),
      hostPublicKey: Buffer.from(keys.hostPublicKey).toString('base64'),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json]);
}

function splitKeys(chunk: Uint8Array): { keys: BootKeys; rest: Uint8Array } {
  const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (bytes.length < 4) throw damaged();
  const end = 4 + bytes.readUInt32BE(0);
  if (end > Math.min(bytes.length, keysBytesMax)) throw damaged();
  return {
    keys: SavedKeys.parse(JSON.parse(bytes.toString('utf8', 4, end))),
    rest: bytes.subarray(end),
  };
}

/** The writable disks of a VM whose QEMU stands still: on the disk, and as they can be told again. */
export async function syncDisks(disks: readonly DiskFile[]): Promise<SavedDisk[]> {
  for (const { path } of disks) {
    // QEMU runs without flushes, so it is for us to make them last.
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
  return describeDisks(disks);
}

async function describeDisks(disks: readonly DiskFile[]): Promise<SavedDisk[]> {
  return Promise.all(
    disks.map(async ({ name, path }) => {
      const facts = await stat(path, { bigint: true });
      return {
        name,
        bytes: Number(facts.size),
        modifiedNs: String(facts.mtimeNs),
        changedNs: String(facts.ctimeNs),
      };
    }),
  );
}

/** Throws `state-unfit` unless the disks are those that this state was saved with, untouched. */
export async function requireDisks(disks: readonly DiskFile[], header: StateHeader): Promise<void> {
  const present = await describeDisks(disks).catch(() => []);
  if (JSON.stringify(present) !== JSON.stringify(header.disks)) {
    throw unfit('the disks are not those that belong to it');
  }
}

/** Bytes that may still be written to the file system of `dirPath` by this user. */
export async function roomIn(dirPath: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirPath);
  return bavail * bsize;
}

/** From here on, the state that was written is the one to come back to. */
export async function publishState(folder: VmFolder): Promise<void> {
  await rename(folder.newStatePath, folder.statePath);
  await syncDir(folder.dir);
}

/** From here on, whatever happens, the state is not used again. */
export async function consumeState(folder: VmFolder): Promise<void> {
  await rename(folder.statePath, folder.usedStatePath);
  await syncDir(folder.dir);
}

/** Leaves nothing of any state; durable. */
export async function removeStates(folder: VmFolder): Promise<void> {
  for (const path of [folder.newStatePath, folder.statePath, folder.usedStatePath]) {
    await rm(path, { force: true });
  }
  await syncDir(folder.dir);
}
