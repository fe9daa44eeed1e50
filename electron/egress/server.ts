import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { ownAddresses } from './addresses.ts';
import { Admission } from './admit.ts';
import { TokenBucket } from './bucket.ts';
import { Denials } from './denials.ts';
import { Dialer } from './dial.ts';
import { type Exchange, GuestGone, type Means, refusalOf } from './exchange.ts';
import { carryRequest } from './forward.ts';
import { answer, endWith, Guests } from './guests.ts';
import { checkHead, type Framing } from './headers.ts';
import { Latest } from './latest.ts';
import type { GatewayLimits } from './limits.ts';
import type { DenialRow, GatewayRules, TrafficRow } from './messages.ts';
import { Meter } from './meter.ts';
import { Reach } from './reach.ts';
import { badRequest, Refusal, tooMany, wrongAddress } from './refusal.ts';
import { Routes } from './routes.ts';
import { type Fault, parseAuthority, parseUrl, shownHost, type Target } from './target.ts';
import { Trust } from './trust.ts';
import { carryTunnel } from './tunnel.ts';

const troubleMs = 1000;

export interface ServerOptions {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly rules: GatewayRules;
  /** See {@link Routes}. */
  readonly threadUrl: URL;
  readonly ask: (url: string) => Promise<string | null>;
  readonly onTraffic: (rows: TrafficRow[]) => void;
  readonly onDenied: (denial: DenialRow) => void;
  /** What is wrong with the proxy; null: nothing any more. Only changes, at most one a second. */
  readonly onTrouble: (sentence: string | null) => void;
  /** This proxy wants a name and a password, or others. At most one a second. */
  readonly onChallenge: (proxy: string) => void;
}

/** The proxy that a guest speaks to: everything that handles its bytes and those of its peers. */
export class EgressServer {
  readonly #guests: Guests;
  readonly #exchanges = new Set<Exchange>();
  readonly #denials: Denials;
  readonly #meter: Meter;
  readonly #trouble: Latest<string | null>;
  readonly #challenge: Latest<{ readonly proxy: string } | null>;
  readonly #trust = new Trust();
  readonly #routes: Routes;
  readonly #means: Means;
  #admission: Admission;

