import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Message, type MessageBus, MessageType, sessionBus, type Variant } from 'dbus-next';
import { type OwnedChild, spawnOwned } from '../../resources/dev/children.ts';

const mockInterface = 'org.freedesktop.DBus.Mock';
const daemon = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

interface BusObject {
  readonly path: string;
  readonly interface: string;
}

/** A service that python3-dbusmock has a template of. */
export interface MockService {
  readonly template: 'logind' | 'upower' | 'networkmanager';
  readonly name: string;
}

export const logind: MockService = { template: 'logind', name: 'org.freedesktop.login1' };
export const upower: MockService = { template: 'upower', name: 'org.freedesktop.UPower' };
export const networkManager: MockService = {
  template: 'networkmanager',
  name: 'org.freedesktop.NetworkManager',
};

/**
 * A real bus of our own in the system bus's place (DBUS_SYSTEM_BUS_ADDRESS of this process), with mock services on it.
 * It starts no services by itself.
 */
export class FakeSystemBus {
  readonly #dir: string;
  readonly #daemon: OwnedChild;
  readonly #bus: MessageBus;
  readonly #before = process.env['DBUS_SYSTEM_BUS_ADDRESS'];
  readonly #mocks = new Map<string, OwnedChild>();
  readonly #waiting = new Set<{ name: string; there: boolean; resolve: () => void }>();

