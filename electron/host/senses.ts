import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import {
  type Allowance,
  type EffectiveSettings,
  type PolicyReport,
  type PresenceReport,
  type SessionSense,
  type Signals,
  sessionSenses,
} from '../contract/index.ts';
import type { Pause } from '../policy/pause.ts';
import { SensorHub } from '../policy/sensors/hub.ts';
import { type Situation, sensorsNeeded } from '../policy/sensors/needs.ts';
import type { Sensor } from '../policy/sensors/sensor.ts';
import { silentSession } from '../policy/sensors/sessions.ts';
import { PolicyDesk } from './policy-desk.ts';
import { Sessions, stateAfter } from './sessions.ts';

export interface SensesOptions {
  readonly sensors: readonly Sensor[];
  /** Whether the host is a service of the machine, whom people's sessions tell. */
  readonly service: boolean;
  readonly effective: () => EffectiveSettings;
  readonly pause: () => Pause | null;
  readonly vcpus: () => number;
  readonly clock: Clock;
  readonly log: Log;
  /** The answer of {@link Senses.decide} may have changed. Called in the sensor's own turn: nothing may wait in it. */
  readonly onChange: () => void;
}

/** What sensors and sessions tell, and what the policy makes of it. */
export class Senses implements Disposable {
  readonly desk: PolicyDesk;
  /** Of a host that is a service of the machine; of another nobody opens one. */
  readonly sessions: Sessions;
  readonly #o: SensesOptions;
  readonly #hub: SensorHub;
  /** A shutdown is told to the policy only when what has to run before it is done. */
  #shutdownHeld = true;
  #last: Allowance | undefined;
  #needed: ReadonlySet<string> = new Set();
  #tray: boolean | null = null;

  constructor(o: SensesOptions) {
    this.#o = o;
    const { clock, log, onChange } = o;
    this.#hub = new SensorHub({ sensors: o.sensors, clock, log, onChange });
    this.sessions = new Sessions({
      clock,
      onReading: (reading) => {
        this.#hub.report(reading);
      },
    });
    this.desk = new PolicyDesk({
      signals: () => this.signals,
      effective: o.effective,
      pause: o.pause,
      vcpus: o.vcpus,
      clock,
      onDue: onChange,
    });
  }

  get signals(): Signals {
    const { signals } = this.#hub;
    return signals.shuttingDown && this.#shutdownHeld ? { ...signals, shuttingDown: false } : signals;
  }

  /** Whether the system has said that it shuts down; unlike in {@link signals}, at once. */
  get shuttingDown(): boolean {
    return this.#hub.signals.shuttingDown;
  }

  /** The policy hears of a shutdown from here on, or not yet. */
  holdShutdown(held: boolean): void {
    if (held === this.#shutdownHeld) return;
    this.#shutdownHeld = held;
    this.#o.onChange();
  }

  decide(): Allowance {
    this.#last = this.desk.decide();
    return this.#last;
  }

  /** Starts and ends sensors by what could change the decision; not on the way of giving back. */
  follow(situation: Omit<Situation, 'heldBy'>): void {
    const stopping = this.#last?.reasons.filter(({ share }) => share === 0) ?? [];
    const heldBy = new Set(stopping.map(({ code }) => code));
    const needed = sensorsNeeded(this.#o.effective().values, {
      ...situation,
      ...(heldBy.size > 0 ? { heldBy } : {}),
    });
    const anew = needed.has('input') && !this.#needsInput;
    this.#needed = needed;
    this.#hub.need(needed);
    // The hub has forgotten of input what it did not need; in a turn of its own, as sensors begin.
    if (anew && this.#o.service)
      queueMicrotask(() => {
        this.sessions.tell();
      });
  }

  /** What the desktop's shell of a host that lives in the app tells of its person. */
  report(report: PresenceReport): void {
    if (report.tray !== undefined) this.#tray = report.tray;
    const { lastInputAt, inputSource, inputPollMs, screenLocked, onBattery } = stateAfter(
      silentSession,
      report,
      this.#o.clock.monotonic(),
    );
    this.#hub.report({
      ...(lastInputAt === null ? {} : { lastInputAt, inputSource, inputPollMs }),
      ...(screenLocked === null ? {} : { screenLocked }),
      ...(onBattery === null ? {} : { onBattery }),
    });
  }

  /** What sessions that told have said of their trays; null: none has. */
  get tray(): boolean | null {
    return this.sessions.tray ?? this.#tray;
  }

  /** What sessions are to tell a service of the machine now. */
  get asks(): SessionSense[] {
    return sessionSenses.filter((name) => this.#needed.has(name));
  }

  get #needsInput(): boolean {
    return this.#needed.has('input');
  }

  /** Whether the host has no sensor of its own for input while its answer could change the decision. */
  get asksPresence(): boolean {
    const { inputSource } = this.#hub.signals;
    return this.#needsInput && (inputSource === null || inputSource === 'polled');
  }

  /** Everything that has a part in the answer. `told` is the Snapshot's. */
  explain(told: Pick<PolicyReport, 'sentence' | 'said'>, settings: PolicyReport['settings']): PolicyReport {
    const { organization, values } = this.#o.effective();
    return {
      settings,
      preset: values.preset,
      organization,
      sentence: told.sentence,
      said: told.said,
      allowance: this.decide(),
      signals: this.signals,
      sensorTroubles: this.#hub.troubles.map(({ sensor, words }) => ({ sensor, words })),
      nextChangeAt: this.desk.nextChangeAt,
    };
  }

  async dispose(): Promise<void> {
    this.desk.dispose();
    this.sessions.dispose();
    await this.#hub.dispose();
  }
}
