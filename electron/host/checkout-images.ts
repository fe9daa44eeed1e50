import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import { GleanerError } from '../contract/failures.ts';

export interface CheckoutImagesOptions {
  readonly checkoutDir: string;
  /** The checkout's own Node: the script wants a newer one than Electron's. */
  readonly nodePath: string;
  readonly log: Log;
}

/** The guest image of a checkout, as `resources/guest/build.ts` builds and caches it. */
export class CheckoutImages implements Disposable {
  readonly #o: CheckoutImagesOptions;
  readonly #end = new AbortController();
  readonly #one = new Mutex();
  #dir: string | undefined;

  constructor(options: CheckoutImagesOptions) {
    this.#o = options;
  }

  /**
   * The folder of the image; built first where it is missing, which takes minutes. Asked of the script once:
   * whether the files are whole is for the store to verify. Rejects `image-build-failed`.
   */
  folder(): Promise<string> {
    return this.#one.run(async () => (this.#dir ??= await this.#build()));
  }

  /** The folder of an image built anew. Rejects `image-build-failed`. */
  rebuild(): Promise<string> {
    return this.#one.run(async () => {
      this.#dir = await this.#build('--force');
      return this.#dir;
    });
  }

  /** Ends a build that still runs. */
  dispose(): void {
    this.#end.abort();
  }

  async #build(...flags: readonly string[]): Promise<string> {
    const { checkoutDir, nodePath, log } = this.#o;
    const script = join(checkoutDir, 'resources', 'guest', 'build.ts');
    const child = spawn(nodePath, [script, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: this.#end.signal,
    });
    let folder = '';
    let lastWords = '';
    child.stdout.setEncoding('utf8').on('data', (words: string) => {
      folder += words;
    });
    child.stderr.setEncoding('utf8').on('data', (words: string) => {
      lastWords = words.trim() || lastWords;
      log.info('images', words);
    });
    const failed = await new Promise<string | null>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('close', (code) => {
        resolve(code === 0 ? null : lastWords);
      });
    });
    if (failed === null) return folder.trim();
    throw new GleanerError(
      'image-build-failed',
      `The guest image could not be built: ${failed}`,
      `Try by hand: node ${script}`,
    );
  }
}
