import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import type { HostEvent } from '../../electron/contract/commands.ts';
import type { GleanerBridge } from '../../electron/control/ipc-channels.ts';
import type { PageBridge } from '../../renderer/bridge/page-bridge.ts';
import { createClient } from '../../renderer/bridge/store.ts';
import { fakeContribution, fakeJob, fakeSnapshot } from '../fakes/fake-host.ts';

vi.hoisted(() => {
  // The module reads the page's bridge when it is loaded.
  vi.stubGlobal('window', { gleaner: undefined });
});

function fakeBridge(call: PageBridge['call']) {
  const listeners = new Set<(event: HostEvent) => void>();
  const bridge: PageBridge = {
    call,
    save: () => Promise.resolve({ ok: true, value: { saved: 'a.csv' } }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  return { bridge, listeners };
}

describe('the page’s bridge', () => {
  it('is what the preload script exposes', () => {
    expectTypeOf<PageBridge>().toEqualTypeOf<GleanerBridge>();
  });

  it('replicates the Snapshot while it is followed', () => {
    const { bridge, listeners } = fakeBridge(() => new Promise(() => undefined));
    const client = createClient(bridge);
    const stop = client.follow();
    const snapshot = fakeSnapshot();
    for (const listener of listeners) listener({ type: 'snapshot', snapshot });
    expect(client.store.getState().snapshot).toBe(snapshot);
    stop();
    expect(listeners.size).toBe(0);
  });

  it('keeps why a command failed until one succeeds, and knows when one is on its way', async () => {
    const failure = { code: 'wrong-phase', sentence: 'Not now.' } as const;
    const answers = [
      { ok: false, failure },
      { ok: true, value: fakeContribution() },
    ];
    const asked: unknown[] = [];
    const call = (...words: unknown[]) => {
      asked.push(words);
      return Promise.resolve(answers.shift());
    };
    const client = createClient(fakeBridge(call as PageBridge['call']).bridge);
    const first = client.pause('30m');
    expect(client.store.getState().asking).toBe(1);
    await first;
    expect(client.store.getState()).toMatchObject({ asking: 0, failure });
    await client.resume();
    expect(client.store.getState()).toMatchObject({ asking: 0, failure: null });
    expect(asked).toEqual([
      ['pause', { length: '30m' }],
      ['resume', {}],
    ]);
  });

  it('heeds the language that the host tells with the settings and with their changes', async () => {
    const told = (value: string) => ({ key: 'ui.language', value, source: 'user', preset: null });
    const answers = [
      { ok: true, value: [{ key: 'contribute', value: true, source: 'built-in', preset: null }, told('de')] },
      { ok: true, value: told('ja') },
      { ok: false, failure: { code: 'setting-locked', sentence: 'No.' } },
      { ok: true, value: told('system') },
    ];
    const call = () => Promise.resolve(answers.shift());
    const client = createClient(fakeBridge(call as PageBridge['call']).bridge);
    const languageAfter = async (asked: Promise<unknown>): Promise<string> => {
      await asked;
      return client.store.getState().language;
    };
    expect(client.store.getState().language).toBe('system');
    expect(await languageAfter(client.listSettings())).toBe('de');
    expect(await languageAfter(client.setSetting('ui.language', 'ja'))).toBe('ja');
    expect(await languageAfter(client.setSetting('ui.language', 'fr'))).toBe('ja');
    expect(await languageAfter(client.unsetSetting('ui.language'))).toBe('system');
  });

  it('lists all jobs, or null with the reason in the store', async () => {
    const failure = { code: 'host-not-running', sentence: 'Gleaner is shutting down.' } as const;
    const answers = [
      { ok: true, value: [fakeJob()] },
      { ok: false, failure },
    ];
    const call = () => Promise.resolve(answers.shift());
    const client = createClient(fakeBridge(call as PageBridge['call']).bridge);
    expect(await client.listJobs()).toEqual([fakeJob()]);
    expect(await client.listJobs()).toBeNull();
    expect(client.store.getState().failure).toEqual(failure);
  });
});
