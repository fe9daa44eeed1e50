import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { Lifecycle, type LifecycleOptions } from '../../electron/shell/lifecycle.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

/** A promise that the test ends. */
function byHand() {
  let resolve = (): void => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((onEnd, onFailure) => {
    resolve = onEnd;
    reject = onFailure;
  });
  return {
    promise,
    resolve: () => {
      resolve();
    },
    reject: (error: Error) => {
      reject(error);
    },
  };
}

/** A fake app and process, and a `stop` that a test ends by hand. */
function begin() {
  const app = new EventEmitter();
  const process = new EventEmitter();
  const exits: number[] = [];
  const ends: number[] = [];
  const stopping = byHand();
  let stops = 0;
  const clock = new FakeClock();
  const options = {
    app: Object.assign(app, {
      exit: (code: number) => {
        exits.push(code);
      },
    }),
    process,
    clock,
    log: silentLog,
    limitMs: 1000,
    onEnd: (code: number) => {
      ends.push(code);
      throw new Error('the disk is full');
    },
    stop: () => {
      stops += 1;
      return stopping.promise;
    },
  };
  const lifecycle = new Lifecycle(options as unknown as LifecycleOptions);
  return { app, process, exits, ends, stopping, clock, lifecycle, stops: () => stops };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Lifecycle', () => {
  it.each([0, 1])('tells the code %i before it ends, whatever comes of that', async (code) => {
    const { lifecycle, stopping, exits, ends } = begin();
    const left = lifecycle.leave(code);
    expect(ends).toEqual([]);
    stopping.resolve();
    await left;
    expect([ends, exits]).toEqual([[code], [code]]);
  });

  it('stops everything once before it ends, however often it is asked', async () => {
    const { app, process, exits, stopping, clock, stops } = begin();
    let prevented = 0;
    const event = {
      preventDefault: () => {
        prevented += 1;
      },
    };
    app.emit('before-quit', event);
    process.emit('SIGTERM');
    app.emit('before-quit', event);
    await settled();
    expect([stops(), prevented, exits]).toEqual([1, 2, []]);
    stopping.resolve();
    await settled();
    expect(exits).toEqual([0]);
    expect(clock.pending).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('ends orderly on %s', async (signal) => {
    const { process, exits, stopping } = begin();
    stopping.resolve();
    process.emit(signal);
    await settled();
    expect(exits).toEqual([0]);
  });

  it.each(['uncaughtException', 'unhandledRejection'])('ends orderly, but not well, on %s', async (fault) => {
    const { process, exits, stopping } = begin();
    stopping.resolve();
    process.emit(fault, new Error('a bug'));
    await settled();
    expect(exits).toEqual([1]);
  });

  it('ends in any case when stopping hangs or fails', async () => {
    const hanging = begin();
    void hanging.lifecycle.leave(0);
    hanging.clock.advance(1000);
    expect(hanging.exits).toEqual([1]);

    const failing = begin();
    failing.stopping.reject(new Error('the disk is gone'));
    await failing.lifecycle.leave(0);
    expect(failing.exits).toEqual([1]);
  });

  it('does what is last once all has stopped, and says when not all of it has', async () => {
    const well = begin();
    const told: boolean[] = [];
    const tell = (stopped: boolean): Promise<void> => {
      told.push(stopped);
      expect(well.exits).toEqual([]);
      return Promise.resolve();
    };
    void well.lifecycle.leave(0, tell);
    await settled();
    expect(told).toEqual([]);
    well.stopping.resolve();
    await settled();
    expect([told, well.exits]).toEqual([[true], [0]]);

    const late = begin();
    const ended = byHand();
    void late.lifecycle.leave(0, (stopped) => {
      told.push(stopped);
      return ended.promise;
    });
    late.clock.advance(1000);
    // It stops after all while that is still being done.
    late.stopping.resolve();
    await settled();
    expect([told, late.exits]).toEqual([[true, false], []]);
    ended.reject(new Error('not even that'));
    await settled();
    expect(late.exits).toEqual([1]);
  });

  it('lives on without windows', () => {
    const { app, stops } = begin();
    expect(app.listenerCount('window-all-closed')).toBe(1);
    app.emit('window-all-closed');
    expect(stops()).toBe(0);
  });
});
