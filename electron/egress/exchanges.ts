import { ownAddresses } from './addresses.ts';
import { Admission } from './admit.ts';
import type { Denials } from './denials.ts';
import { type Exchange, GuestGone, refusalOf } from './exchange.ts';
import type { GatewayRules } from './messages.ts';
import { Refusal, tooMany, wrongAddress } from './refusal.ts';
import type { Target } from './target.ts';

interface Place {
  readonly host: string;
  readonly port: number;
}

/** What was refused before it was known where to, or may not be named. */
export const nowhere: Place = { host: '', port: 0 };

/** The exchanges of one kind that are under way: judged by the rules at their beginning, and again by all new ones. */
export class Exchanges {
  readonly #denials: Denials;
  readonly #max: number;
  readonly #all = new Set<Exchange>();
  #admission: Admission;

  /** @param max at a time */
  constructor(denials: Denials, max: number, rules: GatewayRules) {
    this.#denials = denials;
    this.#max = max;
    this.#admission = new Admission(rules);
  }

  /** In effect at once: what these rules do not permit any more is ended. */
  set(rules: GatewayRules): void {
    this.#admission = new Admission(rules);
    const own = ownAddresses();
    for (const exchange of this.#all) {
      const verdict = this.#admission.judge(exchange.target, own);
      if (verdict instanceof Refusal) exchange.end(verdict);
      else if (exchange.match.privateAllowed && !verdict.privateAllowed) {
        // Where its name led to is not known any more.
        exchange.end(wrongAddress(exchange.target, 'private'));
      }
    }
  }

  /** An exchange with this target, to be given to {@link conclude}; a Refusal is told to the person already. */
  begin(target: Target): Exchange | Refusal {
    const match = this.#admission.judge(target, ownAddresses());
    if (match instanceof Refusal) return this.tell(target, match);
    if (this.#all.size >= this.#max) return this.tell(nowhere, tooMany('connections'));
    const control = new AbortController();
    const end = (reason: Error): void => {
      control.abort(reason);
    };
    const exchange = { target, match, signal: control.signal, end };
    this.#all.add(exchange);
    return exchange;
  }

  /** Waits for the end of an exchange; `say` is given why it failed, or undefined when the guest itself went away. */
  conclude(exchange: Exchange, done: Promise<void>, say: (refusal: Refusal | undefined) => void): void {
    done
      .catch((error: unknown) => {
        const refusal = refusalOf(error);
        if (refusal) this.tell(exchange.target, refusal);
        say(refusal);
      })
      .finally(() => {
        this.#all.delete(exchange);
      });
  }

  /** Tells the person of what was refused to the guest; not of what just could not be had. */
  tell({ host, port }: Place, refusal: Refusal): Refusal {
    const { reason, message, said, allowable } = refusal;
    if (reason !== null && said !== null) {
      this.#denials.add({ host, port, reason, sentence: message.slice(0, 500), said, allowable });
    }
    return refusal;
  }

  /** Ends all of them, quietly. */
  end(): void {
    for (const exchange of this.#all) exchange.end(new GuestGone());
  }
}
