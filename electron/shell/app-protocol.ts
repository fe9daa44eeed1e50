import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Protocol } from 'electron';
import type { Disposable } from '../base/disposal.ts';

/** Where the window's pages live. */
export const pageOrigin = 'app://gleaner';
const scheme = 'app';
const firstPage = 'index.html';

/**
 * Nothing but our own files, no inline code or styles, no connection anywhere, no frames, and no string ever
 * becomes code (Trusted Types without any policy).
 */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/** Must run before the app is ready: makes `app:` a standard, secure scheme with origins. */
export function declareAppScheme(protocol: Protocol): void {
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, codeCache: true } },
  ]);
}

/** The files that may be served, by URL path (`/index.html`, `/assets/…`). Throws what the file system throws. */
async function listPages(dir: string): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const pages = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    pages.set(path.slice(dir.length).split(sep).join('/'), path);
  }
  return pages;
}

/**
 * Answers requests for `app://gleaner/…` with the files of `dir`, and nothing else: a path is looked up in the
 * list of built files, so no spelling of it can leave the folder.
 */
export function createPageHandler(dir: string): (request: Request) => Promise<Response> {
  let listed: Promise<ReadonlyMap<string, string>> | undefined;
  return async (request) => {
    const refuse = (status: number): Response => new Response(null, { status, headers: securityHeaders });
    const url = new URL(request.url);
    if (request.method !== 'GET') return refuse(405);
    if (`${url.protocol}//${url.host}` !== pageOrigin) return refuse(404);
    listed ??= listPages(dir);
    const pages = await listed;
    const path = pages.get(url.pathname === '/' ? `/${firstPage}` : url.pathname);
    const type = path === undefined ? undefined : types[extname(path)];
    if (path === undefined || type === undefined) return refuse(404);
    return new Response(await readFile(path), { headers: { ...securityHeaders, 'content-type': type } });
  };
}

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Serves the pages in `dir` to this session until it is disposed of. */
export function servePages(protocol: Protocol, dir: string): Disposable {
  protocol.handle(scheme, createPageHandler(dir));
  return {
    dispose: () => {
      protocol.unhandle(scheme);
    },
  };
}
