import type { DenialReason } from '../contract/network.ts';
import type { Said } from '../contract/said.ts';
import type { AddressFault } from './addresses.ts';
import type { ClosedReason } from './messages.ts';
import { authorityOf, type Target } from './target.ts';

/** Why something did not come about, for the guest as a page and for the person as a denial. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: 400 | 403 | 405 | 417 | 431 | 502 | 503 | 504;
  /** null: nobody said no, it just could not be had; the person is not told. */
  readonly reason: DenialReason | null;
  /** The sentence for other languages; null where the person is not told. */
  readonly said: Said | null;
  /** Whether an entry on the list would open it. */
  readonly allowable: boolean;

  constructor(
    status: Refusal['status'],
    reason: DenialReason | null,
    sentence: string,
    { said = null, allowable = false }: { said?: Said | null; allowable?: boolean } = {},
  ) {
    super(sentence);
    this.status = status;
    this.reason = reason;
    this.said = said;
    this.allowable = allowable;
  }
}

export function badRequest(fault: string, status: 400 | 405 | 417 | 431 = 400): Refusal {
  return new Refusal(status, 'bad-request', `The request ${fault}.`, {
    said: { code: 'denial.bad-request', values: { fault } },
  });
}

/** Whether the contract's `HostName` lets an entry for it be written; without the library, which a worker can do without. */
function isListable({ host, literal }: Target): boolean {
  return literal || (/^[a-z0-9]/.test(host) && /[a-z0-9]$/.test(host));
}

export function notListed(target: Target): Refusal {
  const place = authorityOf(target);
  return new Refusal(403, 'not-listed', `“${place}” is not on the list of what this grid may contact.`, {
    said: { code: 'denial.not-listed', values: { place } },
    allowable: isListable(target),
  });
}

const faults = {
  own: ['own-address', 'is this computer itself'],
  private: ['private-address', 'lies in a private network'],
  special: ['private-address', 'is not a public address'],
} as const;

/** @param address where the target's name points, when it is a name */
export function wrongAddress(target: Target, fault: AddressFault, address?: string): Refusal {
  const [reason, words] = faults[fault];
  const place = authorityOf(target);
  const allowable = fault === 'private' && isListable(target);
  if (address === undefined) {
    const said: Said = { code: `denial.${fault}`, values: { place } };
    return new Refusal(403, reason, `“${place}” ${words}.`, { said, allowable });
  }
  const said: Said = { code: `denial.leads-to-${fault}`, values: { place, address } };
  return new Refusal(403, reason, `“${place}” points at ${address}, which ${words}.`, { said, allowable });
}

export function wildcardBehindProxy(target: Target, entry: string): Refusal {
  const place = authorityOf(target);
  return new Refusal(
    403,
    'wildcard-behind-proxy',
    `“${place}” is on the list only by “${entry}”, and behind a proxy only exact names count.`,
    { said: { code: 'denial.wildcard-behind-proxy', values: { place, entry } }, allowable: true },
  );
}

const crowds = {
  names: 'names to look up',
  connections: 'connections',
  questions: 'questions about the proxy',
} as const;

export function tooMany(what: keyof typeof crowds): Refusal {
  return new Refusal(503, 'too-many', `There were too many ${crowds[what]} at a time.`, {
    said: { code: `denial.too-many-${what}`, values: {} },
  });
}

/** Nothing at all passes now. Like a server's "later": an agent tries again, as with any fault that passes. */
export function closedFor(reason: ClosedReason, sentence: string): Refusal {
  return new Refusal(503, reason, sentence, { said: { code: `denial.${reason}`, values: {} } });
}

export const unreachable = (sentence: string): Refusal => new Refusal(502, null, sentence);
export const tooSlow = (sentence: string): Refusal => new Refusal(504, null, sentence);
