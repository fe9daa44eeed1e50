import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { PresenceReport, SessionSense, Signals } from '../contract/index.ts';
import { SensorHub } from '../policy/sensors/hub.ts';
import type { Sensor } from '../policy/sensors/sensor.ts';

/** Signals of the person that a session tells under the same name. */
const states = ['screenLocked', 'call', 'fullScreen', 'presentation', 'remoteSession'] as const;

type Seen = Pick<Signals, (typeof states)[number] | 'lastInputAt' | 'inputSource' | 'inputPollMs'>;

/** What is new, as a session reports it; null: nothing is. Pure. `now`: monotonic ms, as of `lastInputAt`. */
export function reportOf(before: Seen, seen: Seen, now: number): PresenceReport | null {
  const changed = states.filter((name) => seen[name] !== before[name]);
  const report: PresenceReport = Object.fromEntries(changed.map((name) => [name, seen[name]]));
  const hadInput = before.lastInputAt !== null;
  if (seen.lastInputAt === null) return hadInput ? { ...report, idleMs: null } : orNull(report);
  if (seen.lastInputAt === before.lastInputAt && seen.inputSource === before.inputSource)
    return orNull(report);
  return {
    ...report,
    idleMs: Math.max(0, now - seen.lastInputAt),
    pollMs: seen.inputPollMs,
    ...(seen.inputSource === null ? {} : { inputSource: seen.inputSource }),
  };
}

const orNull = (report: PresenceReport): PresenceReport | null =>
  Object.keys(report).length === 0 ? null : report;

/** Runs the sensors of a person's session that a service of the machine asks for, and reports what they see in their own turn. */
export class SessionSenses implements Disposable {
  readonly #hub: SensorHub;
  readonly #clock: Clock;
  readonly #report: (report: PresenceReport) => void;
  #told: Signals;

  constructor(o: {
    readonly sensors: readonly Sensor[];
    readonly clock: Clock;
    readonly log: Log;
    readonly report: (report: PresenceReport) => void;
  }) {
    this.#clock = o.clock;
    this.#report = o.report;
    this.#hub = new SensorHub({
      sensors: o.sensors,
      clock: o.clock,
      log: o.log,
      onChange: () => {
        this.#tell();
      },
    });
    this.#told = this.#hub.signals;
  }

  /** Runs these and ends the others. */
  follow(asks: readonly SessionSense[]): void {
    this.#hub.need(new Set(asks));
    // What ended knows nothing any more, and says so to nobody by itself.
    this.#tell();
  }

  /** Whether a sensor hears of input here; else somebody has to look. */
  get hearsInput(): boolean {
    const { inputSource } = this.#hub.signals;
    return inputSource !== null && inputSource !== 'polled';
  }

  async dispose(): Promise<void> {
    await this.#hub.dispose();
  }

  #tell(): void {
    const { signals } = this.#hub;
    const report = reportOf(this.#told, signals, this.#clock.monotonic());
    this.#told = signals;
    if (report) this.#report(report);
  }
}
