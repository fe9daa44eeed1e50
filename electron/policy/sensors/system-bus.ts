import type { Duplex } from 'node:stream';
import type * as Dbus from 'dbus-next';
import type { Message, MessageBus } from 'dbus-next';
import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { GleanerError } from '../../contract/failures.ts';

const daemon = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' };
const daemonInterface = 'org.freedesktop.DBus';
const propertiesInterface = 'org.freedesktop.DBus.Properties';
const usualAddress = 'unix:path=/var/run/dbus/system_bus_socket';
/** A service that answers later does not answer. */
const answerMs = 5000;

/** An object on the bus, seen through one of its interfaces. */
export interface BusObject {
  readonly path: string;
  readonly interface: string;
}

/** A signal as it came. `sender` is a unique name: anybody on the bus may send anything, so look whose it is. */
export interface BusSignal extends BusObject {
  readonly sender: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

/** One connection to the system bus. Nothing asked here starts a service, unless it says so. */
export class SystemBus implements Disposable {
  readonly #dbus: typeof Dbus;
  readonly #bus: MessageBus;
  readonly #clock: Clock;
  readonly #lost: Promise<never>;
  #disposed = false;

  private constructor(
    dbus: typeof Dbus,
    bus: MessageBus,
    clock: Clock,
    onLost: (error: GleanerError) => void,
  ) {
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
  }

  /**
   * Rejects `platform-not-ready` where there is no system bus, `sensor-failed` where it does not answer.
   * @param onLost called once when the connection breaks; not after `dispose`
   */
  static async open(clock: Clock, onLost: (error: GleanerError) => void): Promise<SystemBus> {
    const dbus = await import('dbus-next');
    let opened: SystemBus;
    try {
      const raw = dbus.sessionBus({
        busAddress: process.env['DBUS_SYSTEM_BUS_ADDRESS'] ?? usualAddress,
        authMethods: ['EXTERNAL'],
      });
      opened = new SystemBus(dbus, raw, clock, onLost);
    } catch (error) {
      throw lostError(error);
    }
    try {
      // Any answer proves the connection.
      await opened.#ask('GetId');
      return opened;
    } catch (error) {
      opened.dispose();
      throw error;
    }
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
      listener({ sender, path, interface: name, member, body: message.body as unknown[] });
    });
  }

  /** Lets signals through that fit the rule (D-Bus specification, "Match Rules"). */
  async match(rule: Readonly<Record<string, string>>): Promise<void> {
    const text = Object.entries(rule).map(([key, value]) => `${key}='${value}'`);
    await this.#ask('AddMatch', 's', [["type='signal'", ...text].join(',')]);
  }

  /** The unique name behind a service's; null when nobody has it. */
  async owner(service: string): Promise<string | null> {
    try {
      const [name] = await this.#ask('GetNameOwner', 's', [service]);
      return typeof name === 'string' ? name : null;
    } catch (error) {
      if (!this.#isRefusal(error)) throw error;
      return null;
    }
  }

  /** Has the bus start a service that can be started that way. */
  async startService(service: string): Promise<void> {
    try {
      await this.#ask('StartServiceByName', 'su', [service, 0]);
    } catch (error) {
      if (!this.#isRefusal(error)) throw error;
    }
  }

  /** All properties of the interface, out of their variants. */
  async properties(service: string, object: BusObject): Promise<ReadonlyMap<string, unknown>> {
    const [dictionary] = await this.#call(
      {
        destination: service,
        path: object.path,
        interface: propertiesInterface,
        member: 'GetAll',
      },
      's',
      [object.interface],
    );
    const entries = typeof dictionary === 'object' && dictionary !== null ? Object.entries(dictionary) : [];
    return new Map(
      entries.map(([key, value]: [string, unknown]) => [
        key,
        value instanceof this.#dbus.Variant ? (value.value as unknown) : undefined,
      ]),
    );
  }

  #isRefusal(error: unknown): boolean {
    return error instanceof GleanerError && error.cause instanceof this.#dbus.DBusError;
  }

  #ask(member: string, signature = '', body: unknown[] = []): Promise<readonly unknown[]> {
    return this.#call({ ...daemon, interface: daemonInterface, member }, signature, body);
  }

  async #call(
    head: { destination: string; path: string; interface: string; member: string },
    signature: string,
    body: unknown[],
  ): Promise<readonly unknown[]> {
    const flags = this.#dbus.MessageFlag.NO_AUTO_START;
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.after(answerMs, () => {
        reject(new GleanerError('sensor-failed', `${head.destination} does not answer on the system bus.`));
      });
    });
    try {
      const message = new this.#dbus.Message({ ...head, signature, body, flags });
      const reply = await Promise.race([this.#bus.call(message), this.#lost, late]);
      return (reply?.body ?? []) as unknown[];
    } catch (error) {
      if (!(error instanceof this.#dbus.DBusError)) throw error;
      const words = `${head.destination} does not answer ${head.member}: ${error.text}`;
      throw new GleanerError('sensor-failed', words.slice(0, 300), undefined, { cause: error });
    } finally {
      cancel();
    }
  }
}

/** Whether a signal says that properties of this object have changed. */
export function tellsChange(signal: BusSignal, object: BusObject): boolean {
  return (
    signal.interface === propertiesInterface &&
    signal.member === 'PropertiesChanged' &&
    signal.path === object.path &&
    signal.body[0] === object.interface
  );
}

export const changesOf = (sender: string, object: BusObject): Record<string, string> => ({
  sender,
  path: object.path,
  interface: propertiesInterface,
  member: 'PropertiesChanged',
  arg0: object.interface,
});

/** Pinned with the library: it shows its stream to nobody. */
function streamOf(bus: MessageBus): Duplex {
  return (bus as unknown as { _connection: { stream: Duplex } })._connection.stream;
}

function lostError(cause: unknown): GleanerError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
    return new GleanerError('platform-not-ready', 'This computer has no system bus.', undefined, { cause });
  }
  return new GleanerError('sensor-failed', 'The connection to the system bus broke.', undefined, { cause });
}
