import { connect } from 'node:net';
import { GleanerError } from '../../contract/failures.ts';

/** Longest answer of a node that is read, in bytes. */
const answerBytesMax = 8 * 1024 * 1024;

/**
 * Asks a node's control port (`resources/guest/condor/condor-agent`) for one thing: a line of JSON there, a line of JSON
 * back. Rejects `agent-failed` when nobody answers there, when it hangs up, or says that it could not; `grid-protocol`
 * for what is no answer. Has no time limit: a guest's time may stand still.
 */
export function askNode(socketPath: string, request: object): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (code: 'agent-failed' | 'grid-protocol', sentence: string): void => {
      socket.destroy();
      reject(new GleanerError(code, sentence));
    };
    socket.on('error', () => {
      fail('agent-failed', 'The execute node in the virtual machine does not answer.');
    });
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > answerBytesMax) fail('grid-protocol', 'The execute node says too much.');
      else chunks.push(chunk);
    });
    // Of one that failed before, this changes nothing.
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      if (text === '') fail('agent-failed', 'The execute node hung up.');
      else {
        try {
          resolve(parseAnswer(text));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      }
    });
    socket.write(`${JSON.stringify(request)}\n`);
  });
}

/** Throws `agent-failed` for an error in words, `grid-protocol` for what is no answer. Pure. */
export function parseAnswer(text: string): Readonly<Record<string, unknown>> {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new GleanerError('grid-protocol', 'The execute node’s answer cannot be read.');
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    throw new GleanerError('grid-protocol', 'The execute node’s answer is none.');
  }
  const fields = answer as Readonly<Record<string, unknown>>;
  if (fields['error'] !== undefined) {
    throw new GleanerError('agent-failed', `The execute node says: ${cleanText(fields['error'], 300)}`);
  }
  return fields;
}

/** One line of foreign text, without control characters. Pure. */
export function cleanText(text: unknown, max: number): string {
  return typeof text === 'string'
    ? text
        .slice(0, 4 * max)
        .replaceAll(/[\p{C}\s]+/gu, ' ')
        .trim()
        .slice(0, max)
    : '';
}
