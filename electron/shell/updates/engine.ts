import { join } from 'node:path';
import { CancellationToken, type UpdateInfo } from 'builder-util-runtime';
import type { AppAdapter } from 'electron-updater/out/AppAdapter.js';
import { AppImageUpdater } from 'electron-updater/out/AppImageUpdater.js';
import type { ProviderRuntimeOptions } from 'electron-updater/out/providers/Provider.js';
import { writeFileAtomic } from '../../base/atomic-file.ts';
import type { Log } from '../../base/log.ts';
import { GleanerError } from '../../contract/failures.ts';
import { FeedExecutor, type OpenRequest } from './executor.ts';
import { type Channel, FeedManifest, feedLimits, manifestName, newerOffer, type Seen } from './feed.ts';
import { isInRollout, rolloutPlace } from './rollout.ts';
import { SignedFeed, type SignedFeedOptions, unreachable } from './signed-feed.ts';
import type { Feed } from './who.ts';

/** A version that is newer, and may come. */
export interface Offer {
  readonly version: string;
  readonly notes: string | null;
}

/** What was downloaded and is whole. */
export interface Downloaded {
  readonly path: string;
  /** Of the file, in base64, as it was signed. */
  readonly sha512: string;
}

/** Where newer versions come from. */
export interface UpdateEngine {
  /** What the feed has signed last (`newest`), and whether it is for this installation. Rejects `update-unreachable`, `update-refused`. */
  look(channel: Channel, seen: Seen): Promise<{ readonly newest: string; readonly offer: Offer | null }>;
  /** Of the last look. Rejects like it. @param onProgress 0…1 */
  download(onProgress: (part: number) => void): Promise<Downloaded>;
  /** Ends a download, which rejects. */
  cancel(): void;
}

export interface EngineOptions {
  readonly feed: Feed;
  readonly version: string;
  /** Where downloads lie. */
  readonly dir: string;
  /** Random, of this installation. */
  readonly id: string;
  readonly open: OpenRequest;
  readonly now: () => number;
  readonly log: Log;
}

/** electron-updater, which looks and downloads; it neither asks the server who we are nor installs anything. */
export class FeedEngine implements UpdateEngine {
  readonly #o: EngineOptions;
  readonly #executor: FeedExecutor;
  readonly #updater: FeedUpdater;
  #channel: Channel = 'stable';
  #manifest: FeedManifest | null = null;
  #token: CancellationToken | null = null;

  constructor(o: EngineOptions) {
    this.#o = o;
    this.#executor = new FeedExecutor(o.feed.url, o.open);
    const options: SignedFeedOptions = {
      url: o.feed.url,
      keys: o.feed.keys,
      file: () => manifestName(this.#channel, process.platform, process.arch),
      executor: this.#executor,
      now: o.now,
    };
    this.#updater = new FeedUpdater(options, o);
  }

  async look(channel: Channel, seen: Seen): Promise<{ newest: string; offer: Offer | null }> {
    const { version, id, log } = this.#o;
    this.#channel = channel;
    this.#manifest = null;
    const { updateInfo } = await this.#updater.look();
    const manifest = FeedManifest.parse(updateInfo);
    const offered = newerOffer(manifest, version, seen);
    const { stagingPercentage } = manifest;
    const isIn = isInRollout(id, manifest.version, stagingPercentage);
    log.info('update', 'looked for a newer version', {
      offered: manifest.version,
      newer: offered !== null,
      percentage: stagingPercentage ?? 100,
      place: Math.round(rolloutPlace(id, manifest.version)),
    });
    if (offered === null || !isIn || !this.#updater.fits(updateInfo)) {
      return { newest: manifest.version, offer: null };
    }
    this.#manifest = offered;
    return { newest: manifest.version, offer: { version: offered.version, notes: offered.notes ?? null } };
  }

  async download(onProgress: (part: number) => void): Promise<Downloaded> {
    const manifest = this.#manifest;
    const file = manifest?.files.find(({ url }) => url.endsWith('.AppImage'));
    if (!file)
      throw new GleanerError('update-refused', 'The feed of updates has no file for this installation.');
    this.#executor.limitBytes = Math.min(file.size, feedLimits.file);
    const token = new CancellationToken();
    this.#token = token;
    const tell = ({ percent }: { percent: number }): void => {
      onProgress(Math.min(1, Math.max(0, percent / 100)));
    };
    this.#updater.on('download-progress', tell);
    // Parts are taken from the file that runs only where the new one says which it has.
    this.#updater.disableDifferentialDownload = file.blockMapSize === undefined;
    try {
      const [path] = await this.#updater.downloadUpdate(token);
      if (path === undefined) throw new Error('electron-updater names no file');
      return { path, sha512: file.sha512 };
    } catch (error) {
      throw downloadFailure(error);
    } finally {
      this.#updater.off('download-progress', tell);
      this.#token = null;
    }
  }

  cancel(): void {
    this.#token?.cancel();
  }
}

function downloadFailure(error: unknown): GleanerError {
  if (error instanceof GleanerError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_CHECKSUM_MISMATCH') {
    return new GleanerError(
      'update-refused',
      'What was downloaded is not what the feed has signed.',
      'Nothing was changed; it is downloaded again.',
      { cause: error },
    );
  }
  return unreachable(error);
}

/** With places and transport of our own: the updater as it comes asks Electron for them. */
class FeedUpdater extends AppImageUpdater {
  readonly #dir: string;

  constructor(options: SignedFeedOptions, { dir, version, log }: EngineOptions) {
    super(null, adapter(dir, version));
    this.#dir = dir;
    // Set by its constructor only where Electron's transport is taken; not in its types.
    Object.assign(this, { httpExecutor: options.executor });
    this.logger = {
      info: (words?: unknown) => {
        log.info('update', String(words));
      },
      warn: (words?: unknown) => {
        log.warn('update', String(words));
      },
      // Each is also rejected, and told then.
      error: (words?: unknown) => {
        log.info('update', String(words));
      },
    };
    this.autoDownload = false;
    this.autoInstallOnAppQuit = false;
    this.allowDowngrade = false;
    // Who is in the rollout, and what is newer, is decided by us.
    this.isUserWithinRollout = () => true;
    this.setFeedURL({
      provider: 'custom',
      updateProvider: class extends SignedFeed {
        constructor(_configuration: unknown, _updater: unknown, runtime: ProviderRuntimeOptions) {
          super(options, runtime);
        }
      },
    });
    this.on('error', () => undefined);
  }

  /** Rejects what the look fails with. */
  async look(): Promise<{ updateInfo: UpdateInfo }> {
    // It reads one thing there: the name of the folder for downloads.
    await writeFileAtomic(join(this.#dir, 'app-update.yml'), 'updaterCacheDirName: downloads\n');
    const result = await this.checkForUpdates();
    if (result === null) throw new GleanerError('update-failed', 'The updater does not run here.');
    return result;
  }

  /** Whether this computer's system is new enough for it. */
  fits(info: UpdateInfo): boolean {
    return this.isUpdateSupported(info) === true;
  }
}

function adapter(dir: string, version: string): AppAdapter {
  const never = (): never => {
    throw new Error('the updater must not end the program');
  };
  return {
    version,
    name: 'gleaner',
    isPackaged: true,
    appUpdateConfigPath: join(dir, 'app-update.yml'),
    userDataPath: dir,
    baseCachePath: dir,
    whenReady: () => Promise.resolve(),
    relaunch: never,
    quit: never,
    onQuit: () => undefined,
  };
}
