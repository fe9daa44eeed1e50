import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import type { Settings } from '../../electron/contract/settings.ts';
import type { Snapshot } from '../../electron/contract/snapshot.ts';
import { toldBy } from '../../electron/host/updates.ts';
import { type Prepared, UpdateDesk } from '../../electron/shell/updates/desk.ts';
import type { Downloaded, UpdateEngine } from '../../electron/shell/updates/engine.ts';
import type { Seen } from '../../electron/shell/updates/feed.ts';
import { afterTakenBack, UpdateMemory } from '../../electron/shell/updates/trial.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeSnapshot } from '../fakes/fake-host.ts';

/** A feed whose answers a test gives by hand. */
class FakeEngine implements UpdateEngine {
  version: string | null = '1.1.0';
  failure: Error | null = null;
  looks = 0;
  seen: Seen | undefined;
  downloads = 0;
  #ended: { resolve: (value: Downloaded) => void; reject: (error: Error) => void } | undefined;
  tell: (part: number) => void = () => undefined;

  look(_channel: string, seen: Seen): ReturnType<UpdateEngine['look']> {
    this.looks += 1;
    this.seen = seen;
    if (this.failure) return Promise.reject(this.failure);
    const { version } = this;
    return Promise.resolve({
      newest: version ?? '1.0.0',
      offer: version === null ? null : { version, notes: null },
    });
  }

  download(onProgress: (part: number) => void): Promise<Downloaded> {
    this.downloads += 1;
    this.tell = onProgress;
    return new Promise((resolve, reject) => {
      this.#ended = { resolve, reject };
    });
  }

  arrive(): void {
    this.#ended?.resolve({ path: '/downloaded', sha512: 'x' });
  }

