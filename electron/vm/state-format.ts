import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { GleanerError } from '../contract/failures.ts';
import { Fitness } from './state-fitness.ts';

/**
 * The format of a saved state, version 1. Big-endian.
 *
 * | bytes | what |
 * | --- | --- |
 * | 8 | `GLEANERS` |
 * | 4 | version |
 * | 4 | length of the header |
 * | … | header: {@link StateHeader} as JSON, readable by anybody |
 * | rest | chunks of 1 MiB of content (the last: 0 to 1 MiB), each enciphered and followed by its tag of 16 bytes |
 *
 * The content is a length, the boot's keys as JSON, and QEMU's migration stream. Chunks are AES-256-GCM under a key
 * of this file alone (HKDF-SHA-256 of the stored key with the header's salt); the nonce is a flag that marks the last
 * chunk, and the chunk's number; what stands before the chunks is authenticated with each of them. So nothing can
 * be altered, left out, cut off, put in another order, or taken from another file. (Rogaway et al., "Online
 * Authenticated-Encryption", 2015: the STREAM construction.)
 */
const magic = Buffer.from('GLEANERS');
const version = 1;
const fixedBytes = 16;
const headerBytesMax = 16 * 1024;
export const chunkBytes = 1024 * 1024;
const tagBytes = 16;
export const sealedChunkBytes = chunkBytes + tagBytes;
export const stateKeyBytes = 32;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

/** A disk as it was when the state was saved: any change, and any other file in its place, shows. Times in ns. */
const SavedDisk = z.strictObject({
  name: z.enum(['scratch', 'in', 'out', 'data']),
  bytes: z.int().min(0),
  modifiedNs: z.string().regex(/^-?\d{1,20}$/),
  changedNs: z.string().regex(/^-?\d{1,20}$/),
});
export type SavedDisk = z.infer<typeof SavedDisk>;

export const StateHeader = z.strictObject({
  /** Names this state and the disks that belong to it; never used again. */
  generation: hex(16),
  salt: hex(32),
  /** Epoch ms. */
  savedAt: z.int().min(0),
  fitness: Fitness,
  disks: z.array(SavedDisk).min(3).max(4),
});
export type StateHeader = z.infer<typeof StateHeader>;

/** A header for a state that is saved now. */
export function newHeader(more: Omit<StateHeader, 'generation' | 'salt'>): StateHeader {
  return { generation: randomBytes(16).toString('hex'), salt: randomBytes(32).toString('hex'), ...more };
}

/** All that stands before the chunks. Pure. */
export function encodeHeader(header: StateHeader): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  if (json.length > headerBytesMax) throw new Error('the header of a saved state is too long');
  const lead = Buffer.alloc(fixedBytes);
  magic.copy(lead);
  lead.writeUInt32BE(version, 8);
  lead.writeUInt32BE(json.length, 12);
  return Buffer.concat([lead, json]);
}

/** How many bytes {@link decodeHeader} needs at most. */
export const leadBytesMax = fixedBytes + headerBytesMax;

/** The header at the beginning of a file, and where it ends. Throws `state-unfit`. Pure. */
export function decodeHeader(start: Uint8Array): { header: StateHeader; lead: Uint8Array } {
  const bytes = Buffer.from(start);
  if (bytes.length < fixedBytes || !bytes.subarray(0, 8).equals(magic)) throw damaged();
  if (bytes.readUInt32BE(8) !== version) throw unfit('it was saved by another version of Gleaner');
  const end = fixedBytes + bytes.readUInt32BE(12);
  if (end > leadBytesMax || end > bytes.length) throw damaged();
  try {
    const header = StateHeader.parse(JSON.parse(bytes.toString('utf8', fixedBytes, end)));
    return { header, lead: bytes.subarray(0, end) };
  } catch {
    throw damaged();
  }
}

/** Seals and opens the chunks of one state, in their order. */
export class Chunks {
  readonly #key: Uint8Array;
  readonly #context: Uint8Array;
  #number = 0n;

  /** @param lead what {@link encodeHeader} made of the header */
  constructor(storedKey: Uint8Array, header: StateHeader, lead: Uint8Array) {
    if (storedKey.length !== stateKeyBytes) throw new Error('a key for saved states has 32 bytes');
    const salt = Buffer.from(header.salt, 'hex');
    this.#key = new Uint8Array(hkdfSync('sha256', storedKey, salt, 'gleaner saved state 1', stateKeyBytes));
    this.#context = createHash('sha256').update(lead).digest();
  }

  seal(content: Uint8Array, last: boolean): Uint8Array[] {
    const cipher = createCipheriv('aes-256-gcm', this.#key, this.#nonce(last));
    cipher.setAAD(this.#context);
    const sealed = cipher.update(content);
    cipher.final();
    return [sealed, cipher.getAuthTag()];
  }

  /** Throws `state-unfit` for anything that is not the chunk that was sealed here. */
  open(sealed: Uint8Array, last: boolean): Uint8Array {
    if (sealed.length < tagBytes) throw damaged();
    const decipher = createDecipheriv('aes-256-gcm', this.#key, this.#nonce(last), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(this.#context);
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    const content = decipher.update(sealed.subarray(0, -tagBytes));
    try {
      decipher.final();
    } catch {
      throw damaged();
    }
    return content;
  }

  #nonce(last: boolean): Uint8Array {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt8(last ? 1 : 0, 0);
    nonce.writeBigUInt64BE(this.#number, 4);
    this.#number += 1n;
    return nonce;
  }
}

/** `why` completes "The saved state cannot be used: …". */
export function unfit(why: string): GleanerError {
  return new GleanerError(
    'state-unfit',
    `The saved state of the virtual machine cannot be used: ${why}.`,
    'Its job goes on from its last checkpoint.',
  );
}

export function damaged(): GleanerError {
  return unfit('it is damaged, or was saved under another key');
}
