import type { Socket } from 'node:net';
import { describe, expect } from 'vitest';
import { contact, egressTest, good, heard, hungUp, statusIn, stillWorks } from './egress-fixture.ts';

const last = 'Connection: close\r\n';
const request = (host: string, more = ''): string =>
  `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;

/** A worker that keeps what it should hand on grows by more than this; one that does not, by a few. */
const growthMiB = 48;

describe('guests', () => {
  egressTest(
    'that open a thousand connections get as many as there may be, and are told',
    async ({ world }) => {
      const gateway = await world.open();
      const began = performance.now();
      const sockets: Socket[] = [];
      while (sockets.length < 1000) {
        const socket = gateway.connect();
        const isThere = await new Promise<boolean>((resolve) => {
          socket.once('connect', () => {
            resolve(true);
          });
          // The system itself refuses what exceeds the listener's backlog.
          socket.once('close', () => {
            resolve(false);
          });
        });
        if (isThere) sockets.push(socket);
      }
      // Those that were let in wait for a request; the others are told so at once.
      const refused = 1000 - 64;
      const told: number[] = [];
      await new Promise<void>((resolve) => {
        for (const socket of sockets) {
          void heard(socket, /\r\n\r\n/).then((text) => {
            told.push(statusIn(text));
            if (told.length === refused) resolve();
          });
        }
      });
      expect(new Set(told)).toEqual(new Set([503]));
      for (const socket of sockets) socket.destroy();
      await gateway.until(() => gateway.denials.reduce((sum, { count }) => sum + count, 0) === 1000 - 64);
      expect(gateway.denials.length).toBeLessThanOrEqual((performance.now() - began) / 250 + 2);
      // It hears of their end one by one.
      while ((await gateway.get(`http://${good.host}/`)).status === 503);
      await stillWorks(gateway);
    },
  );

  egressTest(
    'that do not finish a head in time are hung up on, however busy they look',
    async ({ world }) => {
      const gateway = await world.open({}, { headerMs: 700 });
      const text = request(good.host);
      const slow = [text.slice(0, 1), text.slice(0, 30), text.slice(0, -2), ''].map((part) => {
        const socket = gateway.connect();
        socket.write(part);
        return socket;
      });
      // One line after the other, for ever.
      const dripping = gateway.connect();
      dripping.write(text.slice(0, -2));
      const drip = setInterval(() => dripping.write('X: y\r\n'), 50);
      const began = performance.now();
      await Promise.all([...slow, dripping].map((socket) => hungUp(socket)));
      clearInterval(drip);
      expect(performance.now() - began).toBeGreaterThan(600);
      // The next request on a connection has the same time.
      const kept = gateway.connect();
      kept.write(text);
      expect(statusIn(await heard(kept, /good$/))).toBe(200);
      kept.write(text.slice(0, 20));
      await hungUp(kept);
      await stillWorks(gateway);
    },
  );

  egressTest('all slow ones at a time do not keep the others out for longer than that', async ({ world }) => {
    const gateway = await world.open({}, { headerMs: 700 });
    const slow = Array.from({ length: 64 }, () => gateway.connect());
    for (const socket of slow) socket.write('GET ');
    await Promise.all(slow.map((socket) => hungUp(socket)));
    await stillWorks(gateway);
  });

  egressTest('that send a huge head are refused', async ({ world }) => {
    const gateway = await world.open();
    const huge = `X: ${'y'.repeat(100)}\r\n`.repeat(20_000);
    expect(await gateway.status(request(good.host, huge))).toBe(431);
    expect(await gateway.status(request(good.host, `X: ${'y'.repeat(2_000_000)}\r\n`))).toBe(431);
    expect(await gateway.status(`GET http://${good.host}/${'a'.repeat(2_000_000)}`)).toBe(431);
    expect(await gateway.status(request(good.host, 'X: y\r\n'.repeat(400)))).toBe(200);
    expect(await gateway.status(`CONNECT ${'a'.repeat(2_000_000)}`)).toBe(431);
    // Also those that listen only when they have said it all.
    const socket = gateway.connect();
    await new Promise((resolve) => socket.write(request(good.host, huge), resolve));
    expect(statusIn(await heard(socket, /\r\n\r\n/))).toBe(431);
    await gateway.denied('bad-request');
    await stillWorks(gateway);
  });

  egressTest(
    'that send an endless body to somebody who does not read it are held back',
    async ({ world }) => {
      let taken: Socket | undefined;
      await world.tcp('45.33.0.40', 80, (socket) => {
        taken = socket;
      });
      world.names.set('deaf.example', ['45.33.0.40']);
      const gateway = await world.open({ contacts: [contact('deaf.example', 80)] }, { idleMs: 1500 });
      const before = gateway.residentMiB;
      const socket = gateway.connect();
      socket.write(
        'POST http://deaf.example/ HTTP/1.1\r\nHost: deaf.example\r\nTransfer-Encoding: chunked\r\n\r\n',
      );
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
      let most = before;
      const text = heard(socket, /\r\n\r\n/);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk)) most = Math.max(most, gateway.residentMiB);
      };
      socket.on('drain', pour);
      pour();
      // Nothing passes any more: it is given up.
      expect(statusIn(await text)).toBe(504);
      expect(most - before).toBeLessThan(growthMiB);
      expect(socket.bytesWritten).toBeLessThan(64 * 1024 * 1024);
      expect(taken?.bytesRead ?? 0).toBeLessThan(16 * 1024 * 1024);
      socket.destroy();
      await stillWorks(gateway);
    },
  );

  egressTest('that send an endless body after they were refused are hung up on', async ({ world }) => {
    const gateway = await world.open();
    for (const [status, head] of [
      [
        503,
        'POST http://other.example/ HTTP/1.1\r\nHost: other.example\r\nTransfer-Encoding: chunked\r\n\r\n',
      ],
      [403, 'CONNECT other.example:80 HTTP/1.1\r\nHost: other.example:80\r\n\r\n'],
    ] as const) {
      const socket = gateway.connect();
      socket.write(head);
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', pour);
      expect(statusIn(await heard(socket, /\n$/))).toBe(status);
      const closed = hungUp(socket);
      pour();
      await closed;
    }
    await stillWorks(gateway);
  });

  egressTest('that do not read an endless answer hold it back', async ({ world }) => {
    const sent: Promise<number>[] = [];
    const pour = (socket: Socket): void => {
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
      const bytes = (): number => socket.bytesWritten;
      sent.push(
        new Promise((resolve) => {
          socket.once('close', () => {
            resolve(bytes());
          });
        }),
      );
    };
    await world.tcp('45.33.0.41', 80, (socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        pour(socket);
      });
    });
    await world.tcp('45.33.0.41', 81, pour);
    world.names.set('endless.example', ['45.33.0.41']);
    const gateway = await world.open(
      { contacts: [contact('endless.example', 80), contact('endless.example', 81)] },
      { idleMs: 1500 },
    );
    const before = gateway.residentMiB;
    const reading = gateway.connect();
    reading.write(request('endless.example'));
    // Neither reads on from here.
    expect(statusIn(await heard(reading, /\r\n\r\n/))).toBe(200);
    expect((await gateway.tunnel('endless.example:81')).status).toBe(200);
    // Once nothing passes any more, both are given up.
    const bytes = [await sent[0], await sent[1]];
    expect(gateway.residentMiB - before).toBeLessThan(growthMiB);
    for (const count of bytes) expect(count).toBeLessThan(32 * 1024 * 1024);
    await stillWorks(gateway);
  });

  egressTest('that go away take the connection to the outside with them', async ({ world }) => {
    let arrived: (socket: Socket) => void = () => undefined;
    await world.tcp('45.33.0.42', 80, (socket) => {
      socket.resume();
      arrived(socket);
    });
    world.names.set('waiting.example', ['45.33.0.42']);
    const gateway = await world.open({ contacts: [contact('waiting.example', 80)] });
    for (const text of [
      request('waiting.example'),
      'CONNECT waiting.example:80 HTTP/1.1\r\nHost: waiting.example:80\r\n\r\n',
    ]) {
      const outside = new Promise<Socket>((resolve) => {
        arrived = resolve;
      });
      const guest = gateway.connect();
      guest.write(text);
      const peer = await outside;
      const gone = hungUp(peer);
      guest.destroy();
      await gone;
    }
    await stillWorks(gateway);
  });
});

