import { CancellationToken, type UpdateInfo } from 'builder-util-runtime';
import { Provider, type ResolvedUpdateFileInfo } from 'electron-updater';
import { type ProviderRuntimeOptions, parseUpdateInfo } from 'electron-updater/out/providers/Provider.js';
import { GleanerError } from '../../contract/failures.ts';
import type { FeedExecutor } from './executor.ts';
import { checkSignature, FeedManifest, feedLimits } from './feed.ts';

export interface SignedFeedOptions {
  readonly url: string;
  readonly keys: readonly string[];
  /** The name of the manifest. */
  readonly file: () => string;
  readonly executor: FeedExecutor;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * A generic feed (a folder of files behind HTTPS) of which nothing is believed before its signature: electron-updater alone
 * would believe whatever the server sends.
 */
export class SignedFeed extends Provider<UpdateInfo> {
  readonly #o: SignedFeedOptions;

  constructor(options: SignedFeedOptions, runtime: ProviderRuntimeOptions) {
    super(runtime);
    this.#o = options;
  }

  /** Rejects `update-unreachable`, `update-refused`. */
  async getLatestVersion(): Promise<UpdateInfo> {
    const { keys, now } = this.#o;
    const file = this.#o.file();
    const signature = await this.#take(`${file}.sig`, feedLimits.signature);
    const manifest = await this.#take(file, feedLimits.manifest);
    checkSignature({ manifest, signature, file, keys, now: now() });
    return manifestOf(manifest, file);
  }

  resolveFiles({ files }: UpdateInfo): ResolvedUpdateFileInfo[] {
    return files.map((info) => ({ url: this.#address(info.url), info }));
  }

  async #take(name: string, limit: number): Promise<Uint8Array> {
    const { executor } = this.#o;
    executor.limitBytes = limit;
    try {
      return await executor.downloadToBuffer(this.#address(name), {
        cancellationToken: new CancellationToken(),
      });
    } catch (error) {
      if (error instanceof GleanerError) throw error;
      throw unreachable(error);
    }
  }

  #address(name: string): URL {
    return new URL(name, this.#o.url);
  }
}

/** What was signed, in the form of electron-updater. */
function manifestOf(bytes: Uint8Array, file: string): UpdateInfo {
  let parsed: unknown;
  try {
    parsed = parseUpdateInfo(Buffer.from(bytes).toString('utf8'), file, new URL('https://localhost/'));
  } catch {
    parsed = null;
  }
  const manifest = FeedManifest.safeParse(parsed);
  if (!manifest.success) {
    throw new GleanerError('update-refused', 'What the feed of updates has signed cannot be understood.');
  }
  // Its deprecated fields are asked for only where `files` is missing.
  return manifest.data as FeedManifest & UpdateInfo;
}

/** No answer, or not that of a feed; addresses may hold names of a network, so they are not in the words. */
export function unreachable(cause: unknown): GleanerError {
  const words =
    cause instanceof Error
      ? (/net::ERR_[A-Z_]+|status \d{3}|\b[A-Z]{5,20}\b/.exec(cause.message)?.[0] ?? '')
      : '';
  return new GleanerError(
    'update-unreachable',
    `The feed of updates cannot be reached${words === '' ? '' : ` (${words})`}.`,
    'It is tried again by itself.',
    { cause },
  );
}
