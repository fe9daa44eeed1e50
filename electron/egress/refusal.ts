import type { DenialReason } from '../contract/network.ts';
import type { AddressFault } from './addresses.ts';
import { authorityOf, type Target } from './target.ts';

/** Why something did not come about, for the guest as a page and for the person as a denial. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: 400 | 403 | 405 | 417 | 431 | 502 | 503 | 504;
  /** null: nobody said no, it just could not be had; the person is not told. */
  readonly reason: DenialReason | null;
  /** Whether an entry on the list would open it. */
  readonly allowable: boolean;

  constructor(
    status: Refusal['status'],
    reason: DenialReason | null,
    sentence: string,
    { allowable = false }: { allowable?: boolean } = {},
  ) {
    super(sentence);
    this.status = status;
    this.reason = reason;
    this.allowable = allowable;
  }
}

export function badRequest(fault: string, status: 400 | 405 | 417 | 431 = 400): Refusal {
  return new Refusal(status, 'bad-request', `The request ${fault}.`);
}

/** Whether the contract's `HostName` lets an entry for it be written; without the library, which a worker can do without. */
function isListable({ host, literal }: Target): boolean {
  return literal || (/^[a-z0-9]/.test(host) && /[a-z0-9]$/.test(host));
}

export function notListed(target: Target): Refusal {
  return new Refusal(
    403,
    'not-listed',
    `“${authorityOf(target)}” is not on the list of what this grid may contact.`,
    { allowable: isListable(target) },
  );
}

const faults = {
  own: ['own-address', 'is this computer itself'],
  private: ['private-address', 'lies in a private network'],
  special: ['private-address', 'is not a public address'],
} as const;

/** @param address where the target's name points, when it is a name */
export function wrongAddress(target: Target, fault: AddressFault, address?: string): Refusal {
  const [reason, words] = faults[fault];
  const sentence =
    address === undefined
      ? `“${authorityOf(target)}” ${words}.`
      : `“${authorityOf(target)}” points at ${address}, which ${words}.`;
  const allowable = fault === 'private' && isListable(target);
  return new Refusal(403, reason, sentence, { allowable });
}

export function wildcardBehindProxy(target: Target, entry: string): Refusal {
  return new Refusal(
    403,
    'wildcard-behind-proxy',
    `“${authorityOf(target)}” is on the list only by “${entry}”, and behind a proxy only exact names count.`,
    { allowable: true },
  );
}

export function tooMany(what: string): Refusal {
  return new Refusal(503, 'too-many', `There were too many ${what} at a time.`);
}

export const unreachable = (sentence: string): Refusal => new Refusal(502, null, sentence);
export const tooSlow = (sentence: string): Refusal => new Refusal(504, null, sentence);
