import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { describe, expect } from 'vitest';
import type { ProxyRule } from '../../electron/egress/gateway.ts';
import { type Certified, type FakeAuthority, fakeAuthority } from '../fakes/certificates.ts';
import { FakeProxy, type FakeProxyOptions } from '../fakes/fake-proxy.ts';
import {
  contact,
  egressTest,
  good,
  heard,
  stillWorks,
  type TestGateway,
  type World,
} from './egress-fixture.ts';

/** Where the company's proxy stands: a private address, as such do. */
const proxyAt = { address: '10.77.0.1', port: 3128 } as const;

const hosts = {
  [`${good.host}:80`]: good.address,
  'inside.example:80': '10.77.0.5',
  'a.wild.example:80': good.address,
  'localhost:80': '127.0.0.1',
} as const;

async function proxied(world: World, o: Partial<FakeProxyOptions> = {}): Promise<FakeProxy> {
  // A name that only the proxy can look up.
  world.names.set(good.host, 'nxdomain');
  world.names.set('proxy.example', [proxyAt.address]);
  return world.own(await FakeProxy.start({ ...proxyAt, hosts, ...o }));
}

/** Where {@link proxied} stands, with a login for it. */
const fixed = (login?: { name: string; password: string }): ProxyRule => ({
  kind: 'fixed',
  url: 'http://proxy.example:3128',
  logins: login ? [{ proxy: 'http://proxy.example:3128', ...login }] : [],
});

async function throughTunnel(gateway: TestGateway): Promise<string> {
  const { status, socket } = await gateway.tunnel(`${good.host}:80`);
  if (status !== 200) return String(status);
  socket.write(`GET / HTTP/1.1\r\nHost: ${good.host}\r\nConnection: close\r\n\r\n`);
  return await heard(socket, /good$/);
}

