import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { type TarBounds, TarGate } from '../../base/tar-entry.ts';
import { GleanerError } from '../../contract/failures.ts';

/** One entry that passed the gate. Its content can be read to the end, or not at all, until the next one comes. */
export interface ArchiveEntry {
  readonly kind: 'file' | 'folder';
  readonly path: string;
  readonly size: number;
  readonly executable: boolean;
  readonly content: AsyncIterable<Uint8Array>;
}

/** What is uploaded: a stream, or bytes that are already here. */
export type ByteSource = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Headers, padding and blocks of zeros may come on top of what the files take. */
const overheadPerEntry = 4096;
/** How far the upload may run ahead of the last file's end: an extended header (4 MiB), or zeros after the end. */
const maxTail = 8 * 1024 * 1024;
const sliceBytes = 64 * 1024;
const looksPacked: readonly (readonly [string, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
];
const makeAgain = 'Make it with: tar -cf job.tar -C FOLDER job.json in';

/**
 * The entries of a hostile, uncompressed tar, checked one by one as they come (see {@link TarGate}); memory
 * stays bounded whatever the archive says. Throws `archive-invalid` and `archive-too-large`; what `body`
 * itself throws passes through. An archive without its two closing blocks was cut short and is refused.
 */
export async function* readArchive(
  body: ByteSource,
  bounds: TarBounds,
): AsyncGenerator<ArchiveEntry, void, undefined> {
  const source = new CountedSource(body, bounds.totalBytes + (bounds.entries + 16) * overheadPerEntry);
  const reader = extract();
  const feeding = pipeline(Readable.from(source.chunks(), { objectMode: false }), reader);
  // What ends the feeding is told by the reader below or is our own doing. It is not waited for: a client
  // that stalls must not delay the refusal of what it sent before.
  feeding.catch(() => undefined);
  const entries = reader[Symbol.asyncIterator]();
  const gate = new TarGate(bounds);
  try {
    for (;;) {
      const next = await source.explain(entries.next());
      if (next.done === true) break;
      const entry = next.value;
      const { header, offset } = entry;
      const verdict = gate.check(header);
      if (!verdict.ok) {
        const code = verdict.fault === 'too-large' ? 'archive-too-large' : 'archive-invalid';
        throw new GleanerError(code, `The archive was refused: ${verdict.reason}.`);
      }
      source.filesEnd = offset + 512 + Math.ceil(header.size / 512) * 512;
      yield {
        kind: verdict.kind,
        path: verdict.path,
        size: header.size,
        executable: (header.mode & 0o100) !== 0,
        content: source.explainAll(entry),
      };
      entry.resume();
    }
    if (source.bytes < source.filesEnd + 1024) throw cutShort();
  } finally {
    reader.destroy();
  }
}

function cutShort(cause?: unknown): GleanerError {
  return new GleanerError('archive-invalid', 'The archive ends too early: it was cut short.', undefined, {
    cause,
  });
}

/** The upload on its way into the tar reader: counted, bounded, and able to say what a failure really was. */
class CountedSource {
  bytes = 0;
  /** Where the last entry that came ends, its padding included; told by the reader. */
  filesEnd = 0;
  readonly #body: ByteSource;
  readonly #maxBytes: number;
  #failure: { readonly error: unknown } | undefined;

  constructor(body: ByteSource, maxBytes: number) {
    this.#body = body;
    this.#maxBytes = maxBytes;
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      let first = true;
      for await (const chunk of this.#body) {
        if (first) refusePacked(chunk);
        first &&= chunk.length === 0;
        for (let at = 0; at < chunk.length; at += sliceBytes)
          yield this.#count(chunk.subarray(at, at + sliceBytes));
      }
      if (first) throw new GleanerError('archive-invalid', 'The archive is empty.', makeAgain);
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  #count(slice: Uint8Array): Uint8Array {
    this.bytes += slice.length;
    if (this.bytes > this.#maxBytes) {
      throw new GleanerError('archive-too-large', 'The archive is larger than its files may be together.');
    }
    if (this.bytes > this.filesEnd + maxTail) {
      throw new GleanerError('archive-invalid', 'The archive goes on without end after its last file.');
    }
    return slice;
  }

  async explain<T>(promise: Promise<T>): Promise<T> {
    try {
      return await promise;
    } catch (error) {
      throw this.#reason(error);
    }
  }

  async *explainAll(content: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of content) if (chunk instanceof Uint8Array) yield chunk;
    } catch (error) {
      throw this.#reason(error);
    }
  }

  #reason(error: unknown): unknown {
    if (this.#failure) return this.#failure.error;
    if (error instanceof Error && error.message === 'Unexpected end of data') return cutShort(error);
    return new GleanerError('archive-invalid', 'This is not a readable tar archive.', makeAgain, {
      cause: error,
    });
  }
}

function refusePacked(chunk: Uint8Array): void {
  for (const [name, magic] of looksPacked) {
    if (magic.every((byte, index) => chunk[index] === byte)) {
      throw new GleanerError(
        'archive-invalid',
        `The archive is packed with ${name}; only a plain tar is taken.`,
        makeAgain,
      );
    }
  }
}
