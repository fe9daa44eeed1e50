import { expect, test } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { Leaving } from '../../electron/host/leaving.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));
const awake = { sleeping: false, shuttingDown: false };

function setUp(o: { saveMs?: number | null; delayMaxMs?: number | null } = {}) {
  const clock = new FakeClock();
  const story: string[] = [];
  const world = {
    frozen: (): Promise<void> => Promise.resolve(),
    save: (): Promise<void> => Promise.resolve(),
    checkpoint: (): Promise<void> => Promise.resolve(),
  };
  const leaving = new Leaving({
    inhibitor: {
      held: null,
      hold: () => {
        story.push('hold');
        return Promise.resolve(true);
      },
      release: () => {
        story.push('release');
      },
      dispose: () => undefined,
      delayMaxMs: () => Promise.resolve(o.delayMaxMs === undefined ? 5000 : o.delayMaxMs),
    },
    frozen: () => {
      story.push('frozen');
      return world.frozen();
    },
    saveMs: () => (o.saveMs === undefined ? 500 : o.saveMs),
    save: () => {
      story.push('save');
      return world.save();
    },
    checkpoint: (ms) => {
      story.push(`checkpoint within ${ms}`);
      return world.checkpoint();
    },
    clock,
    log: silentLog,
  });
  const tell = (shutdown: boolean): void => {
    story.push(shutdown ? 'policy hears of the shutdown' : 'policy hears that it is off');
  };
  return { clock, story, world, leaving, tell };
}

test('before a sleep the VM stands still and is saved, then the system is let go; after it the lock is taken anew', async () => {
  const { story, leaving, tell, clock } = setUp();
  await leaving.begin();
  leaving.follow(awake, tell);
  leaving.follow({ ...awake, sleeping: true }, tell);
  // logind says it twice.
  leaving.follow({ ...awake, sleeping: true }, tell);
  await settled();
  expect(story).toEqual(['hold', 'frozen', 'save', 'release']);
  leaving.follow(awake, tell);
  expect(story.slice(4)).toEqual(['hold']);
  expect(clock.pending).toBe(0);
});

test('what does not fit the time that the system grants stays in memory', async () => {
  const { story, leaving, tell } = setUp({ saveMs: 4500 });
  await leaving.begin();
  leaving.follow({ ...awake, sleeping: true }, tell);
  await settled();
  expect(story).toEqual(['hold', 'frozen', 'release']);
});

test('before a shutdown the checkpoint is kept while the VM still runs, then it is frozen and saved', async () => {
  const { story, leaving, tell } = setUp();
  await leaving.begin();
  leaving.follow({ ...awake, shuttingDown: true }, tell);
  await settled();
  expect(story).toEqual([
    'hold',
    'checkpoint within 2000',
    'policy hears of the shutdown',
    'frozen',
    'save',
    'release',
  ]);
  leaving.follow(awake, tell);
  expect(story.slice(6)).toEqual(['policy hears that it is off', 'hold']);
});

test('with nothing to save, and where nobody can be asked to wait, it still ends', async () => {
  const { story, leaving, tell } = setUp({ saveMs: null, delayMaxMs: null });
  await leaving.begin();
  expect(story).toEqual([]);
  leaving.follow({ ...awake, shuttingDown: true }, tell);
  await settled();
  expect(story.at(-1)).toBe('release');
  expect(story).not.toContain('save');
});

test.each(['frozen', 'save', 'checkpoint'] as const)(
  'a %s that fails or hangs holds nobody up',
  async (what) => {
    for (const outcome of [() => Promise.reject(new Error('no')), () => new Promise<void>(() => undefined)]) {
      const { clock, story, world, leaving, tell } = setUp();
      world[what] = outcome;
      await leaving.begin();
      leaving.follow({ sleeping: false, shuttingDown: true }, tell);
      await settled();
      clock.advance(4000);
      await settled();
      expect(story.at(-1)).toBe('release');
      expect(clock.pending).toBe(0);
    }
  },
);
