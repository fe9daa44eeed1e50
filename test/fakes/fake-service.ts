import { Message, type MessageBus, MessageType, sessionBus, type Variant } from 'dbus-next';

type Answer = readonly [signature: string, body: unknown[]];

/** A fake service of the desktop on a real bus: answers by a table that a test fills, and signals what it is told. */
export class FakeService {
  /** By member; what is not there is refused. */
  readonly answers = new Map<string, (body: readonly unknown[], path: string) => Answer>();
  /** Members that were called, in order. */
  readonly calls: string[] = [];
  readonly #bus: MessageBus;
  readonly #path: string;
  readonly #interface: string;
  #vanished = false;

  private constructor(bus: MessageBus, path: string, iface: string) {
    this.#bus = bus;
    this.#path = path;
    this.#interface = iface;
    bus.on('error', () => undefined);
    bus.addMethodHandler((call: Message) => {
      this.calls.push(call.member);
      const answer = this.answers.get(call.member);
      if (this.#vanished) return true;
      if (answer) this.#bus.send(Message.newMethodReturn(call, ...answer(call.body as unknown[], call.path)));
      else this.#bus.send(refusal(call));
      return true;
    });
  }

  /** Takes `names` on the bus; its objects' signals come from `path` and `iface`. */
  static async appear(
    address: string,
    names: readonly string[],
    path: string,
    iface: string,
  ): Promise<FakeService> {
    const bus = sessionBus({ busAddress: address, authMethods: ['EXTERNAL', 'ANONYMOUS'] });
    const service = new FakeService(bus, path, iface);
    for (const name of names) await bus.requestName(name, 0);
    return service;
  }

  signal(member: string, signature: string, body: unknown[]): void {
    this.#bus.send(Message.newSignal(this.#path, this.#interface, member, signature, body));
  }

  /** With the PropertiesChanged that goes with it. */
  tellProperties(values: Record<string, Variant>): void {
    const name = 'org.freedesktop.DBus.Properties';
    const body = [this.#interface, values, []];
    this.#bus.send(Message.newSignal(this.#path, name, 'PropertiesChanged', 'sa{sv}as', body));
  }

  /** Calls a method of another service as a test needs it. */
  async call(
    head: { destination: string; path: string; interface: string; member: string },
    signature: string,
    body: unknown[],
  ): Promise<void> {
    await this.#bus.call(new Message({ ...head, type: MessageType.METHOD_CALL, signature, body }));
  }

  vanish(): void {
    this.#vanished = true;
    this.#bus.disconnect();
  }
}

/** The library's own builder of errors is typed for other arguments than it takes. */
function refusal({ sender, serial }: Message): Message {
  return new Message({
    type: MessageType.ERROR,
    destination: sender,
    replySerial: String(serial),
    errorName: 'org.freedesktop.DBus.Error.NotSupported',
    signature: 's',
    body: ['not supported'],
  });
}
