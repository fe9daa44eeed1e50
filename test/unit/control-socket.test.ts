import { describe, expect, it } from 'vitest';
import { commands } from '../../electron/contract/commands.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { fakeNow } from '../fakes/fake-host.ts';
import { fakeEnrolmentUrl } from '../fakes/fake-pools.ts';
import { volunteerGrids } from '../fixtures/grids.ts';
import { collect, failure, pieces, RawClient, useControl } from './control-fixture.ts';

const { place, serve } = useControl();

const raw = async (head: string, body = '') =>
  await new RawClient(place().socketPath).ask(
    `${head}\r\nhost: x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );

describe('the control socket', () => {
  it('carries every command of the contract', async () => {
    const { host, client } = await serve();
    const poolContacts = host.pools.offer.contacts.map(({ host: name, port }) => ({ host: name, port }));
    const { details } = volunteerGrids(0);
    host.grids.load(details);
    const knots = 'https://knot-atlas.example.org/';
    const contacts = [
      { host: 'knot-atlas.example.org', port: 443 },
      { host: 'files.knot-atlas.example.org', port: 443 },
    ];
    const place = { host: 'mirror.example.net', port: 443 };
    const inputs = {
      status: {},
      pause: { length: 'tomorrow' },
      resume: {},
      'jobs.list': { limit: 3 },
      'jobs.show': { id: 'job-1' },
      'jobs.add': { dryRun: true },
      'jobs.result': { id: 'job-1' },
      'jobs.abort': { id: 'job-1' },
      'jobs.sample': {},
      'ledger.list': { limit: 50, before: 7 },
      'ledger.verify': {},
      'ledger.export': { format: 'csv' },
      'earnings.report': { from: 1, to: 2, by: 'day', grid: 'local' },
      'earnings.export': { from: 1, to: 2, by: 'month', format: 'json' },
      'activity.list': { text: 'option', kind: 'attempt', before: 7, limit: 3 },
      'activity.page': { outcome: 'done', anchor: 1, offset: 0, limit: 100 },
      'activity.day': { day: '2025-03-31' },
      'activity.export': { grid: 'local', format: 'csv' },
      'policy.explain': {},
      'settings.list': {},
      'settings.set': { key: 'idle.share', value: 0.5 },
      'settings.unset': { key: 'idle.share' },
      'settings.import-boinc': { xml: '<idle_time_to_run>3</idle_time_to_run>', dryRun: true },
      'yields.report': {},
      'presence.report': { idleMs: 0, pollMs: 250 },
      'grids.list': {},
      'grids.show': { id: 'boinc-orchard' },
      'grids.known': {},
      'grids.lookup': { url: knots, allowPrivate: false },
      'grids.join': {
        url: knots,
        account: { kind: 'key', key: 'a'.repeat(32) },
        contacts,
        allowPrivate: false,
        share: 100,
      },
      'pools.lookup': { from: { kind: 'url', url: fakeEnrolmentUrl } },
      'pools.join': { from: { kind: 'url', url: fakeEnrolmentUrl }, contacts: poolContacts, share: 100 },
      'grids.leave': { id: 'boinc-knot-atlas' },
      'grids.update': { id: 'boinc-orchard' },
      'grids.set': { id: 'boinc-orchard', share: 5 },
      'grids.abort-task': { id: 'boinc-orchard', task: 'sieve_40961_17_0' },
      'grids.allow': { id: 'boinc-orchard', ...place, private: false },
      'grids.forbid': { id: 'boinc-orchard', ...place },
      'manager.join': {
        url: 'https://united.example.org/',
        name: 'me',
        password: 'secret',
        allowPrivate: false,
      },
      'manager.sync': {},
      'manager.leave': { leaveProjects: false },
      'network.report': {},
      'network.proxy-login': { login: { name: 'me', password: 'secret' } },
      'appliance.update': {},
      doctor: {},
      'doctor.fix': { id: 'qemu' },
      'doctor.cancel': { id: 'qemu' },
      'update.check': {},
      'update.install': { handBack: true },
      'update.cancel': {},
      versions: {},
      'logs.tail': { lines: 5, level: 'warn', topic: 'vm' },
      'support.bundle': {},
    } as const;
    expect(Object.keys(inputs)).toEqual(Object.keys(commands));
    expect(await client.call('status', inputs.status)).toEqual(host.snapshot);
    expect((await client.call('pause', inputs.pause)).pause?.length).toBe('tomorrow');
    expect((await client.call('resume', inputs.resume)).state).toBe('working');
    expect(await client.call('jobs.list', inputs['jobs.list'])).toEqual(host.jobs);
    expect((await client.call('jobs.show', inputs['jobs.show'])).stdout).toBe('hello\n');
    const added = await client.upload('jobs.add', inputs['jobs.add'], pieces('a tar', ' in pieces'));
    expect(added).toMatchObject({ id: null, inputBytes: 15 });
    expect(host.uploaded.toString()).toBe('a tar in pieces');
    expect(await collect(await client.download('jobs.result', inputs['jobs.result']))).toBe('some bytes');
    expect((await client.call('jobs.abort', inputs['jobs.abort'])).state).toBe('aborted');
    expect(await client.call('jobs.sample', inputs['jobs.sample'])).toHaveLength(1);
    expect(await client.call('ledger.list', inputs['ledger.list'])).toEqual(host.entries);
    expect((await client.call('ledger.verify', inputs['ledger.verify'])).ok).toBe(true);
    expect(await collect(await client.download('ledger.export', inputs['ledger.export']))).toBe('some bytes');
    expect(await client.call('earnings.report', inputs['earnings.report'])).toEqual(host.earnings);
    const bytesOf = async (name: 'earnings.export' | 'activity.export'): Promise<string> =>
      await collect(await client.download(name, inputs[name]));
    expect(await bytesOf('earnings.export')).toBe('some bytes');
    expect((await client.call('activity.list', inputs['activity.list'])).total).toBe(1);
    expect((await client.call('activity.page', inputs['activity.page'])).entries).toEqual(host.entries);
    expect(await client.call('activity.day', inputs['activity.day'])).toEqual(host.day('2025-03-31'));
    expect(await bytesOf('activity.export')).toBe('some bytes');
    expect((await client.call('policy.explain', inputs['policy.explain'])).signals).toEqual(host.signals);
    expect(await client.call('settings.list', inputs['settings.list'])).toEqual(host.settings.list());
    expect(await client.call('settings.set', inputs['settings.set'])).toMatchObject({
      value: 0.5,
      source: 'user',
    });
    expect((await client.call('settings.unset', inputs['settings.unset'])).source).toBe('built-in');
    const imported = await client.call('settings.import-boinc', inputs['settings.import-boinc']);
    expect(imported.taken).toMatchObject([{ key: 'idle.afterSeconds', became: 180 }]);
    expect(await client.call('yields.report', inputs['yields.report'])).toEqual(host.yields);
    expect(await client.call('presence.report', inputs['presence.report'])).toBeNull();
    expect(await client.call('grids.list', inputs['grids.list'])).toEqual(host.snapshot.grids);
    expect(await client.call('grids.show', inputs['grids.show'])).toEqual(details[0]);
    expect(await client.call('grids.known', inputs['grids.known'])).toEqual(host.grids.known);
    expect((await client.call('grids.lookup', inputs['grids.lookup'])).name).toBe('Knot Atlas');
    expect((await client.call('grids.join', inputs['grids.join'])).state).toBe('joining');
    expect((await client.call('pools.lookup', inputs['pools.lookup'])).contacts).toEqual(
      host.pools.offer.contacts,
    );
    expect((await client.call('pools.join', inputs['pools.join'])).kind).toBe('condor');
    expect(await client.call('grids.leave', inputs['grids.leave'])).toBeNull();
    expect((await client.call('grids.update', inputs['grids.update'])).id).toBe('boinc-orchard');
    expect((await client.call('grids.set', inputs['grids.set'])).share).toBe(5);
    expect(await client.call('grids.abort-task', inputs['grids.abort-task'])).toBeNull();
    expect((await client.call('grids.allow', inputs['grids.allow'])).contacts).toHaveLength(3);
    expect((await client.call('grids.forbid', inputs['grids.forbid'])).contacts).toHaveLength(2);
    expect((await client.call('manager.join', inputs['manager.join'])).userName).toBe('me');
    expect((await client.call('manager.sync', inputs['manager.sync'])).name).toBe('Science Together');
    expect(await client.call('manager.leave', inputs['manager.leave'])).toBeNull();
    expect(await client.call('network.report', inputs['network.report'])).toEqual(host.grids.report());
    expect(await client.call('network.proxy-login', inputs['network.proxy-login'])).toBeNull();
    expect((await client.call('appliance.update', inputs['appliance.update'])).updated).toBe(true);
    expect(await client.call('doctor', inputs.doctor)).toEqual(host.health.checks);
    expect((await client.call('doctor.fix', inputs['doctor.fix'])).outcome).toBe('done');
    expect(await client.call('doctor.cancel', inputs['doctor.cancel'])).toBeNull();
    for (const name of ['update.check', 'update.install', 'update.cancel'] as const) {
      expect(await client.call(name, inputs[name])).toEqual(host.snapshot.update);
    }
    expect(await client.call('versions', inputs.versions)).toEqual(host.health.versions);
    host.health.log = [{ at: fakeNow, level: 'warn', topic: 'vm', text: 'is slow' }];
    expect(await client.call('logs.tail', inputs['logs.tail'])).toEqual(host.health.log);
    expect(await collect(await client.download('support.bundle', inputs['support.bundle']))).toBe(
      'some bytes',
    );
    expect(host.asked).toEqual(Object.entries(inputs).map(([name, input]) => ({ name, input })));
  });

  it('hands failures on, from the start of an answer and from the middle of a stream', async () => {
    const { host, client } = await serve();
    await expect(client.call('jobs.show', { id: 'none' })).rejects.toMatchObject({
      code: 'not-found',
      hint: 'See "gleaner jobs list".',
    });
    host.failures.set('jobs.result', new GleanerError('job-unfinished', 'Not finished – wait…'));
    await expect(client.download('jobs.result', { id: 'job-1' })).rejects.toEqual(failure('job-unfinished'));
    host.failures.clear();
    host.bytes = async function* () {
      yield* pieces('half');
      throw new GleanerError('storage-failed', 'Der Datenträger ist weg – 磁盘.');
    };
    await expect(collect(await client.download('jobs.result', { id: 'job-1' }))).rejects.toMatchObject({
      code: 'storage-failed',
      message: 'Der Datenträger ist weg – 磁盘.',
    });
  });

  it('refuses what is no request of the contract', async () => {
    const { host } = await serve();
    const json = 'content-type: application/json';
    expect(await raw('GET /v1/status HTTP/1.1')).toContain('Use POST');
    expect(await raw('DELETE /v1/events HTTP/1.1')).toContain('Use GET');
    for (const path of [
      '/',
      '/v1/',
      '/v1/../status',
      '/v1/status/..',
      '/v1/status?x=1',
      '/v1/%73tatus',
      '/v1',
    ]) {
      expect(await raw(`POST ${path} HTTP/1.1\r\n${json}`, '{}')).toContain('nothing at this address');
    }
    expect(await raw(`POST /v1/constructor HTTP/1.1\r\n${json}`, '{}')).toContain('no command');
    expect(await raw('POST /v1/status HTTP/1.1', '{}')).toContain('content type');
    expect(await raw(`POST /v1/status HTTP/1.1\r\n${json}`, '{')).toContain('not JSON');
    expect(await raw(`POST /v1/status HTTP/1.1\r\n${json}`, '')).toContain('not JSON');
    expect(await raw(`POST /v1/status HTTP/1.1\r\n${json}`, '{"__proto__":{"a":1}}')).toContain('not valid');
    expect(await raw(`POST /v1/jobs.add HTTP/1.1\r\n${json}`, '{}')).toContain('application/x-tar');
    expect(
      await raw('POST /v1/jobs.add HTTP/1.1\r\ncontent-type: application/x-tar\r\nx-gleaner-input: {', 'x'),
    ).toContain('not JSON');
    expect(await raw('NONSENSE')).toContain('400 Bad Request');
    expect(host.asked).toEqual([]);
  });

  it('bounds the input, the headers and the number of connections', async () => {
    const { client } = await serve({ bounds: { connections: 3 } });
    const json = 'content-type: application/json';
    const large = `{"id":"${'x'.repeat(600_000)}"}`;
    expect(await raw(`POST /v1/jobs.show HTTP/1.1\r\n${json}`, large)).toContain('larger than 525312 bytes');
    expect(await raw(`POST /v1/status HTTP/1.1\r\n${json}\r\nx-large: ${'x'.repeat(20_000)}`)).toContain(
      '431',
    );
    const idle = [1, 2, 3].map(() => new RawClient(place().socketPath));
    await Promise.all(
      idle.map(async ({ socket }) => await new Promise((resolve) => socket.once('connect', resolve))),
    );
    await expect(client.call('status', {})).rejects.toEqual(failure('host-not-running'));
    for (const { socket } of idle) socket.destroy();
  });

  it('disconnects a client that never finishes its headers', async () => {
    await serve({ bounds: { headersMs: 50 } });
    const silent = new RawClient(place().socketPath);
    const half = new RawClient(place().socketPath);
    expect(await half.ask('POST /v1/status HT')).toContain('408');
    await silent.closed;
  });

  it('answers a client that never finishes its input, then disconnects it', async () => {
    const clock = new FakeClock();
    await serve({ clock });
    const stuck = new RawClient(place().socketPath);
    stuck.socket.write(
      'POST /v1/status HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    );
    await expect.poll(() => clock.pending).toBe(1);
    const answered = new Promise((resolve) => stuck.socket.once('data', resolve));
    clock.advance(10_000);
    expect(await answered).toContain('too slow');
    clock.advance(5_000);
    await stuck.closed;
    expect(clock.pending).toBe(0);
  });

  it('ends an upload that stalls or breaks off', async () => {
    const clock = new FakeClock();
    const { host } = await serve({ clock });
    const head =
      'POST /v1/jobs.add HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-tar\r\ncontent-length: 9\r\n\r\n';
    const stuck = new RawClient(place().socketPath);
    stuck.socket.write(`${head}abc`);
    await expect.poll(() => host.asked.length).toBe(1);
    await expect.poll(() => clock.pending).toBe(1);
    const answered = new Promise((resolve) => stuck.socket.once('data', resolve));
    clock.advance(60_000);
    expect(await answered).toContain('too slow');
    clock.advance(5_000);
    await stuck.closed;

    const gone = new RawClient(place().socketPath);
    gone.socket.write(`${head}abc`);
    await expect.poll(() => host.asked.length).toBe(2);
    gone.socket.destroy();
    await expect.poll(() => clock.pending).toBe(0);
    expect(host.uploaded).toHaveLength(0);
  });

  it('answers an upload that it refuses early, however much is still to come', async () => {
    const { host, client } = await serve();
    host.uploadLimit = 1024;
    let sent = 0;
    let left = false;
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          sent += 65_536;
          yield await Promise.resolve(Buffer.alloc(65_536));
        }
      } finally {
        left = true;
      }
    };
    await expect(client.upload('jobs.add', {}, endless())).rejects.toEqual(failure('archive-too-large'));
    await expect.poll(() => left).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("passes on the failure of an upload's own source", async () => {
    const { host, client } = await serve();
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield* pieces('abc');
      throw new GleanerError('bad-request', 'There is a link in it.');
    };
    await expect(client.upload('jobs.add', {}, broken())).rejects.toThrow('There is a link in it.');
    expect(host.uploaded).toHaveLength(0);
  });

  it('reads no more of a download than the client takes, and lets go when it leaves', async () => {
    const { host, client } = await serve();
    let made = 0;
    let closed = false;
    host.bytes = async function* () {
      try {
        for (;;) {
          made += 65_536;
          yield await Promise.resolve(Buffer.alloc(65_536));
        }
      } finally {
        closed = true;
      }
    };
    for await (const chunk of await client.download('ledger.export', { format: 'json' })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => closed).toBe(true);
    expect(made).toBeLessThan(64 * 1024 * 1024);
  });

  it('disconnects a client that stops taking a download', async () => {
    const clock = new FakeClock();
    const { host } = await serve({ clock });
    let closed = false;
    host.bytes = async function* () {
      try {
        for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
      } finally {
        closed = true;
      }
    };
    const stuck = new RawClient(place().socketPath);
    stuck.socket.pause();
    stuck.socket.write(
      'POST /v1/ledger.export HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 16\r\n\r\n{"format":"csv"}',
    );
    await expect.poll(() => host.asked.length === 1 && clock.pending === 1).toBe(true);
    clock.advance(600_000);
    await expect.poll(() => closed).toBe(true);
  });

  it('tells a download that was cut off from one that ended', async () => {
    const { host, server, client } = await serve();
    host.bytes = async function* () {
      yield* pieces('half');
      await server.dispose();
      yield* pieces('never');
    };
    await expect(collect(await client.download('jobs.result', { id: 'job-1' }))).rejects.toEqual(
      failure('host-not-running'),
    );
  });
});
