import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { untilSo } from '../fixtures/eventually.ts';
import { egressTest, heard, hungUp, stillWorks, type TestGateway } from './egress-fixture.ts';
import {
  echoes,
  enter,
  forwardTo,
  given,
  greeter,
  pool,
  poolContact,
  speaks,
} from './egress-forwards-fixture.ts';

const MiB = 1024 * 1024;
/** A worker that keeps what it should hand on grows by more than this; one that does not, by a few. */
const growthMiB = 48;

async function digest(socket: Socket): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
    hash.update(chunk);
  return hash.digest('hex');
}
const digestOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const sum = (gateway: TestGateway, key: 'sent' | 'received'): number =>
  gateway.traffic.filter(({ host }) => host === pool.host).reduce((total, row) => total + row[key], 0);

describe('bytes', () => {
  egressTest(
    'pass both ways at once unharmed, 50 MB each, and are counted as they flow',
    async ({ world }) => {
      const up = randomBytes(50 * MiB);
      const down = randomBytes(50 * MiB);
      let finish: () => void = () => undefined;
      const heardThere = new Promise<string>((resolve, reject) => {
        void world.tcp(pool.host, pool.port, (socket) => {
          digest(socket).then(resolve, reject);
          socket.write(down);
          finish = () => socket.end();
        });
      });
      const forward = forwardTo(world);
      const gateway = await world.open({ contacts: [poolContact], forwards: [forward] });
      const socket = enter(forward);
      const heardHere = digest(socket);
      socket.end(up);
      expect(await heardThere).toBe(digestOf(up));
      // The connection is open still.
      await gateway.until(() => sum(gateway, 'sent') === 50 * MiB && sum(gateway, 'received') === 50 * MiB);
      finish();
      expect(await heardHere).toBe(digestOf(down));
      await gateway.gateway.dispose();
      expect([sum(gateway, 'sent'), sum(gateway, 'received')]).toEqual([50 * MiB, 50 * MiB]);
      expect(gateway.denials).toEqual([]);
    },
  );

  egressTest('go on in one direction after the other has ended, whichever ends first', async ({ world }) => {
    let hearAll: (text: string) => void = () => undefined;
    await world.tcp(pool.host, pool.port, (socket) => {
      // It answers when it has heard all.
      void heard(socket, /$never/).then((text) => {
        hearAll(text);
        socket.end('b'.repeat(300_000));
      });
    });
    await world.tcp(pool.host, pool.port + 1, (socket) => {
      socket.end('first');
      void heard(socket, /$never/).then((text) => {
        hearAll(text);
      });
    });
    const forwards = [forwardTo(world), forwardTo(world, { host: pool.host, port: pool.port + 1 })] as const;
    const contacts = [poolContact, { ...poolContact, port: pool.port + 1 }];
    await world.open({ contacts, forwards });
    const asked = all();
    const asking = enter(forwards[0]);
    asking.end('a'.repeat(300_000));
    expect((await asked).length).toBe(300_000);
    expect((await heard(asking, /$never/)).length).toBe(300_000);
    await hungUp(asking);
    const answering = enter(forwards[1]);
    expect(await heard(answering, /$never/)).toBe('first');
    const answered = all();
    answering.end('a'.repeat(300_000));
    expect((await answered).length).toBe(300_000);
    await hungUp(answering);

    /** What the peer hears until its end. */
    function all(): Promise<string> {
      return new Promise((resolve) => {
        hearAll = resolve;
      });
    }
  });

  egressTest('said before the target was reached are not lost', async ({ world }) => {
    await world.tcp(pool.host, pool.port, (socket) => socket.pipe(socket));
    const forward = forwardTo(world);
    await world.open({ contacts: [poolContact], forwards: [forward] });
    for (let round = 0; round < 20; round += 1) {
      const socket = enter(forward);
      socket.end('early');
      expect(await heard(socket, /$never/)).toBe('early');
      await hungUp(socket);
    }
  });

  egressTest('end with whoever goes away', async ({ world }) => {
    const peers: Socket[] = [];
    await world.tcp(pool.host, pool.port, (socket) => {
      peers.push(socket);
      socket.write('hi');
    });
    const forward = forwardTo(world);
    const gateway = await world.open(
      { contacts: [poolContact], forwards: [forward] },
      { forwardConnections: 1 },
    );
    const first = enter(forward);
    expect(await heard(first, /hi/)).toBe('hi');
    first.destroy();
    await hungUp(peers[0] as Socket);
    const second = await again();
    const end = hungUp(second);
    (peers.at(-1) as Socket).resetAndDestroy();
    await end;
    const third = await again();
    const ends = [hungUp(third), hungUp(peers.at(-1) as Socket)];
    await gateway.gateway.dispose();
    await Promise.all(ends);

    /** The room for one is free only when both ends are gone, of which it hears one by one. */
    async function again(): Promise<Socket> {
      for (;;) {
        const socket = enter(forward);
        if ((await heard(socket, /hi/)) === 'hi') return socket;
      }
    }
  });
});

