import { constants } from 'node:fs';
import { access, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { type Disposable, Disposer } from '../../base/disposal.ts';
import { fileLog, type Log } from '../../base/log.ts';
import type { Paths } from '../../base/paths.ts';
import type { HostApi } from '../../contract/commands.ts';
import { GleanerError, toFailure } from '../../contract/failures.ts';
import { settingTypes } from '../../contract/settings.ts';
import { type Updates, updatesOff } from '../../contract/update.ts';
import { type Prepared, UpdateDesk } from './desk.ts';
import type { OpenRequest } from './executor.ts';
import type { UpdateFiles } from './files.ts';
import type { GuardOptions } from './guard.ts';
import { HealthWatch } from './health.ts';
import { previousPath, swap } from './swap.ts';
import { afterOrderlyEnd, type Trial } from './trial.ts';
import { type Feed, whoUpdates } from './who.ts';

export interface UpkeepOptions {
  readonly files: UpdateFiles;
  /** The trial that this version is on. */
  readonly trial: Trial | null;
  readonly version: string;
  readonly platform: NodeJS.Platform;
  readonly isDemo: boolean;
  /** Electron's folder of resources; null: the program is not packaged. */
  readonly resourcesDir: string | null;
  readonly appImage: string | undefined;
  readonly paths: Pick<Paths, 'databasePath' | 'logPath'>;
  readonly transport: (authority: string | undefined) => {
    readonly open: OpenRequest;
    readonly useProxy: (setting: string) => Promise<void>;
  };
  /** How the program is started again; asked when it is time. */
  readonly again: () => Pick<GuardOptions, 'args' | 'env'>;
  /** Stops everything, then calls `last` (with whether all of it stopped), then ends the process. */
  readonly leave: (last: (stopped: boolean) => Promise<void>) => void;
  /** Leaves behind who starts the program again, and takes the newer one back if need be. */
  readonly leaveGuard: (guard: GuardOptions) => Promise<void>;
  readonly callsUnderWay: () => number;
  readonly isWatched: () => boolean;
  /** null: no window was opened. */
  readonly pageLoaded: () => boolean | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** Before the guard gives up on a start, and how many it tries. */
const guardLimits = { tries: 2, limitSeconds: 180 } as const;

/** Everything about updates that a start of the app owns. */
export class Upkeep implements Disposable {
  /** For the host. */
  readonly updates: Updates;
  readonly #o: UpkeepOptions;
  readonly #desk: UpdateDesk | null;
  readonly #owned = new Disposer();
  #api: HostApi | undefined;
  /** When the host had started, in ms of the monotonic clock. */
  #followedAt: number | null = null;

  private constructor(o: UpkeepOptions, updates: Updates | UpdateDesk) {
    this.#o = o;
    this.updates = updates;
    this.#desk = updates instanceof UpdateDesk ? this.#owned.own(updates) : null;
  }

  static async prepare(o: UpkeepOptions): Promise<Upkeep> {
    const { files, log } = o;
    const who = whoUpdates({
      ...(await readInstallation(o.resourcesDir)),
      platform: o.platform,
      version: o.version,
      isDemo: o.isDemo,
      appImage: o.appImage,
      isReplaceable: await isReplaceable(o.appImage),
    });
    if ('off' in who) {
      log.info('update', 'off', { reason: who.off });
      return new Upkeep(o, updatesOff(who.off));
    }
    const memory = files.readMemory();
    // So that the rollout finds the same id at every start.
    await files.writeMemory(memory);
    // Loaded only where it is used.
    const { FeedEngine } = await import('./engine.ts');
    const { open, useProxy } = o.transport(who.feed.authority);
    const engine = new FeedEngine({
      feed: who.feed,
      version: o.version,
      dir: files.dir,
      id: memory.id,
      open,
      now: () => o.clock.now(),
      log,
    });
    const desk: UpdateDesk = new UpdateDesk({
      engine,
      memory,
      remember: (changed) => files.writeMemory(changed),
      clock: o.clock,
      log,
      random: Math.random,
      callsUnderWay: o.callsUnderWay,
      isWatched: o.isWatched,
      prepareNetwork: () => upkeep.#network(useProxy),
      install: (prepared) => {
        // As it is now: the windows go with everything else.
        const again = o.again();
        o.leave((stopped) => upkeep.#install(who.feed, prepared, again, stopped));
      },
    });
    const upkeep = new Upkeep(o, desk);
    return upkeep;
  }

  /** The host has started: it is followed from here on, and on trial its health is watched. */
  follow(api: HostApi): void {
    const { trial, clock, pageLoaded } = this.#o;
    this.#api = api;
    this.#followedAt = clock.monotonic();
    const health =
      trial &&
      this.#owned.own(
        new HealthWatch({
          clock,
          pageLoaded,
          onHealthy: () => {
            this.#healthy(trial);
          },
        }),
      );
    this.#owned.ownCallback(
      api.subscribe(({ snapshot }) => {
        health?.decided();
        this.#desk?.follow(snapshot);
      }),
    );
    this.#desk?.begin();
  }

  async dispose(): Promise<void> {
    await this.#owned.dispose();
  }

  /** The process ends in good order, everything has stopped: what a short session took of a trial's starts is given back. */
  endInOrder(): void {
    const { files, trial, clock } = this.#o;
    const now = files.readTrial();
    // Healthy by now, or an even newer version was put in place.
    if (trial === null || now?.version !== trial.version) return;
    const ranMs = this.#followedAt === null ? null : clock.monotonic() - this.#followedAt;
    files.countStart(afterOrderlyEnd(now, ranMs));
  }

  #healthy({ version, previous }: Trial): void {
    const { files, log } = this.#o;
    log.info('update', 'healthy', { version });
    files.tellHealthy(version);
    files.endTrial();
    rm(previous, { force: true }).catch((error: unknown) => {
      log.warn('update', 'the version before was not deleted', { words: toFailure(error).sentence });
    });
  }

  /** What the settings say of the network; sets the proxy on the way. */
  async #network(useProxy: (setting: string) => Promise<void>): Promise<{ isMetered: boolean }> {
    if (!this.#api) return { isMetered: false };
    const settings = await this.#api.call('settings.list', {});
    const value = (key: 'network.proxy' | 'network.metered'): unknown =>
      settings.find((setting) => setting.key === key)?.value;
    await useProxy(settingTypes['network.proxy'].parse(value('network.proxy')));
    const { signals } = await this.#api.call('policy.explain', {});
    return { isMetered: signals.meteredNetwork === true && value('network.metered') !== true };
  }

  /** Everything has stopped: the swap, and who starts the program again. */
  async #install(
    { target }: Feed,
    prepared: Prepared,
    again: ReturnType<UpkeepOptions['again']>,
    stopped: boolean,
  ): Promise<void> {
    const { files, paths, version, clock, leaveGuard } = this.#o;
    // The log was let go of with everything else.
    const log = fileLog(paths.logPath);
    const guard = { ...again, target, healthyPath: files.healthyPath, ...guardLimits };
    try {
      if (!stopped) throw new GleanerError('update-failed', 'Not everything could be stopped in time.');
      await swap({ ...prepared, files, target, from: version, downloaded: prepared.path, ...paths });
      log.info('update', 'put in place', { version: prepared.version, from: version });
      await leaveGuard({ ...guard, previous: previousPath(target) });
    } catch (error) {
      const { code, sentence } = toFailure(error);
      log.warn('update', sentence, { code });
      const failure = code === 'update-refused' ? toFailure(error) : failedWith(sentence);
      const failed = { version: prepared.version, at: clock.now(), failure };
      await files.writeMemory({ ...files.readMemory(), failed }).catch(() => undefined);
      await leaveGuard({ ...guard, previous: null });
    } finally {
      await log.dispose();
    }
  }
}

function failedWith(sentence: string): ReturnType<typeof toFailure> {
  return {
    code: 'update-failed',
    sentence: `The newer version could not be put in place: ${sentence}`,
    hint: 'The version that runs goes on; it is tried again in a day.',
  };
}

/** Longer than any such file, in characters. */
const longest = 64 * 1024;

async function readInstallation(
  dir: string | null,
): Promise<{ installText: string | null; packageType: string | null }> {
  const read = async (name: string): Promise<string | null> => {
    if (dir === null) return null;
    try {
      return (await readFile(join(dir, name), 'utf8')).slice(0, longest);
    } catch (error) {
      // What is there and cannot be read is no checkout.
      return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? null : '';
    }
  };
  return { installText: await read('install.json'), packageType: await read('package-type') };
}

async function isReplaceable(target: string | undefined): Promise<boolean> {
  if (target === undefined) return false;
  try {
    await access(target, constants.W_OK);
    await access(dirname(target), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
