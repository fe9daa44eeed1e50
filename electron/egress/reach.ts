import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import type { Dialer } from './dial.ts';
import type { GatewayLimits } from './limits.ts';
import type { Match } from './match.ts';
import type { Meter } from './meter.ts';
import { type ProxyRoute, proxyUrlOf } from './proxy-answer.ts';
import { Refusal, tooSlow, unreachable, wildcardBehindProxy } from './refusal.ts';
import type { Routes } from './routes.ts';
import { authorityOf, type Target } from './target.ts';
import type { Trust } from './trust.ts';
import { within } from './within.ts';

export interface Way {
  /** Connected, nothing said yet. Whoever has it destroys it. */
  readonly socket: Socket | TLSSocket;
  /** It ends at this proxy, which still has to be told where to; null: it ends at the target. */
  readonly proxy: ProxyWay | null;
}

/** A proxy in use. */
export interface ProxyWay {
  /** The value of `Proxy-Authorization`; undefined when there is no login for it. */
  readonly authorization: string | undefined;
  /** The status of an answer by this way: 407 is the proxy's own. */
  heard(status: number): void;
}

export interface ReachOptions {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly dialer: Dialer;
  readonly routes: Routes;
  readonly trust: Trust;
  readonly meter: Meter;
  /** What is wrong with the proxy, for the person; null: nothing any more. */
  readonly onTrouble: (sentence: string | null) => void;
  /** This proxy wants a name and a password, or others; see {@link proxyUrlOf}. */
  readonly onChallenge: (proxy: string) => void;
}

/** Gets to the outside, directly or by a proxy. */
export class Reach {
  readonly #o: ReachOptions;

  constructor(o: ReachOptions) {
    this.#o = o;
  }

  /** A connection towards the target. Rejects with a Refusal, or with the signal's reason. */
  async open(scheme: 'http' | 'https', target: Target, match: Match, signal: AbortSignal): Promise<Way> {
    const routes = await this.#o.routes.find(`${scheme}://${authorityOf(target)}/`, signal);
    // Where names are not resolved by us, a name of the guest's choice could be one of the company's own.
    if (match.wildcard && routes.some(({ kind }) => kind === 'proxy')) {
      throw wildcardBehindProxy(target, match.entry);
    }
    let failed = '';
    for (const route of routes) {
      if (route.kind === 'direct') {
        const socket = await this.#o.dialer.connect(target, match.privateAllowed, signal);
        this.#o.meter.follow(target.host, socket);
        // Whoever is to say so did, and no proxy will answer to show it.
        this.#o.onTrouble(null);
        return { socket, proxy: null };
      }
      try {
        return { socket: await this.#openProxy(route, target, signal), proxy: this.#way(route) };
      } catch (error) {
        signal.throwIfAborted();
        failed = `The proxy “${authorityOf(route.at)}” cannot be reached: ${wordsOf(error)}`;
      }
    }
    this.#o.onTrouble(failed);
    throw unreachable('The proxy cannot be reached.');
  }

  /** A connection to the target itself, through the proxy where there is one. Rejects likewise. */
  async tunnel(target: Target, match: Match, signal: AbortSignal): Promise<Socket> {
    const { socket, proxy } = await this.open('https', target, match, signal);
    if (proxy === null) return socket;
    const { clock, limits } = this.#o;
    const late = tooSlow('The proxy does not answer.');
    try {
      const status = await within({ clock, ms: limits.connectMs, signal, late }, () =>
        this.#ask(socket, target, proxy.authorization),
      );
      proxy.heard(status);
      if (status === 200) return socket;
      throw unreachable(`The proxy answers ${status}.`);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #way(route: ProxyRoute): ProxyWay {
    const authorization = this.#o.routes.authorizationFor(route);
    return {
      authorization,
      heard: (status) => {
        if (status !== 407) {
          this.#o.onTrouble(null);
          return;
        }
        const words = authorization === undefined ? 'a name and a password' : 'another name and password';
        this.#o.onTrouble(`The proxy “${authorityOf(route.at)}” wants ${words}.`);
        this.#o.onChallenge(proxyUrlOf(route));
      },
    };
  }

  async #openProxy(route: ProxyRoute, target: Target, signal: AbortSignal): Promise<Socket> {
    const plain = await this.#o.dialer.connectTrusted(route.at, signal);
    this.#o.meter.follow(target.host, plain);
    if (!route.secure) return plain;
    const { clock, limits } = this.#o;
    const late = new Error('it does not answer');
    try {
      return await within({ clock, ms: limits.connectMs, signal, late }, (given) =>
        this.#o.trust.secure(plain, route.at.host, given),
      );
    } catch (error) {
      plain.destroy();
      throw error;
    }
  }

  /** Tells a proxy where to; resolves with its status. */
  #ask(socket: Socket, target: Target, authorization: string | undefined): Promise<number> {
    return new Promise((resolve, reject) => {
      const asking = request({
        method: 'CONNECT',
        path: authorityOf(target),
        createConnection: () => socket,
        setHost: false,
        headers: [
          ...['Host', authorityOf(target)],
          ...(authorization === undefined ? [] : ['Proxy-Authorization', authorization]),
        ],
        maxHeaderSize: this.#o.limits.answerHeaderBytes,
      });
      asking.on('error', () => {
        this.#o.onTrouble('The proxy of this network does not answer as a proxy does.');
        reject(unreachable('The proxy does not answer as a proxy does.'));
      });
      asking.once('connect', ({ statusCode }, _socket, head: Buffer) => {
        if (head.length > 0) socket.unshift(head);
        resolve(statusCode ?? 0);
      });
      asking.end();
    });
  }
}

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const clean = words.replace(/[^\x20-\x7e“”’]/g, '?').slice(0, 200);
  return error instanceof Refusal || clean.endsWith('.') ? clean : `${clean}.`;
}
