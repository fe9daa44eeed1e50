import { z } from 'zod';
import type { Answer } from '../contract/commands.ts';
import { Failure } from '../contract/failures.ts';

/**
 * The control protocol, HTTP/1.1 over a local socket:
 * - `POST /v1/<command>`, body: the input as JSON → an Answer as JSON;
 * - uploads: body: a tar, the input in {@link inputHeader} → an Answer as JSON;
 * - downloads: body: the input as JSON → bytes, then the trailer {@link endTrailer}; or an Answer as JSON;
 * - `GET /v1/events` → one HostEvent as JSON per line, the current Snapshot first;
 * - `POST /v1/session`, of a service of the machine: the same, and the body is one PresenceReport as JSON per line, for as long as
 *   the connection lasts: it is the session.
 */
export const commandPath = /^\/v1\/([a-z]+(?:\.[a-z]+(?:-[a-z]+)*)?)$/;
export const eventsPath = '/v1/events';
export const sessionPath = '/v1/session';
/** Carries an upload's input as JSON in ASCII. */
export const inputHeader = 'x-gleaner-input';
/** Ends every complete download: an Answer as JSON in ASCII. Without it the bytes were cut off. */
export const endTrailer = 'x-gleaner-end';

export const jsonType = 'application/json';
export const tarType = 'application/x-tar';
export const bytesType = 'application/octet-stream';
export const eventsType = 'application/x-ndjson';

/** JSON that fits into a header: everything beyond ASCII is escaped. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const AnswerShape = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), failure: Failure }),
]);

/** An Answer out of JSON; undefined when it is none. */
export function parseAnswer(json: string): Answer<unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const parsed = AnswerShape.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** The HTTP status for an Answer; only for eyes and logs, clients read the Answer. */
export function statusOf(answer: Answer<unknown>): number {
  if (answer.ok) return 200;
  switch (answer.failure.code) {
    case 'bad-request':
      return 400;
    case 'not-found':
      return 404;
    case 'internal':
      return 500;
    default:
      return 422;
  }
}
