import { spawnSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Disposer } from '../../electron/base/disposal.ts';
import { silentLog } from '../../electron/base/log.ts';
import { audiences } from '../../electron/contract/audience.ts';
import { type CommandName, commands } from '../../electron/contract/commands.ts';
import type { PresenceReport } from '../../electron/contract/policy.ts';
import type { SessionHost } from '../../electron/contract/session.ts';
import type { MayPause } from '../../electron/contract/settings.ts';
import { peopleApi } from '../../electron/control/people.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { FakeHost, fakeSnapshot } from '../fakes/fake-host.ts';
import { fakeEnrolmentUrl } from '../fakes/fake-pools.ts';
import { failure, pieces, RawClient, useControl } from './control-fixture.ts';

const control = useControl();
const mode = (path: string): string => (statSync(path).mode & 0o7777).toString(8);
const service = (mayPause: MayPause) => fakeSnapshot({ service: { mayPause, asks: ['input'] } });

/** What sessions told, and how many are there. */
class FakeSessions implements SessionHost {
  readonly reports: PresenceReport[] = [];
  open = 0;
  readonly #waiting: (() => void)[] = [];

  openSession() {
    this.open += 1;
    this.#changed();
    return {
      report: (report: PresenceReport) => {
        this.reports.push(report);
        this.#changed();
      },
      end: () => {
        this.open -= 1;
        this.#changed();
      },
    };
  }

