import { useStore } from 'zustand';
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Answer, CommandInput, CommandOutput } from '../../electron/contract/commands.ts';
import type { Failure } from '../../electron/contract/failures.ts';
import type { EffectiveSetting, SettingKey } from '../../electron/contract/settings.ts';
import type { JobView, PauseLength, Snapshot } from '../../electron/contract/snapshot.ts';
import type { PageBridge } from './page-bridge.ts';

declare global {
  interface Window {
    /** Exposed by the preload script; nothing outside `bridge/` names it. */
    readonly gleaner: PageBridge;
  }
}

/** A replica of the host's Snapshot, and what came of the last thing that was asked of the host. */
export interface Replica {
  readonly snapshot: Snapshot | null;
  /** Commands on their way. */
  readonly asking: number;
  /** Why the last command failed; gone with the next that succeeds. */
  readonly failure: Failure | null;
  /** The language that the person wants, as the host last told it; `system` until it has. */
  readonly language: string;
}

export interface Client {
  readonly store: StoreApi<Replica>;
  /** Follows the host until the returned function is called. */
  follow(): () => void;
  pause(length: PauseLength): Promise<void>;
  resume(): Promise<void>;
  runSample(): Promise<void>;
  /** All jobs that the host will list, newest first; null when it failed (the reason is in the store). */
  listJobs(): Promise<readonly JobView[] | null>;
  /**
   * These answer for themselves and leave all but the language in the store alone: who asks shows what came of it
   * where it belongs.
   */
  readonly listSettings: () => Promise<Answer<CommandOutput<'settings.list'>>>;
  /** A value of the person's own. */
  setSetting(key: SettingKey, value: Json): Promise<Answer<EffectiveSetting>>;
  /** Takes the person's own value away. */
  unsetSetting(key: SettingKey): Promise<Answer<EffectiveSetting>>;
  readonly explainPolicy: () => Promise<Answer<CommandOutput<'policy.explain'>>>;
  readonly reportYields: () => Promise<Answer<CommandOutput<'yields.report'>>>;
  /** Any other command. */
  readonly call: PageBridge['call'];
  /** A download, into a file of the person's choice. */
  readonly save: PageBridge['save'];
}

/** A setting's value as it goes over the bridge. */
export type Json = CommandOutput<'settings.set'>['value'];

/** The page's side of the contract over any bridge, so that tests can hand in their own. */
export function createClient(bridge: PageBridge): Client {
  const store = createStore<Replica>()(() => ({
    snapshot: null,
    asking: 0,
    failure: null,
    language: 'system',
  }));

  const ask: PageBridge['call'] = async (name, input) => {
    store.setState(({ asking }) => ({ asking: asking + 1 }));
    try {
      const answer = await bridge.call(name, input);
      store.setState({ failure: answer.ok ? null : answer.failure });
      return answer;
    } finally {
      store.setState(({ asking }) => ({ asking: asking - 1 }));
    }
  };

  const heed = (settings: readonly EffectiveSetting[]): void => {
    const told = settings.find(({ key }) => key === 'ui.language');
    if (typeof told?.value === 'string') store.setState({ language: told.value });
  };
  const changed = async <N extends 'settings.set' | 'settings.unset'>(
    name: N,
    input: CommandInput<N>,
  ): Promise<Answer<EffectiveSetting>> => {
    const answer = await bridge.call(name, input);
    if (answer.ok) heed([answer.value]);
    return answer;
  };

  return {
    store,
    follow: () =>
      bridge.subscribe(({ snapshot }) => {
        // Whoever changed it: this page, the tray's menu, the command line or an administrator.
        store.setState({ snapshot, language: snapshot.desktop['ui.language'] });
      }),
    async pause(length) {
      await ask('pause', { length });
    },
    async resume() {
      await ask('resume', {});
    },
    async runSample() {
      await ask('jobs.sample', {});
    },
    async listJobs() {
      const answer = await ask('jobs.list', { limit: 1000 });
      return answer.ok ? answer.value : null;
    },
    async listSettings() {
      const answer = await bridge.call('settings.list', {});
      if (answer.ok) heed(answer.value);
      return answer;
    },
    setSetting: (key, value) => changed('settings.set', { key, value }),
    unsetSetting: (key) => changed('settings.unset', { key }),
    explainPolicy: () => bridge.call('policy.explain', {}),
    reportYields: () => bridge.call('yields.report', {}),
    call: (name, input) => bridge.call(name, input),
    save: (name, input, suggestedName) => bridge.save(name, input, suggestedName),
  };
}

export const client = createClient(window.gleaner);

/** One part of the replica; the component renders anew when that part changes. */
export function useReplica<T>(select: (replica: Replica) => T): T {
  return useStore(client.store, select);
}

/** Whether what this window shows is a service of the machine, which an administrator alone changes. */
export function useAdministered(): boolean {
  return useReplica(({ snapshot }) => (snapshot?.service ?? null) !== null);
}
