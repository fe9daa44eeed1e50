import { askOn } from './prompt.ts';
import { readText } from './read-text.ts';

/** The terminal (or pipe, or file) that a command talks to. */
export interface Io {
  /** Writes to stdout at the reader's pace. Rejects with {@link ReaderGone}. */
  out(text: string | Uint8Array): Promise<void>;
  /** Writes to stderr; a reader that has left is no reason to fail. */
  err(text: string): void;
  readonly outIsTerminal: boolean;
  /** Whether somebody sits there who can be asked. */
  readonly canAsk: boolean;
  /**
   * Asks on the terminal and resolves with the answer's line; null when there is no more input. `hidden`: nothing of
   * it is shown. On stderr, since stdout is for what the command answers. Rejects with `Interrupted`.
   */
  ask(question: string, hidden: boolean): Promise<string | null>;
  /** All of stdin. Rejects with `bad-request` when it is longer than that. */
  readIn(maxBytes: number): Promise<string>;
  readonly style: Style;
  /** Epoch ms. */
  now(): number;
  /**
   * Takes the first SIGINT or SIGTERM over while registered. Without a listener, and at a second signal from a
   * person who does not want to wait, the process ends at once with 130 or 143.
   */
  onSignal(listener: () => void): () => void;
  /** Runs before a signal ends the process; only work that is done at once. */
  onExit(cleanUp: () => void): () => void;
}

/** Whoever read our stdout (`| head`) has left: the end of the command, and no failure. */
export class ReaderGone extends Error {}

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
}

const plain: Paint = (text) => text;
const sgr =
  (code: number): Paint =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`;

/** Colours on a terminal that wants them (https://no-color.org). Pure. */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  const wanted = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  const paint = (code: number): Paint => (wanted ? sgr(code) : plain);
  return { bold: paint(1), dim: paint(2), good: paint(32), warn: paint(33), bad: paint(31) };
}

/** npm passes on a signal that the terminal has sent already; within this time two are one. In ms. */
const sameSignalMs = 1000;

/** The real one: this process's streams and signals. */
export function processIo(): Io {
  const { stdin, stdout, stderr, env } = process;
  const listeners = new Set<() => void>();
  const cleanUps = new Set<() => void>();
  // An unheard error event would end the process with a stack trace; writers hear of it by their callback.
  stdout.on('error', () => undefined);
  stderr.on('error', () => undefined);
  let signalledAt: number | undefined;
  const onSignal = (code: number) => (): void => {
    const now = performance.now();
    if (signalledAt !== undefined && now - signalledAt < sameSignalMs) return;
    const isFirst = signalledAt === undefined;
    signalledAt = now;
    if (isFirst && listeners.size > 0) {
      for (const listener of [...listeners]) listener();
      return;
    }
    for (const cleanUp of [...cleanUps]) cleanUp();
    process.exit(code);
  };
  process.on('SIGINT', onSignal(130));
  process.on('SIGTERM', onSignal(143));
  return {
    out: async (text) => {
      await new Promise<void>((resolve, reject) => {
        stdout.write(text, (error) => {
          if (!error) resolve();
          else if ('code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED')) {
            reject(new ReaderGone());
          } else reject(error);
        });
      });
    },
    err: (text) => {
      stderr.write(text, () => undefined);
    },
    outIsTerminal: stdout.isTTY,
    canAsk: stdin.isTTY && stderr.isTTY,
    ask: async (question, hidden) => await askOn(stdin, stderr, question, hidden),
    readIn: async (maxBytes) => await readText('-', maxBytes),
    style: styleFor(stdout.isTTY, env),
    now: () => Date.now(),
    onSignal: (listener) => addTo(listeners, listener),
    onExit: (cleanUp) => addTo(cleanUps, cleanUp),
  };
}

function addTo<T>(set: Set<T>, item: T): () => void {
  set.add(item);
  return () => {
    set.delete(item);
  };
}
