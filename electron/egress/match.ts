import { isIP } from 'node:net';
import type { Contact } from '../contract/network.ts';
import { canonicalAddress } from './addresses.ts';
import type { Target } from './target.ts';

/** What the list says about a target that is on it. */
export interface Match {
  /** Only a `*.` entry names it. */
  readonly wildcard: boolean;
  /** That entry, or the target's own name. */
  readonly entry: string;
  readonly privateAllowed: boolean;
}

/**
 * The allow list of one gateway: exact hosts and ports; `*.example.org` stands for every name below it, not for
 * the name itself and never for an address.
 */
export class AllowList {
  readonly #exact = new Map<string, boolean>();
  readonly #below = new Map<string, boolean>();

  constructor(contacts: readonly Contact[]) {
    for (const { host, port, private: isPrivate } of contacts) {
      const wildcard = host.startsWith('*.');
      const name = wildcard ? host.slice(1) : isIP(host) ? canonicalAddress(host) : host;
      const entries = wildcard ? this.#below : this.#exact;
      const key = `${name} ${port}`;
      entries.set(key, isPrivate || entries.get(key) === true);
    }
  }

  /** Undefined when it is not on the list. The closest entry counts. */
  find({ host, port, literal }: Target): Match | undefined {
    const exact = this.#exact.get(`${host} ${port}`);
    if (exact !== undefined) return { wildcard: false, entry: host, privateAllowed: exact };
    if (literal) return undefined;
    for (let dot = host.indexOf('.'); dot > 0; dot = host.indexOf('.', dot + 1)) {
      const suffix = host.slice(dot);
      const below = this.#below.get(`${suffix} ${port}`);
      if (below !== undefined) return { wildcard: true, entry: `*${suffix}`, privateAllowed: below };
    }
    return undefined;
  }
}
