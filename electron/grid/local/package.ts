import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDir } from '../../base/atomic-file.ts';
import { canonicalJson, sha256Digest } from '../../base/canonical-json.ts';
import { quoteName, type TarBounds } from '../../base/tar-entry.ts';
import { type TarItem, tarEnd, tarHeader, tarPadding } from '../../base/tar-write.ts';
import { GleanerError } from '../../contract/failures.ts';
import { documentName, type JobDocument, maxDocumentBytes } from '../../contract/job.ts';
import { type ArchiveEntry, type ByteSource, readArchive } from './package-archive.ts';
import { inMiB, parseDocument } from './package-document.ts';

const maxInputBytes = 1024 ** 3;
const bounds: TarBounds = {
  totalBytes: maxInputBytes + maxDocumentBytes,
  entries: 10_000,
  nameBytes: 255,
  depth: 16,
};

/** A job as it was handed in, checked and ready for the queue. */
export interface JobPackage {
  readonly document: JobDocument;
  /** In the staging folder, synced: a tar of our own making, `in/` first, every folder before what is in it. */
  readonly inputTarPath: string;
  readonly inputFiles: number;
  readonly inputBytes: number;
  /** Of the canonical JSON of the document with its defaults. */
  readonly documentDigest: string;
  /** Of the bytes of the input tar. */
  readonly inputDigest: string;
}

/**
 * Reads an uploaded package, an uncompressed tar of `job.json` and `in/…` in any order, into `stagingDir`
 * (made when missing; the caller removes it). Rejects with `document-invalid`, `document-version`,
 * `document-too-large`, `archive-invalid` or `archive-too-large`, with what the file
 * system says, or with what `body` throws; nothing is left in the staging folder then.
 */
export async function readPackage(body: ByteSource, stagingDir: string): Promise<JobPackage> {
  await mkdir(stagingDir, { recursive: true, mode: 0o700 });
  const inputTarPath = join(stagingDir, 'input.tar');
  try {
    const file = await open(inputTarPath, 'wx', 0o600);
    try {
      const input = new InputWriter(file);
      const document = await readEntries(body, input);
      await input.finish();
      await syncDir(stagingDir);
      return {
        document,
        inputTarPath,
        inputFiles: input.files,
        inputBytes: input.bytes,
        documentDigest: sha256Digest(canonicalJson(document)),
        inputDigest: input.digest(),
      };
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(inputTarPath, { force: true });
    throw error;
  }
}

async function readEntries(body: ByteSource, input: InputWriter): Promise<JobDocument> {
  let document: JobDocument | undefined;
  await input.folder('in');
  for await (const entry of readArchive(body, bounds)) {
    if (entry.path === documentName && entry.kind === 'file') {
      document = parseDocument(await readDocument(entry));
    } else if (entry.path.startsWith('in/')) {
      await input.add(entry);
    } else if (entry.kind !== 'folder' || (entry.path !== '' && entry.path !== 'in')) {
      throw new GleanerError(
        'archive-invalid',
        `${quoteName(entry.path)} has no place in a job package: only ${documentName} and files under in/ have.`,
        'Pack from inside the folder: tar -cf job.tar -C FOLDER job.json in',
      );
    }
    refuseTooLarge(input.bytes, document);
  }
  if (!document) {
    throw new GleanerError(
      'document-invalid',
      `The package has no ${documentName}.`,
      `Put the job document beside the folder in/ and name it ${documentName}.`,
    );
  }
  return document;
}

async function readDocument(entry: ArchiveEntry): Promise<Uint8Array> {
  if (entry.size > maxDocumentBytes) {
    throw new GleanerError(
      'document-too-large',
      `${documentName} has ${entry.size} bytes; at most ${maxDocumentBytes} are read.`,
      'Put data into files under in/ instead.',
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The job's disk holds its inputs, so they may not be larger, whichever of the two came first. */
function refuseTooLarge(inputBytes: number, document: JobDocument | undefined): void {
  const limit = Math.min(maxInputBytes, document?.resources.disk ?? maxInputBytes);
  if (inputBytes <= limit) return;
  throw new GleanerError(
    'archive-too-large',
    `The inputs take ${inMiB(inputBytes)}, and this job may have ${inMiB(limit)} at most.`,
    `Hand in less, or ask for more disk in ${documentName} (up to 1024 MiB of inputs).`,
  );
}

/** Writes the input tar in one pass, hashing as it goes. */
class InputWriter {
  files = 0;
  bytes = 0;
  readonly #file: FileHandle;
  readonly #hash: Hash = createHash('sha256');
  readonly #folders = new Set<string>();

  constructor(file: FileHandle) {
    this.#file = file;
  }

  async add({ kind, path, size, executable, content }: ArchiveEntry): Promise<void> {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) await this.folder(parts.slice(0, depth).join('/'));
    if (kind === 'folder') {
      await this.folder(path);
      return;
    }
    this.files += 1;
    this.bytes += size;
    await this.#header({ path, kind, size, executable });
    for await (const chunk of content) await this.#write(chunk);
    await this.#write(tarPadding(size));
  }

  async folder(path: string): Promise<void> {
    if (this.#folders.has(path)) return;
    this.#folders.add(path);
    await this.#header({ path, kind: 'folder', size: 0 });
  }

  async finish(): Promise<void> {
    await this.#write(tarEnd);
    await this.#file.sync();
  }

  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }

  #header(item: TarItem): Promise<void> {
    return this.#write(tarHeader(item));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    await this.#file.writeFile(bytes);
  }
}
