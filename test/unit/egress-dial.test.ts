import { EventEmitter } from 'node:events';
import { beforeEach, expect, test, vi } from 'vitest';
import { Dialer } from '../../electron/egress/dial.ts';
import { defaultLimits } from '../../electron/egress/limits.ts';
import { FakeClock } from '../fakes/fake-clock.ts';

/** What a real network does not do: it leads elsewhere, or this computer gets the address meanwhile. */
const system = vi.hoisted(() => ({
  /** Where a connection turns out to be; null: where it was meant to. */
  leadsTo: null as string | null,
  own: '192.0.2.1',
  onConnected: (): void => undefined,
  sockets: [] as { readonly asked: string; destroyed: boolean }[],
}));

class FakeSocket extends EventEmitter {
  readonly asked: string;
  destroyed = false;

  constructor(asked: string) {
    super();
    this.asked = asked;
  }

  get remoteAddress(): string {
    return system.leadsTo ?? this.asked;
  }

  destroy(): void {
    this.destroyed = true;
  }
}

vi.mock('node:net', async (original) => ({
  ...(await original<object>()),
  connect: ({ host }: { host: string }) => {
    const socket = new FakeSocket(host);
    system.sockets.push(socket);
    queueMicrotask(() => {
      system.onConnected();
      socket.emit('connect');
    });
    return socket;
  },
}));
vi.mock('node:os', async (original) => ({
  ...(await original<object>()),
  networkInterfaces: () => ({ eth0: [{ address: system.own }] }),
}));

const target = { host: '45.33.0.1', port: 80, literal: true };
let clock: FakeClock;
let dialer: Dialer;
beforeEach(() => {
  system.leadsTo = null;
  system.own = '192.0.2.1';
  system.onConnected = () => undefined;
  system.sockets.length = 0;
  clock = new FakeClock();
  dialer = new Dialer({ clock, limits: defaultLimits });
});

const dial = () => dialer.connect(target, false, new AbortController().signal);

test('a connection to a permitted address is given', async () => {
  expect((await dial()).remoteAddress).toBe('45.33.0.1');
  expect(clock.pending).toBe(0);
});

test.each(['127.0.0.1', '45.33.0.2', '::ffff:10.0.0.1'])(
  'a connection that turns out to be at %s instead is none',
  async (elsewhere) => {
    system.leadsTo = elsewhere;
    await expect(dial()).rejects.toMatchObject({ status: 502 });
    expect(system.sockets).toMatchObject([{ asked: '45.33.0.1', destroyed: true }]);
    expect(clock.pending).toBe(0);
  },
);

test('the same address in another spelling is the same', async () => {
  system.leadsTo = '::ffff:45.33.0.1';
  await expect(dial()).resolves.toBeDefined();
});

test('an address that became this computer’s own while it connected is refused then', async () => {
  system.onConnected = () => {
    system.own = '45.33.0.1';
  };
  await expect(dial()).rejects.toMatchObject({ reason: 'own-address' });
  expect(system.sockets).toMatchObject([{ destroyed: true }]);
  expect(clock.pending).toBe(0);
});
