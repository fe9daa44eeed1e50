import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capMemory, matchesGlob } from '../../electron/egress/pac-thread.ts';
import {
  isProxyUrl,
  parseProxyAnswer,
  proxyAnswerOf,
  proxyOfUrl,
} from '../../electron/egress/proxy-answer.ts';
import { environmentLogins, environmentProxy } from '../../electron/egress/system-proxy.ts';

describe('answers of a script or the system', () => {
  const at = (host: string, port: number, literal = false) => ({ host, port, literal });

  test.each([
    ['', [{ kind: 'direct' }]],
    [' ; ', [{ kind: 'direct' }]],
    ['DIRECT', [{ kind: 'direct' }]],
    ['direct;', [{ kind: 'direct' }]],
    ['PROXY a:3128', [{ kind: 'proxy', secure: false, at: at('a', 3128) }]],
    [
      'proxy  A ; HTTPS b',
      [
        { kind: 'proxy', secure: false, at: at('a', 80) },
        { kind: 'proxy', secure: true, at: at('b', 443) },
      ],
    ],
    [
      'HTTP 10.0.0.1:8080;DIRECT',
      [{ kind: 'proxy', secure: false, at: at('10.0.0.1', 8080, true) }, { kind: 'direct' }],
    ],
    ['PROXY [2001:db8::1]:80', [{ kind: 'proxy', secure: false, at: at('2001:db8::1', 80, true) }]],
    ['SOCKS a:1080', []],
    ['SOCKS5 a:1080; PROXY b:1', [{ kind: 'proxy', secure: false, at: at('b', 1) }]],
    ['PROXY', []],
    ['PROXY a:1 b', []],
    ['PROXY user:secret@a:1', []],
    ['PROXY a:99999', []],
    ['DIRECT a', []],
    ['constructor a:1', []],
  ])('%j', (answer, routes) => {
    expect(parseProxyAnswer(answer)).toEqual(routes);
  });

  test('only some are tried', () => {
    expect(parseProxyAnswer('PROXY a:1;'.repeat(100))).toHaveLength(4);
  });

  test('what is written is read as the same', () => {
    const route = fc.oneof(
      fc.constant({ kind: 'direct' } as const),
      fc.record({
        kind: fc.constant('proxy' as const),
        secure: fc.boolean(),
        at: fc.oneof(
          fc.record({
            host: fc.constantFrom('proxy.example', 'b'),
            port: fc.integer({ min: 1, max: 65_535 }),
            literal: fc.constant(false),
          }),
          fc.record({
            host: fc.constantFrom('10.0.0.1', '2001:db8::1'),
            port: fc.integer({ min: 1, max: 65_535 }),
            literal: fc.constant(true),
          }),
        ),
      }),
    );
    fc.assert(
      fc.property(fc.array(route, { minLength: 1, maxLength: 4 }), (routes) => {
        expect(parseProxyAnswer(proxyAnswerOf(routes))).toEqual(routes);
      }),
    );
  });

  test.each([
    ['http://proxy.example:3128', true],
    ['https://[2001:db8::1]:443', true],
    ['https://proxy.example', false],
    ['http://Proxy.example:3128', false],
    ['http://proxy.example:3128/', false],
    ['socks5://proxy.example:1080', false],
    ['', false],
  ])('%j names a proxy: %s', (text, is) => {
    expect(isProxyUrl(text)).toBe(is);
  });

  test.each([
    ['http://proxy.example:3128', { kind: 'proxy', secure: false, at: at('proxy.example', 3128) }],
    ['https://proxy.example/', { kind: 'proxy', secure: true, at: at('proxy.example', 443) }],
    ['http://[2001:db8::1]:80', { kind: 'proxy', secure: false, at: at('2001:db8::1', 80, true) }],
    ['socks5://proxy.example:1080', undefined],
    ['http://user:secret@proxy.example:3128', undefined],
    ['http://proxy.example:3128/path', undefined],
    ['proxy.example:3128', undefined],
  ])('the proxy at %s', (url, route) => {
    expect(proxyOfUrl(url)).toEqual(route);
  });
});

