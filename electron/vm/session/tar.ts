import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { quoteName, TarGate } from '../../base/tar-entry.ts';
import { tarEnd, tarHeader, tarPadding } from '../../base/tar-write.ts';
import { GleanerError } from '../../contract/failures.ts';

const entriesMax = 10_000;
const nameBytesMax = 255;
const depthMax = 16;

/** What one top-level name of an archive may be, and how many bytes of files it may hold. */
export interface TarRoot {
  readonly kind: 'file' | 'folder';
  readonly maxBytes: number;
}
export type TarRoots = Readonly<Record<string, TarRoot>>;

export type TarSink = (chunk: Uint8Array) => Promise<void>;

const invalid = (reason: string): GleanerError =>
  new GleanerError('archive-invalid', `The archive from the virtual machine is refused: ${reason}.`);
const tooLarge = (reason: string): GleanerError =>
  new GleanerError('archive-too-large', `The archive from the virtual machine is too large: ${reason}.`);

/**
 * Reads a tar that a guest wrote, and writes the same files and folders as a tar of our own: in the order given,
 * owner 0, time 0, modes 644 and 755. Only what `roots` names may be in it. Nothing but regular files and folders
 * passes. Throws `archive-invalid` or `archive-too-large`; what `write` got until then is worth nothing.
 */
export async function normaliseTar(
  source: AsyncIterable<Uint8Array>,
  roots: TarRoots,
  write: TarSink,
): Promise<void> {
  const judge = new Judge(roots);
  const reader = extract();
  const reading = pipeline(Readable.from(source), reader as unknown as Writable);
  const writing = (async () => {
    for await (const entry of reader) {
      const item = judge.item(entry.header);
      await write(tarHeader(item));
      for await (const chunk of entry) await write(chunk as Uint8Array);
      await write(tarPadding(item.size));
    }
    await write(tarEnd);
  })();
  // The reader's own complaint names the cause only when the writer did not stop it.
  const [read, written] = await Promise.allSettled([reading, writing]);
  if (written.status === 'rejected' && written.reason instanceof GleanerError) throw written.reason;
  for (const result of [read, written]) {
    if (result.status === 'rejected') throw asInvalid(result.reason);
  }
}

class Judge {
  readonly #roots: TarRoots;
  readonly #gate: TarGate;
  readonly #bytes = new Map<string, number>();

  constructor(roots: TarRoots) {
    this.#roots = roots;
    const totalBytes = Object.values(roots).reduce((sum, root) => sum + root.maxBytes, 0);
    this.#gate = new TarGate({ totalBytes, entries: entriesMax, nameBytes: nameBytesMax, depth: depthMax });
  }

  item(header: Header): { path: string; kind: 'file' | 'folder'; size: number; executable: boolean } {
    const verdict = this.#gate.check(header);
    if (!verdict.ok) throw verdict.fault === 'too-large' ? tooLarge(verdict.reason) : invalid(verdict.reason);
    const { path, kind } = verdict;
    const size = kind === 'file' ? header.size : 0;
    const [first = ''] = path.split('/', 1);
    const root = Object.hasOwn(this.#roots, first) ? this.#roots[first] : undefined;
    if (!root) throw invalid(`${quoteName(header.name)} does not belong in it`);
    if (path === first ? kind !== root.kind : root.kind === 'file') {
      throw invalid(`${quoteName(header.name)} is not what its name says`);
    }
    const bytes = (this.#bytes.get(first) ?? 0) + size;
    this.#bytes.set(first, bytes);
    if (bytes > root.maxBytes) throw tooLarge(`"${first}" holds more than ${root.maxBytes} bytes`);
    return { path, kind, size, executable: (header.mode & 0o100) !== 0 };
  }
}

/** Complaints of the tar reader are the guest's fault; those of the system (a full disk) stay what they are. */
function asInvalid(reason: unknown): unknown {
  if (reason instanceof GleanerError) return reason;
  if (reason instanceof Error && !('code' in reason)) return invalid(quoteName(reason.message).slice(1, -1));
  return reason;
}