  constructor({ clock, limits, rules, threadUrl, ask, ...o }: ServerOptions) {
    this.#denials = new Denials(clock, o.onDenied);
    const meter = new Meter(clock, o.onTraffic);
    this.#meter = meter;
    this.#trouble = new Latest<string | null>(clock, troubleMs, null, o.onTrouble);
    this.#challenge = new Latest<{ readonly proxy: string } | null>(clock, troubleMs, null, (challenge) => {
      if (challenge) o.onChallenge(challenge.proxy);
    });
    const onChallenge = (proxy: string): void => {
      // A new one each time: whoever hears of it may have forgotten the one before.
      this.#challenge.set({ proxy });
    };
    const onTrouble = (sentence: string | null): void => {
      this.#trouble.set(sentence);
    };
    const dialer = new Dialer({ clock, limits });
    const trust = this.#trust;
    const routes = new Routes({ clock, limits, dialer, trust, threadUrl, ask, onTrouble });
    this.#routes = routes;
    this.#means = {
      clock,
      limits,
      reach: new Reach({ clock, limits, dialer, trust, routes, meter, onTrouble, onChallenge }),
      up: new TokenBucket(clock, rules.upBytesPerSecond),
      down: new TokenBucket(clock, rules.downBytesPerSecond),
    };
    this.#admission = new Admission(rules);
    this.set(rules);
    this.#guests = new Guests({
      clock,
      limits,
      onRequest: (asked, response, expectsContinue) => {
        this.#onRequest(asked, response, expectsContinue);
      },
      onConnect: (asked, socket, head) => {
        this.#onConnect(asked, socket, head);
      },
      onRefused: (refusal) => {
        this.#tell(nowhere, refusal);
      },
    });
  }

  /** Listens on a Unix socket that only this user may use. Rejects as `listen` does. */
  async listen(socketPath: string): Promise<void> {
    await this.#guests.listen(socketPath);
  }

  /** New rules, in effect at once: what they do not permit any more is ended. */
  set(rules: GatewayRules): void {
    this.#means.up.setRate(rules.upBytesPerSecond);
    this.#means.down.setRate(rules.downBytesPerSecond);
    this.#routes.set(rules.proxy);
    this.#trust.set(rules.authorities);
    this.#admission = new Admission(rules);
    const own = ownAddresses();
    for (const exchange of this.#exchanges) {
      const verdict = this.#admission.judge(exchange.target, own);
      if (verdict instanceof Refusal) exchange.end(verdict);
      else if (exchange.match.privateAllowed && !verdict.privateAllowed) {
        // Where its name led to is not known any more.
        exchange.end(wrongAddress(exchange.target, 'private'));
      }
    }
  }

  /** Ends everything and tells what is left to tell. */
  async close(): Promise<void> {
    for (const exchange of this.#exchanges) exchange.end(new GuestGone());
    await this.#guests.close();
    this.#routes.dispose();
    this.#means.up.dispose();
    this.#means.down.dispose();
    this.#trouble.dispose();
    this.#challenge.dispose();
    this.#denials.dispose();
    this.#meter.dispose();
  }

  #onRequest(asked: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const admitted = this.#admit(asked, parseUrl(asked.url ?? ''));
    if (admitted instanceof Refusal) {
      answer(response, admitted);
      return;
    }
    const { exchange, framing } = admitted;
    const { path } = admitted.target;
    const done = carryRequest(this.#means, exchange, { asked, response, path, framing, expectsContinue });
    this.#conclude(exchange, done, (refusal) => {
      if (refusal && !response.headersSent && !response.destroyed) answer(response, refusal);
      else asked.socket.destroy();
    });
  }

  #onConnect(asked: IncomingMessage, socket: Socket, head: Buffer): void {
    const admitted = this.#admit(asked, parseAuthority(asked.url ?? ''));
    const { clock } = this.#means;
    if (admitted instanceof Refusal) {
      endWith(socket, admitted, clock);
      return;
    }
    const { exchange } = admitted;
    socket.once('close', () => {
      // One that has said all, and heard all, may go before its last bytes had their turn.
      if (!socket.readableEnded) exchange.end(new GuestGone());
    });
    this.#conclude(exchange, carryTunnel(this.#means, exchange, socket, head), (refusal) => {
      if (refusal && !socket.destroyed) endWith(socket, refusal, clock);
      else socket.destroy();
    });
  }

  /** Judges a request by its head; a Refusal is told to the person already. */
  #admit<T extends Target>(
    asked: IncomingMessage,
    target: T | Fault,
  ): { exchange: Exchange; target: T; framing: Framing } | Refusal {
    const { method = '', url = '', httpVersion: version, rawHeaders: raw } = asked;
    if ('fault' in target) return this.#tell({ host: shownHost(url), port: 0 }, badRequest(target.fault));
    const framing = checkHead({ method, version, raw }, target);
    if ('fault' in framing) return this.#tell(target, badRequest(framing.fault));
    const match = this.#admission.judge(target, ownAddresses());
    if (match instanceof Refusal) return this.#tell(target, match);
    // A tunnel can outlive its guest's connection, which is counted elsewhere.
    if (this.#exchanges.size >= this.#means.limits.connections)
      return this.#tell(nowhere, tooMany('connections'));
    const control = new AbortController();
    const end = (reason: Error): void => {
      control.abort(reason);
    };
    const exchange = { target, match, signal: control.signal, end };
    this.#exchanges.add(exchange);
    return { exchange, target, framing };
  }

  /** Waits for the end of an exchange; `say` is given why it failed, or undefined when the guest itself went away. */
  #conclude(exchange: Exchange, done: Promise<void>, say: (refusal: Refusal | undefined) => void): void {
    done
      .catch((error: unknown) => {
        const refusal = refusalOf(error);
        if (refusal) this.#tell(exchange.target, refusal);
        say(refusal);
      })
      .finally(() => {
        this.#exchanges.delete(exchange);
      });
  }

  /** Tells the person of what was refused to the guest; not of what just could not be had. */
  #tell({ host, port }: { readonly host: string; readonly port: number }, refusal: Refusal): Refusal {
    const { reason, message, said, allowable } = refusal;
    if (reason !== null && said !== null) {
      this.#denials.add({ host, port, reason, sentence: message.slice(0, 500), said, allowable });
    }
    return refusal;
  }
}

const nowhere = { host: '', port: 0 };