  private constructor(dir: string, child: OwnedChild, address: string) {
    this.#dir = dir;
    this.#daemon = child;
    process.env['DBUS_SYSTEM_BUS_ADDRESS'] = address;
    this.#bus = sessionBus({ busAddress: address, authMethods: ['EXTERNAL'] });
    this.#bus.on('error', () => undefined);
    this.#bus.on('message', ({ type, member, body }: Message) => {
      if (type !== MessageType.SIGNAL || member !== 'NameOwnerChanged') return;
      const [name, , owner] = body as unknown[];
      for (const waiting of this.#waiting) {
        if (waiting.name !== name || waiting.there !== (owner !== '')) continue;
        this.#waiting.delete(waiting);
        waiting.resolve();
      }
    });
  }

  static async start(): Promise<FakeSystemBus> {
    const dir = mkdtempSync(path.join(tmpdir(), 'gleaner-system-bus-'));
    chmodSync(dir, 0o755);
    const configPath = path.join(dir, 'bus.conf');
    writeFileSync(configPath, busConfig(dir));
    const argv = ['dbus-daemon', '--nofork', '--print-address=1', `--config-file=${configPath}`];
    const child = spawnOwned(argv, { env: process.env, stdio: ['ignore', 'pipe', 'ignore'] });
    const address = await new Promise<string>((resolve, reject) => {
      child.process.stdout?.setEncoding('utf8').once('data', (text: string) => {
        resolve(text.trim());
      });
      void child.exited.then((code) => {
        reject(new Error(`dbus-daemon ended with ${code}`));
      });
    });
    const bus = new FakeSystemBus(dir, child, address);
    await bus.#call({ ...daemon, member: 'AddMatch' }, 's', [
      "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'",
    ]);
    return bus;
  }

  /** Starts a mock and waits until it has its name. */
  async mock(service: MockService): Promise<void> {
    const there = this.#until(service.name, true);
    // Not the first python3 on the PATH, which may be another one without Debian's modules.
    const argv = ['/usr/bin/python3', '-m', 'dbusmock', '--system', '--template', service.template];
    const child = spawnOwned(argv, { env: process.env, stdio: ['ignore', 'ignore', 'inherit'] });
    this.#mocks.set(service.name, child);
    await Promise.race([
      there,
      child.exited.then((code) => {
        throw new Error(`the mock of ${service.name} ended with ${code}`);
      }),
    ]);
  }

  /** Ends a mock and waits until its name is gone. */
  async unmock(service: MockService): Promise<void> {
    const gone = this.#until(service.name, false);
    await this.#mocks.get(service.name)?.stop(3000);
    this.#mocks.delete(service.name);
    await gone;
  }

  /** Gives an object of a mock properties that its template does not have; no signal. */
  async addProperties(
    service: MockService,
    object: BusObject,
    values: Record<string, Variant>,
  ): Promise<void> {
    await this.#mockCall(service, object.path, 'AddProperties', 'sa{sv}', [object.interface, values]);
  }

  /** Changes properties of a mock, with a PropertiesChanged. */
  async update(service: MockService, object: BusObject, values: Record<string, Variant>): Promise<void> {
    await this.#mockCall(service, object.path, 'UpdateProperties', 'sa{sv}', [object.interface, values]);
  }

  /** Has a mock send a signal with one argument. */
  async emit(service: MockService, object: BusObject, member: string, argument: Variant): Promise<void> {
    await this.#mockCall(service, object.path, 'EmitSignal', 'sssav', [
      object.interface,
      member,
      argument.signature,
      [argument],
    ]);
  }

  /** Somebody else on the bus sends a signal that looks like the service's, to everybody who listens to it. */
  forge(object: BusObject, member: string, argument: Variant, to: string): void {
    const signal = Message.newSignal(object.path, object.interface, member, argument.signature, [
      argument.value,
    ]);
    signal.destination = to;
    this.#bus.send(signal);
  }

  /** Takes a name itself and has `hear` answer what is asked of it. */
  async serve(
    name: string,
    hear: (
      call: Message,
      answer: (signature: string, body: unknown[]) => void,
      signal: (object: BusObject, member: string, argument: Variant) => void,
    ) => void,
  ): Promise<void> {
    const there = this.#until(name, true);
    this.#bus.addMethodHandler((call: Message) => {
      hear(
        call,
        (signature, body) => {
          this.#bus.send(Message.newMethodReturn(call, signature, body));
        },
        ({ path: objectPath, interface: iface }, member, argument) => {
          this.#bus.send(Message.newSignal(objectPath, iface, member, argument.signature, [argument.value]));
        },
      );
      return true;
    });
    await this.#bus.requestName(name, 0);
    await there;
  }

  /** A PropertiesChanged from a name that we serve. */
  tellChange(object: BusObject, values: Record<string, Variant>): void {
    const body = [object.interface, values, []];
    const iface = 'org.freedesktop.DBus.Properties';
    this.#bus.send(Message.newSignal(object.path, iface, 'PropertiesChanged', 'sa{sv}as', body));
  }

  /** All that was sent before is on its way when this resolves. */
  async roundTrip(): Promise<void> {
    await this.#call({ ...daemon, member: 'GetId' });
  }

  /** Unique names of all who are connected. */
  async connections(): Promise<readonly string[]> {
    const [names] = await this.#call({ ...daemon, member: 'ListNames' });
    return (names as readonly string[]).filter((name) => name.startsWith(':'));
  }

  /** The locks that logind's mock has given out: what, who, why, mode. */
  async inhibitors(): Promise<readonly (readonly unknown[])[]> {
    const [list] = await this.#call({
      destination: logind.name,
      path: '/org/freedesktop/login1',
      interface: 'org.freedesktop.login1.Manager',
      member: 'ListInhibitors',
    });
    return list as readonly (readonly unknown[])[];
  }

  /** The bus goes away under everybody. */
  async vanish(): Promise<void> {
    await this.#daemon.stop(3000);
  }

  async close(): Promise<void> {
    this.#bus.disconnect();
    await Promise.all([...this.#mocks.values()].map((mock) => mock.stop(3000)));
    await this.vanish();
    rmSync(this.#dir, { recursive: true, force: true });
    if (this.#before === undefined) delete process.env['DBUS_SYSTEM_BUS_ADDRESS'];
    else process.env['DBUS_SYSTEM_BUS_ADDRESS'] = this.#before;
  }

  #until(name: string, there: boolean): Promise<void> {
    return new Promise((resolve) => this.#waiting.add({ name, there, resolve }));
  }

  async #mockCall(
    service: MockService,
    objectPath: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<void> {
    await this.#call(
      { destination: service.name, path: objectPath, interface: mockInterface, member },
      signature,
      body,
    );
  }

  async #call(
    head: { destination: string; path: string; interface: string; member: string },
    signature = '',
    body: unknown[] = [],
  ): Promise<readonly unknown[]> {
    const reply = await this.#bus.call(new Message({ ...head, signature, body }));
    return (reply?.body ?? []) as unknown[];
  }
}

function busConfig(dir: string): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=${dir}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;
}
