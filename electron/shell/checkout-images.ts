import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { GleanerError } from '../contract/failures.ts';

/**
 * The guest image of a checkout, as `resources/guest/build.ts` builds and caches it. The script runs on the
 * checkout's own Node, which is newer than Electron's.
 */
export class CheckoutImages implements Disposable {
  readonly #checkoutDir: string;
  readonly #log: Log;
  readonly #end = new AbortController();

  constructor(checkoutDir: string, log: Log) {
    this.#checkoutDir = checkoutDir;
    this.#log = log;
  }

  /**
   * The folder of the image; built first where it is missing (minutes), or anew when `rebuild` is set.
   * @throws GleanerError `image-build-failed`
   */
  async folder(rebuild = false): Promise<string> {
    const script = join(this.#checkoutDir, 'resources', 'guest', 'build.ts');
    const node = join(this.#checkoutDir, 'node_modules', '.bin', 'node');
    const child = spawn(node, rebuild ? [script, '--force'] : [script], {
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
      this.#log.info('images', words);
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
      `Try by hand: ${node} ${script}`,
    );
  }

  /** Ends a build that still runs. */
  dispose(): void {
    this.#end.abort();
  }
}
