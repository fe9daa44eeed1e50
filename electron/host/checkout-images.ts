import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import { type CommandOutput, commands, GleanerError } from '../contract/index.ts';

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
   * whether the files are whole is for the store to verify. `signal` ends the build. Rejects `image-build-failed`.
   */
  folder(signal?: AbortSignal): Promise<string> {
    return this.#one.run(async () => (this.#dir ??= await this.#build([], signal)));
  }

  /** The folder of an image built anew; `signal` ends the build. Rejects `image-build-failed`. */
  rebuild(signal?: AbortSignal): Promise<string> {
    return this.#one.run(async () => {
      this.#dir = await this.#build(['--force'], signal);
      return this.#dir;
    });
  }

  /**
   * Compares the images with the packages that there are now, and builds anew where some are newer; the first time
   * in any case. A VM takes the new images with its next boot. `signal` ends it. Rejects `image-build-failed`.
   */
  update(signal?: AbortSignal): Promise<CommandOutput<'appliance.update'>> {
    return this.#one.run(async () => {
      const report = Report.safeParse(parseJson(await this.#build(['--update', '--json'], signal)));
      if (!report.success) throw failed('what it reported makes no sense', this.#script);
      const { dir, ...answer } = report.data;
      this.#dir = dir;
      return answer;
    });
  }

  /** Ends a build that still runs. */
  dispose(): void {
    this.#end.abort();
  }

  async #build(flags: readonly string[], signal?: AbortSignal): Promise<string> {
    const { nodePath, log } = this.#o;
    const script = this.#script;
    const child = spawn(nodePath, [script, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal: signal ? AbortSignal.any([signal, this.#end.signal]) : this.#end.signal,
    });
    let answer = '';
    let lastWords = '';
    child.stdout.setEncoding('utf8').on('data', (words: string) => {
      answer += words;
    });
    child.stderr.setEncoding('utf8').on('data', (words: string) => {
      lastWords = words.trim() || lastWords;
      log.info('images', words);
    });
    const why = await new Promise<string | null>((resolve) => {
      child.once('error', (error) => {
        resolve(error.message);
      });
      child.once('close', (code) => {
        resolve(code === 0 ? null : lastWords);
      });
    });
    if (why === null) return answer.trim();
    throw failed(why, script);
  }

  get #script(): string {
    return join(this.#o.checkoutDir, 'resources', 'guest', 'build.ts');
  }
}

/** What the script reports of an update; it is our own program, so a mismatch means another version of it. */
const Report = commands['appliance.update'].output.extend({ dir: z.string().min(1) }).strip();

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failed(why: string, script: string): GleanerError {
  return new GleanerError(
    'image-build-failed',
    `The guest image could not be built: ${why}`,
    `Try by hand: node ${script}`,
  );
}
