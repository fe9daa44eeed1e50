import type { Duplex } from 'node:stream';
import type * as dbusNext from 'dbus-next';
import type { Message, MessageBus } from 'dbus-next';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { GleanerError } from '../../contract/failures.ts';

const daemon = {
  service: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};
const propertiesInterface = 'org.freedesktop.DBus.Properties';
/** A service that answers later does not answer. */
const answerMs = 5000;

/** Which bus, and where the environment says it is. */
export interface BusPlace {
  readonly kind: 'session' | 'system';
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a sensor on a message bus needs to know. */
export interface OnBus {
  /** DBUS_SESSION_BUS_ADDRESS or XDG_RUNTIME_DIR; DBUS_SYSTEM_BUS_ADDRESS if it is not the usual. */
  readonly env: BusPlace['env'];
  readonly clock: Clock;
}

/** An object of a service, seen through one of its interfaces. */
export interface BusObject {
  readonly service: string;
  readonly path: string;
  readonly interface: string;
}

/** A signal as it came. `sender` is a unique name: anybody on the bus may send anything, so look whose it is. */
export interface BusSignal {
  readonly sender: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

type Dbus = typeof dbusNext;

/** One connection to a message bus. Nothing asked here starts a service. */
export class Bus implements Disposable {
  readonly #dbus: Dbus;
  readonly #bus: MessageBus;
  readonly #clock: Clock;
  readonly #lost: Promise<never>;
  #disposed = false;

  private constructor(dbus: Dbus, bus: MessageBus, clock: Clock, onLost: (error: GleanerError) => void) {
    this.#dbus = dbus;
    this.#bus = bus;
    this.#clock = clock;
    this.#lost = new Promise((_resolve, reject) => {
      const lose = (error: GleanerError) => {
        reject(error);
        if (!this.#disposed) onLost(error);
        this.#disposed = true;
      };
      bus.on('error', (error: unknown) => {
        lose(lostError(error));
        bus.disconnect();
      });
      // The library tells of errors, but not of a bus that ends in good order.
      streamOf(bus).on('close', () => {
        lose(lostError(undefined));
      });
    });
    this.#lost.catch(() => undefined);
    // Whoever calls us gets no answer: the library's own would throw past us on a connection that is ending.
    bus.addMethodHandler(() => true);
  }

  /**
   * Rejects `platform-not-ready` where there is no such bus, `sensor-failed` where it does not answer.
   * @param onLost called once when the connection breaks; not after `dispose`
   */
  static async open(place: BusPlace, clock: Clock, onLost: (error: GleanerError) => void): Promise<Bus> {
    const busAddress = addressOf(place);
    const dbus = await import('dbus-next');
    let opened = false;
    let bus: Bus;
    try {
      const raw = dbus.sessionBus({ busAddress, authMethods: ['EXTERNAL', 'ANONYMOUS'] });
      bus = new Bus(dbus, raw, clock, (error) => {
        // Before that it is the rejection of this call.
        if (opened) onLost(error);
      });
    } catch (error) {
      throw lostError(error);
    }
    try {
      // Any answer proves the connection.
      await bus.call(daemon, 'GetId');
    } catch (error) {
      bus.dispose();
      throw error;
    }
    opened = true;
    return bus;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#bus.disconnect();
  }

  onSignal(listener: (signal: BusSignal) => void): void {
    this.#bus.on('message', (message: Message) => {
      if (this.#disposed || message.type !== this.#dbus.MessageType.SIGNAL) return;
      const { sender, path, interface: name, member } = message;
      try {
        listener({ sender, path, interface: name, member, body: message.body as unknown[] });
      } catch (error) {
        this.#bus.emit('error', error);
      }
    });
  }

  /** Lets signals through that fit the rule (D-Bus specification, "Match Rules"). */
  async match(rule: Readonly<Record<string, string>>): Promise<void> {
    const text = Object.entries(rule).map(([key, value]) => `${key}='${value}'`);
    await this.call(daemon, 'AddMatch', 's', [["type='signal'", ...text].join(',')]);
  }

