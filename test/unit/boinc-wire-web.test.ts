import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProjectFacts } from '../../electron/grid/boinc/messages.ts';
import { lookUp } from '../../electron/grid/boinc/web-lookup.ts';
import type { Web } from '../../electron/grid/web/dial.ts';
import { fetchPage } from '../../electron/grid/web/http.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { type FakePage, FakeWeb } from '../fakes/fake-web.ts';
import { rejectionOf, site } from './boinc-wire-fixture.ts';

// Nothing here waits for time; the limit only ends a run that hangs.
vi.setConfig({ testTimeout: 60_000 });

let dir = '';
let fake: FakeWeb;
let clock: FakeClock;
let web: Web;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'web-'));
  fake = await FakeWeb.start(dir);
  clock = new FakeClock();
  web = { gatewayPath: fake.gatewayPath, authorities: fake.authority.certificate, clock };
});
afterEach(async () => {
  await fake.stop();
  await rm(dir, { recursive: true });
});

const config = (inside = ''): string => `<?xml version="1.0" encoding="ISO-8859-1" ?>
<project_config>
    <name>Tides &amp; Dunes</name>
    <master_url>https://project.example/boinc</master_url>
    <web_stopped>0</web_stopped>
    <min_passwd_length>8</min_passwd_length>
    <sched_stopped>0</sched_stopped>
    <platforms>
      <platform><platform_name>x86_64-pc-linux-gnu</platform_name>
        <user_friendly_name>Linux</user_friendly_name><plan_class>mt</plan_class></platform>
      <platform><platform_name>windows_x86_64</platform_name></platform>
      <platform><platform_name>x86_64-pc-linux-gnu</platform_name></platform>
    </platforms>
    ${inside}
</project_config>
`;
const masterPage = `<!DOCTYPE html><html><head>
<!-- <scheduler>https://sched.example/cgi</scheduler> -->
<link rel="boinc_scheduler" href="https://sched.example/cgi">
<link rel="boinc_scheduler" href="cgi2"></head></html>`;

