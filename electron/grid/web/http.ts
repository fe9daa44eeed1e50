import type { IncomingMessage } from 'node:http';
import { GleanerError } from '../../contract/failures.ts';
import { Ending, sendRequest, type Web } from './dial.ts';
import { readRefusal } from './refusal.ts';
import { parseWebUrl } from './url.ts';

export interface WebRequest {
  readonly url: URL;
  readonly post?: string;
  /** Answered by status 304 when the page still has this tag. */
  readonly ifNoneMatch?: string | undefined;
  /** Its address or content holds a password's hash or a key: it is led nowhere but to the same host. */
  readonly secret?: boolean;
  readonly maxBytes: number;
}

export interface WebPage {
  /** Where it was found in the end. */
  readonly url: URL;
  readonly status: number;
  readonly body: string;
  /** What changes when the page does; null: it is not told. */
  readonly tag: string | null;
}

const maxRedirects = 3;
/** For one page, redirects included; ends what hangs or drips. */
const limitMs = 60_000;

/**
 * Gets a page, or posts to it; every redirect is asked of the gateway anew. Any status but a redirect's is an
 * answer. Rejects with `egress-denied`, `network-metered`, `network-quota` when the gateway says no,
 * `grid-unreachable`, `grid-refused` for a redirect that is not followed, `grid-protocol` for an answer that is too
 * large or none.
 */
export async function fetchPage(web: Web, asked: WebRequest): Promise<WebPage> {
  const ending = new Ending();
  const cancelLimit = web.clock.after(limitMs, () => {
    ending.end(new GleanerError('grid-unreachable', `${asked.url.hostname} takes too long to answer.`));
  });
  try {
    return await Promise.race([ending.ended, follow(web, asked, ending)]);
  } finally {
    cancelLimit();
    ending.end(new GleanerError('internal', 'This request is over.'));
  }
}

async function follow(web: Web, asked: WebRequest, ending: Ending): Promise<WebPage> {
  let { url } = asked;
  for (let redirects = 0; ; redirects += 1) {
    let answer: IncomingMessage | WebPage;
    try {
      answer = await askOnce(web, { ...asked, url }, ending);
    } catch (error) {
      throw astray(error, asked.url, url);
    }
    if ('body' in answer) return answer;
    if (redirects === maxRedirects) {
      throw new GleanerError('grid-refused', `${asked.url.hostname} leads from page to page.`);
    }
    url = redirect(url, answer.headers.location ?? '', asked);
  }
}

/** The page, or the answer that leads elsewhere. */
async function askOnce(web: Web, asked: WebRequest, ending: Ending): Promise<WebPage | IncomingMessage> {
  const { url, maxBytes } = asked;
  const answer = await sendRequest(web, asked, ending);
  const status = answer.statusCode ?? 0;
  if ([301, 302, 303, 307, 308].includes(status) && answer.headers.location !== undefined) {
    answer.destroy();
    return answer;
  }
  const body = await readBody(answer, maxBytes, url);
  const refusal = url.protocol === 'http:' ? readRefusal(status, body, url) : undefined;
  if (refusal) throw refusal;
  return { url, status, body, tag: answer.headers.etag?.slice(0, 200) ?? null };
}

/** A denial of where a redirect led, with what to do about it. */
function astray(error: unknown, from: URL, to: URL): unknown {
  if (!(error instanceof GleanerError) || error.code !== 'egress-denied' || from.host === to.host)
    return error;
  return new GleanerError(
    error.code,
    `${from.hostname} leads to ${to.hostname}, and there Gleaner does not go by itself.`,
    'If that is the project’s address, use it instead.',
  );
}

/** Where a redirect leads to. Throws `grid-refused` when it is not followed. */
function redirect(from: URL, location: string, { secret, post }: WebRequest): URL {
  const to = parseWebUrl(location.slice(0, 4096), from);
  if (!to) throw new GleanerError('grid-refused', `${from.hostname} leads to an address that is none.`);
  if (from.protocol === 'https:' && to.protocol === 'http:') {
    throw new GleanerError(
      'grid-refused',
      `${from.hostname} leads from an encrypted page to one that is not: ${to.hostname}.`,
    );
  }
  if ((secret === true || post !== undefined) && to.hostname !== from.hostname) {
    throw new GleanerError(
      'grid-refused',
      `${from.hostname} wants to be signed in to at another address: ${to.hostname}.`,
      'If that is the project’s new address, use it instead.',
    );
  }
  return to;
}

async function readBody(answer: IncomingMessage, maxBytes: number, url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw new GleanerError('grid-protocol', `${url.hostname} sent a page that is too large.`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof GleanerError) throw error;
    throw new GleanerError('grid-unreachable', `${url.hostname} ended the connection too early.`);
  }
  return decodeText(Buffer.concat(chunks));
}

/** BOINC's servers say Latin-1 and mostly send UTF-8. */
function decodeText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}
