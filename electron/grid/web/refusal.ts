import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type FailureCode, GleanerError } from '../../contract/failures.ts';
import { DenialReason } from '../../contract/network.ts';
import { authorityOf } from './url.ts';

/** How a gateway begins what it says itself (egress/page.ts). */
const mark = /^Gleaner's gateway: (?:([a-z-]{1,40}): )?/;
const maxWords = 4096;

/** After "host:port "; what a gateway writes is read for its reason only, as a server could write the same. */
const meanings: Record<DenialReason, readonly [FailureCode, string]> = {
  'not-listed': ['egress-denied', 'is not on the list of what may be contacted'],
  'own-address': ['egress-denied', 'is this computer itself'],
  'private-address': ['egress-denied', 'is no public address'],
  'wildcard-behind-proxy': [
    'egress-denied',
    'is on the list by a wildcard only, which does not count behind a proxy',
  ],
  'bad-request': ['egress-denied', 'cannot be asked for in this way'],
  'too-many': ['grid-unreachable', 'cannot be contacted now: too much is asked for at a time'],
  metered: ['network-metered', 'is not contacted while the network is billed by volume'],
  'quota-day': ['network-quota', 'is not contacted any more today: the quota is used up'],
  'quota-month': ['network-quota', 'is not contacted any more this month: the quota is used up'],
};

/** What a gateway's refusal of `url` means; undefined: this is an answer of a server. Pure. */
export function readRefusal(status: number, body: string, url: URL): GleanerError | undefined {
  const found = mark.exec(body);
  if (status < 400 || !found) return undefined;
  const reason = DenialReason.safeParse(found[1]).data;
  const place = `“${authorityOf(url).slice(0, 260)}”`;
  if (reason === undefined) return cannotReach(place);
  const [code, words] = meanings[reason];
  return new GleanerError(code, `${place} ${words}.`);
}

/** What it means that a gateway opened no tunnel. */
export async function refusedTunnel(
  answer: IncomingMessage,
  socket: Socket,
  head: Buffer,
  url: URL,
): Promise<GleanerError> {
  const length = Math.min(maxWords, Number(answer.headers['content-length'] ?? 0) || 0);
  const chunks = [head];
  let bytes = head.length;
  if (bytes < length) {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= length) break;
    }
  }
  const words = Buffer.concat(chunks).toString('utf8', 0, length);
  return readRefusal(answer.statusCode ?? 0, words, url) ?? cannotReach(`“${authorityOf(url)}”`);
}

function cannotReach(place: string): GleanerError {
  return new GleanerError(
    'grid-unreachable',
    `${place} cannot be reached.`,
    'Check the address and your connection.',
  );
}