describe('looking a project up', () => {
  it('reads what it says of itself, however its address was typed', async () => {
    const pages = { '/boinc/get_project_config.php': config(), '/boinc/': masterPage };
    await fake.add('https://project.example', site(pages));
    const expected: ProjectFacts = {
      kind: 'project',
      url: 'https://project.example/boinc/',
      name: 'Tides & Dunes',
      platforms: ['x86_64-pc-linux-gnu', 'windows_x86_64'],
      canCreateAccount: true,
      usesName: false,
      minPasswordLength: 8,
      terms: null,
      schedulers: ['https://sched.example/cgi', 'https://project.example/boinc/cgi2'],
      signingKey: null,
    };
    for (const typed of [
      'project.example/boinc',
      ' https://project.example//boinc/ ',
      'HTTPS://Project.Example/boinc?x#y',
    ]) {
      expect(await lookUp(web, typed)).toEqual(expected);
    }
  });

  it('tells a manager, terms, and what an account needs', async () => {
    const inside = `<account_manager/><uses_username/><account_creation_disabled/>
      <terms_of_use>
&lt;h1&gt;Terms&lt;/h1&gt;&lt;p&gt;Be nice &amp;amp; kind.&lt;/p&gt;
</terms_of_use>`;
    await fake.add('https://manager.example', site({ '/get_project_config.php': config(inside) }));
    expect(await lookUp(web, 'https://manager.example')).toMatchObject({
      kind: 'manager',
      usesName: true,
      canCreateAccount: false,
      terms: 'Terms\nBe nice & kind.',
      schedulers: [],
    });
  });

  it('falls back to http only where no scheme was typed', async () => {
    const text = config().replace('https://project', 'http://project');
    await fake.add(
      'http://project.example',
      site({ '/get_project_config.php': text, '/': masterPage, '/boinc/': masterPage }),
    );
    expect((await lookUp(web, 'project.example')).url).toBe('http://project.example/boinc/');
    expect(await rejectionOf(lookUp(web, 'https://project.example'))).toEqual({
      code: 'egress-denied',
      sentence: '“project.example:443” is not on the list of what may be contacted.',
    });
  });

  it('asks for accounts by https where the project can, though its master URL is older', async () => {
    const old = config().replace('https://project', 'http://project');
    const named = old.replace(
      '<platforms>',
      '<web_rpc_url_base>https://project.example/rpc/</web_rpc_url_base><platforms>',
    );
    const foreign = old.replace(
      '<platforms>',
      '<web_rpc_url_base>https://other.example/</web_rpc_url_base><platforms>',
    );
    const pages = { '/boinc/': masterPage };
    await fake.add(
      'http://project.example',
      site({ ...pages, '/n/get_project_config.php': named, '/f/get_project_config.php': foreign }),
    );
    await fake.add('https://project.example', site({ ...pages, '/s/get_project_config.php': old }));
    expect(await lookUp(web, 'http://project.example/n')).toMatchObject({
      url: 'http://project.example/boinc/',
      accountsUrl: 'https://project.example/rpc/',
    });
    expect(await lookUp(web, 'https://project.example/s')).toMatchObject({
      accountsUrl: 'https://project.example/s/',
    });
    const odd = named.replace('https://project.example/rpc', 'https://project.example:8443/rpc');
    await fake.add('http://project.example:8080', site({ ...pages, '/get_project_config.php': odd }));
    expect((await lookUp(web, 'http://project.example:8080')).accountsUrl).toBeUndefined();
    // Passwords go to the host that the person named, and to no other.
    expect((await lookUp(web, 'http://project.example/f')).accountsUrl).toBe('http://project.example/f/');
  });

  it.each([
    ['no address', 'not an address', 'bad-request'],
    ['another scheme', 'ftp://project.example/', 'bad-request'],
    ['credentials', 'https://user:secret@project.example/', 'bad-request'],
    ['nothing', '  ', 'bad-request'],
    ['an endless address', `https://project.example/${'a'.repeat(600)}`, 'bad-request'],
    ['a page that is none', 'https://project.example/none', 'not-found'],
    ['a page of something else', 'https://project.example/html', 'not-found'],
    ['a broken server', 'https://project.example/broken', 'grid-unreachable'],
    ['maintenance', 'https://project.example/down', 'grid-unreachable'],
    ['an error of its own', 'https://project.example/odd', 'grid-refused'],
    ['a page that is too large', 'https://project.example/huge', 'grid-protocol'],
    ['hostile entities', 'https://project.example/entities', 'grid-protocol'],
    ['no scheduler', 'https://project.example/mute', 'grid-unsupported'],
  ])('refuses %s', async (_, typed, code) => {
    const at = (name: string): string => `/${name}/get_project_config.php`;
    await fake.add(
      'https://project.example',
      site({
        [at('html')]: '<html>hello</html>',
        [at('broken')]: { status: 503 },
        [at('down')]: config('<error_num>-183</error_num>'),
        [at('odd')]: config('<error_num>-4000</error_num><error_msg>Not\u0007 <b>today</error_msg>'),
        [at('huge')]: config('x'.repeat(1024 * 1024)),
        [at('entities')]: `<!DOCTYPE a [<!ENTITY b "c">]>${config()}`,
        [at('mute')]: config(),
        '/boinc/': '<html></html>',
      }),
    );
    const failure = await rejectionOf(lookUp(web, typed));
    expect(failure.code).toBe(code);
    expect(failure.sentence).not.toContain('secret');
  });
});

