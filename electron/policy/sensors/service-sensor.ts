import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { GleanerError } from '../../contract/failures.ts';
import type { Signals } from '../../contract/signals.ts';
import { Bus, type BusObject, type BusSignal, changesOf, tellsChange } from './bus.ts';
import { unknownReading } from './reading.ts';
import type { Reading, Sensor } from './sensor.ts';

/** Properties are read at most so often, however often they change. */
const betweenReadsMs = 1000;

const daemon: BusObject = {
  service: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

interface Plan {
  readonly name: string;
  readonly cost: string;
  readonly gives: readonly (keyof Signals)[];
  readonly clock: Clock;
  /** A service that must be there is started if need be; without it the sensor fails. Else its signals are unknown. */
  readonly required: boolean;
  /** Objects of one service whose properties make a reading: read at the start and whenever one of them changes. */
  readonly objects: readonly [BusObject, ...BusObject[]];
  /** Judges what was read, object by object; what is not as it should be is unknown. Pure. */
  readonly parse: (properties: readonly ReadonlyMap<string, unknown>[]) => Reading;
  /** Signals of the first object that are a reading by themselves. Pure; undefined: says nothing. */
  readonly heard?: Readonly<Record<string, (body: readonly unknown[]) => Reading | undefined>>;
  /** A change of this object of another service is a reason to read again, a little later. */
  readonly hint?: BusObject;
}

/** A sensor that follows one service of the system bus by its own signals, service restarts included. */
export function serviceSensor(plan: Plan): Sensor {
  return {
    name: plan.name,
    cost: plan.cost,
    gives: plan.gives,
    async start(report, fail) {
      let started = false;
      const bus = await Bus.open({ kind: 'system', env: process.env }, plan.clock, (error) => {
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
  readonly #bus: Bus;
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

  constructor(plan: Plan, bus: Bus, report: (reading: Reading) => void, fail: (error: unknown) => void) {
    this.#plan = plan;
    this.#bus = bus;
    this.#report = report;
    this.#fail = fail;
  }

  async start(): Promise<void> {
    const { objects, heard, hint, required } = this.#plan;
    const { service } = objects[0];
    this.#bus.onSignal((signal) => {
      this.#hear(signal);
    });
    await this.#bus.match({ sender: daemon.service, member: 'NameOwnerChanged', arg0: service });
    for (const object of objects) await this.#bus.match(changesOf(object));
    for (const member of Object.keys(heard ?? {})) {
      const { path, interface: name } = objects[0];
      await this.#bus.match({ sender: service, path, interface: name, member });
    }
    if (hint) await this.#bus.match(changesOf(hint));
    if (required) await this.#bus.ask(daemon, 'StartServiceByName', 'su', [service, 0]);
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
    const { objects, heard, hint } = this.#plan;
    const [first] = objects;
    if (signal.sender === daemon.service) {
      const [name, , owner] = signal.body;
      if (signal.member === 'NameOwnerChanged' && name === first.service) this.#change(owner);
      return;
    }
    if (hint && tellsChange(signal, hint)) this.#readLater();
    if (signal.sender !== this.#owner) return;
    if (objects.some((object) => tellsChange(signal, object))) this.#readSoon();
    if (signal.path !== first.path || signal.interface !== first.interface) return;
    const reading = heard?.[signal.member]?.(signal.body);
    if (!reading) return;
    this.#told += 1;
    this.#report(reading);
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
      throw new GleanerError('sensor-failed', `${this.#plan.objects[0].service} is not on the system bus.`);
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
        properties.push(await this.#bus.properties(object));
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