describe('silence', () => {
  const limits = { idleMs: 400 };

  egressTest('for longer than a tunnel may be silent ends no connection', async ({ world }) => {
    await greeter(world);
    const forward = forwardTo(world);
    const gateway = await world.open({ contacts: [poolContact], forwards: [forward] }, limits);
    const socket = enter(forward);
    expect(await speaks(socket)).toBe(true);
    for (let round = 0; round < 3; round += 1) {
      const { status, socket: tunnel } = await gateway.tunnel(`${pool.host}:${pool.port}`);
      expect(status).toBe(200);
      await hungUp(tunnel);
      expect(await echoes(socket)).toBe(true);
    }
  });

  egressTest('of a guest that stands still loses nothing of what was said to it', async ({ world }) => {
    // Somewhere among them, the system takes all but the very last of what was said.
    const sizes = [...Array.from({ length: 60 }, (_, index) => 1 + index * 5000), 8_000_000];
    const contents = sizes.map((size) => randomBytes(size));
    await Promise.all(
      contents.map((content, index) =>
        world.tcp(pool.host, pool.port + index, (socket) => {
          socket.resume();
          void say(socket, content);
        }),
      ),
    );
    await greeter(world, pool.host, 80);
    const forwards = sizes.map((_, index) => forwardTo(world, { host: pool.host, port: pool.port + index }));
    const contacts = [80, ...forwards.map(({ port }) => port)].map((port) => ({ ...poolContact, port }));
    const gateway = await world.open({ contacts, forwards }, limits);
    const sockets = forwards.map((forward) => enter(forward).pause());
    for (const socket of sockets) socket.end('all that the guest had to say');
    for (let round = 0; round < 4; round += 1) await hungUp((await gateway.tunnel(`${pool.host}:80`)).socket);
    const got = await Promise.all(sockets.map(digest));
    expect(got).toEqual(contents.map(digestOf));

    /** In small pieces, as daemons do; then it is gone at once. */
    async function say(socket: Socket, content: Buffer): Promise<void> {
      for (let at = 0; at < content.length; at += 4000) {
        await new Promise(setImmediate);
        if (!socket.write(content.subarray(at, at + 4000))) await once(socket, 'drain');
      }
      socket.end();
    }
  });

  egressTest('on the network is the system’s to look into', async ({ world }) => {
    await greeter(world);
    const forward = forwardTo(world);
    await world.open({ contacts: [poolContact], forwards: [forward] }, { keepAliveMs: 100_000 });
    expect(await speaks(enter(forward))).toBe(true);
    // proc(5): of each socket, its far end, and in hex which timer runs (2: keep-alive) and when it ends, in 1/100 s.
    const far = '01004D0A:2592';
    const timer = (): string | undefined =>
      readFileSync('/proc/net/tcp', 'latin1')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .find(([, , remote, state]) => remote === far && state === '01')?.[5];
    for (;;) {
      await new Promise(setImmediate);
      const [kind, ticks] = timer()?.split(':') ?? [];
      // What was sent last may still have to be acknowledged.
      if (kind !== '02') continue;
      expect(Number.parseInt(ticks ?? '', 16)).toBeGreaterThan(9000);
      expect(Number.parseInt(ticks ?? '', 16)).toBeLessThanOrEqual(10_000);
      return;
    }
  });
});

describe('whoever does not read', () => {
  /** Writes whatever is taken, and says how much that was. */
  function pour(socket: Socket): () => number {
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
    return () => socket.bytesWritten;
  }

  /** Resolves once this does not grow any more. */
  async function stalled(bytes: () => number): Promise<number> {
    for (;;) {
      const before = bytes();
      await pause(700);
      if (before > 0 && bytes() === before) return before;
    }
  }

  egressTest('holds back whoever speaks to it, in both directions, and loses nothing', async ({ world }) => {
    let poured: () => number = () => 0;
    const deaf: Socket[] = [];
    await world.tcp(pool.host, pool.port, (socket) => {
      deaf.push(socket.pause());
      poured = pour(socket);
    });
    const forward = forwardTo(world);
    const gateway = await world.open({ contacts: [poolContact], forwards: [forward] });
    const before = gateway.residentMiB;
    const guest = enter(forward).pause();
    const written = pour(guest);
    const [down, up] = [await stalled(() => poured()), await stalled(written)];
    expect(gateway.residentMiB - before).toBeLessThan(growthMiB);
    expect(down).toBeLessThan(32 * MiB);
    expect(up).toBeLessThan(32 * MiB);
    await Promise.all([given(guest, 64 * MiB), given(deaf[0] as Socket, 64 * MiB)]);
    guest.destroy();
  });
});

describe('the number of connections', () => {
  egressTest('is bounded and told, and leaves room for the proxy', async ({ world }) => {
    const peer = await greeter(world);
    const forward = forwardTo(world);
    const gateway = await world.open({ contacts: [poolContact], forwards: [forward] });
    const began = performance.now();
    const sockets: Socket[] = [];
    const hearing: Promise<string>[] = [];
    while (sockets.length < 1000) {
      const socket = enter(forward);
      const text = heard(socket, /hi/);
      const isThere = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => {
          resolve(true);
        });
        // The system itself refuses what exceeds the listener's backlog.
        socket.once('close', () => {
          resolve(false);
        });
      });
      if (!isThere) continue;
      sockets.push(socket);
      hearing.push(text);
    }
    const said = await Promise.all(hearing);
    expect(said.filter((text) => text === 'hi')).toHaveLength(256);
    expect(said.filter((text) => text === '')).toHaveLength(744);
    expect(peer.connections()).toBe(256);
    await gateway.until(() => gateway.denials.reduce((sum, { count }) => sum + count, 0) === 744);
    expect(gateway.denials.every(({ reason }) => reason === 'too-many')).toBe(true);
    expect(gateway.denials.length).toBeLessThanOrEqual((performance.now() - began) / 250 + 2);
    await stillWorks(gateway);
    // Nor does the proxy take the forwards' room.
    for (const socket of sockets) socket.destroy();
    const slow = Array.from({ length: 64 }, () => gateway.connect());
    await Promise.all(slow.map((socket) => once(socket, 'connect')));
    await untilSo(() => speaks(enter(forward)));
    for (const socket of slow) socket.destroy();
  });
});