describe('the environment', () => {
  const answer = (environment: Record<string, string>, url: string): Promise<string> =>
    environmentProxy(environment)(url);
  const http = 'http://www.example.org:80/';
  const https = 'https://www.example.org:443/';

  test.each<[Record<string, string>, string, string]>([
    [{}, http, 'DIRECT'],
    [{ http_proxy: 'http://proxy:3128' }, http, 'PROXY proxy:3128'],
    [{ http_proxy: 'http://proxy:3128' }, https, 'DIRECT'],
    // A web server's CGI programs get it from a header of the client (CVE-2016-5385).
    [{ HTTP_PROXY: 'http://proxy:3128' }, http, 'DIRECT'],
    [{ HTTPS_PROXY: 'http://proxy:3128/' }, https, 'PROXY proxy:3128'],
    [{ https_proxy: 'https://proxy' }, https, 'HTTPS proxy:443'],
    [{ https_proxy: 'proxy:8080' }, https, 'PROXY proxy:8080'],
    [{ https_proxy: 'http://me:secret@proxy:8080' }, https, 'PROXY proxy:8080'],
    [{ ALL_PROXY: 'http://proxy:3128' }, http, 'PROXY proxy:3128'],
    [{ all_proxy: 'http://all:1', https_proxy: 'http://own:1' }, https, 'PROXY own:1'],
    [{ all_proxy: 'http://all:1', https_proxy: '' }, https, 'DIRECT'],
    [{ all_proxy: 'socks5h://proxy:1080' }, https, 'SOCKS'],
    [{ all_proxy: 'http://pro xy:99999' }, https, 'SOCKS'],
    [{ all_proxy: 'http://proxy:1;DIRECT' }, https, 'SOCKS'],
  ])('%j asked for %s', async (environment, url, wanted) => {
    expect(await answer(environment, url)).toBe(wanted);
  });

  test.each<[string, string, boolean]>([
    ['*', http, true],
    ['example.org', http, true],
    ['.example.org', http, true],
    ['*.example.org', http, true],
    ['EXAMPLE.ORG.', http, true],
    ['other.example,www.example.org', http, true],
    ['other.example  www.example.org', http, true],
    ['www.example.org:80', http, true],
    ['www.example.org:443', http, false],
    ['ple.org', http, false],
    ['org.example', http, false],
    ['192.0.2.0/24', 'http://192.0.2.7:80/', true],
    ['192.0.2.0/24', 'http://192.0.3.7:80/', false],
    ['192.0.2.7', 'http://192.0.2.7:80/', true],
    ['192.0.2.7:81', 'http://192.0.2.7:80/', false],
    ['2001:db8::/32', 'http://[2001:db8::1]:80/', true],
    ['2001:db8::1', 'http://[2001:db8::1]:80/', true],
    ['[2001:db8::1]:80', 'http://[2001:db8::1]:80/', true],
    ['192.0.2.0/99', 'http://192.0.2.7:80/', false],
    ['.2.7', 'http://192.0.2.7:80/', false],
    ['', http, false],
    [', ,', http, false],
  ])('no_proxy %j for %s: %s', async (no, url, isExempt) => {
    const environment = { all_proxy: 'http://proxy:3128', NO_PROXY: no };
    expect(await answer(environment, url)).toBe(isExempt ? 'DIRECT' : 'PROXY proxy:3128');
  });

  test('a login in it is for the proxy that it stands with', () => {
    expect(environmentLogins({})).toEqual([]);
    expect(environmentLogins({ https_proxy: 'http://proxy:3128' })).toEqual([]);
    expect(environmentLogins({ http_proxy: 'http://me:p%40ss:word@proxy:3128' })).toEqual([
      { proxy: 'http://proxy:3128', name: 'me', password: 'p@ss:word' },
    ]);
    expect(environmentLogins({ all_proxy: 'me@PROXY' })).toEqual([
      { proxy: 'http://proxy:80', name: 'me', password: '' },
    ]);
    expect(environmentLogins({ all_proxy: 'http://%zz:x@proxy' })).toEqual([]);
    expect(
      environmentLogins({ https_proxy: 'http://u:p@corp:3128', http_proxy: 'http://other:8080' }),
    ).toEqual([{ proxy: 'http://corp:3128', name: 'u', password: 'p' }]);
    expect(environmentLogins({ all_proxy: 'socks5://me:x@proxy' })).toEqual([]);
  });
});

describe('in a script’s thread', () => {
  test('a shell’s pattern matches as a regular expression of the same meaning does', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', '.', '('), { maxLength: 10 })
      .map((parts) => parts.join(''));
    const pattern = fc
      .array(fc.constantFrom('a', 'b', '.', '(', '*', '?'), { maxLength: 8 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, pattern, (subject, glob) => {
        const meant = glob.replace(/[.(]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
        expect(matchesGlob(subject, glob)).toBe(new RegExp(`^${meant}$`).test(subject));
      }),
      { numRuns: 3000 },
    );
  });

  test('the engine’s memory ends where it should', async () => {
    const folder = dirname(createRequire(import.meta.url).resolve('quickjs-wasi/package.json'));
    const engine = new Uint8Array(readFileSync(join(folder, 'quickjs.wasm')));
    const memory = await memoryOf(capMemory(engine, 100));
    expect(() => memory.grow(1000)).toThrow(RangeError);
    memory.grow(10);
    const free = await memoryOf(engine);
    free.grow(1000);
    expect(() => capMemory(engine.subarray(0, 8), 100)).toThrow();
  });
});

async function memoryOf(module: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Memory> {
  const compiled = await WebAssembly.compile(module);
  const nothing = (): number => 0;
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(compiled))
    (imports[from] ??= {})[name] = nothing;
  const { exports } = await WebAssembly.instantiate(compiled, imports);
  const memory = exports['memory'];
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('the engine shows no memory');
  return memory;
}
