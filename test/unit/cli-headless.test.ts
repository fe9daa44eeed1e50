import { describe, expect, it } from 'vitest';
import { resolveServicePaths } from '../../electron/base/paths.ts';
import { runHeadless } from '../../electron/cli/headless.ts';
import { staysInSession } from '../../electron/cli/run-command.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import type { HostPlace } from '../../electron/contract/settings.ts';
import { FakeHost, fakeSnapshot } from '../fakes/fake-host.ts';
import { memoryIo } from './cli-fixture.ts';

/** A promise that a test settles. */
class Gate {
  open: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;
  readonly passed = new Promise<void>((resolve, reject) => {
    this.open = resolve;
    this.fail = reject;
  });
}

/** A fake host that also says what was done with it, in order. */
class FakeHeadlessHost extends FakeHost {
  readonly story: string[] = [];
  readonly started = new Gate();
  readonly idle = new Gate();

  async start(): Promise<void> {
    this.story.push('start');
    await this.started.passed;
  }

  async stop(): Promise<void> {
    await Promise.resolve(this.story.push('stop'));
  }

  async whenIdle(): Promise<void> {
    await this.idle.passed;
  }

  ended(done: number, failed: number): void {
    const [grid] = this.snapshot.grids;
    if (grid)
      this.snapshot = fakeSnapshot({
        grids: [{ ...grid, done: grid.done + done, failed: grid.failed + failed }],
      });
  }
}

function setUp({
  untilIdle = false,
  sample = false,
  onSignal,
}: {
  untilIdle?: boolean;
  sample?: boolean;
  onSignal?: (listener: () => void) => () => void;
} = {}) {
  const host = new FakeHeadlessHost();
  const io = memoryIo();
  const served = new Gate();
  const running = runHeadless({
    host,
    sample,
    untilIdle,
    onSignal: onSignal ?? ((listener) => io.onSignal(listener)),
    serve: async () => {
      host.story.push('serve');
      served.open();
      return await Promise.resolve({ dispose: () => void host.story.push('close') });
    },
  });
  return { host, io, running, served: served.passed };
}

const inOrder = ['start', 'serve', 'close', 'stop'];

describe('the host without a window', () => {
  it('runs until a signal and stops in order', async () => {
    const { host, io, running, served } = setUp();
    host.started.open();
    await served;
    host.ended(2, 1);
    io.signal();
    expect(await running).toEqual({ ending: 'ok', jobs: { done: 2, failed: 1, aborted: 0 } });
    expect(host.story).toEqual(inOrder);
  });

  it.each([true, false])('queues the sample only where it is asked to: %s', async (sample) => {
    const { host, io, running, served } = setUp({ sample });
    host.started.open();
    await served;
    io.signal();
    await running;
    expect(host.asked.some(({ name }) => name === 'jobs.sample')).toBe(sample);
  });

  it.each([
    [3, 0, 'ok'],
    [3, 1, 'failed'],
  ])('ends when idle: %i done, %i failed is %s', async (done, failed, ending) => {
    const { host, running, served } = setUp({ untilIdle: true });
    host.started.open();
    await served;
    host.ended(done, failed);
    host.idle.open();
    expect(await running).toEqual({ ending, jobs: { done, failed, aborted: 0 } });
    expect(host.story).toEqual(inOrder);
  });

  it('is interrupted when a signal comes before it is idle, or before it is up', async () => {
    const busy = setUp({ untilIdle: true });
    busy.host.started.open();
    await busy.served;
    busy.io.signal();
    expect((await busy.running).ending).toBe('interrupted');
    const starting = setUp();
    starting.io.signal();
    expect((await starting.running).ending).toBe('interrupted');
    expect(starting.host.story).toEqual(['start', 'stop']);
  });

  it('saves and ends once a profile gives the machine a service', async () => {
    let place: HostPlace = 'session';
    let changed = (): void => undefined;
    const servicePaths = resolveServicePaths({ platform: 'linux', uid: 1, env: {} });
    const profiles = {
      read: () =>
        Promise.resolve({
          defaults: null,
          locked: { place: '/p', raw: { version: 2, settings: { 'host.place': place } } },
        }),
      watch: (onChange: () => void) => {
        changed = onChange;
        return { dispose: () => undefined };
      },
    };
    const io = memoryIo();
    const onSignal = await staysInSession({ profiles, servicePaths }, io);
    const { host, running, served } = setUp({ onSignal });
    host.started.open();
    await served;
    changed();
    place = 'service';
    changed();
    expect((await running).ending).toBe('ok');
    expect(host.story).toEqual(inOrder);
    expect(io.stderr).toMatch(/^gleaner: A profile of this computer now wants .* ends\.\n$/);
    await expect(staysInSession({ profiles, servicePaths }, io)).rejects.toThrow('no second host');
  });

  it('stops a host that could not start', async () => {
    const { host, running } = setUp();
    host.started.fail(new GleanerError('already-running', 'There is another.'));
    await expect(running).rejects.toThrow('There is another.');
    expect(host.story).toEqual(['start', 'stop']);
  });
});
