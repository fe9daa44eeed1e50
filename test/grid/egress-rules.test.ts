import { statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect } from 'vitest';
import type { GatewayRules, TrafficRow } from '../../electron/egress/gateway.ts';
import { untilSo } from '../fixtures/eventually.ts';
import {
  contact,
  egressTest,
  good,
  heard,
  hungUp,
  stillWorks,
  type TestGateway,
  type World,
} from './egress-fixture.ts';

const KiB = 1024;
const closed: GatewayRules['closed'] = { reason: 'quota-day', sentence: 'Today’s limit is reached.' };

/** A place that pours bytes for ever at port 80, takes them for ever at 81, and echoes at 82. */
async function pouring(world: World): Promise<void> {
  world.names.set('pour.example', ['45.33.0.60']);
  await world.tcp('45.33.0.60', 80, (socket) => {
    const chunk = Buffer.alloc(16 * KiB);
    const more = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', more);
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      more();
    });
  });
  await world.tcp('45.33.0.60', 81, (socket) => socket.resume());
  await world.tcp('45.33.0.60', 82, (socket) => socket.pipe(socket));
}
const pour = [80, 81, 82].map((port) => contact('pour.example', port));

/** Resolves with the ms until this socket has given so many bytes; reading goes on. */
function msUntil(socket: Socket, bytes: number): Promise<number> {
  const began = performance.now();
  let count = 0;
  return new Promise((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      count += chunk.length;
      if (count >= bytes) resolve(performance.now() - began);
    });
    socket.resume();
  });
}

async function poured(gateway: TestGateway): Promise<Socket> {
  const { socket } = await gateway.tunnel('pour.example:80');
  socket.write('go');
  return socket;
}

const received = (gateway: TestGateway): number =>
  gateway.traffic.reduce((sum, row) => sum + row.received, 0);

describe('closed rules', () => {
  egressTest.for([
    ['metered', 'This network is billed by volume.'],
    ['quota-day', 'Today’s limit is reached.'],
    ['quota-month', 'This month’s limit is reached.'],
  ] as const)('refuse everything with %s and end what is open', async ([reason, sentence], { world }) => {
    await pouring(world);
    const gateway = await world.open({ contacts: pour });
    const tunnel = await poured(gateway);
    const plain = gateway.connect();
    plain.write('GET http://pour.example/ HTTP/1.1\r\nHost: pour.example\r\n\r\n');
    await heard(plain, /\r\n\r\n/);
    const ended = [hungUp(tunnel), hungUp(plain)];
    gateway.gateway.set({ ...gateway.rules, closed: { reason, sentence } });
    await Promise.all(ended);
    const answer = await gateway.get(`http://${good.host}/`);
    expect(answer).toMatchObject({ status: 503 });
    expect(answer.body).toContain(reason);
    expect((await gateway.tunnel('127.0.0.1:80')).status).toBe(503);
    expect((await gateway.denied(reason))[0]).toMatchObject({ reason, sentence, allowable: false });
    gateway.gateway.set(gateway.rules);
    await stillWorks(gateway);
  });

  egressTest('can end a transfer when a quota is used up, with little more than that', async ({ world }) => {
    await pouring(world);
    const quota = 512 * KiB;
    const rate = 512 * KiB;
    const gateway = await world.open({ contacts: pour, downBytesPerSecond: rate });
    const socket = await poured(gateway);
    const end = hungUp(socket);
    await gateway.until(() => received(gateway) >= quota);
    const before = received(gateway);
    gateway.gateway.set({ ...gateway.rules, closed });
    await end;
    await gateway.gateway.dispose();
    // Counts come once a second.
    expect(received(gateway)).toBeLessThan(before + 3 * rate);
    expect(received(gateway)).toBeGreaterThanOrEqual(quota);
  });
});