  cancel(): void {
    this.#ended?.reject(new Error('cancelled'));
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const day = 86_400_000;

describe('the desk of updates', () => {
  let memory: UpdateMemory;
  let clock: FakeClock;
  let engine: FakeEngine;
  let installed: Prepared[];
  let calls: number;
  let metered: boolean;
  let desk: UpdateDesk;

  const open = (): UpdateDesk =>
    new UpdateDesk({
      engine,
      memory,
      remember: (changed) => {
        memory = changed;
        return Promise.resolve();
      },
      clock,
      log: silentLog,
      random: () => 0,
      callsUnderWay: () => calls,
      isWatched: () => false,
      prepareNetwork: () => Promise.resolve({ isMetered: metered }),
      install: (prepared) => {
        installed.push(prepared);
      },
    });
  const snapshot = (
    mode: Settings['updates.mode'] = 'automatic',
    changes: Partial<Snapshot> = {},
  ): Snapshot => {
    const base = fakeSnapshot({ jobs: [], vms: [], ...changes });
    return { ...base, desktop: { ...base.desktop, 'updates.mode': mode } };
  };

  beforeEach(() => {
    memory = UpdateMemory.parse({ id: '0b8f5f0e-6f0c-4c57-9d39-0c6f9f4d7d11' });
    clock = new FakeClock();
    engine = new FakeEngine();
    installed = [];
    calls = 0;
    metered = false;
    desk = open();
    desk.follow(snapshot());
    desk.begin();
  });
  afterEach(() => {
    desk.dispose();
    expect(clock.pending).toBe(0);
  });
  const soon = async (): Promise<void> => {
    clock.advance(60_000);
    await settled();
  };

  it('looks, downloads, waits for the moment, and hands over once', async () => {
    calls = 1;
    await soon();
    expect(desk.view()).toMatchObject({ state: 'downloading', version: '1.1.0', progress: 0 });
    engine.tell(0.427);
    expect(desk.view().progress).toBe(0.42);
    engine.arrive();
    await settled();
    expect(desk.view()).toMatchObject({ state: 'waiting', reason: 'being-used', progress: null });
    expect(installed).toEqual([]);
    calls = 0;
    clock.advance(5_000);
    expect(desk.view().state).toBe('installing');
    desk.follow(snapshot());
    clock.advance(day);
    expect(installed).toEqual([{ path: '/downloaded', sha512: 'x', version: '1.1.0' }]);
  });

  it('tells of every change, and of nothing else', async () => {
    let told = 0;
    desk.onChange(() => {
      told += 1;
    });
    engine.version = null;
    await soon();
    expect([told, desk.view().state]).toEqual([2, 'idle']);
    expect(desk.view().checkedAt).toBe(clock.now());
  });

  it('leaves the restart to the person where the mode says so', async () => {
    desk.follow(snapshot('ask'));
    expect(() => desk.install(false)).toThrow(GleanerError);
    await soon();
    engine.arrive();
    await settled();
    clock.advance(day);
    expect([desk.view().state, installed.length]).toEqual(['ready', 0]);
    desk.install(false);
    expect(installed.length).toBe(1);
  });

  it('takes consent back, and then waits for it again, also where it needs none', async () => {
    calls = 1;
    await soon();
    engine.arrive();
    await settled();
    expect(desk.cancel()).toMatchObject({ state: 'ready', version: '1.1.0' });
    calls = 0;
    desk.follow(snapshot());
    clock.advance(day);
    expect(installed).toEqual([]);
    desk.install(false);
    expect(installed.length).toBe(1);
  });

  it('ends a download that the person does not want, and leaves that version alone until they ask', async () => {
    await soon();
    desk.cancel();
    await settled();
    expect(desk.view().state).toBe('idle');
    clock.advance(day);
    await settled();
    expect([engine.downloads, engine.looks > 1]).toEqual([1, true]);
    expect((await desk.check()).state).toBe('downloading');
    expect(() => open().cancel()).toThrow('Nothing of an update');
  });

  it('is off when the settings say so: nothing is asked, and what was there is forgotten', async () => {
    calls = 1;
    await soon();
    engine.arrive();
    await settled();
    desk.follow(snapshot('off'));
    expect(desk.view()).toMatchObject({ state: 'off', reason: 'turned-off', version: null });
    calls = 0;
    const { looks } = engine;
    clock.advance(2 * day);
    await settled();
    expect([engine.looks, installed.length]).toEqual([looks, 0]);
    expect(() => desk.check()).toThrow(GleanerError);
    expect(() => desk.install(false)).toThrow(GleanerError);
    expect(toldBy(desk.view(), 'locked').reason).toBe('organization');
    expect(toldBy(desk.view(), 'user').reason).toBe('turned-off');
    desk.follow(snapshot());
    expect(desk.view().state).toBe('idle');
  });

  it('ends a download when updates are turned off meanwhile', async () => {
    await soon();
    desk.follow(snapshot('off'));
    await settled();
    desk.follow(snapshot());
    expect([desk.view().state, installed.length]).toEqual(['idle', 0]);
  });

  it('tries again after a failure, later each time, and says what it was', async () => {
    engine.failure = new GleanerError('update-unreachable', 'Not there.');
    await soon();
    expect(desk.view()).toMatchObject({ state: 'failed', failure: { code: 'update-unreachable' } });
    const at: number[] = [];
    for (let minute = 1; minute <= 40; minute += 1) {
      const before = engine.looks;
      clock.advance(60_000);
      await settled();
      if (engine.looks > before) at.push(minute);
    }
    expect(at).toEqual([5, 15, 35]);
  });

  it('asks nothing on a network that is billed by volume, unless the person does', async () => {
    metered = true;
    await soon();
    expect([engine.looks, desk.view().reason]).toEqual([0, 'metered']);
    await desk.check();
    expect(engine.looks).toBe(1);
  });

  it('remembers what the feed has signed, also after a restart', async () => {
    engine.version = '1.4.0';
    await soon();
    expect(memory.newest).toEqual({ stable: '1.4.0' });
    desk.dispose();
    desk = open();
    await desk.check();
    expect(engine.seen?.newest).toBe('1.4.0');
  });

  it('tells what was taken back, and hands it to the feed as never to be offered', async () => {
    desk.dispose();
    memory = afterTakenBack(memory, '1.1.0', clock.now());
    desk = open();
    expect(desk.view()).toMatchObject({
      state: 'failed',
      version: '1.1.0',
      failure: { code: 'update-taken-back' },
    });
    engine.version = null;
    await desk.check();
    expect(engine.seen?.takenBack).toEqual(['1.1.0']);
  });

  it('tries a download that fails again, later each time', async () => {
    await soon();
    const minute = 60_000;
    for (const [failures, minutes] of [5, 10, 20, 40].entries()) {
      expect(engine.downloads).toBe(failures + 1);
      engine.cancel();
      await settled();
      expect(desk.view().state).toBe('failed');
      clock.advance(minutes * minute - 1);
      await settled();
      expect(engine.downloads).toBe(failures + 1);
      clock.advance(1);
      await settled();
    }
    engine.arrive();
    await settled();
    expect(installed).toHaveLength(1);
  });

  it('leaves a version alone for a day that could not be put in place', async () => {
    desk.dispose();
    const failure = { code: 'update-failed', sentence: 'The disk is full.' } as const;
    memory = { ...memory, failed: { version: '1.1.0', at: clock.now(), failure } };
    desk = open();
    desk.follow(snapshot());
    desk.begin();
    await soon();
    expect([engine.looks, engine.downloads, desk.view().state]).toEqual([1, 0, 'failed']);
    clock.advance(day + 6 * 3_600_000);
    await settled();
    expect(engine.downloads).toBe(1);
  });
});
