import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { egressTest, heard, stillWorks, watched } from './egress-fixture.ts';

describe('anything at all', () => {
  const cuts = fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      drop: fc.nat(12),
      put: fc.oneof(
        fc.constantFrom(
          '\r\n',
          '\n',
          '\r',
          '\0',
          ' ',
          ':',
          'Content-Length: 3\r\n',
          'Transfer-Encoding: chunked\r\n',
          'Host: x\r\n',
          '0\r\n\r\n',
          'HTTP/1.1',
          '\xff',
          '%',
          '@',
          '#',
          '[::1]',
          ',',
        ),
        fc.string({ maxLength: 8, unit: 'binary' }),
      ),
    }),
    { maxLength: 4 },
  );

  function cut(text: string, all: { at: number; drop: number; put: string }[]): Buffer {
    let bytes: Buffer = Buffer.from(text, 'latin1');
    for (const { at, drop, put } of all) {
      const place = Math.floor(at * bytes.length);
      bytes = Buffer.concat([
        bytes.subarray(0, place),
        Buffer.from(put, 'latin1'),
        bytes.subarray(place + drop),
      ]);
    }
    return bytes;
  }

  egressTest('that a guest or a peer may say breaks nothing and leads nowhere else', async ({ world }) => {
    const { gateway } = await watched(world);
    const elsewhere = await Promise.all(
      ['127.0.0.1', '::1', '10.77.0.5', '45.34.0.1'].map((address) =>
        world.tcp(address, 80, (socket) => socket.destroy()),
      ),
    );
    let spoken: Buffer = Buffer.from('');
    await world.tcp('45.33.0.31', 80, (socket) => {
      socket.once('data', () => socket.end(spoken));
    });
    world.names.set('saying.example', ['45.33.0.31']);
    gateway.gateway.set({
      ...gateway.rules,
      contacts: [
        ...gateway.rules.contacts,
        { host: 'saying.example', port: 80, source: 'project', private: false },
      ],
    });
    const requests = fc.constantFrom(
      'GET http://watched.example/a?b HTTP/1.1\r\nHost: watched.example\r\nX: y\r\nConnection: close\r\n\r\n',
      'POST http://watched.example/ HTTP/1.1\r\nHost: watched.example\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
      'POST http://watched.example/ HTTP/1.1\r\nHost: watched.example\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      'CONNECT watched.example:80 HTTP/1.1\r\nHost: watched.example:80\r\n\r\nGET / HTTP/1.0\r\n\r\n',
    );
    const answers = fc.constantFrom(
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
    );
    await fc.assert(
      fc.asyncProperty(requests, answers, cuts, async (asked, answered, all) => {
        const guest = gateway.connect();
        guest.end(cut(asked, all));
        spoken = cut(answered, all);
        const [toGuest, fromPeer] = await Promise.all([
          heard(guest, /$never/),
          gateway.raw(
            'GET http://saying.example/ HTTP/1.1\r\nHost: saying.example\r\nConnection: close\r\n\r\n',
            /$never/,
          ),
        ]);
        for (const text of [toGuest, fromPeer]) expect(text).toMatch(/^$|^HTTP\/1\.1 \d{3} /);
      }),
      { numRuns: 400 },
    );
    expect(elsewhere.map(({ connections }) => connections())).toEqual([0, 0, 0, 0]);
    await stillWorks(gateway);
  });
});
