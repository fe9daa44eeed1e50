import { STATUS_CODES } from 'node:http';
import type { DenialReason } from '../contract/network.ts';
import type { Refusal } from './refusal.ts';

/** For the guest, which is told no more than it knows: no address, and nothing of the person's settings. */
const words: Record<DenialReason, string> = {
  'not-listed': 'this host and port are not on the list of this grid.',
  'own-address': 'this is an address of the computer itself.',
  'private-address': 'this is no public address.',
  'wildcard-behind-proxy': 'behind a proxy only exact names count.',
  'bad-request': 'the request cannot be understood, or not in one way only.',
  'too-many': 'this is too much at a time.',
  metered: 'the network is billed by volume now.',
  'quota-day': 'what may be transferred in a day is used up.',
  'quota-month': 'what may be transferred in a month is used up.',
};

export interface Page {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a guest is answered instead of what it asked for. Pure. */
export function pageOf({ status, reason, message }: Refusal): Page {
  const body = `Gleaner's gateway: ${reason === null ? message : `${reason}: ${words[reason]}`}\n`;
  return {
    status,
    headers: {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': String(Buffer.byteLength(body)),
      'Cache-Control': 'no-store',
    },
    body,
  };
}

/** The same as bytes that end a connection, for a connection that Node's server does not speak for. Pure. */
export function rawPage(refusal: Refusal): string {
  const { status, headers, body } = pageOf(refusal);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}Connection: close\r\n\r\n${body}`;
}
