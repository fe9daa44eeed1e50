import { Message as BusMessage, type Message, MessageType, sessionBus } from 'dbus-next';

const serverName = 'org.freedesktop.Notifications';
const serverPath = '/org/freedesktop/Notifications';

export interface ShownNotification {
  readonly id: number;
  readonly title: string;
  readonly body: string;
}

/** A fake notification daemon (Desktop Notifications Specification 1.2): takes what is shown, and clicks on it. */
export class FakeNotifications {
  readonly #bus = sessionBus({ authMethods: ['EXTERNAL', 'ANONYMOUS'] });
  readonly #shown: ShownNotification[] = [];
  readonly #listeners = new Set<() => void>();
  #ids = 0;

  static async appear(): Promise<FakeNotifications> {
    const server = new FakeNotifications();
    server.#bus.on('message', (message: Message) => {
      if (message.type === MessageType.METHOD_CALL && message.interface === serverName)
        server.#answer(message);
    });
    await server.#bus.requestName(serverName, 0);
    return server;
  }

  async vanish(): Promise<void> {
    await this.#bus.releaseName(serverName);
    this.#bus.disconnect();
  }

  /** What is on the desktop now, the oldest first. */
  get shown(): readonly ShownNotification[] {
    return this.#shown;
  }

  /** The latest notification, as soon as there are `count`. */
  async whenShown(count: number): Promise<ShownNotification> {
    while (true) {
      const latest = this.#shown.at(-1);
      if (latest && this.#shown.length >= count) return latest;
      await new Promise<void>((resolve) => this.#listeners.add(resolve));
    }
  }

  /** As a person who clicks on it, which also takes it away. */
  click({ id }: ShownNotification): void {
    this.#signal('ActionInvoked', 'us', [id, 'default']);
    this.#close(id, 2);
  }

  #answer(message: Message): void {
    const reply = (signature: string, body: unknown[]): void => {
      this.#bus.send(BusMessage.newMethodReturn(message, signature, body));
    };
    switch (message.member) {
      case 'GetServerInformation':
        reply('ssss', ['fake', 'Gleaner', '1', '1.2']);
        return;
      case 'GetCapabilities':
        reply('as', [['body', 'actions', 'body-markup']]);
        return;
      case 'Notify': {
        const [, replaces, , title, body] = message.body as [string, number, string, string, string];
        this.#ids += 1;
        const id = replaces === 0 ? this.#ids : replaces;
        reply('u', [id]);
        this.#shown.push({ id, title, body });
        this.#tell();
        return;
      }
      case 'CloseNotification': {
        reply('', []);
        this.#close(Number(message.body[0]), 3);
        return;
      }
    }
  }

  #close(id: number, reason: number): void {
    const index = this.#shown.findIndex((shown) => shown.id === id);
    if (index < 0) return;
    this.#shown.splice(index, 1);
    this.#signal('NotificationClosed', 'uu', [id, reason]);
    this.#tell();
  }

  #signal(member: string, signature: string, body: unknown[]): void {
    this.#bus.send(BusMessage.newSignal(serverPath, serverName, member, signature, body));
  }

  #tell(): void {
    const waiting = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of waiting) listener();
  }
}