describe('other rules', () => {
  egressTest('a place taken off the list is ended, the others go on', async ({ world }) => {
    await pouring(world);
    const gateway = await world.open({ contacts: pour });
    const removed = await poured(gateway);
    const { socket: kept } = await gateway.tunnel('pour.example:82');
    const end = hungUp(removed);
    gateway.gateway.set({ ...gateway.rules, contacts: pour.slice(1) });
    await end;
    kept.write('still here');
    expect(await heard(kept, /here/)).toBe('still here');
    expect((await gateway.tunnel('pour.example:80')).status).toBe(403);
  });

  egressTest('a permission for a company’s network that is taken back is', async ({ world }) => {
    await world.tcp('10.77.0.60', 80, (socket) => socket.pipe(socket));
    world.names.set('inside.example', ['10.77.0.60']);
    const gateway = await world.open({ contacts: [contact('inside.example', 80, true)] });
    const { status, socket } = await gateway.tunnel('inside.example:80');
    expect(status).toBe(200);
    const end = hungUp(socket);
    gateway.gateway.set({ ...gateway.rules, contacts: [contact('inside.example', 80)] });
    await end;
    expect((await gateway.tunnel('inside.example:80')).status).toBe(403);
  });

  egressTest('a rate holds over all connections together, in each direction', async ({ world }) => {
    await pouring(world);
    const rate = 256 * KiB;
    const bytes = 512 * KiB;
    const gateway = await world.open({ contacts: pour });
    gateway.gateway.set({ ...gateway.rules, downBytesPerSecond: rate, upBytesPerSecond: rate });
    // Two at a time, each with half of it.
    const began = performance.now();
    const sockets = [await poured(gateway), await poured(gateway)];
    await Promise.all(sockets.map((socket) => msUntil(socket, bytes / 2)));
    // 2 s by the rate, less the burst of a quarter of a second and the last pieces.
    expect(performance.now() - began).toBeGreaterThan(1400);
    for (const socket of sockets) socket.destroy();

    const { socket: echo } = await gateway.tunnel('pour.example:82');
    gateway.gateway.set({ ...gateway.rules, downBytesPerSecond: null, upBytesPerSecond: rate });
    const up = msUntil(echo, bytes);
    echo.write(Buffer.alloc(bytes));
    expect(await up).toBeGreaterThan(1400);
  });

  egressTest('nothing is cut off by a rate, however early its sender ends', async ({ world }) => {
    const content = Buffer.from(Uint8Array.from({ length: 60_000 }, (_, index) => (index * 31) % 251));
    const text = content.toString('latin1');
    const got: Buffer[] = [];
    const keep = async (from: AsyncIterable<Buffer>): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of from) chunks.push(chunk);
      got.push(Buffer.concat(chunks));
    };
    world.names.set('early.example', ['45.33.0.62']);
    await world.http('45.33.0.62', 80, (asked, answer) => {
      void keep(asked).then(() => answer.end(content));
    });
    // Says all and ends at once, and hears what comes meanwhile.
    await world.tcp('45.33.0.62', 81, (socket) => {
      socket.end(content);
      void keep(socket);
    });
    const rates = { downBytesPerSecond: 128 * KiB, upBytesPerSecond: 128 * KiB };
    const contacts = [80, 81].map((port) => contact('early.example', port));
    const gateway = await world.open({ contacts, ...rates });
    for (let round = 0; round < 4; round += 1) {
      const { body } = await gateway.fetch('POST', 'http://early.example/', { body: content });
      expect(body === text).toBe(true);
      const { socket } = await gateway.tunnel('early.example:81');
      socket.end(content);
      expect((await heard(socket, /$never/)) === text).toBe(true);
    }
    await untilSo(() => got.length === 8);
    expect(got.map((bytes) => bytes.equals(content))).toEqual(Array(8).fill(true));
    await stillWorks(gateway);
  });

  egressTest(
    'what a guest said before it left still waits its turn, in a bounded number',
    async ({ world }) => {
      world.names.set('early.example', ['45.33.0.62']);
      let bytes = 0;
      await world.tcp('45.33.0.62', 81, (socket) => {
        socket.end('bye');
        socket.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
        });
      });
      const contacts = [contact('early.example', 81)];
      const gateway = await world.open({ contacts, upBytesPerSecond: 1024 }, { connections: 4 });
      const statuses: number[] = [];
      for (let round = 0; round < 6; round += 1) {
        const { status, socket } = await gateway.tunnel('early.example:81');
        statuses.push(status);
        if (status !== 200) continue;
        socket.end(Buffer.alloc(10_000));
        await heard(socket, /bye$/);
        socket.destroy();
      }
      expect(statuses).toEqual([200, 200, 200, 200, 503, 503]);
      gateway.gateway.set({ ...gateway.rules, upBytesPerSecond: null });
      await untilSo(() => bytes === 40_000);
      await stillWorks(gateway);
    },
  );

  egressTest('a rate that is lifted lets those go on that wait', async ({ world }) => {
    await pouring(world);
    const gateway = await world.open({ contacts: pour, downBytesPerSecond: 1024 });
    const socket = await poured(gateway);
    await heard(socket, /HTTP/);
    // By the old rate: over an hour.
    const done = msUntil(socket, 4096 * KiB);
    gateway.gateway.set({ ...gateway.rules, downBytesPerSecond: null });
    expect(await done).toBeLessThan(60_000);
  });
});

