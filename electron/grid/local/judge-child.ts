import { createReadStream } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { connectToParent } from '../../base/parent.ts';
import type { TarBounds } from '../../base/tar-entry.ts';
import { type Failure, GleanerError, toFailure } from '../../contract/failures.ts';
import { checkPrices, parseBook } from './judge-book.ts';
import type { JudgeAnswer, JudgeRequest } from './judge-messages.ts';
import { readArchive } from './package-archive.ts';

/**
 * The worker `judge`: reads what a job left behind, away from the host's own process. It answers one question
 * and is then killed by whoever asked.
 */

const bounds: TarBounds = { totalBytes: 2 * 1024 ** 3, entries: 20_000, nameBytes: 512, depth: 32 };
const maxTableBytes = 1024 * 1024;

const parent = connectToParent();

// Judging is work for a job: it must not take the computer from the person's own programs.
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Not permitted everywhere; then we run like the others.
}

parent.onMessage((message) => {
  answer(message as JudgeRequest).then(
    (value) => {
      parent.send(value);
    },
    (error: unknown) => {
      parent.send({ kind: 'failed', failure: describe(error) } satisfies JudgeAnswer);
    },
  );
});

async function answer(request: JudgeRequest): Promise<JudgeAnswer> {
  if (request.kind === 'tail') {
    return { kind: 'tail', text: await readTail(request.resultTarPath, request.name, request.maxBytes) };
  }
  const fault = await judgePrices(request.inputTarPath, request.resultTarPath);
  return { kind: 'verdict', fault: fault === null ? null : fault.slice(0, 600) };
}

async function judgePrices(inputTarPath: string, resultTarPath: string): Promise<string | null> {
  const bookText = await readTable(inputTarPath, 'in/book.csv');
  if (bookText === undefined) return 'in/book.csv, which the check needs, is missing or larger than 1 MiB';
  const book = parseBook(bookText);
  if (typeof book === 'string') return `in/book.csv cannot be read: ${book}`;
  const prices = await readTable(resultTarPath, 'out/prices.csv');
  if (prices === undefined) return 'out/prices.csv is missing or larger than 1 MiB';
  return checkPrices(book, prices);
}

/** The file's text, or undefined when the archive has no such file or a larger one than 1 MiB. */
async function readTable(tarPath: string, path: string): Promise<string | undefined> {
  for await (const entry of readArchive(createReadStream(tarPath), bounds)) {
    if (entry.path !== path) continue;
    if (entry.kind !== 'file' || entry.size > maxTableBytes) return undefined;
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry.content) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }
  return undefined;
}

/** The last bytes of a file of the archive as text, beginning with a whole character; '' when it is not there. */
async function readTail(tarPath: string, path: string, maxBytes: number): Promise<string> {
  for await (const entry of readArchive(createReadStream(tarPath), bounds)) {
    if (entry.path !== path || entry.kind !== 'file') continue;
    let tail: Uint8Array = new Uint8Array();
    for await (const chunk of entry.content) tail = Buffer.concat([tail, chunk]).subarray(-maxBytes);
    let start = 0;
    if (entry.size > maxBytes) while (((tail[start] ?? 0) & 0xc0) === 0x80) start += 1;
    return Buffer.from(tail.subarray(start)).toString('utf8');
  }
  return '';
}

function describe(error: unknown): Failure {
  if (error instanceof GleanerError) return error.toFailure();
  if (error instanceof Error && 'code' in error) {
    return {
      code: 'storage-failed',
      sentence: `The job's files cannot be read: ${error.message}.`.slice(0, 500),
    };
  }
  return toFailure(error);
}
