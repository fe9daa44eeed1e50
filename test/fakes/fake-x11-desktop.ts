import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { hostname } from 'node:os';
import x11, { type Client, type Display, type Sync, type XTest } from 'x11';
import { findCookie } from '../../electron/policy/sensors/x11/authority.ts';

const motion = 6;
const atomType = 4;
const windowType = 33;

/** On a real X server: a person who moves the pointer by XTest, and the marks that a window manager sets. */
export class FakeX11Desktop {
  readonly #client: Client;
  readonly #root: number;
  readonly #test: XTest;
  readonly #sync: Sync;
  readonly #idleTime: number;
  #at = 0;

  private constructor(display: Display, test: XTest, sync: Sync, idleTime: number) {
    this.#client = display.client;
    this.#root = display.screen[0]?.root ?? 0;
    this.#test = test;
    this.#sync = sync;
    this.#idleTime = idleTime;
  }

  static async open(env: Readonly<Record<string, string>>): Promise<FakeX11Desktop> {
    const display = env['DISPLAY'] ?? '';
    const auth = findCookie(readFileSync(env['XAUTHORITY'] ?? ''), hostname(), display.slice(1));
    const stream = createConnection(`/tmp/.X11-unix/X${display.slice(1)}`);
    const opened = await new Promise<Display>((resolve, reject) => {
      const options = { display, stream, auth, disableBigRequests: true } as const;
      const client = x11.createClient(options, (error, value) => {
        if (error instanceof Error) reject(error);
        else resolve(value);
      });
      client.on('error', () => undefined);
    });
    const { client } = opened;
    const test = await new Promise<XTest>((resolve) => {
      client.require('xtest', (_error, extension) => {
        resolve(extension);
      });
    });
    const sync = await new Promise<Sync>((resolve) => {
      client.require('sync', (_error, extension) => {
        resolve(extension);
      });
    });
    const idleTime = await new Promise<number>((resolve) => {
      sync.ListSystemCounters((_error, counters) => {
        resolve(counters?.find(({ name }) => name === 'IDLETIME')?.counter ?? 0);
        return true;
      });
    });
    return new FakeX11Desktop(opened, test, sync, idleTime);
  }

  /** Moves the pointer. */
  move(): void {
    this.#at = (this.#at + 1) % 1000;
    this.#test.FakeInput(motion, 0, 0, this.#root, this.#at, 100);
  }

  /** Resolves when the server has counted so long without input. */
  quiet(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const alarm = this.#client.AllocID();
      const hear = (event: { name?: string; alarm?: number }) => {
        if (event.name !== 'AlarmNotify' || event.alarm !== alarm) return;
        this.#client.off('event', hear);
        resolve();
      };
      this.#client.on('event', hear);
      const counter = this.#idleTime;
      // PositiveComparison: also when it is so quiet already.
      this.#sync.CreateAlarm(alarm, { counter, valueType: 0, value: ms, testType: 2, delta: 0, events: 1 });
    });
  }

  /** Resolves when the server has done all that was asked before. */
  done(): Promise<void> {
    return this.#client.sync();
  }

  window(): number {
    const id = this.#client.AllocID();
    this.#client.CreateWindow(id, this.#root, 0, 0, 10, 10);
    return id;
  }

  destroy(window: number): void {
    this.#client.DestroyWindow(window);
  }

  /** @param window 0: none; undefined: there is no window manager */
  async activate(window: number | undefined): Promise<void> {
    const active = await this.#atom('_NET_ACTIVE_WINDOW');
    if (window === undefined) this.#client.DeleteProperty(this.#root, active);
    else this.#client.ChangeProperty(0, this.#root, active, windowType, 32, [window]);
    await this.done();
  }

  async setStates(window: number, states: readonly string[]): Promise<void> {
    const atoms = await Promise.all(states.map((name) => this.#atom(name)));
    this.#client.ChangeProperty(0, window, await this.#atom('_NET_WM_STATE'), atomType, 32, atoms);
    await this.done();
  }

  close(): void {
    this.#client.terminate();
  }

  #atom(name: string): Promise<number> {
    return new Promise((resolve) => {
      this.#client.InternAtom(false, name, (_error, atom) => {
        resolve(atom);
        return true;
      });
    });
  }
}
