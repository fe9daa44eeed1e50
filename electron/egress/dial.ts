import { lookup } from 'node:dns';
import { connect, type Socket } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { addressFault, canonicalAddress, ownAddresses } from './addresses.ts';
import type { GatewayLimits } from './limits.ts';
import { type Refusal, tooMany, tooSlow, unreachable, wrongAddress } from './refusal.ts';
import type { Target } from './target.ts';
import { within } from './within.ts';

/** How long the first address has to itself before the next is tried beside it (RFC 8305). */
const staggerMs = 300;
/** Of those that a name has. */
const addressesMax = 8;

export interface DialOptions {
  readonly clock: Clock;
  readonly limits: GatewayLimits;
}

/** Makes connections to the outside. Every address is judged here, before and after connecting, and nowhere else. */
export class Dialer {
  readonly #clock: Clock;
  readonly #limits: GatewayLimits;
  #lookups = 0;

  constructor({ clock, limits }: DialOptions) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Connects to a target of the guest's. All addresses that its name has now must be permitted, and so must the one
   * that the connection turns out to have. Rejects with a {@link Refusal}, or with the signal's reason.
   */
  async connect(target: Target, privateAllowed: boolean, signal: AbortSignal): Promise<Socket> {
    const judge = (address: string): Refusal | undefined => {
      const fault = addressFault(address, { own: ownAddresses(), privateAllowed });
      return fault && wrongAddress(target, fault, target.literal ? undefined : address);
    };
    return await this.#dial(target, judge, signal);
  }

  /** Connects to what the person or the system configured (a proxy, its script), wherever that is. Rejects likewise. */
  async connectTrusted(target: Target, signal: AbortSignal): Promise<Socket> {
    return await this.#dial(target, () => undefined, signal);
  }

  async #dial(
    target: Target,
    judge: (address: string) => Refusal | undefined,
    signal: AbortSignal,
  ): Promise<Socket> {
    const addresses = target.literal ? [target.host] : await this.#lookup(target.host, signal);
    for (const address of addresses) {
      const refusal = judge(address);
      if (refusal) throw refusal;
    }
    const limit = {
      clock: this.#clock,
      ms: this.#limits.connectMs,
      signal,
      late: tooSlow('It could not be reached in time.'),
    };
    const socket = await within(limit, (given) =>
      this.#race(addresses.slice(0, addressesMax), target.port, given),
    );
    const refusal = judge(socket.remoteAddress ?? '');
    if (!refusal) return socket;
    socket.destroy();
    throw refusal;
  }

  async #lookup(host: string, signal: AbortSignal): Promise<string[]> {
    if (this.#lookups >= this.#limits.lookups) throw tooMany('names');
    this.#lookups += 1;
    const found = new Promise<string[]>((resolve, reject) => {
      // It cannot be called off, so it counts until it ends by itself.
      lookup(host, { all: true }, (error, addresses) => {
        this.#lookups -= 1;
        if (error || addresses.length === 0) reject(unreachable('Its name is not known.'));
        else resolve(addresses.map(({ address }) => address));
      });
    });
    const limit = {
      clock: this.#clock,
      ms: this.#limits.lookupMs,
      signal,
      late: tooSlow('Its name was not found in time.'),
    };
    return await within(limit, () => found);
  }

  /** The first address that answers; each further one is tried when the one before it failed or takes its time. */
  #race(addresses: readonly string[], port: number, signal: AbortSignal): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const attempts = new Set<Socket>();
      const timers: (() => void)[] = [];
      let index = 0;
      let settled = false;
      const settle = (): void => {
        settled = true;
        for (const cancel of timers) cancel();
        for (const socket of attempts) socket.destroy();
        signal.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        settle();
        reject(signal.reason as Error);
      };
      const next = (): void => {
        const address = addresses[index];
        index += 1;
        if (settled || address === undefined) return;
        const socket = connect({
          host: address,
          port,
          allowHalfOpen: true,
          noDelay: true,
          keepAlive: true,
          keepAliveInitialDelay: this.#limits.keepAliveMs,
        });
        attempts.add(socket);
        const fail = (): void => {
          socket.destroy();
          attempts.delete(socket);
          if (settled) return;
          if (index < addresses.length) next();
          else if (attempts.size === 0) {
            settle();
            reject(unreachable('It cannot be reached.'));
          }
        };
        // Whoever gets the socket hears of its end by `close`.
        socket.on('error', fail);
        socket.once('connect', () => {
          if (settled) return;
          if (!isAt(socket, address)) {
            fail();
            return;
          }
          attempts.delete(socket);
          settle();
          resolve(socket);
        });
        timers.push(this.#clock.after(staggerMs, next), this.#clock.after(this.#limits.attemptMs, fail));
      };
      signal.addEventListener('abort', abort);
      next();
    });
  }
}

function isAt(socket: Socket, address: string): boolean {
  return (
    socket.remoteAddress !== undefined && canonicalAddress(socket.remoteAddress) === canonicalAddress(address)
  );
}
