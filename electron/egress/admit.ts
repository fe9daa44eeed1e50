import { addressFault } from './addresses.ts';
import { AllowList, type Match } from './match.ts';
import type { GatewayRules } from './messages.ts';
import { closedFor, notListed, type Refusal, wrongAddress } from './refusal.ts';
import { isLocalhost, type Target } from './target.ts';

/** Rules as they are asked for every request. */
export class Admission {
  readonly #list: AllowList;
  readonly #closed: GatewayRules['closed'];

  constructor({ contacts, closed }: Pick<GatewayRules, 'contacts' | 'closed'>) {
    this.#list = new AllowList(contacts);
    this.#closed = closed;
  }

  /** Why nothing at all passes now; undefined when it does. */
  closed(): Refusal | undefined {
    if (this.#closed === null) return undefined;
    return closedFor(this.#closed.reason, this.#closed.sentence);
  }

  /**
   * What the list says about a target; a Refusal when it may not be contacted. A name is not looked up here, and one
   * that is not listed never is: a look-up by itself carries words out.
   * @param own addresses of this computer's interfaces
   */
  judge(target: Target, own: ReadonlySet<string>): Match | Refusal {
    const closed = this.closed();
    if (closed) return closed;
    if (isLocalhost(target.host)) return wrongAddress(target, 'own');
    const match = this.#list.find(target);
    if (target.literal) {
      const fault = addressFault(target.host, { own, privateAllowed: match?.privateAllowed === true });
      if (fault) return wrongAddress(target, fault);
    }
    return match ?? notListed(target);
  }
}