describe('a proxy of the network', () => {
  egressTest('carries plain requests and tunnels, by names that only it knows', async ({ world }) => {
    const proxy = await proxied(world);
    const gateway = await world.open({ proxy: fixed() });
    expect(await gateway.get(`http://${good.host}/a?b`)).toMatchObject({ status: 200, body: 'good' });
    expect(await throughTunnel(gateway)).toMatch(/good$/);
    expect(proxy.requests).toEqual([`GET http://${good.host}:80/a?b`, `CONNECT ${good.host}:80`]);
    // Only the proxy itself was looked up.
    expect(new Set(world.names.questions.map(({ name }) => name))).toEqual(new Set(['proxy.example']));
    await gateway.until(() => gateway.traffic.length > 0);
    expect(gateway.traffic.every(({ host }) => host === good.host)).toBe(true);
    expect(gateway.problems).toEqual([]);
  });

  egressTest(
    'takes exact names only, and no address that would not be taken without it',
    async ({ world }) => {
      const proxy = await proxied(world);
      const gateway = await world.open({
        proxy: fixed(),
        contacts: [
          ...['*.wild.example', '10.77.0.5', '127.0.0.1', '::1', 'localhost', '45.34.0.1'].map((host) =>
            contact(host, 80),
          ),
        ],
      });
      const refused = [
        'a.wild.example:80',
        '10.77.0.5:80',
        '127.0.0.1:80',
        '[::1]:80',
        'localhost:80',
        '45.34.0.1:80',
        'inside.example:80',
      ];
      for (const authority of refused) {
        expect((await gateway.tunnel(authority)).status, authority).toBe(403);
        expect([403, 503], authority).toContain((await gateway.get(`http://${authority}/`)).status);
      }
      expect(proxy.requests).toEqual([]);
      expect((await gateway.denied('wildcard-behind-proxy'))[0]).toMatchObject({
        host: 'a.wild.example',
        allowable: true,
      });
      await stillWorks(gateway);
    },
  );

  egressTest('is told the name and password that it wants, and nobody else is', async ({ world }) => {
    const proxy = await proxied(world, { login: 'me:pass:wörd' });
    const gateway = await world.open({ proxy: fixed({ name: 'me', password: 'pass:wörd' }) });
    // Not the guest's, if it has any.
    const headers = { 'Proxy-Authorization': 'Basic Z3Vlc3Q6Z3Vlc3Q=' };
    expect(await gateway.get(`http://${good.host}/`, headers)).toMatchObject({ status: 200 });
    expect(await throughTunnel(gateway)).toMatch(/good$/);
    const wanted = `Basic ${Buffer.from('me:pass:wörd').toString('base64')}`;
    expect(proxy.logins).toEqual([wanted, wanted]);
    expect(gateway.problems).toEqual([]);
  });

  egressTest('that wants another is a problem for the person, until it is content', async ({ world }) => {
    await proxied(world, { login: 'me:right' });
    const gateway = await world.open({ proxy: fixed({ name: 'me', password: 'wrong' }) });
    const answer = await gateway.get(`http://${good.host}/`);
    expect(answer.status).toBe(502);
    expect(answer.headers).not.toHaveProperty('proxy-authenticate');
    expect((await gateway.tunnel(`${good.host}:80`)).status).toBe(502);
    await gateway.until(() => gateway.problems.length === 1);
    expect(gateway.problems[0]).toMatchObject({ code: 'proxy-refused' });
    expect(JSON.stringify(gateway.problems)).not.toMatch(/wrong/);
    expect(gateway.denials).toEqual([]);
    gateway.gateway.set({ ...gateway.rules, proxy: fixed({ name: 'me', password: 'right' }) });
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 200 });
    await gateway.until(() => gateway.problems.length === 2);
    expect(gateway.problems[1]).toBeNull();
  });

  egressTest(
    'is told no name and password that are for another, and named when it asks',
    async ({ world }) => {
      const proxy = await proxied(world, { login: 'me:secret' });
      world.names.set('other.example', [proxyAt.address]);
      const strangers = [
        'http://other.example:3128',
        'http://proxy.example:3129',
        'https://proxy.example:3128',
        'http://10.77.0.1:3128',
      ];
      const logins = strangers.map((at) => ({ proxy: at, name: 'me', password: 'secret' }));
      const gateway = await world.open({ proxy: { kind: 'ask', logins } }, {}, (made) => {
        made.askProxy = () => Promise.resolve('PROXY proxy.example:3128');
      });
      expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
      expect((await gateway.tunnel(`${good.host}:80`)).status).toBe(502);
      expect(proxy.logins).toEqual([undefined, undefined]);
      await gateway.until(() => gateway.problems.length > 0 && gateway.challenges.length > 0);
      expect(gateway.problems[0]?.sentence).toBe(
        'The proxy “proxy.example:3128” wants a name and a password.',
      );
      expect(gateway.challenges[0]).toBe('http://proxy.example:3128');
      // The right one among others.
      const right = { proxy: 'http://proxy.example:3128', name: 'me', password: 'secret' };
      gateway.gateway.set({ ...gateway.rules, proxy: { kind: 'ask', logins: [...logins, right] } });
      expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 200 });
      expect(await throughTunnel(gateway)).toMatch(/good$/);
    },
  );

  egressTest('that is away, or is none, is a problem; nothing goes round it', async ({ world }) => {
    world.names.set('proxy.example', ['10.77.0.9']);
    world.names.set('odd.example', ['10.77.0.8']);
    await world.tcp('10.77.0.8', 3128, (socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')));
    const gateway = await world.open({ proxy: fixed() });
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
    expect((await gateway.tunnel(`${good.host}:80`)).status).toBe(502);
    await gateway.until(() => gateway.problems.length === 1);
    expect(gateway.problems[0]?.sentence).toContain('proxy.example:3128');
    gateway.gateway.set({
      ...gateway.rules,
      proxy: { kind: 'fixed', url: 'http://odd.example:3128', logins: [] },
    });
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
    expect((await gateway.tunnel(`${good.host}:80`)).status).toBe(502);
    gateway.gateway.set({
      ...gateway.rules,
      proxy: { kind: 'fixed', url: 'socks5://odd.example:3128', logins: [] },
    });
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
    gateway.gateway.set({ ...gateway.rules, proxy: { kind: 'none' } });
    // No proxy answers any more to show that it is content.
    await gateway.until(() => gateway.problems.at(-1) === null);
    await stillWorks(gateway);
  });
});

