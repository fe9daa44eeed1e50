import type { Disposable } from '../base/disposal.ts';
import type { HostApi } from '../contract/commands.ts';
import type { Ending } from './exit.ts';

/** What running a host without a window needs of it. */
interface HeadlessHost extends HostApi {
  start(): Promise<void>;
  stop(o?: { readonly save?: boolean }): Promise<void>;
  /** Resolves when no job is queued or running. */
  whenIdle(): Promise<void>;
}

interface HeadlessOptions {
  readonly host: HeadlessHost;
  /** Opens the control socket. */
  readonly serve: () => Promise<Disposable>;
  /** Queues the sample project once the host has started. */
  readonly sample: boolean;
  readonly untilIdle: boolean;
  readonly onSignal: (listener: () => void) => () => void;
}

/** Jobs that ended while the host ran. */
export interface Done {
  readonly done: number;
  readonly failed: number;
  readonly aborted: number;
}

/**
 * Starts a host, serves its contract, and stops it in order: at a signal, or when it is idle if `untilIdle`.
 * @throws what starting, serving or stopping throws; the host is stopped then, too
 */
export async function runHeadless(options: HeadlessOptions): Promise<{ ending: Ending; jobs: Done }> {
  const { host, serve, sample, untilIdle, onSignal } = options;
  const signal = new AbortController();
  const release = onSignal(() => {
    signal.abort();
  });
  const isSignalled = (): boolean => signal.signal.aborted;
  const signalled = new Promise<void>((resolve) => {
    signal.signal.addEventListener('abort', () => {
      resolve();
    });
  });
  let server: Disposable | undefined;
  try {
    await Promise.race([host.start(), signalled]);
    if (isSignalled()) return { ending: 'interrupted', jobs: { done: 0, failed: 0, aborted: 0 } };
    const before = await tally(host);
    if (sample) await host.call('jobs.sample', {});
    server = await serve();
    await Promise.race(untilIdle ? [host.whenIdle(), signalled] : [signalled]);
    const after = await tally(host);
    const jobs = {
      done: after.done - before.done,
      failed: after.failed - before.failed,
      aborted: after.aborted - before.aborted,
    };
    // Without --until-idle a signal is how it ends.
    if (isSignalled()) return { ending: untilIdle ? 'interrupted' : 'ok', jobs };
    return { ending: jobs.failed > 0 ? 'failed' : 'ok', jobs };
  } finally {
    // Nobody may ask a host that is stopping.
    await server?.dispose();
    await host.stop({ save: true });
    release();
  }
}

async function tally(host: HostApi): Promise<Done> {
  const { grids } = await host.call('status', {});
  const sum = (of: keyof Done): number => grids.reduce((total, grid) => total + grid[of], 0);
  return { done: sum('done'), failed: sum('failed'), aborted: sum('aborted') };
}
