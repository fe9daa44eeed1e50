import { basename, join } from 'node:path';
import type { SaveDialogOptions, SaveDialogReturnValue, WebContents } from 'electron';
import type { Disposable } from '../base/disposal.ts';
import { saveStream } from '../base/save-file.ts';
import { GleanerError, toFailure } from '../contract/failures.ts';

export interface SaveDialogsOptions {
  /** Asks in front of the window that shows these contents. */
  readonly ask: (contents: WebContents, options: SaveDialogOptions) => Promise<SaveDialogReturnValue>;
  /** Where a name is proposed. */
  readonly folder: () => string;
  /** What the dialog is called. */
  readonly title: () => string;
}

/** Only the person may read what is saved for them: it tells of their computer. */
const mode = 0o600;

/** Lets the person say where to in the system's own dialog, one at a time, and writes there: the `SaveDesk` of control/. */
export class SaveDialogs implements Disposable {
  readonly #o: SaveDialogsOptions;
  readonly #end = new AbortController();
  #writing: Promise<unknown> | undefined;

  constructor(options: SaveDialogsOptions) {
    this.#o = options;
  }

  /** As `SaveDesk` says. */
  async save(
    contents: WebContents,
    suggestedName: string,
    bytes: () => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<string | null> {
    if (this.#writing || this.#end.signal.aborted)
      throw new GleanerError('wrong-phase', 'Another file is being saved.', 'Wait for it, or cancel it.');
    const work = this.#save(contents, suggestedName, bytes);
    this.#writing = work.catch(() => undefined);
    try {
      return await work;
    } finally {
      this.#writing = undefined;
    }
  }

  /** What is not complete is given up, and nothing of it left. A dialog that stands open is not waited for. */
  async dispose(): Promise<void> {
    this.#end.abort();
    await this.#writing;
  }

  async #save(
    contents: WebContents,
    suggestedName: string,
    bytes: () => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<string | null> {
    const { ask, folder, title } = this.#o;
    const { signal } = this.#end;
    const chosen = await until(
      signal,
      ask(contents, {
        title: title(),
        defaultPath: join(folder(), suggestedName),
        properties: ['createDirectory', 'showOverwriteConfirmation'],
      }),
    );
    if (chosen === null || chosen.canceled || chosen.filePath === '') return null;
    const source = await until(signal, bytes());
    if (source === null) return null;
    try {
      await saveStream(chosen.filePath, untilOver(signal, source), mode);
      return basename(chosen.filePath);
    } catch (error) {
      throw writeFailure(error);
    }
  }
}

/** What was promised, or null if it is over before. */
async function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | null> {
  let end = (): void => undefined;
  const over = new Promise<null>((resolve) => {
    end = () => {
      resolve(null);
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
  });
  try {
    return await Promise.race([promise, over]);
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/** What the source gives; throws `host-not-running` when it is over before the source is. */
async function* untilOver(
  signal: AbortSignal,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const piece = await until(signal, pieces.next());
      if (piece === null) throw new GleanerError('host-not-running', 'Gleaner is shutting down.');
      if (piece.done === true) return;
      yield piece.value;
    }
  } finally {
    // Not waited for: a source that hangs would keep the file open.
    pieces.return?.().then(undefined, () => undefined);
  }
}

/** A full disk stays what it is, and so does what came from where the bytes come from. */
function writeFailure(error: unknown): unknown {
  const isOurs = error instanceof Error && 'syscall' in error && toFailure(error).code === 'internal';
  if (!isOurs) return error;
  return new GleanerError(
    'storage-failed',
    `The file could not be written (${'code' in error ? String(error.code) : error.message}).`,
    'Choose a place that you may write to.',
    { cause: error },
  );
}
