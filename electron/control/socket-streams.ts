import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { GleanerError } from '../contract/failures.ts';

const clientLeft = (): GleanerError =>
  new GleanerError('bad-request', 'The client went away before it had sent everything.');

const clientStuck = (): GleanerError =>
  new GleanerError('bad-request', 'The client was too slow to send its request.');

/**
 * The whole body as text.
 * @throws GleanerError `bad-request` when it exceeds `maxBytes`, takes longer than `limitMs`, or breaks off
 */
export async function readText(
  request: IncomingMessage,
  maxBytes: number,
  clock: Clock,
  limitMs: number,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (finish: () => void): void => {
      cancel();
      request.off('data', onData);
      finish();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > maxBytes) {
        settle(() => {
          reject(new GleanerError('bad-request', `The input is larger than ${maxBytes} bytes.`));
        });
        return;
      }
      chunks.push(chunk);
    };
    const cancel = clock.after(limitMs, () => {
      settle(() => {
        reject(clientStuck());
      });
    });
    request.on('data', onData);
    request.once('end', () => {
      settle(() => {
        resolve(Buffer.concat(chunks).toString('utf8'));
      });
    });
    request.once('close', () => {
      settle(() => {
        reject(clientLeft());
      });
    });
  });
}

/**
 * The body as the host reads it: with back-pressure, and a limit between two pieces. Leaving it early keeps
 * the connection, so that the answer can still be sent.
 * @throws GleanerError `bad-request` when the client stalls for `stallMs` or goes away
 */
export async function* uploadBody(
  request: IncomingMessage,
  clock: Clock,
  stallMs: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = request.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  try {
    for (;;) {
      const piece = await nextPiece(pieces, clock, stallMs);
      if (piece.done === true) break;
      if (piece.value instanceof Uint8Array) yield piece.value;
    }
  } finally {
    // Without a reader the rest must flow away, or the client could not get to its answer.
    void pieces.return?.().then(() => {
      request.resume();
    });
  }
  if (!request.complete) throw clientLeft();
}

async function nextPiece(
  pieces: AsyncIterator<unknown>,
  clock: Clock,
  stallMs: number,
): Promise<IteratorResult<unknown>> {
  let cancel = (): void => undefined;
  const stuck = new Promise<never>((_resolve, reject) => {
    cancel = clock.after(stallMs, () => {
      reject(clientStuck());
    });
  });
  const next = pieces.next().catch(() => {
    throw clientLeft();
  });
  try {
    return await Promise.race([next, stuck]);
  } finally {
    cancel();
    // The loser of the race may still reject.
    next.catch(() => undefined);
  }
}

/**
 * Writes all bytes at the client's pace; ends early, without an error, when the client goes away. A client
 * that takes nothing for `stallMs` is disconnected.
 * @throws what the source of the bytes throws
 */
export async function sendBytes(
  response: ServerResponse,
  bytes: AsyncIterable<Uint8Array>,
  clock: Clock,
  stallMs: number,
): Promise<void> {
  for await (const chunk of bytes) {
    if (response.destroyed) return;
    if (!response.write(chunk)) await untilDrained(response, clock, stallMs);
  }
}

async function untilDrained(response: ServerResponse, clock: Clock, stallMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      cancel();
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    const cancel = clock.after(stallMs, () => {
      response.destroy();
    });
    response.on('drain', done);
    response.on('close', done);
  });
}
