import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { Log } from '../../base/log.ts';
import { noSignals, type Signals } from '../../contract/signals.ts';
import { ChangeGate } from './change-gate.ts';
import { differences, mergeReadings } from './merge.ts';
import { checkReading, unknownReading } from './reading.ts';
import type { Reading, Sensor } from './sensor.ts';
import { SensorRun, type SensorState } from './sensor-run.ts';

/** Clocks of two programs read one after the other may differ by so much; input any later is a lie. */
const aheadMs = 1000;
const outside = 'outside';

interface Source {
  reading: Reading;
  /** What its last reading said that cannot be, in words. */
  lie: string | undefined;
  floods: boolean;
  /** Said in the log once, or a lying sensor would fill it. */
  lieLogged: boolean;
}

export interface SensorTrouble {
  readonly sensor: string;
  readonly words: string;
}

/**
 * Runs the sensors that are needed and holds what they tell. None of them can do worse to it than be silent: what they
 * throw, where they hang and what they make up ends at their own signals.
 */
export class SensorHub implements Disposable {
  readonly #runs: readonly SensorRun[];
  readonly #sources = new Map<string, Source>();
  readonly #gate: ChangeGate;
  readonly #clock: Clock;
  readonly #log: Log;
  #signals: Signals = noSignals;
  /** Who calls {@link need} or {@link dispose} knows what it ends, and is not told. */
  #quiet = false;
  #disposed = false;

  /**
   * @param o.onChange called after a signal changed; synchronously from a sensor's report for the first input after quiet
   *   and for other changes, in turns of a second while input goes on or a sensor floods
   */
  constructor(o: {
    readonly sensors: readonly Sensor[];
    readonly clock: Clock;
    readonly log: Log;
    readonly onChange: () => void;
  }) {
    this.#clock = o.clock;
    this.#log = o.log;
    this.#gate = new ChangeGate(o.clock, () => {
      try {
        o.onChange();
      } catch (error) {
        o.log.warn('sensors', 'a change was not acted on', { words: String(error) });
      }
    });
    this.#runs = o.sensors.map(
      (sensor) =>
        new SensorRun(sensor, {
          clock: o.clock,
          log: o.log,
          onReading: (reading) => {
            this.#take(sensor.name, reading, sensor.gives);
          },
          onSilent: () => {
            this.#sources.delete(sensor.name);
            this.#refresh(sensor.name);
          },
        }),
    );
  }

  /**
   * Starts the sensors that are named, or that give a signal that is named, and ends the others, whose signals are unknown
   * from then on without a call of `onChange`, what the shell told of input among them. `input` names `input-x11` too.
   */
  need(names: ReadonlySet<string>): void {
    if (this.#disposed) return;
    this.#quiet = true;
    for (const run of this.#runs) {
      const { name, gives } = run.sensor;
      const wanted = [...names].some((word) => name === word || name.startsWith(`${word}-`));
      run.setNeeded(wanted || gives.some((signal) => names.has(signal)));
    }
    if (!names.has('input')) this.#forgetInput();
    this.#quiet = false;
  }

  get signals(): Signals {
    return this.#signals;
  }

  get sensors(): readonly { name: string; cost: string; state: SensorState }[] {
    return this.#runs.map(({ sensor: { name, cost }, state }) => ({ name, cost, state }));
  }

  get troubles(): readonly SensorTrouble[] {
    const runs = this.#runs.map(({ sensor, trouble }) => ({ sensor: sensor.name, words: trouble }));
    const sources = [...this.#sources].flatMap(([sensor, { lie, floods }]) => [
      { sensor, words: lie },
      { sensor, words: floods ? 'It reports far too often.' : undefined },
    ]);
    return [...runs, ...sources].flatMap(({ sensor, words }) =>
      words === undefined ? [] : [{ sensor, words }],
    );
  }

  /** What somebody else tells, like the shell in the person's session; it stays until they tell otherwise. */
  report(reading: Reading): void {
    if (!this.#disposed) this.#take(outside, reading, Object.keys(noSignals) as (keyof Signals)[]);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#quiet = true;
    this.#gate.dispose();
    for (const run of this.#runs) run.stop();
    await Promise.all(this.#runs.map((run) => run.ended()));
  }

  /** Nobody looks for input any more: what the shell told of it before is no more true of now than what sensors told. */
  #forgetInput(): void {
    const told = this.#sources.get(outside);
    if (told?.reading.inputSource == null) return;
    told.reading = { ...told.reading, ...unknownReading(['lastInputAt', 'inputSource', 'inputPollMs']) };
    this.#refresh(outside);
  }

  #take(name: string, said: unknown, gives: readonly (keyof Signals)[]): void {
    const { reading, lies } = checkReading(said);
    const told = Object.fromEntries(
      gives.filter((signal) => reading[signal] !== undefined).map((signal) => [signal, reading[signal]]),
    ) as Reading;
    const wrong = lies.filter((signal) => gives.includes(signal));
    if (typeof told.lastInputAt === 'number' && told.lastInputAt > this.#clock.monotonic() + aheadMs) {
      Object.assign(told, unknownReading(['lastInputAt']));
      wrong.push('lastInputAt');
    }
    const before = this.#sources.get(name);
    const lie = wrong.length === 0 ? undefined : `It reported an impossible ${wrong.join(', ')}.`;
    if (lie !== undefined && before?.lieLogged !== true) {
      this.#log.warn('sensors', 'a sensor reported what cannot be', { sensor: name, words: lie });
    }
    this.#sources.set(name, {
      reading: { ...before?.reading, ...told },
      lie,
      floods: before?.floods ?? false,
      lieLogged: lie !== undefined || before?.lieLogged === true,
    });
    this.#refresh(name);
  }

  #refresh(name: string): void {
    const now = mergeReadings(this.#inOrder());
    const changed = differences(this.#signals, now);
    if (changed.length === 0) return;
    this.#signals = now;
    if (this.#quiet) return;
    if (changed.every((signal) => signal === 'lastInputAt')) {
      this.#gate.input();
      return;
    }
    const floods = this.#gate.change(name);
    const source = this.#sources.get(name);
    if (source) source.floods = floods;
  }

  /** Sensors in the order they were given, then the outside. */
  #inOrder(): readonly Reading[] {
    return [...this.#runs.map((run) => run.sensor.name), outside].flatMap((name) => {
      const source = this.#sources.get(name);
      return source ? [source.reading] : [];
    });
  }
}
