import { availableParallelism, totalmem } from 'node:os';
import { canonicalJson } from '../base/canonical-json.ts';
import type { Clock } from '../base/clock.ts';
import { type Disposable, Disposer } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import type { ImportReport } from '../contract/commands.ts';
import { type Failure, GleanerError } from '../contract/failures.ts';
import { settingWords } from '../contract/setting-words.ts';
import {
  type EffectiveSetting,
  type EffectiveSettings,
  reservedKeys,
  SettingKey,
  SettingsLayer,
  settingsVersion,
  settingTypes,
} from '../contract/settings.ts';
import { type Computer, importBoinc } from './boinc/import.ts';
import { FileWatch } from './file-watch.ts';
import { effectiveList, effectiveSetting, mergeLayers } from './layers.ts';
import { unknownSetting } from './nearest-key.ts';
import { type ProfileSource, readProfiles } from './profiles/source.ts';
import { keepAside, readUserFile, unusableNow, writeUserFile } from './user-file.ts';

export interface SettingsStoreOptions {
  /** The person's file. Its folder must exist to write it. */
  readonly settingsPath: string;
  readonly profiles: ProfileSource;
  readonly clock: Clock;
  readonly log: Log;
  /** What foreign preferences in percent are percent of; this computer if left out. */
  readonly computer?: Computer;
}

/**
 * The settings in force: the person's file between an administrator's profiles. Follows all of them while it lives:
 * what is written, appears or goes is in force within 2 s.
 */
export class SettingsStore implements Disposable {
  readonly #o: SettingsStoreOptions;
  readonly #mutex = new Mutex();
  readonly #owned = new Disposer();
  readonly #listeners = new Set<() => void>();
  #user: SettingsLayer = {};
  #userProblem: Failure | null = null;
  /** What is wrong with the file that stands there now; it must be kept aside before it is written over. */
  #fault: string | null = null;
  /** What stood in the file when it was last written from here. */
  #written: string | undefined;
  #current: EffectiveSettings = mergeLayers({ problems: [] });

  private constructor(options: SettingsStoreOptions) {
    this.#o = options;
  }

  /** Reads everything. Never rejects: what cannot be used is among the problems of {@link current}. */
  static async open(options: SettingsStoreOptions): Promise<SettingsStore> {
    const store = new SettingsStore(options);
    await store.#openUserFile();
    store.#current = await store.#merge();
    const reload = (): void => {
      void store.#mutex.run(() => store.#reload());
    };
    const { settingsPath, clock, profiles } = options;
    store.#owned.own(new FileWatch({ filePaths: [settingsPath], clock, onChange: reload }));
    store.#owned.own(profiles.watch(reload));
    return store;
  }

  get current(): EffectiveSettings {
    return this.#current;
  }

