import { open } from 'node:fs/promises';
import { quoteName } from '../base/tar-entry.ts';
import { GleanerError } from '../contract/failures.ts';

/** The text of a file that a person named, `-` for stdin. Rejects with `bad-request`. */
export async function readText(path: string, maxBytes: number): Promise<string> {
  const refuse = (sentence: string, cause?: unknown): GleanerError =>
    new GleanerError('bad-request', sentence, undefined, { cause });
  const chunks: Buffer[] = [];
  let size = 0;
  const file =
    path === '-'
      ? undefined
      : await open(path, 'r').catch((error: unknown) => {
          throw refuse(`There is no file ${quoteName(path)} that can be read.`, error);
        });
  const stream: AsyncIterable<Buffer> = file ? file.createReadStream({ autoClose: false }) : process.stdin;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > maxBytes) throw refuse(`${quoteName(path)} is larger than ${maxBytes} bytes.`);
    }
  } catch (error) {
    if (error instanceof GleanerError) throw error;
    throw refuse(`${quoteName(path)} cannot be read.`, error);
  } finally {
    await file?.close();
  }
  return Buffer.concat(chunks).toString('utf8');
}
