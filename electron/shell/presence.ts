import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { toFailure } from '../contract/failures.ts';
import type { PresenceReport } from '../contract/policy.ts';
import type { Snapshot } from '../contract/snapshot.ts';

type PowerEvent = 'on-ac' | 'on-battery' | 'lock-screen' | 'unlock-screen';

/** What is used of Electron's `powerMonitor`. */
export interface PowerMonitor {
  /** Whole seconds since the last input. */
  getSystemIdleTime(): number;
  on(event: PowerEvent, listener: () => void): unknown;
  off(event: PowerEvent, listener: () => void): unknown;
}

export interface PresenceOptions {
  readonly monitor: PowerMonitor;
  readonly report: (report: PresenceReport) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether `getSystemIdleTime` can be trusted here; see {@link tellsIdleTime}. */
  readonly tellsIdleTime: boolean;
  /** Whether the monitor's events are the way to hear of power and lock; Linux has sensors of the host for both. */
  readonly tellsEvents: boolean;
}

/** How often is looked while the VM may run, and while it may not, in ms. */
const pollMs = { running: 250, held: 1000 } as const;

/** Chromium asks X11 on Linux; under Wayland that answer knows of other programs' windows only. Pure. */
export function tellsIdleTime(platform: NodeJS.Platform, env: Readonly<NodeJS.ProcessEnv>): boolean {
  if (platform !== 'linux') return true;
  const wayland = env['XDG_SESSION_TYPE'] === 'wayland' || (env['WAYLAND_DISPLAY'] ?? '') !== '';
  return !wayland && (env['DISPLAY'] ?? '') !== '';
}

/**
 * Tells the host of the person's input where the host asks for it because it has no sensor of its own. Looks in turns,
 * and reports only what is new: the host itself knows how time goes by.
 */
export class Presence implements Disposable {
  readonly #o: PresenceOptions;
  readonly #listeners: readonly (readonly [PowerEvent, () => void])[];
  /** Of the timer that is set; null: none is. */
  #everyMs: number | null = null;
  #cancel: (() => void) | undefined;
  #lastIdleSeconds = Number.POSITIVE_INFINITY;
  /** Monotonic ms of the last input that was reported. */
  #reportedInputAt = Number.NEGATIVE_INFINITY;
  #failed = false;

  constructor(options: PresenceOptions) {
    this.#o = options;
    const tell = (report: PresenceReport) => () => {
      this.#report(report);
    };
    this.#listeners = options.tellsEvents
      ? [
          ['on-ac', tell({ onBattery: false })],
          ['on-battery', tell({ onBattery: true })],
          ['lock-screen', tell({ screenLocked: true })],
          ['unlock-screen', tell({ screenLocked: false })],
        ]
      : [];
    for (const [event, listener] of this.#listeners) options.monitor.on(event, listener);
  }

  /** Looks as often as this Snapshot wants it. */
  update({ asksPresence, contribution }: Pick<Snapshot, 'asksPresence' | 'contribution'>): void {
    const asked = asksPresence && this.#o.tellsIdleTime;
    const everyMs = asked ? (contribution.allowance.run ? pollMs.running : pollMs.held) : null;
    if (everyMs === this.#everyMs) return;
    const first = this.#everyMs === null;
    this.#everyMs = everyMs;
    this.#cancel?.();
    this.#cancel = undefined;
    if (everyMs === null) {
      // The host may forget what it was told; when it asks again it is told again.
      this.#lastIdleSeconds = Number.POSITIVE_INFINITY;
      this.#reportedInputAt = Number.NEGATIVE_INFINITY;
    } else if (first) this.#look(everyMs);
    else this.#wait(everyMs);
  }

  dispose(): void {
    this.#everyMs = null;
    this.#cancel?.();
    this.#cancel = undefined;
    for (const [event, listener] of this.#listeners) this.#o.monitor.off(event, listener);
  }

  #wait(everyMs: number): void {
    this.#cancel = this.#o.clock.after(everyMs, () => {
      this.#look(everyMs);
    });
  }

  #look(everyMs: number): void {
    this.#wait(everyMs);
    const idleSeconds = this.#o.monitor.getSystemIdleTime();
    if (!Number.isFinite(idleSeconds) || idleSeconds < 0) return;
    const now = this.#o.clock.monotonic();
    // Whole seconds: the last input was at most one second earlier than the number says.
    const earliest = now - (idleSeconds + 1) * 1000;
    const isNew = idleSeconds < this.#lastIdleSeconds || earliest >= this.#reportedInputAt;
    this.#lastIdleSeconds = idleSeconds;
    if (!isNew) return;
    this.#reportedInputAt = now - idleSeconds * 1000;
    this.#report({ idleMs: idleSeconds * 1000, pollMs: everyMs });
  }

  #report(report: PresenceReport): void {
    this.#o.report(report).then(
      () => {
        this.#failed = false;
      },
      (error: unknown) => {
        // Once, not at every key.
        if (!this.#failed) this.#o.log.warn('presence', 'a report failed', { ...toFailure(error) });
        this.#failed = true;
      },
    );
  }
}
