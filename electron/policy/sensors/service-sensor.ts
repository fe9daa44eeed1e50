import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { GleanerError } from '../../contract/failures.ts';
import type { Signals } from '../../contract/signals.ts';
import { unknownReading } from './reading.ts';
import type { Reading, Sensor } from './sensor.ts';
import { type BusObject, type BusSignal, changesOf, SystemBus, tellsChange } from './system-bus.ts';

/** Properties are read at most so often, however often they change. */
const betweenReadsMs = 1000;

interface Plan {
  readonly name: string;
  readonly cost: string;
  readonly gives: readonly (keyof Signals)[];
  readonly clock: Clock;
  /** Its well-known name on the system bus. */
  readonly service: string;
  /** A service that must be there is started if need be; without it the sensor fails. Else its signals are unknown. */
  readonly required: boolean;
  /** Whose properties make a reading; they are read at the start and whenever one of them changes. */
  readonly objects: readonly BusObject[];
  /** Judges what was read, object by object; what is not as it should be is unknown. Pure. */
  readonly parse: (properties: readonly ReadonlyMap<string, unknown>[]) => Reading;
  /** Signals of the first object that are a reading by themselves. Pure; undefined: says nothing. */
  readonly heard?: Readonly<Record<string, (body: readonly unknown[]) => Reading | undefined>>;
  /** A change of this object of another service is a reason to read again, a little later. */
  readonly hint?: { readonly service: string; readonly object: BusObject };
}

/** A sensor that follows one service of the system bus by its own signals, service restarts included. */
export function serviceSensor(plan: Plan): Sensor {
  return {
    name: plan.name,
    cost: plan.cost,
    gives: plan.gives,
    async start(report, fail) {
      let started = false;
      const bus = await SystemBus.open(plan.clock, (error) => {
        // Before, what is being asked rejects with it.
        if (started) fail(error);
      });
      const follower = new Follower(plan, bus, report, fail);
      try {
        await follower.start();
        started = true;
      } catch (error) {
        follower.dispose();
        throw error;
      }
      return follower;
    },
  };
}

class Follower implements Disposable {
  readonly #plan: Plan;
  readonly #bus: SystemBus;
  readonly #report: (reading: Reading) => void;
  readonly #fail: (error: unknown) => void;
  /** The service's unique name, which nobody else can send under. */
  #owner: string | null = null;
  #ended = false;
  #reading = false;
  /** What was read last is known to be old. */
  #stale = false;
  /** How many readings came by signal: what is being read meanwhile may be older. */
  #told = 0;
  #cancelRest: (() => void) | undefined;

  constructor(
    plan: Plan,
    bus: SystemBus,
    report: (reading: Reading) => void,
    fail: (error: unknown) => void,
  ) {
    this.#plan = plan;
    this.#bus = bus;
    this.#report = report;
    this.#fail = fail;
  }

  async start(): Promise<void> {
    const { service, objects, heard, hint, required } = this.#plan;
    this.#bus.onSignal((signal) => {
      this.#hear(signal);
    });
    await this.#bus.match({ sender: 'org.freedesktop.DBus', member: 'NameOwnerChanged', arg0: service });
    for (const object of objects) await this.#bus.match(changesOf(service, object));
    for (const member of Object.keys(heard ?? {})) {
      await this.#bus.match({ sender: service, ...objects[0], member });
    }
    if (hint) await this.#bus.match(changesOf(hint.service, hint.object));
    if (required) await this.#bus.startService(service);
    this.#owner = await this.#bus.owner(service);
    if (this.#owner === null) this.#miss();
    else await this.#read();
  }

  dispose(): void {
    this.#ended = true;
    this.#cancelRest?.();
    this.#bus.dispose();
  }

  #hear(signal: BusSignal): void {
    const { service, objects, heard, hint } = this.#plan;
    const [name, , owner] = signal.body;
    if (signal.sender === 'org.freedesktop.DBus') {
      if (signal.member === 'NameOwnerChanged' && name === service) this.#change(owner);
      return;
    }
    if (hint && tellsChange(signal, hint.object)) this.#readLater();
    if (signal.sender !== this.#owner) return;
    if (objects.some((object) => tellsChange(signal, object))) this.#readSoon();
    const [first] = objects;
    if (first && signal.path === first.path && signal.interface === first.interface) {
      const reading = heard?.[signal.member]?.(signal.body);
      if (!reading) return;
      this.#told += 1;
      this.#report(reading);
    }
  }

  #change(owner: unknown): void {
    this.#owner = typeof owner === 'string' && owner !== '' ? owner : null;
    try {
      if (this.#owner === null) this.#miss();
      else this.#readSoon();
    } catch (error) {
      this.#fail(error);
    }
  }

  #miss(): void {
    if (this.#plan.required) {
      throw new GleanerError('sensor-failed', `${this.#plan.service} is not on the system bus.`);
    }
    this.#report(unknownReading(this.#plan.gives));
  }

  /** Now, or as soon as the last reading is old enough. */
  #readSoon(): void {
    if (this.#reading || this.#cancelRest) {
      this.#stale = true;
      return;
    }
    this.#read().catch((error: unknown) => {
      if (!this.#ended) this.#fail(error);
    });
  }

  #readLater(): void {
    this.#stale = true;
    if (!this.#reading) this.#rest();
  }

  #rest(): void {
    this.#cancelRest ??= this.#plan.clock.after(betweenReadsMs, () => {
      this.#cancelRest = undefined;
      if (this.#stale) this.#readSoon();
    });
  }

  async #read(): Promise<void> {
    this.#reading = true;
    this.#stale = false;
    const told = this.#told;
    try {
      const properties: ReadonlyMap<string, unknown>[] = [];
      for (const object of this.#plan.objects) {
        properties.push(await this.#bus.properties(this.#plan.service, object));
      }
      if (this.#ended) return;
      if (this.#told !== told) this.#stale = true;
      else this.#report(this.#plan.parse(properties));
    } finally {
      this.#reading = false;
    }
    this.#rest();
  }
}
