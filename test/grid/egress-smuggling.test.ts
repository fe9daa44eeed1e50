import type { IncomingMessage } from 'node:http';
import { describe, expect } from 'vitest';
import { egressTest, good, heard, statusIn, stillWorks, watched } from './egress-fixture.ts';

const at = `http://${good.host}`;
const host = `Host: ${good.host}\r\n`;

describe('requests that two readers could take in two ways', () => {
  const tail = 'GET http://10.77.0.5/ HTTP/1.1\r\nHost: 10.77.0.5\r\n\r\n';
  const attacks: readonly (readonly [string, string])[] = [
    [
      'length and chunks',
      `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${tail}`,
    ],
    [
      'chunks and length',
      `POST ${at}/ HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\nX`,
    ],
    ['two lengths', `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 0\r\n\r\nabcd`],
    [
      'the same length twice',
      `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd`,
    ],
    ['a list of lengths', `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: 4, 4\r\n\r\nabcd`],
    ['a length with a sign', `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: +4\r\n\r\nabcd`],
    ['a negative length', `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: -4\r\n\r\nabcd`],
    ['a length in hex', `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: 0x4\r\n\r\nabcd`],
    ['an endless length', `POST ${at}/ HTTP/1.1\r\n${host}Content-Length: 99999999999999999999\r\n\r\nabcd`],
    [
      'two encodings',
      `POST ${at}/ HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'an encoding on top',
      `POST ${at}/ HTTP/1.1\r\n${host}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'an encoding below',
      `POST ${at}/ HTTP/1.1\r\n${host}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    ],
    ['an unknown encoding', `POST ${at}/ HTTP/1.1\r\n${host}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a hidden encoding', `POST ${at}/ HTTP/1.1\r\n${host}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    [
      'chunks in HTTP/1.0',
      `POST ${at}/ HTTP/1.0\r\n${host}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['bare line feeds', `GET ${at}/ HTTP/1.1\n${host.replace('\r', '')}\n`],
    ['one bare line feed', `GET ${at}/ HTTP/1.1\r\nX: y\nEvil: z\r\n${host}\r\n`],
    ['a bare carriage return', `GET ${at}/ HTTP/1.1\r\nX: y\rEvil: z\r\n${host}\r\n`],
    ['a folded line', `GET ${at}/ HTTP/1.1\r\n${host}X: y\r\n Evil: z\r\n\r\n`],
    ['a folded first line', `GET ${at}/ HTTP/1.1\r\n Evil: z\r\n${host}\r\n`],
    ['a zero byte', `GET ${at}/ HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`],
    ['a zero byte in the URL', `GET ${at}/\0 HTTP/1.1\r\n${host}\r\n`],
    ['spaces in the URL', `GET ${at}/ x HTTP/1.1\r\n${host}\r\n`],
    ['two Host headers', `GET ${at}/ HTTP/1.1\r\n${host}Host: 10.77.0.5\r\n\r\n`],
    ['the same Host twice', `GET ${at}/ HTTP/1.1\r\n${host}${host}\r\n`],
    ['a Host that disagrees', `GET ${at}/ HTTP/1.1\r\nHost: 10.77.0.5\r\n\r\n`],
    ['a Host with another port', `GET ${at}/ HTTP/1.1\r\nHost: ${good.host}:81\r\n\r\n`],
    ['no Host', `GET ${at}/ HTTP/1.1\r\n\r\n`],
    ['an empty Host', `GET ${at}/ HTTP/1.1\r\nHost:\r\n\r\n`],
    ['a header without a name', `GET ${at}/ HTTP/1.1\r\n${host}: x\r\n\r\n`],
    ['another version', `GET ${at}/ HTTP/2.0\r\n${host}\r\n`],
    [
      'chunks alone in HTTP/1.0',
      `POST ${at}/ HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['HTTP/2 by its preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an upgrade', `GET ${at}/ HTTP/1.1\r\n${host}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`],
    [
      'an upgrade to HTTP/2',
      `GET ${at}/ HTTP/1.1\r\n${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n`,
    ],
    ['an unknown expectation', `GET ${at}/ HTTP/1.1\r\n${host}Expect: 200-ok\r\n\r\n`],
    ['TRACE', `TRACE ${at}/ HTTP/1.1\r\n${host}\r\n`],
    ['a method in lower case', `get ${at}/ HTTP/1.1\r\n${host}\r\n`],
    ['a strange method', `PROPFIND ${at}/ HTTP/1.1\r\n${host}\r\n`],
    [
      'a CONNECT with a body',
      `CONNECT ${good.host}:80 HTTP/1.1\r\nHost: ${good.host}:80\r\nContent-Length: 4\r\n\r\nabcd`,
    ],
    [
      'a CONNECT with chunks',
      `CONNECT ${good.host}:80 HTTP/1.1\r\nHost: ${good.host}:80\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a CONNECT whose Host disagrees', `CONNECT ${good.host}:80 HTTP/1.1\r\nHost: 10.77.0.5:80\r\n\r\n`],
    ['a CONNECT to a URL', `CONNECT ${at}/ HTTP/1.1\r\n${host}\r\n`],
    ['a CONNECT without a port', `CONNECT ${good.host} HTTP/1.1\r\n${host}\r\n`],
  ];
  const urls: readonly (readonly [string, string])[] = [
    ['a path alone', '/'],
    ['an asterisk', '*'],
    ['https', `https://${good.host}/`],
    ['ftp', `ftp://${good.host}/`],
    ['a file', 'file:///etc/passwd'],
    ['a gopher', `gopher://${good.host}/`],
    ['a scheme-less URL', `//${good.host}/`],
    ['a user', `http://user@${good.host}/`],
    ['a user and a password', `http://user:password@${good.host}/`],
    ['a host as a user', `http://${good.host}@10.77.0.5/`],
    ['a host as a user and its port', `http://${good.host}:80@10.77.0.5:80/`],
    ['a backslash', `http://${good.host}\\@10.77.0.5/`],
    ['a backslash for slashes', `http:\\\\${good.host}\\`],
    ['a fragment', `http://${good.host}/#@10.77.0.5/`],
    ['a fragment at once', `http://${good.host}#@10.77.0.5/`],
    ['a missing slash', `http:/${good.host}/`],
    ['too many slashes', `http:///${good.host}/`],
    ['no host', 'http:///'],
    ['an empty port', `http://${good.host}:/`],
    ['port 0', `http://${good.host}:0/`],
    ['a port too high', `http://${good.host}:65616/`],
    ['a port with zeros', `http://${good.host}:0080/`],
    ['an escaped host', 'http://good%2eexample/'],
    ['a final dot', `http://${good.host}./`],
    ['another alphabet', 'http://gооd.example/'],
    ['a wide full stop', 'http://good。example/'],
  ];

  egressTest('are refused before anything goes out', async ({ world }) => {
    const inside = await world.http('10.77.0.5', 80, (_, answer) => answer.end('inside'));
    const { gateway, seen } = await watched(world);
    const all = [
      ...attacks,
      ...urls.map(([name, url]) => [name, `GET ${url} HTTP/1.1\r\n${host}\r\n`] as const),
    ];
    for (const [name, text] of all) {
      const bytes = Buffer.from(
        text
          .replaceAll(good.host, 'watched.example')
          .replaceAll('good%2e', 'watched%2e')
          .replaceAll('gооd.', 'wаtched.'),
      );
      expect([400, 403, 417, 503], name).toContain(await gateway.status(bytes));
    }
    expect(seen).toEqual([]);
    expect(inside.connections()).toBe(0);
    await gateway.denied('bad-request');
    await stillWorks(gateway);
  });

  egressTest('chunks that make no sense end the connection, on both sides', async ({ world }) => {
    const { gateway } = await watched(world);
    const bodies = [
      'x\r\n',
      '-1\r\n',
      '1\r\nab\r\n0\r\n\r\n',
      '4;\n0\r\n\r\n',
      'ffffffffffffffffff\r\nx',
      '1 \r\na\r\n',
      '0x1\r\na\r\n',
    ];
    for (const body of bodies) {
      const socket = gateway.connect();
      socket.write(
        `POST http://watched.example/ HTTP/1.1\r\nHost: watched.example\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
      );
      // Whatever the first part got: no second request is read out of the rest.
      socket.write('GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n');
      const text = await heard(socket, /$never/);
      expect(text.match(/HTTP\/1\.1/g)?.length ?? 0, body).toBeLessThanOrEqual(1);
      expect(text).not.toContain('good');
    }
    await stillWorks(gateway);
  });

  egressTest('a request behind another one that is not answered yet is not read', async ({ world }) => {
    const { gateway, seen } = await watched(world);
    const one = 'GET http://watched.example/ HTTP/1.1\r\nHost: watched.example\r\n\r\n';
    await gateway.raw(one.repeat(50), /$never/);
    expect(seen.length).toBeLessThanOrEqual(1);
    await stillWorks(gateway);
  });
});

describe('what goes out', () => {
  egressTest(
    'is written anew, without what is between neighbours or tells of a neighbour',
    async ({ world }) => {
      const { gateway, seen } = await watched(world);
      const text = await gateway.raw(
        [
          'GET http://WATCHED.example:80/a/../b?c=%20d HTTP/1.1',
          'host: Watched.Example',
          'Connection: keep-alive, X-Private, Content-Type',
          'X-Private: between us',
          'Content-Type: text/plain',
          'Keep-Alive: timeout=5',
          'Proxy-Connection: keep-alive',
          'Proxy-Authorization: Basic c2VjcmV0',
          'TE: trailers',
          'Trailer: X-Late',
          'X-Forwarded-For: 10.0.0.1',
          'X-Forwarded-Host: inside',
          'Forwarded: for=10.0.0.1',
          'Via: 1.1 inside',
          'X-Real-IP: 10.0.0.1',
          'User-Agent: Test/1.0',
          'Cookie: a=b',
          'Cookie: c=d',
          '\r\n',
        ].join('\r\n'),
      );
      expect(statusIn(text)).toBe(200);
      expect(seen).toEqual([
        'GET /a/../b?c=%20d HTTP/1.1\r\nHost: watched.example\r\nUser-Agent: Test/1.0\r\nCookie: a=b\r\nCookie: c=d\r\nConnection: close\r\n\r\n',
      ]);
      await stillWorks(gateway);
    },
  );

  egressTest('carries bodies of either framing, and of any bytes', async ({ world }) => {
    const got: [string, string | undefined, string | undefined][] = [];
    const body = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256);
    const echo = async (asked: IncomingMessage): Promise<Buffer> => {
      const chunks: Buffer[] = [];
      for await (const chunk of asked) chunks.push(chunk as Buffer);
      got.push([asked.method ?? '', asked.headers['content-length'], asked.headers['transfer-encoding']]);
      return Buffer.concat(chunks);
    };
    await world.http('45.33.0.31', 8080, (asked, answer) => {
      void echo(asked).then((bytes) => {
        if (asked.headers['transfer-encoding'] !== undefined) answer.write(bytes.subarray(0, 1000));
        answer.end(bytes.subarray(asked.headers['transfer-encoding'] === undefined ? 0 : 1000));
      });
    });
    world.names.set('echo.example', ['45.33.0.31']);
    const gateway = await world.open({
      contacts: [{ host: 'echo.example', port: 8080, source: 'project', private: false }],
    });
    const url = 'http://echo.example:8080/';
    for (const headers of [
      { 'Content-Length': String(body.length) },
      { 'Transfer-Encoding': 'chunked' },
      { 'Content-Length': String(body.length), Expect: '100-continue' },
    ]) {
      const answer = await gateway.fetch('POST', url, { headers, body });
      expect(answer.status).toBe(200);
      expect(answer.body === Buffer.from(body).toString('latin1')).toBe(true);
    }
    expect(got).toEqual([
      ['POST', '300000', undefined],
      ['POST', undefined, 'chunked'],
      ['POST', '300000', undefined],
    ]);
    expect(await gateway.fetch('HEAD', url)).toMatchObject({ status: 200, body: '' });
    expect(await gateway.fetch('PUT', url, { body: 'x' })).toMatchObject({ status: 200, body: 'x' });
    expect(await gateway.fetch('DELETE', url)).toMatchObject({ status: 200 });
  });

  egressTest('one connection may carry one request after the other', async ({ world }) => {
    const gateway = await world.open();
    const socket = gateway.connect();
    const one = `GET http://${good.host}/ HTTP/1.1\r\nHost: ${good.host}\r\n\r\n`;
    for (let round = 0; round < 5; round += 1) {
      socket.write(one);
      expect(statusIn(await heard(socket, /good$/))).toBe(200);
    }
    // A refusal in between as well.
    socket.write('GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\n\r\n');
    expect(statusIn(await heard(socket, /\n$/))).toBe(503);
    socket.write(one);
    expect(statusIn(await heard(socket, /good$/))).toBe(200);
    socket.destroy();
  });

  egressTest('says why on a page that names the reason and nothing else', async ({ world }) => {
    const gateway = await world.open({
      contacts: [{ host: 'inside.example', port: 80, source: 'project', private: false }],
    });
    world.names.set('inside.example', ['10.77.0.5']);
    const answer = await gateway.get('http://inside.example/path?query=secret', { 'X-Secret': 'secret' });
    expect(answer).toMatchObject({ status: 403, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(answer.body).toContain('private-address');
    expect(answer.body).not.toMatch(/secret|path|10\.77/);
    const [denial] = await gateway.denied('private-address');
    expect(JSON.stringify(denial)).not.toMatch(/secret|path/);
  });
});