  /** Resolves once that holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Both sockets of a service, as node-service.ts opens them. */
async function serveBoth(mayPause: MayPause = 'everyone') {
  const host = new FakeHost();
  host.snapshot = service(mayPause);
  const sessions = new FakeSessions();
  const runDir = join(control.dir(), 'run');
  const administrators = { runDir, socketPath: join(runDir, 'admin.sock') };
  const people = { runDir, socketPath: join(runDir, 'control.sock') };
  const owned = new Disposer();
  const common = { log: silentLog, platform: 'linux' as const };
  owned.own(await serveSocket({ api: host, paths: administrators, access: 'administrators', ...common }));
  owned.own(
    await serveSocket({ api: peopleApi(host), sessions, paths: people, access: 'people', ...common }),
  );
  return {
    host,
    sessions,
    runDir,
    people,
    admin: new SocketClient(administrators, 'linux'),
    person: new SocketClient(people, 'linux'),
    administrators,
    end: () => owned.dispose(),
  };
}

/** Answers a client that is somebody else: `ok`, or the code of the system's refusal. */
function connectAs(uid: number, groups: string, path: string): string {
  const script = `require('node:net').connect(process.argv[1]).on('connect', () => { console.log('ok'); process.exit(); }).on('error', (e) => { console.log(e.code); process.exit(); })`;
  const { stdout } = spawnSync(
    'setpriv',
    [`--reuid=${uid}`, `--regid=${uid}`, ...groups.split(' '), process.execPath, '-e', script, path],
    { encoding: 'utf8' },
  );
  return stdout.trim();
}

describe('the sockets of a service', () => {
  test('are for root and the account, and for the group', async () => {
    const { runDir, people, administrators, end } = await serveBoth();
    expect([runDir, people.socketPath, administrators.socketPath].map(mode)).toEqual(['750', '660', '600']);
    await end();
  });

  test.skipIf(process.getuid?.() !== 0)('let in who may, as the system has it', async () => {
    const { people, administrators, end } = await serveBoth();
    chmodSync(control.dir(), 0o755);
    const [member, stranger] = ['--groups=0', '--clear-groups'];
    expect(connectAs(65_530, member, people.socketPath)).toBe('ok');
    expect(connectAs(65_530, member, administrators.socketPath)).toBe('EACCES');
    expect(connectAs(65_530, stranger, people.socketPath)).toBe('EACCES');
    expect(connectAs(65_530, stranger, administrators.socketPath)).toBe('EACCES');
    expect(connectAs(0, '--keep-groups', administrators.socketPath)).toBe('ok');
    await end();
  });

  test('hold many people, and leave administrators theirs', async () => {
    const { people, admin, person, end } = await serveBoth();
    const held = Array.from({ length: 511 }, () => new RawClient(people.socketPath));
    await Promise.all(
      held.map(async ({ socket }) => await new Promise((resolve) => socket.once('connect', resolve))),
    );
    await person.call('status', {});
    await admin.call('status', {});
    for (const { socket } of held) socket.destroy();
    await end();
  });

  test('a second service finds the place taken', async () => {
    const { people, end, host } = await serveBoth();
    const second = serveSocket({ api: host, paths: people, access: 'people', log: silentLog });
    await expect(second).rejects.toMatchObject({ code: 'already-running' });
    await end();
  });
});

describe('people', () => {
  test('may ask what the table opens to them, and nothing else', async () => {
    const { host, person, end } = await serveBoth('administrators');
    for (const name of Object.keys(commands) as CommandName[]) {
      const { stream } = commands[name];
      const before = host.asked.length;
      // Refused before anybody looks at whether the thing exists.
      const ask = async (): Promise<unknown> => {
        if (stream === 'upload') return await person.upload('jobs.add', {}, pieces('tar'));
        if (stream === 'download')
          return await person.download(name as 'support.bundle', (inputs[name] ?? {}) as never);
        return await person.call(name as 'status', (inputs[name] ?? {}) as never);
      };
      if (audiences[name] === 'people') {
        await ask();
        expect(host.asked.length, name).toBeGreaterThan(before);
      } else {
        await expect(ask(), name).rejects.toEqual(failure('not-permitted'));
        expect(
          host.asked.slice(before).filter((asked) => asked.name !== 'status'),
          name,
        ).toEqual([]);
      }
    }
    await end();
  });

  test('pause and go on where the profile lets everyone', async () => {
    const { host, person, end } = await serveBoth('everyone');
    await person.call('pause', { length: '30m' });
    await person.call('resume', {});
    expect(host.asked.map(({ name }) => name).filter((name) => name !== 'status')).toEqual([
      'pause',
      'resume',
    ]);
    await end();
  });

  test('read no secret, change nothing and take nothing home', () => {
    const open = Object.entries(audiences).filter(([, audience]) => audience === 'people');
    for (const [name] of open) {
      expect(commands[name as CommandName].stream, name).toBe('none');
      expect(name).not.toMatch(/\.(set|unset|join|leave|allow|forbid|fix|add|abort|sync|update|export)/);
    }
    const pausers = Object.entries(audiences).filter(([, audience]) => audience === 'pausers');
    expect(pausers.map(([name]) => name)).toEqual(['pause', 'resume']);
  });

  test('administrators may do everything', async () => {
    const { host, admin, end } = await serveBoth('administrators');
    await admin.call('pause', { length: '30m' });
    await admin.call('settings.set', { key: 'idle.share', value: 0.5 });
    expect(host.asked.map(({ name }) => name)).toEqual(['pause', 'settings.set']);
    await end();
  });
});

describe('a session', () => {
  test('tells over its own connection, and is gone with it', async () => {
    const { host, sessions, person, end } = await serveBoth();
    const abort = new AbortController();
    const seen: string[] = [];
    let tell: ((report: PresenceReport) => void) | undefined;
    const following = (async () => {
      const opened = (way: (report: PresenceReport) => void): void => {
        tell = way;
        way({ tray: true });
      };
      for await (const { snapshot } of person.session(opened, abort.signal))
        seen.push(snapshot.contribution.sentence);
    })();
    await sessions.until(() => sessions.reports.length === 1);
    tell?.({ idleMs: 0, inputSource: 'x11', pollMs: 0 });
    await sessions.until(() => sessions.reports.length === 2);
    expect(sessions.reports).toEqual([{ tray: true }, { idleMs: 0, inputSource: 'x11', pollMs: 0 }]);
    expect(sessions.open).toBe(1);
    expect(seen).toHaveLength(1);
    abort.abort();
    await following;
    await sessions.until(() => sessions.open === 0);
    expect(host.listeners).toBe(0);
    await end();
  });

  test.each([
    ['what is no report', 'nonsense\n'],
    ['what nobody may say', '{"secret":1}\n'],
    ['far too much at once', 'x'.repeat(5000)],
    ['far too often', '{"tray":true}\n'.repeat(300)],
  ])('that says %s is disconnected', async (_what, body) => {
    const { people, sessions, end } = await serveBoth();
    const client = new RawClient(people.socketPath);
    client.socket.write(
      `POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-ndjson\r\ncontent-length: 100000\r\n\r\n${body}`,
    );
    await client.closed;
    await sessions.until(() => sessions.open === 0);
    expect(sessions.reports.length).toBeLessThanOrEqual(200);
    await end();
  });

  test('is opened at no other host', async () => {
    const { client } = await control.serve();
    const following = client.session(() => undefined)[Symbol.asyncIterator]();
    await expect(following.next()).rejects.toEqual(failure('bad-request'));
  });
});

const place = { id: 'boinc-orchard', host: 'a.example', port: 443 };
const id = { id: 'job-1' };
/** An input that fits, of each command that needs one. */
const inputs: Partial<Record<CommandName, unknown>> = {
  pause: { length: '30m' },
  'jobs.show': id,
  'jobs.result': id,
  'jobs.abort': id,
  'ledger.export': { format: 'csv' },
  'earnings.report': { from: 1, to: 2, by: 'day' },
  'earnings.export': { from: 1, to: 2, by: 'day', format: 'csv' },
  'activity.page': { offset: 0, limit: 10 },
  'activity.day': { day: '2025-03-31' },
  'activity.export': { format: 'csv' },
  'settings.set': { key: 'idle.share', value: 1 },
  'settings.unset': { key: 'idle.share' },
  'settings.import-boinc': { xml: '' },
  'grids.show': id,
  'grids.lookup': { url: 'https://example.org/' },
  'grids.join': {
    url: 'https://example.org/',
    account: { kind: 'key', key: 'a'.repeat(32) },
    contacts: [],
    allowPrivate: false,
    share: 100,
  },
  'pools.lookup': { from: { kind: 'url', url: fakeEnrolmentUrl } },
  'pools.join': { from: { kind: 'url', url: fakeEnrolmentUrl }, contacts: [], share: 100 },
  'grids.leave': id,
  'grids.update': id,
  'grids.set': id,
  'grids.abort-task': { ...id, task: 't' },
  'grids.allow': place,
  'grids.forbid': place,
  'manager.join': { url: 'https://example.org/', name: 'a', password: 'b' },
  'manager.leave': { leaveProjects: true },
  'network.proxy-login': { login: null },
  'doctor.fix': { id: 'qemu' },
  'doctor.cancel': { id: 'qemu' },
};
