import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Disposer } from '../../electron/base/disposal.ts';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths, resolveServicePaths } from '../../electron/base/paths.ts';
import { openDoor } from '../../electron/cli/door.ts';
import { runProgram } from '../../electron/cli/program.ts';
import type { SettingsLayer } from '../../electron/contract/settings.ts';
import { serveSocket } from '../../electron/control/socket-server.ts';
import { rememberPlace } from '../../electron/host/machine-place.ts';
import type { RawProfile } from '../../electron/settings/profiles/source.ts';
import { FakeHost, fakeSnapshot } from '../fakes/fake-host.ts';
import { testProgram } from '../fixtures/test-program.ts';
import { memoryIo, useFolder } from './cli-fixture.ts';

const home = useFolder();
const owned: Disposer[] = [];
afterEach(async () => {
  for (const disposer of owned.splice(0)) await disposer.dispose();
});

const settings = (values: SettingsLayer): RawProfile => ({
  place: '/etc/gleaner/locked.json',
  raw: { version: 2, settings: values },
});
const service = settings({ 'host.place': 'service' });
const broken: RawProfile = { place: '/etc/gleaner/locked.json', fault: 'it is not JSON' };

const context = (locked: RawProfile | null) => {
  const paths = resolvePaths({ platform: 'linux', home: home(), uid: 1, env: { GLEANER_HOME: home() } });
  const servicePaths = resolveServicePaths({
    platform: 'linux',
    uid: 0,
    env: { GLEANER_SERVICE: join(home(), 'service') },
  });
  const profiles = {
    read: () => Promise.resolve({ defaults: null, locked }),
    watch: () => ({ dispose: () => undefined }),
  };
  return { paths, machine: { profiles, servicePaths } };
};

/** Serves a fake host where the command line looks for the service. */
async function serve(socket: 'people' | 'administrators'): Promise<FakeHost> {
  const { servicePaths } = context(service).machine;
  await mkdir(servicePaths.dataDir, { recursive: true });
  const host = new FakeHost();
  host.snapshot = fakeSnapshot({ service: { mayPause: 'everyone', asks: [] } });
  const disposer = new Disposer();
  owned.push(disposer);
  const socketPath = socket === 'people' ? servicePaths.socketPath : servicePaths.adminSocketPath;
  const paths = { runDir: servicePaths.runDir, socketPath };
  disposer.own(await serveSocket({ api: host, paths, access: socket, log: silentLog }));
  return host;
}

const run = async (locked: RawProfile | null, ...argv: string[]) => {
  const io = memoryIo();
  const code = await runProgram(argv, { io, program: testProgram, ...context(locked) });
  return { code, stdout: io.stdout, stderr: io.stderr };
};
const never = (): Promise<never> => Promise.reject(new Error('composed a host'));

describe('the command line where the host is a service', () => {
  test('composes none, also while the service does not run', async () => {
    const asked = await run(service, 'status');
    expect(asked).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'gleaner: host-not-running: Gleaner is not running.\nhint: Start it with: systemctl start gleaner\n',
    });
    for (const argv of [
      ['status', '--watch'],
      ['logs', '--follow'],
    ])
      expect((await run(service, ...argv)).stderr).toContain('systemctl start gleaner');
    const headless = await run(service, 'run', '--headless');
    expect(headless).toMatchObject({ code: 4, stderr: expect.stringContaining('not-permitted') as string });
  });

  test('asks as an administrator who may write to that socket, and else as one of the people', async () => {
    const people = await serve('people');
    const door = await openDoor(context(service), never);
    await door.call('status', {});
    expect(people.asked).toHaveLength(1);
    const host = await serve('administrators');
    const other = await openDoor(context(service), never);
    await other.call('status', {});
    expect([people.asked.length, host.asked.length]).toEqual([1, 1]);
  });

  test('tells that the locked profile cannot be read, but asks who runs all the same', async () => {
    expect(await run(broken, 'status')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('gleaner: profile-broken:') as string,
    });
    await serve('administrators');
    expect(await run(broken, 'status')).toMatchObject({ code: 0, stderr: '' });
  });

  test('says whether a service is wanted, and whether it runs', async () => {
    expect(await run(service, 'service', 'wanted')).toMatchObject({ code: 0 });
    expect(await run(settings({}), 'service', 'wanted')).toMatchObject({ code: 1, stderr: '' });
    expect(await run(null, 'service', 'wanted')).toMatchObject({ code: 1 });
    expect(await run(broken, 'service', 'wanted')).toMatchObject({ code: 1 });
    const told = async (locked: RawProfile | null): Promise<unknown> =>
      JSON.parse((await run(locked, 'service', 'status', '--json')).stdout);
    expect(await told(service)).toMatchObject({ place: 'service', failure: null, running: false });
    await serve('people');
    expect(await told(service)).toMatchObject({ place: 'service', running: true });
    expect(await told(broken)).toMatchObject({ place: null, failure: { code: 'profile-broken' } });
  });

  test('forgets a service that was given up while it did not run', async () => {
    const { servicePaths } = context(null).machine;
    await rememberPlace(servicePaths, 'service');
    for (const profile of [service, broken]) await run(profile, 'service', 'wanted');
    await access(servicePaths.wantedPath);
    await run(settings({}), 'service', 'wanted');
    await expect(access(servicePaths.wantedPath)).rejects.toThrow('ENOENT');
  });

  test('runs no service that no profile wants, and none of two kinds', async () => {
    expect((await run(settings({}), 'run', '--service')).stderr).toContain('wrong-phase');
    expect((await run(broken, 'run', '--service')).stderr).toContain('profile-broken');
    expect(await run(service, 'run', '--service', '--headless')).toMatchObject({ code: 2 });
  });
});