describe('peers', () => {
  egressTest('that never answer are given up', async ({ world }) => {
    const held: Socket[] = [];
    await world.tcp('45.33.0.43', 80, (socket) => {
      held.push(socket.resume());
    });
    // Half an answer's head, one byte after the other.
    await world.tcp('45.33.0.43', 81, (socket) => {
      socket.resume();
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      const drip = setInterval(() => socket.write('y'), 100);
      socket.once('close', () => {
        clearInterval(drip);
      });
    });
    world.names.set('silent.example', ['45.33.0.43']);
    const gateway = await world.open(
      { contacts: [contact('silent.example', 80), contact('silent.example', 81)] },
      { idleMs: 700 },
    );
    expect(await gateway.get('http://silent.example/')).toMatchObject({ status: 504 });
    expect(await gateway.get('http://silent.example:81/')).toMatchObject({ status: 504 });
    const { status, socket } = await gateway.tunnel('silent.example:80');
    expect(status).toBe(200);
    await hungUp(socket);
    expect(gateway.denials).toEqual([]);
    await stillWorks(gateway);
  });

  egressTest('that break off are told as such, before and within an answer', async ({ world }) => {
    const parts = [
      '',
      'HTTP/1.1 200',
      'HTTP/1.1 200 OK\r\nX: y\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort',
    ];
    for (const [index, part] of parts.entries()) {
      await world.tcp('45.33.0.44', 80 + index, (socket) => {
        socket.once('data', () => socket.end(part));
      });
    }
    world.names.set('breaking.example', ['45.33.0.44']);
    const gateway = await world.open({
      contacts: parts.map((_, index) => contact('breaking.example', 80 + index)),
    });
    const url = (index: number): string => `http://breaking.example:${80 + index}/`;
    for (const index of [0, 1, 2]) expect(await gateway.get(url(index))).toMatchObject({ status: 502 });
    // The head was out: only hanging up tells that this was not all.
    for (const index of [3, 4])
      await expect(gateway.get(url(index))).rejects.toThrow(/aborted|hang up|ECONNRESET/);
    await stillWorks(gateway);
  });

  egressTest('that answer with what is no answer, or too much of a head, are refused', async ({ world }) => {
    const answers = [
      'no HTTP at all\r\n\r\n',
      '\x15\x03\x01\x00\x02\x02\x28',
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nraw',
      'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nraw\r\n0\r\n\r\n',
      'HTTP/1.1 407 Proxy Authentication Required\nProxy-Authenticate: Basic\n\n',
      `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100_000)}\r\n`,
      `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(1_000_000)}\r\n\r\n`,
      `HTTP/1.1 ${'100 Continue\r\n\r\nHTTP/1.1 '.repeat(3)}999 X\r\n: y\r\n\r\n`,
    ];
    for (const [index, text] of answers.entries()) {
      await world.tcp('45.33.0.45', 80 + index, (socket) => {
        socket.once('data', () => socket.end(text));
      });
    }
    world.names.set('odd.example', ['45.33.0.45']);
    const gateway = await world.open({
      contacts: answers.map((_, index) => contact('odd.example', 80 + index)),
    });
    for (const index of answers.keys()) {
      const text = await gateway.raw(request(`odd.example:${80 + index}`, last), /$never/);
      // An end after the head was out tells as much.
      if (index !== 4) expect(statusIn(text), answers[index]?.slice(0, 80)).toBe(502);
      expect(text).not.toMatch(/raw|abcde/);
    }
    await stillWorks(gateway);
  });

  egressTest('are not let write more than one answer', async ({ world }) => {
    await world.tcp('45.33.0.46', 80, (socket) => {
      socket.once('data', () =>
        socket.end(
          'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nConnection: keep-alive, X-Hop\r\nX-Hop: z\r\nProxy-Authenticate: Basic\r\n\r\nfirstHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond',
        ),
      );
    });
    world.names.set('two.example', ['45.33.0.46']);
    const gateway = await world.open({ contacts: [contact('two.example', 80)] });
    const guest = gateway.connect();
    guest.write(request('two.example'));
    const text = await heard(guest, /first/);
    expect(text).toMatch(/Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n/);
    expect(text).not.toMatch(/X-Hop|Proxy-Authenticate/);
    guest.write(request(good.host));
    expect(await heard(guest, /good$/)).not.toContain('second');
    await stillWorks(gateway);
  });
});
