import { Worker } from 'node:worker_threads';

/** What it may take of JavaScript's own memory; the script's sandbox has a bound of its own. */
const resourceLimits = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 16, stackSizeMb: 2 };

export interface PacQuestion {
  readonly url: string;
  readonly host: string;
}

/** What the thread says: it runs a stranger's script, so this is looked at like anything from outside. */
function readReply(raw: unknown): { answer: string } | { error: string } | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined;
  if ('answer' in raw && typeof raw.answer === 'string') return { answer: raw.answer.slice(0, 1000) };
  if ('error' in raw && typeof raw.error === 'string') return { error: raw.error.slice(0, 200) };
  return undefined;
}

/**
 * A script of the network's that says which proxy to use (a "PAC" script). It runs in a sandbox in a thread of its own,
 * because no sandbox alone keeps it from running for ever: the thread is ended when somebody is tired of waiting.
 */
export class PacScript {
  readonly #source: string;
  readonly #threadUrl: URL;
  #thread: Worker | undefined;
  #disposed = false;

  /** @param threadUrl the script that becomes the thread: it calls `servePac` */
  constructor(source: string, threadUrl: URL) {
    this.#source = source;
    this.#threadUrl = threadUrl;
  }

  /** The script's answer, unread. Rejects when it fails, or the signal says so. One call at a time. */
  answer(question: PacQuestion, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#disposed) {
        reject(new Error('it is not in use any more'));
        return;
      }
      const thread = (this.#thread ??= this.#start());
      const end = (): void => {
        signal.removeEventListener('abort', abort);
        thread.removeAllListeners('message');
        thread.removeAllListeners('exit');
      };
      const fail = (error: Error): void => {
        end();
        this.#endThread();
        reject(error);
      };
      const abort = (): void => {
        fail(signal.reason as Error);
      };
      signal.addEventListener('abort', abort);
      thread.once('exit', () => {
        fail(new Error('it breaks'));
      });
      thread.once('message', (raw: unknown) => {
        const reply = readReply(raw);
        if (!reply) fail(new Error('it answers nonsense'));
        else if ('error' in reply) fail(new Error(reply.error));
        else {
          end();
          resolve(reply.answer);
        }
      });
      thread.postMessage(question);
    });
  }

  dispose(): void {
    this.#disposed = true;
    this.#endThread();
  }

  /** The next question starts another. */
  #endThread(): void {
    void this.#thread?.terminate();
    this.#thread = undefined;
  }

  #start(): Worker {
    const thread = new Worker(this.#threadUrl, {
      workerData: this.#source,
      env: {},
      execArgv: [],
      resourceLimits,
      stdout: true,
      stderr: true,
    });
    // It is told of by `exit`.
    thread.on('error', () => undefined);
    thread.unref();
    return thread;
  }
}
