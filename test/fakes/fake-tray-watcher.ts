import {
  Message as BusMessage,
  type Message,
  MessageFlag,
  MessageType,
  sessionBus,
  Variant,
} from 'dbus-next';

const watcherName = 'org.kde.StatusNotifierWatcher';
const properties = 'org.freedesktop.DBus.Properties';

export interface MenuEntry {
  readonly id: number;
  readonly label: string;
  readonly enabled: boolean;
  readonly separator: boolean;
  /** Marked, of those that can be. */
  readonly chosen: boolean;
  readonly children: readonly MenuEntry[];
}

/** A fake desktop panel: owns the tray's bus name, takes the app's icon, reads its menu and clicks in it. */
export class FakeTrayWatcher {
  readonly #bus = sessionBus({ authMethods: ['EXTERNAL', 'ANONYMOUS'] });
  readonly #registered: string[] = [];
  #onRegistered: ((service: string) => void)[] = [];
  readonly #listeners = new Set<() => void>();

  /** Takes the name: from now on this desktop has a tray. */
  static async appear(): Promise<FakeTrayWatcher> {
    const watcher = new FakeTrayWatcher();
    await watcher.#serve();
    return watcher;
  }

  /** Gives the name back and leaves the bus. */
  async vanish(): Promise<void> {
    await this.#bus.releaseName(watcherName);
    this.#bus.disconnect();
  }

  /** How many icons there are: those that were registered here and whose programs are still on the bus. */
  get icons(): number {
    return this.#registered.length;
  }

  /** The bus name of the latest icon; waits for the first. */
  async item(): Promise<string> {
    const known = this.#registered.at(-1);
    if (known !== undefined) return known;
    return await new Promise((resolve) => this.#onRegistered.push(resolve));
  }

  async tooltip(): Promise<string> {
    const values = await this.#get('ToolTip');
    return Array.isArray(values) ? String(values[2]) : '';
  }

  /** The picture that is shown, the same string for the same one. */
  async icon(): Promise<string> {
    return JSON.stringify(await this.#get('IconPixmap'));
  }

  async menu(): Promise<readonly MenuEntry[]> {
    const reply = await this.#call('/com/canonical/dbusmenu', 'com.canonical.dbusmenu', 'GetLayout', 'iias', [
      0,
      -1,
      [],
    ]);
    return parseLayout(reply?.body[1]).children;
  }

  /** The entry with this label, wherever in the menu it is. */
  async entry(label: string): Promise<MenuEntry> {
    const entry = flatten(await this.menu()).find((candidate) => candidate.label === label);
    if (!entry) throw new Error(`the tray's menu has no entry "${label}"`);
    return entry;
  }

  /** Clicks the entry with this label, wherever in the menu it is. */
  async click(label: string): Promise<void> {
    const entry = await this.entry(label);
    this.#bus.send(
      new BusMessage({
        destination: await this.item(),
        path: '/com/canonical/dbusmenu',
        interface: 'com.canonical.dbusmenu',
        member: 'Event',
        signature: 'isvu',
        body: [entry.id, 'clicked', new Variant('i', 0), 0],
        // An app that quits takes its icon away before it would answer.
        flags: MessageFlag.NO_REPLY_EXPECTED,
      }),
    );
  }

  /** The labels of the whole menu, as soon as they satisfy `wanted`: now, or after the menu's next change. */
  async labelsWhen(wanted: (labels: readonly string[]) => boolean): Promise<readonly string[]> {
    while (true) {
      const changed = new Promise<void>((resolve) => this.#listeners.add(resolve));
      const labels = flatten(await this.menu())
        .filter(({ separator }) => !separator)
        .map(({ label }) => label);
      if (wanted(labels)) return labels;
      await changed;
    }
  }

  async #serve(): Promise<void> {
    this.#bus.on('message', (message: Message) => {
      this.#hear(message);
    });
    for (const member of ['LayoutUpdated', 'NewIcon', 'NewToolTip', 'NameOwnerChanged']) {
      await this.#bus.call(
        new BusMessage({
          destination: 'org.freedesktop.DBus',
          path: '/org/freedesktop/DBus',
          interface: 'org.freedesktop.DBus',
          member: 'AddMatch',
          signature: 's',
          body: [`type='signal',member='${member}'`],
        }),
      );
    }
    await this.#bus.requestName(watcherName, 0);
  }

  #hear(message: Message): void {
    if (message.type === MessageType.SIGNAL) {
      const [name, , owner] = message.body as unknown[];
      const gone =
        message.member === 'NameOwnerChanged' && owner === '' ? this.#registered.indexOf(String(name)) : -1;
      if (gone >= 0) this.#registered.splice(gone, 1);
      const waiting = [...this.#listeners];
      this.#listeners.clear();
      for (const changed of waiting) changed();
      return;
    }
    if (message.type !== MessageType.METHOD_CALL) return;
    if (message.member === 'RegisterStatusNotifierItem') {
      this.#registered.push(message.sender);
      this.#bus.send(BusMessage.newMethodReturn(message, '', []));
      for (const resolve of this.#onRegistered) resolve(message.sender);
      this.#onRegistered = [];
    } else if (message.interface === properties && message.member === 'Get') {
      const value = message.body[1] === 'ProtocolVersion' ? new Variant('i', 0) : new Variant('b', true);
      this.#bus.send(BusMessage.newMethodReturn(message, 'v', [value]));
    }
  }

  async #get(name: string): Promise<unknown> {
    const reply = await this.#call('/StatusNotifierItem', properties, 'Get', 'ss', [
      'org.kde.StatusNotifierItem',
      name,
    ]);
    const value: unknown = reply?.body[0];
    return value instanceof Variant ? value.value : undefined;
  }

  async #call(
    path: string,
    iface: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<Message | null> {
    while (true) {
      const destination = await this.item();
      try {
        return await this.#bus.call(
          new BusMessage({ destination, path, interface: iface, member, signature, body }),
        );
      } catch (error) {
        // Its program took the icon away meanwhile, to put another in its place: a panel drops it and asks that one.
        if (this.#registered.includes(destination)) throw error;
      }
    }
  }
}

/** com.canonical.dbusmenu: a node is (id, properties, children), each child in a variant. */
function parseLayout(node: unknown): MenuEntry {
  if (!Array.isArray(node)) throw new Error('not a menu');
  const [id, values, children] = node as [number, Record<string, Variant>, Variant[]];
  const value = (name: string): unknown => values[name]?.value;
  const label = value('label');
  return {
    id,
    label: typeof label === 'string' ? label.replaceAll('__', '_') : '',
    enabled: value('enabled') !== false,
    separator: value('type') === 'separator',
    chosen: value('toggle-state') === 1,
    children: children.map((child) => parseLayout(child.value)),
  };
}

function flatten(entries: readonly MenuEntry[]): MenuEntry[] {
  return entries.flatMap((entry) => [entry, ...flatten(entry.children)]);
}
