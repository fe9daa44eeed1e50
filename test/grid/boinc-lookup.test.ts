import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GleanerError } from '../../electron/contract/index.ts';
import type { Host } from '../../electron/host.ts';
import { addresses, joinProject, placeOf } from '../boinc/boinc-world.ts';
import { makeAuthority } from '../fakes/boinc-project/certificates.ts';
import { type StandIn, startStandIn } from '../fakes/boinc-project/stand-in.ts';
import { FakeDnsServer } from '../fakes/dns-server.ts';
import { temporaryDir } from '../vm/harness.ts';
import { hostIn } from '../vm/host-world.ts';

/** What the host itself asks a project before anything of it is joined. No VM runs here. */

const folder = temporaryDir();
const inside = '10.77.0.9';
const publicOnly = { allowPrivate: false };
let names: FakeDnsServer;
let host: Host;
let standIn: StandIn;
/** Whoever reaches it has got past the gateway. */
let company: Server;
let reached = 0;

beforeAll(async () => {
  names = await FakeDnsServer.start();
  host = await hostIn(folder.dir);
  company = createServer((socket) => {
    reached += 1;
    socket.destroy();
  });
  company.listen(80, inside);
  await once(company, 'listening');
});
afterAll(async () => {
  await host.stop();
  company.close();
  await names.dispose();
  folder.remove();
});
beforeEach(async () => {
  for (const [name, address] of Object.entries(addresses)) names.set(name, [address]);
  standIn = await startStandIn(placeOf('project.example'));
});
afterEach(() => standIn.dispose());

const lookup = (url: string) => host.call('grids.lookup', { url, ...publicOnly });

/** The code of what a call rejects with. */
async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof GleanerError) return error.code;
    throw error;
  }
  return 'none';
}

test('a project says what it is, and what it may contact', async () => {
  expect(await lookup('http://project.example/standin')).toMatchObject({
    url: standIn.masterUrl,
    name: 'Stand-in',
    kind: 'project',
    platforms: ['x86_64-pc-linux-gnu'],
    runsHere: true,
    canCreateAccount: true,
    contacts: [
      { host: 'project.example', port: 80, source: 'project', private: false },
      { host: 'project.example', port: 443, source: 'project', private: false },
    ],
  });
});

describe('a project that is hostile, or broken', () => {
  test.each([
    ['malformed XML', { kind: 'malformed' }, 'grid-protocol'],
    ['gigantic XML', { kind: 'gigantic', bytes: 500_000_000 }, 'grid-protocol'],
    ['an error page', { kind: 'status', code: 500 }, 'grid-unreachable'],
    ['a redirect into the company’s network', { kind: 'redirect', to: `http://${inside}/` }, 'egress-denied'],
    ['a redirect to this computer', { kind: 'redirect', to: 'http://127.0.0.1/' }, 'egress-denied'],
    [
      'a redirect to a host that nobody typed',
      { kind: 'redirect', to: 'http://data.example/' },
      'egress-denied',
    ],
  ] as const)('%s is refused', async (_what, trouble, code) => {
    standIn.trouble('config', trouble);
    expect(await codeOf(lookup(standIn.masterUrl))).toBe(code);
    // The host is none the worse for it.
    standIn.trouble('config', null);
    expect((await lookup(standIn.masterUrl)).name).toBe('Stand-in');
  });

  test('one whose name means another address every time reaches nothing of ours', async () => {
    names.set('project.example', [inside]);
    expect(await codeOf(lookup(standIn.masterUrl))).toBe('egress-denied');
    names.set('project.example', ['127.0.0.1']);
    expect(await codeOf(lookup(standIn.masterUrl))).toBe('egress-denied');
    names.set('project.example', ({ before }) =>
      before % 2 === 0 ? [addresses['project.example']] : [inside],
    );
    for (let n = 0; n < 4; n += 1) await codeOf(lookup(standIn.masterUrl));
    expect(reached).toBe(0);
  });

  test('one that does not answer, or is down for maintenance, is told as such', async () => {
    standIn.project.maintenance = true;
    expect(await codeOf(lookup(standIn.masterUrl))).toBe('grid-unreachable');
    await standIn.goDown();
    expect(await codeOf(lookup(standIn.masterUrl))).toBe('grid-unreachable');
  });

  test('one whose certificate nobody has vouched for is refused, until an authority is named', async () => {
    await standIn.dispose();
    const authority = makeAuthority();
    standIn = await startStandIn({ ...placeOf('project.example'), tls: authority });
    expect(await codeOf(lookup(standIn.masterUrl))).toBe('grid-unreachable');
    await host.call('settings.set', { key: 'network.authorities', value: authority.certificate });
    expect((await lookup(standIn.masterUrl)).url).toBe('https://project.example/standin/');
    await host.call('settings.unset', { key: 'network.authorities' });
  });
});

describe('an account', () => {
  const login = { kind: 'login', email: 'person@example.org', password: 'a good password' } as const;

  test('with a wrong password or key is refused, and nothing is joined', async () => {
    standIn.account(login.email, login.password);
    const join = (account: Parameters<typeof joinProject>[2]) =>
      joinProject(host, standIn.masterUrl, account);
    expect(await codeOf(join({ ...login, password: 'another password' }))).toBe('account-refused');
    expect(await codeOf(join({ ...login, email: 'nobody@example.org' }))).toBe('account-refused');
    expect(await codeOf(join({ kind: 'key', key: '0123456789abcdef0123456789abcdef' }))).toBe(
      'account-refused',
    );
    expect((await host.call('grids.list', {})).filter(({ kind }) => kind === 'boinc')).toEqual([]);
  });

  test('is used only for contacts that were agreed to', async () => {
    standIn.account(login.email, login.password);
    const call = host.call('grids.join', {
      url: standIn.masterUrl,
      account: login,
      contacts: [{ host: 'project.example', port: 80 }],
      allowPrivate: false,
      share: 100,
    });
    expect(await codeOf(call)).toBe('consent-required');
    expect(standIn.count('lookup')).toBe(0);
  });

  test('is made for who agrees to the terms, and joined with its weak key', async () => {
    await standIn.dispose();
    standIn = await startStandIn({ ...placeOf('project.example'), terms: 'Be kind.' });
    const create = { ...login, kind: 'create', name: 'A person' } as const;
    const join = (agreed: boolean) => joinProject(host, standIn.masterUrl, { ...create, agreed });
    expect(await codeOf(join(false))).toBe('consent-required');
    const { id, state } = await join(true);
    expect(state).toBe('joining');
    expect(standIn.project.accounts.byEmail(login.email)?.name).toBe('A person');
    expect((await host.call('grids.show', { id })).weakKey).toBe(true);
    expect(await codeOf(join(true))).toBe('already-joined');
    await host.call('grids.leave', { id });
    expect((await host.call('grids.list', {})).filter(({ kind }) => kind === 'boinc')).toEqual([]);
  });
});