describe('a proxy by https', () => {
  egressTest('is taken by a private authority that the rules name, and by no other', async ({ world }) => {
    const authority = fakeAuthority();
    const proxy = await proxied(world, { tls: authority.certify('proxy.example') });
    const rule: ProxyRule = { kind: 'fixed', url: 'https://proxy.example:3128', logins: [] };
    const gateway = await world.open({ proxy: rule, authorities: authority.certificate });
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 200, body: 'good' });
    expect(await throughTunnel(gateway)).toMatch(/good$/);
    expect(proxy.requests).toHaveLength(2);
    for (const authorities of [null, fakeAuthority().certificate]) {
      gateway.gateway.set({ ...gateway.rules, authorities });
      expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
      expect((await gateway.tunnel(`${good.host}:80`)).status).toBe(502);
    }
    await gateway.until(() => gateway.problems.length > 0);
    expect(proxy.requests).toHaveLength(2);
    gateway.gateway.set(gateway.rules);
    await stillWorks(gateway);
  });

  egressTest.for([
    ['another name', (authority: FakeAuthority): Certified => authority.certify('other.example')],
    [
      'a day gone by',
      (authority: FakeAuthority): Certified =>
        authority.certify('proxy.example', new Date(Date.now() - 1000)),
    ],
  ] as const)('is refused with a certificate of %s', async ([, certify], { world }) => {
    const authority = fakeAuthority();
    const proxy = await proxied(world, { tls: certify(authority) });
    const rule: ProxyRule = { kind: 'fixed', url: 'https://proxy.example:3128', logins: [] };
    const gateway = await world.open({ proxy: rule, authorities: authority.certificate });
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
    expect(proxy.requests).toEqual([]);
  });
});

