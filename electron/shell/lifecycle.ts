import type { App } from 'electron';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';

export interface LifecycleOptions {
  readonly app: Pick<App, 'on' | 'exit'>;
  /** Where signals and faults are heard. */
  readonly process: Pick<NodeJS.Process, 'on'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Stops everything: VMs, workers, sockets, files. */
  readonly stop: () => Promise<void>;
  /** The last thing before the process ends, with the exit code. */
  readonly onEnd?: (code: number) => void;
  /** How long `stop` may take in ms; QEMU dies with us in any case. */
  readonly limitMs: number;
}

/** The one way out of the app: everything is stopped first, once, and awaited. */
export class Lifecycle {
  readonly #o: LifecycleOptions;
  #leaving: Promise<void> | undefined;
  #ending = false;
  #last: ((stopped: boolean) => Promise<void>) | undefined;

  constructor(options: LifecycleOptions) {
    this.#o = options;
    const { app, log, process } = options;
    app.on('before-quit', (event) => {
      event.preventDefault();
      void this.leave(0);
    });
    // The app lives in the tray: no window is no reason to end.
    app.on('window-all-closed', () => undefined);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        log.info('app', 'ending on a signal', { signal });
        void this.leave(0);
      });
    }
    const fault = (error: unknown): void => {
      log.warn('app', 'a fault in the main process; ending', {
        words: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
      void this.leave(1);
    };
    process.on('uncaughtException', fault);
    process.on('unhandledRejection', fault);
  }

  /**
   * Stops everything and ends the process with this code; the first caller's code counts.
   * @param last called before the end, with whether everything stopped; of the first caller only
   */
  leave(code: number, last?: (stopped: boolean) => Promise<void>): Promise<void> {
    if (!this.#leaving) this.#last = last;
    this.#leaving ??= this.#leave(code);
    return this.#leaving;
  }

  async #leave(code: number): Promise<void> {
    const { clock, log, limitMs } = this.#o;
    const cancel = clock.after(limitMs, () => {
      log.warn('app', 'not everything stopped in time', { limitMs });
      void this.#end(1, false);
    });
    try {
      await this.#o.stop();
    } catch (error) {
      cancel();
      log.warn('app', 'stopping failed', { words: String(error) });
      await this.#end(1, false);
      return;
    }
    cancel();
    await this.#end(code, true);
  }

  async #end(code: number, stopped: boolean): Promise<void> {
    // Once, even if what was late stops after all.
    if (this.#ending) return;
    this.#ending = true;
    if (this.#last) await this.#last(stopped).catch(() => undefined);
    try {
      this.#o.onEnd?.(code);
    } catch {
      // The log is closed by now, and nothing keeps the process from ending.
    }
    this.#o.app.exit(code);
  }
}
