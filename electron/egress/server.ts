import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { TokenBucket } from './bucket.ts';
import { Denials } from './denials.ts';
import { Dialer } from './dial.ts';
import { type Exchange, GuestGone, type Means } from './exchange.ts';
import { Exchanges, nowhere } from './exchanges.ts';
import { carryRequest } from './forward.ts';
import { answer, endWith, Guests } from './guests.ts';
import { checkHead, type Framing } from './headers.ts';
import { Latest } from './latest.ts';
import type { GatewayLimits } from './limits.ts';
import type { DenialRow, GatewayRules, TrafficRow } from './messages.ts';
import { Meter } from './meter.ts';
import { RawForwards } from './raw-forwards.ts';
import { Reach } from './reach.ts';
import { badRequest, Refusal } from './refusal.ts';
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

/** The proxy and the forwards that a guest speaks to: everything that handles its bytes and those of its peers. */
export class EgressServer {
  readonly #guests: Guests;
  readonly #forwards: RawForwards;
  /** Of the proxy; a tunnel can outlive its guest's connection, which is counted elsewhere. */
  readonly #requests: Exchanges;
  /** Of the forwards. */
  readonly #connections: Exchanges;
  readonly #denials: Denials;
  readonly #meter: Meter;
  readonly #trouble: Latest<string | null>;
  readonly #challenge: Latest<{ readonly proxy: string } | null>;
  readonly #trust = new Trust();
  readonly #routes: Routes;
  readonly #means: Means;
  #rules: GatewayRules;

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
    this.#requests = new Exchanges(this.#denials, limits.connections, rules);
    this.#connections = new Exchanges(this.#denials, limits.forwardConnections, rules);
    this.#forwards = new RawForwards(this.#means, this.#connections);
    this.#rules = rules;
    routes.set(rules.proxy);
    trust.set(rules.authorities);
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
        this.#requests.tell(nowhere, refusal);
      },
    });
  }

  /** Listens on a Unix socket that only this user may use, and on those of the forwards. Rejects when one cannot be. */
  async listen(socketPath: string): Promise<void> {
    await this.#guests.listen(socketPath);
    await this.#forwards.set(this.#rules.forwards);
  }

  /**
   * New rules, in effect at once: what they do not permit any more is ended. Resolves when all their forwards listen,
   * and rejects when one cannot.
   */
  set(rules: GatewayRules): Promise<void> {
    this.#rules = rules;
    this.#means.up.setRate(rules.upBytesPerSecond);
    this.#means.down.setRate(rules.downBytesPerSecond);
    this.#routes.set(rules.proxy);
    this.#trust.set(rules.authorities);
    this.#requests.set(rules);
    this.#connections.set(rules);
    return this.#forwards.set(rules.forwards);
  }

  /** Ends everything and tells what is left to tell. */
  async close(): Promise<void> {
    this.#requests.end();
    await Promise.all([this.#guests.close(), this.#forwards.close()]);
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
    this.#requests.conclude(exchange, done, (refusal) => {
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
    this.#requests.conclude(exchange, carryTunnel(this.#means, exchange, socket, head), (refusal) => {
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
    if ('fault' in target) {
      return this.#requests.tell({ host: shownHost(url), port: 0 }, badRequest(target.fault));
    }
    const framing = checkHead({ method, version, raw }, target);
    if ('fault' in framing) return this.#requests.tell(target, badRequest(framing.fault));
    const exchange = this.#requests.begin(target);
    return exchange instanceof Refusal ? exchange : { exchange, target, framing };
  }
}