describe('the way through the gateway', () => {
  const get = (url: string, o: { secret?: boolean; post?: string } = {}) =>
    fetchPage(web, { url: new URL(url), maxBytes: 1000, ...o });

  it('asks the gateway in the absolute form, and through a tunnel', async () => {
    await fake.add('http://a.example:8080', site({ '/x': 'plain' }));
    await fake.add('https://b.example:8443', site({ '/y': 'secret' }));
    expect((await get('http://a.example:8080/x?q=1')).body).toBe('plain');
    expect((await get('https://b.example:8443/y')).body).toBe('secret');
    expect(fake.visits.map(({ url }) => url)).toEqual([
      'http://a.example:8080/x?q=1',
      'https://b.example:8443/y',
    ]);
  });

  it('says what the gateway says, and does not take a server for it', async () => {
    await fake.add('http://a.example', site({ '/': { status: 403, body: 'No, says the gateway.' } }));
    expect((await get('http://a.example/')).status).toBe(403);
    const denied = {
      code: 'egress-denied',
      sentence: '“b.example:80” is not on the list of what may be contacted.',
    };
    expect(await rejectionOf(get('http://b.example/'))).toEqual(denied);
  });

  it('tells a gateway that does not run', async () => {
    const gone = { ...web, gatewayPath: join(dir, 'none') };
    for (const url of ['http://a.example/', 'https://a.example/']) {
      const failure = await rejectionOf(fetchPage(gone, { url: new URL(url), maxBytes: 10 }));
      expect(failure.code).toBe('network-unavailable');
    }
  });

  it('trusts the public authorities and those of the setting only', async () => {
    await fake.add('https://a.example', site({ '/': 'a' }));
    await fake.add('https://b.example', site({ '/': 'b' }), fake.authority.issue('c.example'));
    const failure = await rejectionOf(
      fetchPage({ ...web, authorities: null }, { url: new URL('https://a.example/'), maxBytes: 10 }),
    );
    expect(failure.code).toBe('grid-unreachable');
    expect(failure.hint).toContain('network.authorities');
    expect((await rejectionOf(get('https://b.example/'))).sentence).toContain('cannot be trusted');
    expect((await get('https://a.example/')).body).toBe('a');
  });

  it('follows three redirects, each asked of the gateway', async () => {
    const to = (location: string): FakePage => ({ status: 301, headers: { location } });
    await fake.add(
      'http://a.example',
      site({
        '/0': to('/1'),
        '/1': to('http://a.example/2'),
        '/2': to('https://a.example/3'),
        '/out': to('https://b.example/'),
        '/bad': to('javascript:x'),
        '/odd': to('https://u:p@a.example/'),
      }),
    );
    await fake.add(
      'https://a.example',
      site({ '/3': 'there', '/4': to('https://a.example/4'), '/down': to('http://a.example/0') }),
    );
    expect(await get('http://a.example/0')).toMatchObject({
      body: 'there',
      url: new URL('https://a.example/3'),
    });
    expect((await rejectionOf(get('https://a.example/4'))).code).toBe('grid-refused');
    expect(fake.visits.filter(({ url }) => url.endsWith('/4'))).toHaveLength(4);
    expect(await rejectionOf(get('http://a.example/out'))).toEqual({
      code: 'egress-denied',
      sentence: 'a.example leads to b.example, and there Gleaner does not go by itself.',
      hint: 'If that is the project’s address, use it instead.',
    });
    for (const page of ['http://a.example/bad', 'http://a.example/odd', 'https://a.example/down']) {
      expect((await rejectionOf(get(page))).code).toBe('grid-refused');
    }
  });

  it('carries nothing secret to another host', async () => {
    const elsewhere: FakePage = { status: 307, headers: { location: 'https://b.example/' } };
    await fake.add(
      'https://a.example',
      site({ '/': elsewhere, '/near': { status: 302, headers: { location: '/far' } }, '/far': 'far' }),
    );
    await fake.add('https://b.example', site({ '/': 'b' }));
    expect((await get('https://a.example/')).body).toBe('b');
    expect((await rejectionOf(get('https://a.example/', { secret: true }))).code).toBe('grid-refused');
    expect((await rejectionOf(get('https://a.example/', { post: 'x' }))).code).toBe('grid-refused');
    expect((await get('https://a.example/near', { post: 'x=1' })).body).toBe('far');
    expect(fake.visits.at(-1)).toEqual({ url: 'https://a.example/far', method: 'POST', body: 'x=1' });
  });

  it('ends what never ends', async () => {
    let asked: () => void = () => undefined;
    const arrived = () =>
      new Promise<void>((resolve) => {
        asked = resolve;
      });
    await fake.add('https://a.example', ({ url }, answer) => {
      if (url.endsWith('/drip')) answer.write('drop');
      asked();
      return undefined;
    });
    for (const page of ['/silent', '/drip']) {
      const there = arrived();
      const failure = rejectionOf(get(`https://a.example${page}`));
      await there;
      clock.advance(60_000);
      expect(await failure).toEqual({
        code: 'grid-unreachable',
        sentence: 'a.example takes too long to answer.',
      });
    }
    expect(clock.pending).toBe(0);
  });

  it('bears what is no answer, too large, or cut off', async () => {
    await fake.add('https://a.example', ({ url }, answer) => {
      if (url.endsWith('/none')) answer.socket?.end('SSH-2.0-hello\r\n\r\n');
      else if (url.endsWith('/cut')) {
        answer.writeHead(200, { 'content-length': '100' });
        answer.write('abc', () => answer.socket?.destroy());
      } else if (url.endsWith('/headers'))
        answer.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`);
      else if (url.endsWith('/gone')) answer.socket?.destroy();
      else return 'x'.repeat(1001);
      return undefined;
    });
    const codes = ['none', 'cut', 'headers', 'gone', 'large'].map(
      async (page) => (await rejectionOf(get(`https://a.example/${page}`))).code,
    );
    expect(await Promise.all(codes)).toEqual([
      'grid-protocol',
      'grid-unreachable',
      'grid-protocol',
      'grid-unreachable',
      'grid-protocol',
    ]);
  });
});
