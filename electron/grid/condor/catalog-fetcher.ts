import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BaseFetcher } from 'tuf-js';
import { DownloadHTTPError } from 'tuf-js/dist/error.js';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import { GleanerError } from '../../contract/failures.ts';
import type { Web } from '../web/dial.ts';
import { fetchPage } from '../web/http.ts';

const bytesMax = 8 * 1024 * 1024;

/**
 * Gets a catalog's files by the gateway. The one that is asked for all the time is asked for by its tag, so that a web
 * server has next to nothing to send while nothing is new.
 */
export class CatalogFetcher extends BaseFetcher {
  /** Why the web gave something else than the file or "there is none"; TUF's own errors do not tell. */
  failure: GleanerError | undefined;
  readonly #web: Web;
  readonly #tagged: { readonly url: string; readonly dir: string };

  /** @param tagged the file's address; `dir`: where it is remembered with its tag */
  constructor(web: Web, tagged: { readonly url: string; readonly dir: string }) {
    super();
    this.#web = web;
    this.#tagged = tagged;
  }

  override async fetch(address: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const isTagged = address === this.#tagged.url;
    const before = isTagged ? await this.#remembered() : null;
    const url = new URL(address);
    const { status, body, tag } = await fetchPage(this.#web, {
      url,
      maxBytes: bytesMax,
      ifNoneMatch: before?.tag,
    }).catch((error: unknown) => {
      if (error instanceof GleanerError) this.failure = error;
      throw error;
    });
    if (status === 304 && before) return streamOf(before.body);
    if (status === 403 || status === 404) throw new DownloadHTTPError('there is no such file', status);
    if (status !== 200) {
      this.failure = new GleanerError(
        'grid-unreachable',
        `${url.hostname} answers with status ${status} instead of the pool’s documents.`,
      );
      throw this.failure;
    }
    if (isTagged && tag !== null) await writeFileAtomic(this.#path, JSON.stringify({ tag, body }));
    return streamOf(body);
  }

  async #remembered(): Promise<{ tag: string; body: string } | null> {
    try {
      const { tag, body } = JSON.parse(await readFile(this.#path, 'utf8')) as Record<string, unknown>;
      return typeof tag === 'string' && typeof body === 'string' ? { tag, body } : null;
    } catch {
      return null;
    }
  }

  get #path(): string {
    return join(this.#tagged.dir, 'tagged.json');
  }
}

function streamOf(body: string): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([body]).stream();
}
