import { createInterface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';

/** Somebody pressed Ctrl-C at a question: the command ends with the exit code for that. */
export class Interrupted extends Error {}

/**
 * Asks one question on a terminal and resolves with the line that was typed; null when the input ended instead.
 * `hidden`: nothing of the answer is shown, not even its length. Rejects with {@link Interrupted}.
 */
export async function askOn(
  input: Readable,
  output: Writable,
  question: string,
  hidden: boolean,
): Promise<string | null> {
  const nowhere = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  // As a terminal, so that readline takes the echo over; what it would show of a secret goes nowhere.
  const lines = createInterface({ input, output: hidden ? nowhere : output, terminal: true, historySize: 0 });
  // Not before: whoever answers at once would see what they type.
  output.write(question);
  try {
    return await new Promise<string | null>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => {
        resolve(null);
      });
      lines.once('SIGINT', () => {
        reject(new Interrupted());
      });
    });
  } finally {
    lines.close();
    if (hidden) output.write('\n');
  }
}