  /** Calls back after {@link current} has changed; returns the way to stop. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  list(): EffectiveSetting[] {
    return effectiveList(this.#current);
  }

  /**
   * Sets a value of the person's and resolves to what is in force then. Rejects with `setting-unknown`,
   * `setting-reserved`, `setting-invalid`, `setting-locked`, `disk-full` or `storage-failed`; the old value is in force then.
   */
  async set(asked: string, value: unknown): Promise<EffectiveSetting> {
    const key = knownKey(asked);
    refuseReserved(key);
    const parsed = settingTypes[key].safeParse(value);
    if (!parsed.success) throw invalidValue(key, value);
    return await this.#mutex.run(async () => {
      await this.#reload();
      this.#refuseLocked(key);
      await this.#write(SettingsLayer.parse({ ...this.#user, [key]: parsed.data }));
      return effectiveSetting(this.#current, key);
    });
  }

  /** Takes the person's value away, so that the layer below speaks. Rejects like {@link set}. */
  async unset(asked: string): Promise<EffectiveSetting> {
    const key = knownKey(asked);
    return await this.#mutex.run(async () => {
      await this.#reload();
      this.#refuseLocked(key);
      if (this.#user[key] !== undefined) {
        const rest = Object.entries(this.#user).filter(([other]) => other !== key);
        await this.#write(SettingsLayer.parse(Object.fromEntries(rest)));
      }
      return effectiveSetting(this.#current, key);
    });
  }

  /**
   * Takes what it can of BOINC's preferences, all at once; `dryRun` only tells. Rejects with `bad-request` for what
   * are none, and like {@link set} when they cannot be saved.
   */
  async importBoinc(xml: string, dryRun: boolean): Promise<ImportReport> {
    const computer = this.#o.computer ?? { cores: availableParallelism(), memoryBytes: totalmem() };
    const { taken, refused, unequalled } = await importBoinc(xml, computer);
    return await this.#mutex.run(async () => {
      await this.#reload();
      const isLocked = ({ key }: { readonly key: SettingKey }): boolean => this.#isLocked(key);
      const free = taken.filter((item) => !isLocked(item));
      if (!dryRun && free.length > 0) {
        const values = Object.fromEntries(free.map(({ key, became }) => [key, became]));
        await this.#write(SettingsLayer.parse({ ...this.#user, ...values }));
      }
      return {
        taken: free,
        refused: [
          ...refused,
          ...taken.filter(isLocked).map(({ from, value, key }) => ({
            from,
            value,
            why: `${key} is set by ${this.#organization()}`,
          })),
        ],
        unequalled,
      };
    });
  }

  async dispose(): Promise<void> {
    this.#listeners.clear();
    await this.#owned.dispose();
    await this.#mutex.run(() => Promise.resolve());
  }

  async #openUserFile(): Promise<void> {
    const { settingsPath, clock } = this.#o;
    const found = await readUserFile(settingsPath);
    if (found === null) return;
    if ('fault' in found) this.#userProblem = (await keepAside(settingsPath, found.fault, clock)).problem;
    else this.#user = found.document.settings;
  }

  async #reload(): Promise<void> {
    const { settingsPath } = this.#o;
    const found = await readUserFile(settingsPath);
    if (found === null) {
      this.#user = {};
      if (this.#fault !== null) this.#userProblem = null;
      this.#fault = null;
    } else if ('fault' in found) {
      this.#fault = found.fault;
      this.#userProblem = unusableNow(settingsPath, found.fault);
    } else {
      this.#user = found.document.settings;
      // A file of our own making says nothing about the one that was kept aside.
      if (this.#fault !== null || found.text !== this.#written) this.#userProblem = null;
      this.#fault = null;
    }
    await this.#apply();
  }

  async #write(user: SettingsLayer): Promise<void> {
    const { settingsPath, clock } = this.#o;
    const aside = this.#fault === null ? null : await keepAside(settingsPath, this.#fault, clock);
    try {
      this.#written = await writeUserFile(settingsPath, { version: settingsVersion, settings: user });
    } catch (error) {
      await aside?.restore();
      throw error;
    }
    this.#user = user;
    this.#fault = null;
    if (aside) this.#userProblem = aside.problem;
    await this.#apply();
  }

  async #apply(): Promise<void> {
    const before = fingerprint(this.#current);
    const next = await this.#merge();
    if (fingerprint(next) === before) return;
    this.#current = next;
    this.#o.log.info('settings', 'changed', {
      problems: next.problems.length,
      broken: next.broken !== null,
    });
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#o.log.warn('settings', 'a listener failed', { error: String(error) });
      }
    }
  }

  async #merge(): Promise<EffectiveSettings> {
    const { defaults, locked, broken, problems } = await readProfiles(this.#o.profiles);
    return mergeLayers({
      defaults,
      user: { version: settingsVersion, settings: this.#user },
      locked,
      broken,
      problems: this.#userProblem === null ? problems : [...problems, this.#userProblem],
    });
  }

  #isLocked(key: SettingKey): boolean {
    return this.#current.sources[key] === 'locked';
  }

  #organization(): string {
    return this.#current.organization ?? 'your organization';
  }

  #refuseLocked(key: SettingKey): void {
    if (!this.#isLocked(key)) return;
    throw new GleanerError(
      'setting-locked',
      `${key} is set by ${this.#organization()} and cannot be changed here.`,
      'Ask whoever manages this computer.',
    );
  }
}

function knownKey(asked: string): SettingKey {
  const key = SettingKey.safeParse(asked);
  if (key.success) return key.data;
  throw unknownSetting(asked);
}

/** Only setting is refused: what a file of the person's says all the same may be taken away. */
function refuseReserved(key: SettingKey): void {
  if (!reservedKeys.some((reserved) => reserved === key)) return;
  throw new GleanerError(
    'setting-reserved',
    `${key} is for an organization's profile alone and cannot be set by a person.`,
    key === 'grids.pools'
      ? 'To join a pool yourself: gleaner grids join condor:FILE'
      : 'An administrator sets it in /etc/gleaner/defaults.json or locked.json.',
  );
}

function invalidValue(key: SettingKey, value: unknown): GleanerError {
  const shown = (JSON.stringify(value) as string | undefined) ?? 'nothing';
  return new GleanerError(
    'setting-invalid',
    `${key} cannot be ${shown.length > 60 ? `${shown.slice(0, 59)}…` : shown}.`,
    `It may hold ${settingWords[key].holds}.`,
  );
}

function fingerprint(effective: EffectiveSettings): string {
  const { values, sources, byPreset, organization, broken, problems } = effective;
  return canonicalJson([values, sources, [...byPreset].sort(), organization, broken, problems]);
}
