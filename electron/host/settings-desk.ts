import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { EffectiveSettings } from '../contract/index.ts';
import { SettingsStore } from '../settings/store.ts';
import type { HostOptions } from './options.ts';
import { overridden } from './override.ts';
import type { Problems } from './problems.ts';

/** The settings in force in this run, and what is wrong with their files as problems. */
export class SettingsDesk implements Disposable {
  readonly store: SettingsStore;
  readonly #override: HostOptions['override'];

  private constructor(store: SettingsStore, override: HostOptions['override']) {
    this.store = store;
    this.#override = override;
  }

  static async open(o: HostOptions, clock: Clock): Promise<SettingsDesk> {
    const { paths, profiles, log, override } = o;
    const store = await SettingsStore.open({ settingsPath: paths.settingsPath, profiles, clock, log });
    return new SettingsDesk(store, override);
  }

  get effective(): EffectiveSettings {
    const { current } = this.store;
    return this.#override ? overridden(current, this.#override) : current;
  }

  /** Tells the problems now and after every change, and then `onChange`. */
  follow(problems: Problems, onChange: () => void): void {
    const tell = (): void => {
      const { broken, problems: all } = this.store.current;
      problems.set('profile', broken);
      problems.set('settings', all.find(({ code }) => code !== broken?.code) ?? null);
    };
    tell();
    this.store.onChange(() => {
      tell();
      onChange();
    });
  }

  async dispose(): Promise<void> {
    await this.store.dispose();
  }
}