describe('what it tells', () => {
  egressTest('bytes by host, heads included, no more often than once a second', async ({ world }) => {
    await pouring(world);
    const gateway = await world.open({ contacts: pour });
    const began = performance.now();
    const { socket } = await gateway.tunnel('pour.example:82');
    const back = msUntil(socket, 100_000);
    socket.write(Buffer.alloc(100_000));
    await back;
    await stillWorks(gateway);
    socket.end();
    await hungUp(socket);
    await gateway.gateway.dispose();
    const rows = (of: string): TrafficRow[] => gateway.traffic.filter(({ host }) => host === of);
    expect(new Set(gateway.traffic.map(({ host }) => host))).toEqual(new Set([good.host, 'pour.example']));
    const sum = (key: 'sent' | 'received', host: string): number =>
      rows(host).reduce((total, row) => total + row[key], 0);
    expect(sum('sent', 'pour.example')).toBe(100_000);
    expect(sum('received', 'pour.example')).toBe(100_000);
    expect(sum('sent', good.host)).toBeGreaterThan(30);
    expect(sum('received', good.host)).toBeGreaterThan(60);
    // One more comes with the end.
    expect(rows('pour.example').length).toBeLessThanOrEqual((performance.now() - began) / 1000 + 2);
  });

  egressTest('equal denials as one, with their number', async ({ world }) => {
    const gateway = await world.open();
    const socket = gateway.connect();
    const began = performance.now();
    for (let round = 0; round < 300; round += 1) {
      socket.write('GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n');
      await heard(socket, /\n$/);
    }
    await gateway.until(() => gateway.denials.reduce((sum, { count }) => sum + count, 0) === 300);
    expect(gateway.denials.length).toBeLessThanOrEqual((performance.now() - began) / 250 + 2);
    expect(new Set(gateway.denials.map(({ host }) => host))).toEqual(new Set(['other.example']));
    await stillWorks(gateway);
  });

  egressTest('different denials without end as a few, and the rest together', async ({ world }) => {
    const gateway = await world.open();
    const began = performance.now();
    const socket = gateway.connect();
    for (let round = 0; round < 500; round += 1) {
      socket.write(`GET http://other${round}.example/ HTTP/1.1\r\nHost: other${round}.example\r\n\r\n`);
      await heard(socket, /\n$/);
    }
    await gateway.until(() => gateway.denials.length >= 6);
    expect(gateway.denials.length).toBeLessThanOrEqual((performance.now() - began) / 250 + 1);
    await gateway.gateway.dispose();
    expect(gateway.denials.reduce((sum, { count }) => sum + count, 0)).toBe(500);
    expect(gateway.denials.find(({ host }) => host === '')?.count).toBeGreaterThan(100);
    expect(gateway.losses).toEqual([]);
  });
});

describe('tunnels', () => {
  egressTest('carry any bytes both ways, and the end of each direction by itself', async ({ world }) => {
    let got = 0;
    await world.tcp('45.33.0.61', 80, (socket) => {
      socket.on('data', (chunk: Buffer) => {
        got += chunk.length;
      });
      // It answers when it has heard all.
      socket.once('end', () => socket.end(Buffer.alloc(200_000, 'b')));
    });
    world.names.set('half.example', ['45.33.0.61']);
    const gateway = await world.open({ contacts: [contact('half.example', 80)] });
    const socket = gateway.connect();
    // What comes with the head belongs to the tunnel as well.
    socket.write('CONNECT half.example:80 HTTP/1.1\r\nHost: half.example:80\r\n\r\nearly');
    await heard(socket, /\r\n\r\n/);
    socket.end(Buffer.alloc(300_000, 'a'));
    const text = await heard(socket, /$never/);
    expect(text.length).toBe(200_000);
    expect(got).toBe(300_005);
    await stillWorks(gateway);
  });
});

describe('its socket and its worker', () => {
  egressTest('the socket is for this user alone, also where an old one lies', async ({ world }) => {
    const gateway = await world.open();
    expect(statSync(gateway.socketPath).mode & 0o777).toBe(0o600);
    await gateway.gateway.dispose();
    expect(() => statSync(gateway.socketPath)).toThrow(/ENOENT/);
    writeFileSync(gateway.socketPath, 'old');
    const again = world.reopen(gateway);
    await again.gateway.open(gateway.rules);
    expect(statSync(again.socketPath).mode & 0o777).toBe(0o600);
    await stillWorks(again);
  });

  egressTest('a place where no socket can be is told at once', async ({ world }) => {
    const gateway = world.reopen({ socketPath: '/nowhere/at/all.sock' });
    await expect(gateway.gateway.open(gateway.rules)).rejects.toMatchObject({ code: 'network-unavailable' });
    expect(gateway.losses).toEqual([]);
  });

  egressTest('a worker that dies is the end of its gateway, and of no other', async ({ world }) => {
    await pouring(world);
    const gateway = await world.open({ contacts: pour });
    const other = await world.open({ contacts: pour });
    const tunnel = await poured(gateway);
    const end = hungUp(tunnel);
    process.kill(gateway.pid, 'SIGKILL');
    await end;
    await gateway.until(() => gateway.losses.length > 0);
    expect(gateway.losses).toMatchObject([{ code: 'network-unavailable' }]);
    await stillWorks(other);
    await gateway.gateway.dispose();
    expect(gateway.losses).toHaveLength(1);
  });
});
