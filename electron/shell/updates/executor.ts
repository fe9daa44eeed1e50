import type { IncomingMessage, RequestOptions } from 'node:http';
import { configureRequestUrl, type DownloadOptions, HttpExecutor } from 'builder-util-runtime';
import { GleanerError } from '../../contract/failures.ts';

/** Opens a request as Node's `https.request` does; Electron's `net.request` is alike as far as is needed. */
export type OpenRequest = (
  options: RequestOptions,
  onResponse: (response: IncomingMessage) => void,
) => FeedRequest;

/** What both kinds of requests have. */
export interface FeedRequest {
  emit(event: 'error', error: Error): boolean;
  abort(): void;
  end(): void;
}

/** electron-updater tells the server which installation asks; ours need not say. */
const notSaid = 'x-user-staging-id';

/** Where a request goes, whatever its options say. Pure. */
export function addressOf({ protocol, hostname, host, port, path }: RequestOptions): string {
  const place = hostname ?? host ?? '';
  const number = port == null || port === '' ? '' : `:${String(port)}`;
  return `${protocol ?? 'https:'}//${place}${number}${path ?? '/'}`;
}

/** Whether an address lies in a feed's folder: same scheme, host and port, and below its path. Pure; false for what is none. */
export function isInFeed(address: string, feed: string): boolean {
  if (!URL.canParse(address)) return false;
  const [asked, base] = [new URL(address), new URL(feed)];
  return asked.origin === base.origin && asked.pathname.startsWith(base.pathname);
}

/**
 * All requests of electron-updater go through here: to the feed's own folder and nowhere else, no redirect is followed, and
 * no more is taken than {@link limitBytes} says.
 */
export class FeedExecutor extends HttpExecutor<FeedRequest> {
  /** What the next answer may hold, in bytes. */
  limitBytes = 0;
  readonly #feed: string;
  readonly #open: OpenRequest;

  constructor(feed: string, open: OpenRequest) {
    super();
    this.#feed = feed;
    this.#open = open;
  }

  /** Into a file; rejects with the code `ERR_CHECKSUM_MISMATCH` when it is not the one that the options describe. */
  async download(url: URL, destination: string, options: DownloadOptions): Promise<string> {
    return await options.cancellationToken.createPromise<string>((resolve, reject, onCancel) => {
      const request: RequestOptions = options.headers ? { headers: options.headers } : {};
      configureRequestUrl(url, request);
      // Called with nothing at all by a file that was closed well.
      const callback = (error?: Error | null): void => {
        if (error) reject(error);
        else resolve(destination);
      };
      this.doDownload(request, { destination, options, onCancel, callback, responseHandler: null }, 0);
    });
  }

  override createRequest(
    options: RequestOptions,
    callback: (response: IncomingMessage) => void,
  ): FeedRequest {
    // Nothing is opened for a place elsewhere.
    if (!isInFeed(addressOf(options), this.#feed)) {
      throw refusal('The feed of updates names a place that is not its own.');
    }
    const headers = Object.fromEntries(
      Object.entries(options.headers ?? {}).filter(([name]) => name.toLowerCase() !== notSaid),
    );
    const limit = this.limitBytes;
    const request = this.#open({ ...options, headers }, (response) => {
      const { statusCode = 0 } = response;
      const end = (sentence: string): void => {
        request.emit('error', refusal(sentence));
        request.abort();
      };
      if (statusCode >= 300 && statusCode < 400) {
        end('The feed of updates sends elsewhere, which is not followed.');
        return;
      }
      let taken = 0;
      response.on('data', (chunk: Uint8Array) => {
        taken += chunk.length;
        if (taken > limit) end('The feed of updates sends more than it may.');
      });
      callback(response);
    });
    return request;
  }
}

function refusal(sentence: string): GleanerError {
  return new GleanerError('update-refused', sentence, 'Nothing was changed.');
}