describe('a script that says which proxy to use', () => {
  const script = (body: string): string => `function FindProxyForURL(url, host) { ${body} }`;

  async function scripted(
    world: World,
    text: string,
  ): Promise<{ gateway: TestGateway; fetched: () => number }> {
    let fetched = 0;
    world.names.set('wpad.example', ['10.77.0.2']);
    await world.http('10.77.0.2', 80, (asked, answer) => {
      fetched += 1;
      if (asked.url === '/proxy.pac?x=1') answer.end(text);
      else answer.writeHead(404).end();
    });
    const gateway = await world.open({
      proxy: { kind: 'pac', url: 'http://wpad.example/proxy.pac?x=1', logins: [] },
      contacts: [contact('direct.example', 80), contact('*.wild.example', 80)],
    });
    return { gateway, fetched: () => fetched };
  }

  egressTest('is obeyed for every host, is told no path, and is fetched once', async ({ world }) => {
    const proxy = await proxied(world);
    const { gateway, fetched } = await scripted(
      world,
      script(`if (url.length > 40 || url.indexOf('secret') >= 0) return 'PROXY 10.77.0.9:1';
        if (dnsDomainIs(host, 'direct.example')) return 'DIRECT';
        return isInNet('10.77.0.1', '10.0.0.0', '255.0.0.0') && shExpMatch(host, '*.example') ? 'PROXY 10.77.0.9:3128; PROXY proxy.example:3128; DIRECT' : 'DIRECT';`),
    );
    world.names.set('direct.example', ['45.33.0.50']);
    await world.http('45.33.0.50', 80, (_, answer) => answer.end('direct'));
    expect(await gateway.get(`http://${good.host}/secret`)).toMatchObject({ status: 200, body: 'good' });
    expect(await gateway.get('http://direct.example/')).toMatchObject({ status: 200, body: 'direct' });
    expect(await gateway.get('http://a.wild.example/')).toMatchObject({ status: 403 });
    expect(await throughTunnel(gateway)).toMatch(/good$/);
    expect(proxy.requests).toHaveLength(2);
    expect(fetched()).toBe(1);
    // Direct does not mean unwatched.
    world.names.set('direct.example', ['127.0.0.1']);
    expect(await gateway.get('http://direct.example/')).toMatchObject({ status: 403 });
  });

  egressTest.for([
    ['runs for ever', script('for (;;);')],
    ['runs for ever at once', 'for (;;);'],
    ['waits for ever', script('return (async () => { for (;;) await dnsResolve("127.0.0.1"); })()')],
    ['eats memory', script('const all = []; for (;;) all.push("x".repeat(1e6) + all.length)')],
    ['matches for ever', script('return /^(a+)+$/.test("a".repeat(60) + "b") ? "DIRECT" : "DIRECT"')],
    ['is none', 'this is no script'],
    ['has no function', 'var x = 1'],
    ['throws', script('throw new Error("no")')],
    ['answers nonsense', script('return {}')],
    ['answers a kind that cannot be used', script('return "SOCKS proxy.example:1080"')],
    ['is too large', `${script('return "DIRECT"')}${' '.repeat(300_000)}`],
  ] as const)('that %s is a problem, and nothing goes out', async ([, text], { world }) => {
    const { gateway } = await scripted(world, text);
    const before = gateway.residentMiB;
    const answer = gateway.get(`http://${good.host}/`);
    // Others are not held up by it.
    expect(await gateway.get('http://other.example/')).toMatchObject({ status: 503 });
    await gateway.until(() => gateway.problems.length === 1);
    expect(await answer).toMatchObject({ status: 502 });
    expect(gateway.problems[0]?.code).toBe('proxy-refused');
    expect(gateway.residentMiB - before).toBeLessThan(160);
    // At once, and without trying it again.
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
    gateway.gateway.set({ ...gateway.rules, proxy: { kind: 'none' } });
    await stillWorks(gateway);
  });

  egressTest('comes by https from a server of a private authority', async ({ world }) => {
    await proxied(world);
    const authority = fakeAuthority();
    const { key, certificate } = authority.certify('wpad.example');
    world.names.set('wpad.example', ['10.77.0.2']);
    const server = createTlsServer({ key, cert: certificate }, (_, answer) => {
      answer.end(script('return "PROXY proxy.example:3128"'));
    });
    server.listen(443, '10.77.0.2');
    await once(server, 'listening');
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    world.own({
      dispose: async () => {
        server.close();
        for (const socket of sockets) socket.destroy();
        await once(server, 'close');
      },
    });
    const rule: ProxyRule = { kind: 'pac', url: 'https://wpad.example/proxy.pac', logins: [] };
    const trusting = await world.open({ proxy: rule, authorities: authority.certificate });
    expect(await trusting.get(`http://${good.host}/`)).toMatchObject({ status: 200, body: 'good' });
    const strange = await world.open({ proxy: rule });
    expect(await strange.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
  });

  egressTest('that is away, redirects or never ends is a problem', async ({ world }) => {
    world.names.set('wpad.example', ['10.77.0.2']);
    await world.tcp('10.77.0.2', 80, (socket) => {
      socket.once('data', (chunk: Buffer) => {
        if (chunk.includes('GET /moved'))
          socket.end('HTTP/1.1 302 Found\r\nLocation: http://wpad.example/\r\n\r\n');
        else socket.write('HTTP/1.1 200 OK\r\n\r\nfunction');
      });
    });
    for (const url of ['http://wpad.example/moved', 'http://wpad.example/slow', 'http://wpad.example:81/']) {
      const gateway = await world.open({ proxy: { kind: 'pac', url, logins: [] } }, { proxyAnswerMs: 800 });
      expect([502, 504]).toContain((await gateway.get(`http://${good.host}/`)).status);
      await gateway.until(() => gateway.problems.length === 1);
    }
  });
});

describe('the system’s own setting', () => {
  egressTest('is no problem any more once it says that there is no proxy', async ({ world }) => {
    let answer = Promise.reject<string>(new Error('not yet'));
    answer.catch(() => undefined);
    const gateway = await world.open({ proxy: { kind: 'ask', logins: [] } }, {}, (made) => {
      made.askProxy = () => answer;
    });
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
    await gateway.until(() => gateway.problems.length === 1);
    answer = Promise.resolve('DIRECT');
    await stillWorks(gateway);
    await gateway.until(() => gateway.problems.length === 2);
    expect(gateway.problems[1]).toBeNull();
  });

  egressTest('is asked for every place, without its path, and obeyed', async ({ world }) => {
    const proxy = await proxied(world);
    const asked: string[] = [];
    const gateway = await world.open({ proxy: { kind: 'ask', logins: [] } }, {}, (made) => {
      made.askProxy = (url) => {
        asked.push(url);
        return Promise.resolve('PROXY proxy.example:3128');
      };
    });
    expect(await gateway.get(`http://${good.host}/path?query`)).toMatchObject({ status: 200, body: 'good' });
    expect(await throughTunnel(gateway)).toMatch(/good$/);
    expect(await gateway.get(`http://${good.host}/other`)).toMatchObject({ status: 200 });
    // The same answer counts for a while.
    expect(asked).toEqual([`http://${good.host}:80/`, `https://${good.host}:80/`]);
    expect(proxy.requests).toHaveLength(3);
  });

  egressTest('that does not answer, or fails, lets nothing out', async ({ world }) => {
    const gateway = await world.open(
      { proxy: { kind: 'ask', logins: [] } },
      { proxyAnswerMs: 500 },
      (made) => {
        made.askProxy = (url) =>
          url.startsWith('https') ? new Promise(() => undefined) : Promise.reject(new Error('no'));
      },
    );
    expect(await gateway.get(`http://${good.host}/`)).toMatchObject({ status: 502 });
    expect([502, 504]).toContain((await gateway.tunnel(`${good.host}:80`)).status);
    await gateway.until(() => gateway.problems.length > 0);
  });
});