  /** The unique name behind a service's; null when nobody has it. */
  async owner(service: string): Promise<string | null> {
    const answer = await this.ask(daemon, 'GetNameOwner', 's', [service]);
    return typeof answer?.[0] === 'string' ? answer[0] : null;
  }

  /** Calls a method; `sensor-failed` when it is refused, or not answered within 5 s. */
  async call(
    object: BusObject,
    member: string,
    signature = '',
    body: unknown[] = [],
  ): Promise<readonly unknown[]> {
    const { service: destination, path, interface: name } = object;
    const flags = this.#dbus.MessageFlag.NO_AUTO_START;
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.after(answerMs, () => {
        reject(new GleanerError('sensor-failed', `${destination} does not answer on the bus.`));
      });
    });
    try {
      const message = new this.#dbus.Message({
        destination,
        path,
        interface: name,
        member,
        signature,
        body,
        flags,
      });
      const reply = await Promise.race([this.#bus.call(message), this.#lost, late]);
      return (reply?.body ?? []) as unknown[];
    } catch (error) {
      if (!(error instanceof this.#dbus.DBusError)) throw error;
      const words = `${destination} refuses ${member}: ${error.text}`;
      throw new GleanerError('sensor-failed', words.slice(0, 300), undefined, { cause: error });
    } finally {
      cancel();
    }
  }

  /** {@link call}, but undefined when it is refused: nobody has the name, or not this method. */
  async ask(
    object: BusObject,
    member: string,
    signature = '',
    body: unknown[] = [],
  ): Promise<readonly unknown[] | undefined> {
    try {
      return await this.call(object, member, signature, body);
    } catch (error) {
      if (error instanceof GleanerError && error.cause instanceof this.#dbus.DBusError) return undefined;
      throw error;
    }
  }

  /** All properties of the object, out of their variants; none when it is refused. */
  async properties(object: BusObject): Promise<ReadonlyMap<string, unknown>> {
    const asked = { ...object, interface: propertiesInterface };
    const [dictionary] = (await this.ask(asked, 'GetAll', 's', [object.interface])) ?? [];
    const entries = typeof dictionary === 'object' && dictionary !== null ? Object.entries(dictionary) : [];
    return new Map(
      entries.map(([key, value]: [string, unknown]) => [
        key,
        value instanceof this.#dbus.Variant ? (value.value as unknown) : undefined,
      ]),
    );
  }
}

/** Whether a signal says that properties of this object have changed. */
export const tellsChange = (signal: BusSignal, object: BusObject): boolean =>
  signal.interface === propertiesInterface &&
  signal.member === 'PropertiesChanged' &&
  signal.path === object.path &&
  signal.body[0] === object.interface;

/** The match rule for the signals that {@link tellsChange} knows. */
export const changesOf = ({ service, path, interface: name }: BusObject): Record<string, string> => ({
  sender: service,
  path,
  interface: propertiesInterface,
  member: 'PropertiesChanged',
  arg0: name,
});

function addressOf({ kind, env }: BusPlace): string {
  if (kind === 'system') {
    return env['DBUS_SYSTEM_BUS_ADDRESS'] ?? 'unix:path=/var/run/dbus/system_bus_socket';
  }
  const runtimeDir = env['XDG_RUNTIME_DIR'];
  const address =
    env['DBUS_SESSION_BUS_ADDRESS'] ?? (runtimeDir === undefined ? '' : `unix:path=${runtimeDir}/bus`);
  if (address !== '') return address;
  throw new GleanerError('platform-not-ready', 'There is no session bus here.');
}

/** Pinned with the library: it shows its stream to nobody. */
function streamOf(bus: MessageBus): Duplex {
  return (bus as unknown as { _connection: { stream: Duplex } })._connection.stream;
}

function lostError(cause: unknown): GleanerError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
    return new GleanerError('platform-not-ready', 'There is no such message bus here.', undefined, { cause });
  }
  return new GleanerError('sensor-failed', 'The connection to the message bus broke.', undefined, { cause });
}
