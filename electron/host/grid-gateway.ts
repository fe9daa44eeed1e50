import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import type { Paths } from '../base/paths.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { type Contact, type Failure, GleanerError, toFailure } from '../contract/index.ts';
import { type Forward, Gateway, type GatewayRules } from '../egress/gateway.ts';
import type { NetworkDesk } from './network-desk.ts';

export interface GatewayWorld {
  readonly paths: Paths;
  readonly spawnWorker: SpawnWorker;
  readonly network: NetworkDesk;
  /** Of the system, for a URL: "PROXY host:port; DIRECT". */
  readonly askProxy: (url: string) => Promise<string>;
  /** The proxy does not do what it should; null: it does again. */
  readonly onProblem: (grid: string, failure: Failure | null) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** A place that raw TCP connections may be made to, if the contacts name it. */
export type ForwardedPlace = Pick<Forward, 'host' | 'port'>;

/** One grid's way out, from when it is needed until its VM ends. A gateway that is lost is opened anew when it is asked for. */
export class GridGateway implements Disposable {
  readonly socketPath: string;
  readonly #world: GatewayWorld;
  readonly #grid: string;
  readonly #contacts: () => readonly Contact[];
  readonly #asked: boolean;
  readonly #forwards: () => readonly ForwardedPlace[];
  readonly #holds: () => boolean;
  readonly #one = new Mutex();
  #gateway: Gateway | undefined;
  #losses = 0;
  /** Between `open` and `dispose`. */
  #wanted = false;
  #cancelReopen: (() => void) | undefined;
  /** Times in a row that a forward could not listen. */
  #misses = 0;
  #cancelRetry: (() => void) | undefined;
  #rules = '';

  /**
   * @param contacts asked anew at every change
   * @param asked a person waits for it
   * @param forwards asked anew with the contacts; see {@link forwardSocket}
   * @param holds whether work is in there that can be handed back through it alone: a quota that is used up waits for that
   */
  constructor(
    world: GatewayWorld,
    grid: string,
    contacts: () => readonly Contact[],
    asked = false,
    forwards: () => readonly ForwardedPlace[] = () => [],
    holds: () => boolean = () => false,
  ) {
    this.#world = world;
    this.#grid = grid;
    this.#contacts = contacts;
    this.#asked = asked;
    this.#forwards = forwards;
    this.#holds = holds;
    this.socketPath = guestSocketPath(world.paths, grid, 'out');
  }

