import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Account } from '../../electron/contract/grids.ts';
import type { ProjectFacts } from '../../electron/grid/boinc/messages.ts';
import { hashPassword, signIn } from '../../electron/grid/boinc/web-account.ts';
import type { Web } from '../../electron/grid/web/dial.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { type FakePage, FakeWeb } from '../fakes/fake-web.ts';
import { rejectionOf, site } from './boinc-wire-fixture.ts';

// Nothing here waits for time; the limit only ends a run that hangs.
vi.setConfig({ testTimeout: 60_000 });

let dir = '';
let fake: FakeWeb;
let web: Web;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'web-'));
  fake = await FakeWeb.start(dir);
  const clock = new FakeClock();
  web = { gatewayPath: fake.gatewayPath, authorities: fake.authority.certificate, clock };
});
afterEach(async () => {
  await fake.stop();
  await rm(dir, { recursive: true });
});

const facts = (o: Partial<ProjectFacts> = {}): ProjectFacts => ({
  kind: 'project',
  url: 'https://project.example/boinc/',
  name: 'Tides',
  platforms: [],
  canCreateAccount: true,
  usesName: false,
  minPasswordLength: 8,
  terms: null,
  schedulers: [],
  signingKey: null,
  ...o,
});

describe('signing in', () => {
  const full = '0123456789abcdef0123456789abcdef';
  const weak = `42_${'f'.repeat(32)}`;
  const out = (key: string): string =>
    `<account_out>\n<authenticator>${key}</authenticator>\n</account_out>\n`;
  const error = (number: number): string =>
    `<error>\n    <error_num>${number}</error_num>\n    <error_msg>words</error_msg>\n</error>\n`;
  const info = `<am_get_info_reply>\n<success/>\n<id>42</id>\n<weak_auth>${weak}</weak_auth>\n</am_get_info_reply>`;
  const login: Account = { kind: 'login', email: ' Ana@Example.org ', password: 'pass Wörd' };
  const pages = (o: { lookup?: FakePage; create?: FakePage; info?: FakePage }): Promise<void> =>
    fake.add(
      'https://project.example',
      site({
        ...(o.lookup === undefined ? {} : { '/boinc/lookup_account.php': o.lookup }),
        ...(o.create === undefined ? {} : { '/boinc/create_account.php': o.create }),
        ...(o.info === undefined ? {} : { '/boinc/am_get_info.php': o.info }),
      }),
    );
  const asked = () => fake.visits.map(({ url }) => Object.fromEntries(new URL(url).searchParams));

  it('hashes a password as BOINC does', () => {
    expect(hashPassword('pass', 'ANA@example.org')).toBe(hashPassword('pass', 'ana@EXAMPLE.org'));
    // echo -n passana@example.org | md5sum
    expect(hashPassword('pass', 'ana@example.org')).toBe('93c49d11d2c4679c0a19449ceb5b423f');
  });

  it('exchanges name and password for the weak key', async () => {
    await pages({ lookup: out(full), info });
    expect(await signIn(web, facts(), login)).toEqual({ key: weak, weak: true });
    expect(asked()).toEqual([
      { email_addr: 'ana@example.org', passwd_hash: hashPassword('pass Wörd', 'ana@example.org') },
      { account_key: full },
    ]);
  });

  it('asks at the address for accounts', async () => {
    await fake.add(
      'https://project.example',
      site({ '/rpc/lookup_account.php': out(full), '/rpc/am_get_info.php': info }),
    );
    const old = facts({ url: 'http://project.example/boinc/', accountsUrl: 'https://project.example/rpc/' });
    expect((await signIn(web, old, login)).weak).toBe(true);
  });

  it('takes the full key where the project has no weak ones', async () => {
    await pages({ lookup: out(full) });
    expect(await signIn(web, facts(), login)).toEqual({ key: full, weak: false });
  });

  it('takes a weak key as it is, and weakens a full one', async () => {
    await pages({ info });
    expect(await signIn(web, facts(), { kind: 'key', key: weak })).toEqual({ key: weak, weak: true });
    expect(fake.visits).toEqual([]);
    expect(await signIn(web, facts(), { kind: 'key', key: full })).toEqual({ key: weak, weak: true });
  });

  it('refuses a key that the project does not know', async () => {
    await pages({ info: error(-136) });
    expect(await rejectionOf(signIn(web, facts(), { kind: 'key', key: full }))).toMatchObject({
      code: 'account-refused',
      sentence: 'Tides does not know this account key.',
    });
  });

  it('makes an account', async () => {
    await pages({ create: out(full), info });
    const account = {
      kind: 'create' as const,
      email: 'Ana@Example.org',
      password: 'long enough',
      name: 'Ana',
      agreed: true,
    };
    expect(await signIn(web, facts({ terms: 'Be kind.' }), account)).toEqual({ key: weak, weak: true });
    expect(asked()[0]).toEqual({
      email_addr: 'ana@example.org',
      passwd_hash: hashPassword('long enough', 'ana@example.org'),
      user_name: 'Ana',
      consent_flag: '1',
      source: 'Gleaner',
    });
    const refused = async (o: Partial<ProjectFacts>, a: Partial<typeof account> = {}) =>
      (await rejectionOf(signIn(web, facts(o), { ...account, ...a }))).code;
    expect(await refused({ canCreateAccount: false })).toBe('account-refused');
    expect(await refused({}, { password: 'short' })).toBe('account-refused');
    expect(await refused({ terms: 'Be kind.' }, { agreed: false })).toBe('consent-required');
  });

  it.each([
    ['nobody of this name', error(-136), 'account-refused', 'Tides has no account with this name.'],
    ['another password', error(-206), 'account-refused', 'Tides does not accept this password.'],
    ['a name in use', error(-137), 'account-refused', /another password\.$/],
    [
      'an error in the manner of others',
      '<account_out><error_num>-206</error_num></account_out>',
      'account-refused',
      /./,
    ],
    ['maintenance', error(-183), 'grid-unreachable', 'Tides is down for maintenance.'],
    ['an unknown error', error(-9999), 'grid-refused', 'Tides refused: “words”.'],
    ['a key that is none', out('<b>'), 'grid-protocol', /./],
    ['nothing', '', 'grid-protocol', /./],
    ['a page that is none', { status: 404 }, 'not-found', /./],
    ['a broken server', { status: 500 }, 'grid-unreachable', /./],
  ] satisfies [string, FakePage, string, string | RegExp][])(
    'tells %s',
    async (_, lookup, code, sentence) => {
      await pages({ lookup });
      const failure = await rejectionOf(signIn(web, facts(), login));
      expect(failure.code).toBe(code);
      expect(failure.sentence).toMatch(sentence);
      expect(JSON.stringify(failure)).not.toContain(hashPassword('pass Wörd', 'ana@example.org'));
    },
  );
});
