import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { BunchedLook } from './bunched-look.ts';
import { Bus, type BusObject, type BusPlace, type BusSignal, changesOf, tellsChange } from './bus.ts';

/** Changes that come in a bunch are answered by one more look, so much later. */
const bunchMs = 200;
const daemonName = 'org.freedesktop.DBus';

/** One service, and how to see what it has to tell. */
export interface Followed<T> {
  readonly object: BusObject;
  /** Members of its interface that say that something changed. */
  readonly changes: readonly string[];
  /** Looks; called at the start, whenever something changed, and when the service comes (back). */
  readonly look: (bus: Bus) => Promise<T>;
}

/**
 * Follows some services of one bus: tells what each looks like, and undefined for one that is not there. Looks come at
 * most every 200 ms each, however many signals arrive.
 */
export async function followServices<T>(o: {
  readonly place: BusPlace;
  readonly clock: Clock;
  readonly services: readonly Followed<T>[];
  readonly tell: (seen: readonly (T | undefined)[]) => void;
  readonly fail: (error: unknown) => void;
}): Promise<Disposable> {
  const bus = await Bus.open(o.place, o.clock, o.fail);
  try {
    const seen = o.services.map((): T | undefined => undefined);
    const followers = o.services.map(
      (service, index) =>
        new Follower(
          bus,
          o.clock,
          service,
          (value) => {
            seen[index] = value;
            if (started) o.tell(seen);
          },
          o.fail,
        ),
    );
    let started = false;
    bus.onSignal((signal) => {
      for (const follower of followers) follower.hear(signal);
    });
    for (const follower of followers) await follower.start();
    started = true;
    o.tell(seen);
    return {
      dispose() {
        for (const follower of followers) follower.dispose();
        bus.dispose();
      },
    };
  } catch (error) {
    bus.dispose();
    throw error;
  }
}

class Follower<T> implements Disposable {
  readonly #bus: Bus;
  readonly #service: Followed<T>;
  readonly #see: (value: T | undefined) => void;
  readonly #looks: BunchedLook;
  /** The service's unique name, which nobody else can send under. */
  #owner: string | null = null;

  constructor(
    bus: Bus,
    clock: Clock,
    service: Followed<T>,
    see: (value: T | undefined) => void,
    fail: (error: unknown) => void,
  ) {
    this.#bus = bus;
    this.#service = service;
    this.#see = see;
    this.#looks = new BunchedLook({ look: () => this.#look(), clock, bunchMs, fail });
  }

  async start(): Promise<void> {
    const { object, changes } = this.#service;
    await this.#bus.match({ sender: daemonName, member: 'NameOwnerChanged', arg0: object.service });
    await this.#bus.match(changesOf(object));
    for (const member of changes) {
      await this.#bus.match({
        sender: object.service,
        path: object.path,
        interface: object.interface,
        member,
      });
    }
    this.#owner = await this.#bus.owner(object.service);
    await this.#looks.now();
  }

  hear(signal: BusSignal): void {
    const { object, changes } = this.#service;
    if (signal.sender === daemonName) {
      const [name, , owner] = signal.body;
      if (signal.member !== 'NameOwnerChanged' || name !== object.service) return;
      this.#owner = typeof owner === 'string' && owner !== '' ? owner : null;
      this.#looks.soon();
      return;
    }
    if (signal.sender !== this.#owner) return;
    const isNamed =
      signal.path === object.path && signal.interface === object.interface && changes.includes(signal.member);
    if (isNamed || tellsChange(signal, object)) this.#looks.soon();
  }

  dispose(): void {
    this.#looks.dispose();
  }

  async #look(): Promise<void> {
    const owner = this.#owner;
    const value = owner === null ? undefined : await this.#service.look(this.#bus);
    if (!this.#looks.ended) this.#see(owner === this.#owner ? value : undefined);
  }
}