  /**
   * The Unix socket that leads to this place while its forward is wanted and the gateway is open; the same path every
   * time, also of a gateway that was opened anew.
   */
  forwardSocket(host: string, port: number): string {
    // As long as the other path of a gateway, however many forwards a grid has.
    return guestSocketPath(this.#world.paths, `${this.#grid} ${host} ${port}`, 'fwd');
  }

  /**
   * Resolves when all forwards listen that are wanted now. Rejects with `network-unavailable` when one cannot (it is
   * tried again), or when there is no gateway at the moment.
   */
  async listening(): Promise<void> {
    if (!this.#gateway) throw new GleanerError('network-unavailable', 'The network gateway is not open.');
    await this.#gateway.listening();
  }

  /** Resolves when it listens. */
  open(): Promise<void> {
    this.#wanted = true;
    this.#losses = 0;
    return this.#reopen();
  }

  #reopen(): Promise<void> {
    this.#cancelReopen?.();
    this.#cancelReopen = undefined;
    return this.#one.run(async () => {
      if (this.#gateway || !this.#wanted) return;
      const { paths, spawnWorker, network, askProxy, clock, log } = this.#world;
      await mkdir(paths.runDir, { recursive: true, mode: 0o700 });
      const gateway = new Gateway({
        grid: this.#grid,
        socketPath: this.socketPath,
        spawnWorker,
        clock,
        log,
        askProxy,
        onTraffic: (rows) => {
          network.count(this.#grid, rows);
        },
        onDenied: (denial) => {
          // Who asks for a person tells them itself.
          if (!this.#asked) network.deny(this.#grid, denial);
        },
        onProblem: (failure) => {
          this.#world.onProblem(this.#grid, failure);
        },
        onChallenge: (proxy) => {
          network.challenge(proxy);
        },
        onLost: (failure) => {
          log.warn('network', failure.sentence, { grid: this.#grid });
          void this.#lost(gateway);
        },
      });
      this.#gateway = gateway;
      network.isOpen(this.#grid, true);
      const rules = this.#wantedRules();
      this.#rules = JSON.stringify(rules);
      try {
        await gateway.open(rules);
      } catch (error) {
        await this.#close(true);
        throw error;
      }
      // That it could not be opened before is over.
      this.#world.onProblem(this.#grid, null);
    });
  }

  /** The rules may be different now. */
  follow(): void {
    const gateway = this.#gateway;
    // One that is about to open is given the latest then.
    if (!gateway?.isOpen) return;
    const rules = this.#wantedRules();
    const text = JSON.stringify(rules);
    if (text === this.#rules) return;
    this.#rules = text;
    gateway.set(rules);
    gateway.listening().then(
      () => {
        this.#settleForwards(gateway);
      },
      (error: unknown) => {
        this.#retryForwards(gateway, error);
      },
    );
  }

  #wantedRules(): GatewayRules {
    const forwards = this.#forwards().map(({ host, port }) => ({
      socketPath: this.forwardSocket(host, port),
      host,
      port,
    }));
    const rules = this.#world.network.rules(this.#contacts(), this.#asked);
    // Money that a person would pay is another matter.
    const waits = rules.closed !== null && rules.closed.reason !== 'metered' && this.#holds();
    return { ...rules, closed: waits ? null : rules.closed, forwards };
  }

  #settleForwards(gateway: Gateway): void {
    if (this.#gateway !== gateway || this.#misses === 0) return;
    this.#forgetMisses();
    this.#world.onProblem(this.#grid, null);
  }

  /** What is open goes on meanwhile; a gateway that ends is dealt with elsewhere. */
  #retryForwards(gateway: Gateway, error: unknown): void {
    if (this.#gateway !== gateway || !gateway.isOpen) return;
    this.#world.onProblem(this.#grid, toFailure(error));
    this.#misses += 1;
    this.#cancelRetry?.();
    this.#cancelRetry = this.#world.clock.after(backoffMs(this.#misses), () => {
      this.#rules = '';
      this.follow();
    });
  }

  #forgetMisses(): void {
    this.#misses = 0;
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** Closes it; it can be opened again. What is not booked yet gets an entry of its own. */
  dispose(): Promise<void> {
    return this.#end(true);
  }

  /** Closes it, and leaves what it has moved to the entry of the attempt that it was opened for, or of the hour. */
  finish(): Promise<void> {
    return this.#end(false);
  }

  #end(books: boolean): Promise<void> {
    this.#wanted = false;
    this.#cancelReopen?.();
    // Else one that hangs at its start would be waited for.
    const ending = this.#gateway?.dispose();
    return this.#one.run(async () => {
      await ending;
      await this.#close(books);
    });
  }

  /** What the guest forwards to is a path: a new one listens there, after ever longer waits. */
  async #lost(gateway: Gateway): Promise<void> {
    await this.#one.run(async () => {
      if (this.#gateway !== gateway) return;
      await this.#close(true);
      this.#reopenLater();
    });
  }

  #reopenLater(): void {
    if (!this.#wanted) return;
    this.#losses += 1;
    this.#cancelReopen = this.#world.clock.after(backoffMs(this.#losses), () => {
      this.#reopen().catch((error: unknown) => {
        this.#world.onProblem(this.#grid, toFailure(error));
        this.#reopenLater();
      });
    });
  }

  async #close(books: boolean): Promise<void> {
    const gateway = this.#gateway;
    if (!gateway) return;
    this.#gateway = undefined;
    this.#forgetMisses();
    await gateway.dispose();
    this.#world.network.isOpen(this.#grid, false, books);
    this.#world.onProblem(this.#grid, null);
  }
}

/** A Unix socket of one grid's in the run folder; short, whatever the grid's name is. */
export function guestSocketPath({ runDir }: Paths, grid: string, use: string): string {
  const name = createHash('sha256').update(grid).digest('hex').slice(0, 12);
  return join(runDir, `${name}.${use}`);
}
