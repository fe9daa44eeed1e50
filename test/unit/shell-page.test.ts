import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPageHandler } from '../../electron/shell/app-protocol.ts';

let topDir = '';
let handle: (request: Request) => Promise<Response>;

beforeAll(() => {
  topDir = mkdtempSync(join(tmpdir(), 'gl-page-'));
  const dir = join(topDir, 'renderer');
  mkdirSync(join(dir, 'assets'), { recursive: true });
  writeFileSync(join(dir, 'index.html'), '<!doctype html>');
  writeFileSync(join(dir, 'assets', 'main-1.js'), 'export {}');
  writeFileSync(join(dir, 'notes.txt'), 'no page');
  writeFileSync(join(topDir, 'secret.html'), 'secret');
  handle = createPageHandler(dir);
});
afterAll(() => {
  rmSync(topDir, { recursive: true, force: true });
});

const get = (url: string, method = 'GET'): Promise<Response> => handle(new Request(url, { method }));

describe('app://gleaner', () => {
  it('serves built files with their type and a strict policy', async () => {
    const page = await get('app://gleaner/?notice=no-tray');
    expect(page.status).toBe(200);
    expect(await page.text()).toBe('<!doctype html>');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const script = await get('app://gleaner/assets/main-1.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|https?:|data:|\*/);
  });

  it.each([
    'app://gleaner/../secret.html',
    'app://gleaner/%2e%2e/secret.html',
    'app://gleaner/..%2fsecret.html',
    'app://gleaner/assets/../../secret.html',
    'app://gleaner/..\\secret.html',
    'app://gleaner//etc/passwd',
    'app://gleaner/%00',
    'app://gleaner/assets',
    'app://gleaner/notes.txt',
    'app://gleaner/missing.js',
    'app://other/index.html',
    'app://gleaner.evil.example/index.html',
    'app://gleaner:1/index.html',
  ])('refuses %s', async (url) => {
    const answer = await get(url);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('');
  });

  it('answers nothing but GET', async () => {
    expect((await get('app://gleaner/index.html', 'POST')).status).toBe(405);
  });
});
