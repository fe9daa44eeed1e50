import { existsSync, statSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { WorkerHandle } from '../../electron/base/worker.ts';
import type { ProxyRule } from '../../electron/egress/gateway.ts';
import { GridGateway } from '../../electron/host/grid-gateway.ts';
import type { NetworkDesk } from '../../electron/host/network-desk.ts';
import { own } from '../../resources/dev/private-addresses.ts';
import { fakeAuthority } from '../fakes/certificates.ts';
import { FakeProxy, type FakeProxyOptions } from '../fakes/fake-proxy.ts';
import { untilSo } from '../fixtures/eventually.ts';
import {
  contact,
  egressTest,
  fork,
  hungUp,
  openRules,
  rulesWith,
  stillWorks,
  type World,
} from './egress-fixture.ts';
import {
  echoes,
  enter,
  forwardTo,
  given,
  greeter,
  pool,
  poolContact,
  silently,
  speaks,
} from './egress-forwards-fixture.ts';

describe('rules', () => {
  egressTest.for([
    ['metered', 'This network is billed by volume.'],
    ['quota-day', 'Today’s limit is reached.'],
    ['quota-month', 'This month’s limit is reached.'],
  ] as const)('that close everything with %s end what is open', async ([reason, sentence], { world }) => {
    const peer = await greeter(world);
    const forward = forwardTo(world);
    const gateway = await world.open({ contacts: [poolContact], forwards: [forward] });
    const socket = enter(forward);
    expect(await speaks(socket)).toBe(true);
    const end = hungUp(socket);
    gateway.gateway.set({ ...gateway.rules, closed: { reason, sentence } });
    await end;
    expect(await silently(forward)).toBe('');
    expect(peer.connections()).toBe(1);
    // The one that was ended, and the one that was not let in.
    await gateway.until(() => gateway.denials.reduce((sum, { count }) => sum + count, 0) === 2);
    expect(gateway.denials[0]).toMatchObject({ ...pool, reason, sentence });
    gateway.gateway.set(gateway.rules);
    expect(await speaks(enter(forward))).toBe(true);
  });

  egressTest('that take a contact away end its connections at once, and no others', async ({ world }) => {
    await greeter(world, '45.33.0.70');
    await greeter(world);
    world.names.set('pool.example', ['45.33.0.70']);
    const named = { host: 'pool.example', port: pool.port };
    const forwards = [forwardTo(world, named), forwardTo(world)] as const;
    const contacts = [contact(named.host, named.port), poolContact];
    const gateway = await world.open({ contacts, forwards });
    const removed = enter(forwards[0]);
    const kept = enter(forwards[1]);
    expect([await speaks(removed), await speaks(kept)]).toEqual([true, true]);
    const end = hungUp(removed);
    gateway.gateway.set(rulesWith({ contacts: contacts.slice(1), forwards }));
    await end;
    expect(await silently(forwards[0])).toBe('');
    await gateway.until(() => gateway.denials.reduce((sum, { count }) => sum + count, 0) === 2);
    expect(gateway.denials[0]).toMatchObject({ ...named, reason: 'not-listed', allowable: true });
    expect(await echoes(kept)).toBe(true);
    gateway.gateway.set(gateway.rules);
    expect(await speaks(enter(forwards[0]))).toBe(true);
  });

  egressTest('decide about a company’s network, by address and by name', async ({ world }) => {
    const peer = await greeter(world);
    world.names.set('pool.example', [pool.host]);
    const named = { host: 'pool.example', port: pool.port };
    const forwards = [forwardTo(world), forwardTo(world, named)] as const;
    const strict = [contact(pool.host, pool.port), contact(named.host, named.port)];
    const open = strict.map((each) => ({ ...each, private: true }));
    const gateway = await world.open({ contacts: strict, forwards });
    for (const forward of forwards) expect(await silently(forward)).toBe('');
    expect(peer.connections()).toBe(0);
    await gateway.until(() => gateway.denials.length === 2);
    expect(gateway.denials).toMatchObject([
      { ...pool, reason: 'private-address', allowable: true },
      { ...named, reason: 'private-address', allowable: true },
    ]);
    gateway.gateway.set(rulesWith({ contacts: open, forwards }));
    const sockets = forwards.map(enter);
    for (const socket of sockets) expect(await speaks(socket)).toBe(true);
    const ends = sockets.map(hungUp);
    gateway.gateway.set(gateway.rules);
    await Promise.all(ends);
  });

  egressTest('open no way to this computer, whatever they list', async ({ world }) => {
    const peers = [
      await greeter(world, '127.0.0.1'),
      await greeter(world, '::1'),
      await greeter(world, own.public4),
    ];
    world.names.set('rebound.example', ['127.0.0.1']);
    const hosts = [
      '127.0.0.1',
      '::1',
      'localhost',
      own.public4,
      own.public6,
      'rebound.example',
      '169.254.169.254',
    ];
    const forwards = hosts.map((host) => forwardTo(world, { host, port: pool.port }));
    const contacts = hosts.map((host) => contact(host, pool.port, true));
    const gateway = await world.open({ contacts, forwards });
    for (const forward of forwards) expect(await silently(forward), forward.host).toBe('');
    await gateway.until(() => gateway.denials.length === hosts.length);
    const reasons = gateway.denials.map(({ reason }) => reason);
    expect(reasons).toEqual([...hosts.slice(1).map(() => 'own-address'), 'private-address']);
    expect(gateway.denials.some(({ allowable }) => allowable)).toBe(false);
    expect(peers.map((peer) => peer.connections())).toEqual([0, 0, 0]);
    await stillWorks(gateway);
  });

  egressTest('hold a rate over forwards and tunnels together', async ({ world }) => {
    const bytes = 256 * 1024;
    const pour = (socket: Socket): void => {
      socket.write(Buffer.alloc(bytes));
    };
    await world.tcp(pool.host, pool.port, pour);
    const forward = forwardTo(world);
    const gateway = await world.open({
      contacts: [poolContact],
      forwards: [forward],
      downBytesPerSecond: bytes,
    });
    const began = performance.now();
    const { socket: tunnel } = await gateway.tunnel(`${pool.host}:${pool.port}`);
    const raw = enter(forward);
    await Promise.all([tunnel, raw].map((socket) => given(socket, bytes)));
    // 2 s by the rate, less the burst of a quarter of a second and the last pieces.
    expect(performance.now() - began).toBeGreaterThan(1400);
  });
});

describe('the set of forwards', () => {
  egressTest('can change: new ones listen for this user alone, old ones are gone', async ({ world }) => {
    await greeter(world);
    await greeter(world, '10.77.0.2');
    const first = forwardTo(world);
    const second = forwardTo(world, { host: '10.77.0.2', port: pool.port });
    writeFileSync(first.socketPath, 'left behind');
    const contacts = [poolContact, contact(second.host, second.port, true)];
    const gateway = await world.open({ contacts, forwards: [first] });
    expect(statSync(first.socketPath).mode & 0o777).toBe(0o600);
    const old = enter(first);
    expect(await speaks(old)).toBe(true);
    gateway.gateway.set(rulesWith({ contacts, forwards: [first, second] }));
    await gateway.gateway.listening();
    expect(statSync(second.socketPath).mode & 0o777).toBe(0o600);
    expect(await speaks(enter(second))).toBe(true);
    // It is not disturbed by that.
    expect(await echoes(old)).toBe(true);
    const end = hungUp(old);
    gateway.gateway.set(rulesWith({ contacts, forwards: [second] }));
    await end;
    await gateway.gateway.listening();
    expect(existsSync(first.socketPath)).toBe(false);
    // The same path for another place.
    const moved = { ...second, socketPath: first.socketPath };
    gateway.gateway.set(rulesWith({ contacts, forwards: [moved] }));
    await gateway.gateway.listening();
    expect(existsSync(second.socketPath)).toBe(false);
    expect(await speaks(enter(moved))).toBe(true);
    expect(gateway.denials).toEqual([]);
    await gateway.gateway.dispose();
    expect(existsSync(first.socketPath)).toBe(false);
  });

  egressTest('that cannot all listen is told; those that can do', async ({ world }) => {
    await greeter(world);
    const good = forwardTo(world);
    const place = { host: '10.77.0.2', port: 1 };
    const bad = [
      { ...place, socketPath: '/nowhere/at/all.fwd' },
      { ...place, socketPath: world.path('x'.repeat(108)) },
      { ...place, socketPath: good.socketPath },
      { ...forwardTo(world, place), host: '*.example' },
    ];
    const gateway = await world.open({ contacts: [poolContact], forwards: [good] });
    const open = enter(good);
    expect(await speaks(open)).toBe(true);
    for (const forward of bad) {
      gateway.gateway.set(rulesWith({ contacts: [poolContact], forwards: [forward, good] }));
      await expect(gateway.gateway.listening()).rejects.toMatchObject({ code: 'network-unavailable' });
      expect(await echoes(open)).toBe(true);
    }
    gateway.gateway.set(gateway.rules);
    await gateway.gateway.listening();
    expect(await speaks(enter(good))).toBe(true);
    for (const forward of bad.slice(0, 2)) {
      await expect(world.open({ forwards: [forward] })).rejects.toMatchObject({
        code: 'network-unavailable',
      });
    }
  });

  egressTest('is there again after the worker was killed', async ({ world }) => {
    await greeter(world);
    const workers: WorkerHandle[] = [];
    const lost: string[] = [];
    const paths = resolvePaths({
      platform: 'linux',
      home: '',
      uid: 0,
      env: { GLEANER_HOME: world.path('home') },
    });
    const gateway = world.own(
      new GridGateway(
        {
          paths,
          spawnWorker: (name) => {
            const worker = fork(name);
            workers.push(worker);
            return worker;
          },
          network: {
            rules: (contacts: typeof openRules.contacts) => ({ ...openRules, contacts }),
            isOpen: () => undefined,
            count: () => undefined,
          } as unknown as NetworkDesk,
          askProxy: () => Promise.resolve('DIRECT'),
          onProblem: () => undefined,
          clock: systemClock,
          log: { info: () => undefined, warn: (_, words) => lost.push(words) },
        },
        'condor-pool',
        () => [poolContact],
        false,
        () => [pool],
      ),
    );
    await gateway.open();
    const forward = { ...pool, socketPath: gateway.forwardSocket(pool.host, pool.port) };
    const socket = enter(forward);
    expect(await speaks(socket)).toBe(true);
    const end = hungUp(socket);
    process.kill(workers[0]?.pid ?? 0, 'SIGKILL');
    await end;
    await untilSo(() => lost.length > 0 && !existsSync(forward.socketPath));
    await untilSo(() => workers.length === 2 && existsSync(forward.socketPath));
    await untilSo(() =>
      gateway.listening().then(
        () => true,
        () => false,
      ),
    );
    expect(await speaks(enter(forward))).toBe(true);
    await gateway.dispose();
    expect(existsSync(forward.socketPath)).toBe(false);
  });
});

describe('a proxy of the network', () => {
  const name = { host: 'pool.example', port: pool.port } as const;
  const contacts = [contact(name.host, name.port, true)];

  async function proxied(world: World, o: Partial<FakeProxyOptions> = {}): Promise<FakeProxy> {
    world.names.set('proxy.example', ['10.77.0.3']);
    const hosts = { [`${name.host}:${name.port}`]: pool.host };
    return world.own(await FakeProxy.start({ address: '10.77.0.3', port: 3128, hosts, ...o }));
  }
  const rule = (password?: string, url = 'http://proxy.example:3128'): ProxyRule => ({
    kind: 'fixed',
    url,
    logins: password === undefined ? [] : [{ proxy: url, name: 'me', password }],
  });

  egressTest('is asked by CONNECT, with what it wants to be told', async ({ world }) => {
    await greeter(world);
    const proxy = await proxied(world, { login: 'me:secret' });
    const forward = forwardTo(world, name);
    await world.open({ contacts, forwards: [forward], proxy: rule('secret') });
    expect(await speaks(enter(forward))).toBe(true);
    expect(proxy.requests).toEqual([`CONNECT ${name.host}:${name.port}`]);
    expect(proxy.logins).toEqual([`Basic ${Buffer.from('me:secret').toString('base64')}`]);
    // A name that only the proxy can look up.
    expect(new Set(world.names.questions.map((question) => question.name))).toEqual(
      new Set(['proxy.example']),
    );
  });

  egressTest('may be spoken to by https', async ({ world }) => {
    await greeter(world);
    const authority = fakeAuthority();
    const proxy = await proxied(world, { tls: authority.certify('proxy.example') });
    const forward = forwardTo(world, name);
    await world.open({
      contacts,
      forwards: [forward],
      proxy: rule(undefined, 'https://proxy.example:3128'),
      authorities: authority.certificate,
    });
    const socket = enter(forward);
    expect(await speaks(socket)).toBe(true);
    socket.end();
    await hungUp(socket);
    expect(proxy.requests).toHaveLength(1);
  });

  egressTest(
    'that refuses, or is none, closes the connection, and is a problem for the person',
    async ({ world }) => {
      const peer = await greeter(world);
      await proxied(world, { login: 'me:secret' });
      const forward = forwardTo(world, name);
      const gateway = await world.open({ contacts, forwards: [forward], proxy: rule('wrong') });
      expect(await silently(forward)).toBe('');
      await gateway.until(() => gateway.problems.length === 1 && gateway.challenges.length === 1);
      expect(gateway.problems[0]).toMatchObject({ code: 'proxy-refused' });
      expect(gateway.challenges).toEqual(['http://proxy.example:3128']);
      // One that says no to this place only, one that is none, and one that is away.
      const other = forwardTo(world, { host: 'other.example', port: 1 });
      await world.tcp('10.77.0.4', 3128, (socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')));
      for (const proxy of [
        rule('secret'),
        rule(undefined, 'http://10.77.0.4:3128'),
        rule(undefined, 'http://10.77.0.5:3128'),
      ]) {
        gateway.gateway.set(rulesWith({ contacts: [contact('other.example', 1)], forwards: [other], proxy }));
        await gateway.gateway.listening();
        expect(await silently(other)).toBe('');
      }
      expect(peer.connections()).toBe(0);
      expect(gateway.denials).toEqual([]);
    },
  );

  egressTest('takes exact names only, and no private address without permission', async ({ world }) => {
    const proxy = await proxied(world);
    const wild = forwardTo(world, { host: 'a.wild.example', port: 1 });
    const inside = forwardTo(world);
    const listed = [contact('*.wild.example', 1), contact(pool.host, pool.port)];
    const gateway = await world.open({ contacts: listed, forwards: [wild, inside], proxy: rule() });
    for (const forward of [wild, inside]) expect(await silently(forward)).toBe('');
    await gateway.until(() => gateway.denials.length === 2);
    expect(gateway.denials.map(({ reason }) => reason)).toEqual(['wildcard-behind-proxy', 'private-address']);
    expect(proxy.requests).toEqual([]);
    // Without one, the entry is good enough.
    world.names.set('a.wild.example', ['45.33.0.71']);
    await greeter(world, '45.33.0.71', 1);
    gateway.gateway.set({ ...gateway.rules, proxy: { kind: 'none' } });
    expect(await speaks(enter(wild))).toBe(true);
  });
});
