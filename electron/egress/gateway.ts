import { rm } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { SpawnWorker, WorkerHandle } from '../base/worker.ts';
import { type Failure, fromFailure, GleanerError } from '../contract/failures.ts';
import { Followed } from './followed.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { type DenialRow, FromChild, type GatewayRules, type ToChild, type TrafficRow } from './messages.ts';

export type { Forward, ProxyRule } from './messages.ts';
export type { DenialRow, GatewayRules, TrafficRow };

/**
 * The worker tells four denials and one account in a second, and asks up to 30 times about the proxy; at its end, it
 * tells all denials that wait, up to 64 and one for each reason, before its last account.
 */
const messagesPerSecond = 200;
/** How often it is asked for a sign of life, and how long it may take to give one, or to listen. */
const heartbeatMs = 30_000;
const signMs = 30_000;
const closeMs = 2000;

export interface GatewayOptions {
  /** Whose gateway it is, for the log. */
  readonly grid: string;
  /** A Unix socket, made 0600; its folder is the caller's. */
  readonly socketPath: string;
  readonly spawnWorker: SpawnWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<GatewayLimits>;
  /** For the proxy rule `ask`: the system's answer ("PROXY a:1; DIRECT") for a URL without path and query. */
  readonly askProxy: (url: string) => Promise<string>;
  /** Increments, at most once a second. */
  readonly onTraffic: (rows: readonly TrafficRow[]) => void;
  /** Equal ones counted together; at most four in a second. */
  readonly onDenied: (denial: DenialRow) => void;
  /** The proxy does not do what it should (`proxy-refused`); null: it does again. */
  readonly onProblem: (failure: Failure | null) => void;
  /** This proxy wants a name and a password, or others. */
  readonly onChallenge: (proxy: string) => void;
  /** The gateway is gone though nobody ended it; once. Make another. */
  readonly onLost: (failure: Failure) => void;
}

/**
 * One VM's way out: an HTTP proxy on a Unix socket, and a Unix socket for each raw forward. A worker of its own handles every byte of the guest and its peers;
 * whatever goes wrong with that worker (it exits, hangs, floods, says something that does not parse) ends this gateway
 * and nothing else.
 */
export class Gateway implements Disposable {
  readonly #o: GatewayOptions;
  readonly #worker: WorkerHandle;
  readonly #gone: Promise<void>;
  readonly #followed = new Followed();
  /** Of forwards, now or before. */
  readonly #forwardPaths = new Set<string>();
  #opening: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #state: 'new' | 'open' | 'ending' | 'over' = 'new';
  #second = 0;
  #messages = 0;
  #disposing: Promise<void> | undefined;
  #onClosed: () => void = () => undefined;
  #cancelTimer: () => void = () => undefined;

  constructor(o: GatewayOptions) {
    this.#o = o;
    this.#worker = o.spawnWorker('egress');
    this.#gone = new Promise((resolve) => {
      this.#worker.onExit((code) => {
        this.#lose(`ended (${code ?? 'killed'})`);
        resolve();
      });
    });
    this.#worker.onMessage((raw) => {
      this.#receive(raw);
    });
  }

  /** Between `open` and the end, whoever brings it about. */
  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Resolves when it listens, forwards included. Rejects with `network-unavailable` when it cannot. Once. */
  open(rules: GatewayRules): Promise<void> {
    if (this.#state !== 'new') return Promise.reject(lost('is over'));
    this.#state = 'open';
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#await(signMs);
      const limits = { ...defaultLimits, ...this.#o.limits };
      this.#note(rules);
      this.#send({ kind: 'open', socketPath: this.#o.socketPath, limits, rules });
    });
  }

  /** New rules, in effect at once: what they do not permit any more is ended. No more than that once it ends. */
  set(rules: GatewayRules): void {
    if (this.#state !== 'open') return;
    this.#note(rules);
    this.#send({ kind: 'set', number: this.#followed.next(), rules });
  }

  /**
   * Resolves when all forwards of the latest rules listen. Rejects with `network-unavailable` when one cannot (the
   * others do, and rules that are set anew try it again), or when the gateway is over.
   */
  listening(): Promise<void> {
    return this.#state === 'open' ? this.#followed.wait() : Promise.reject(lost('is over'));
  }

  #note({ forwards }: GatewayRules): void {
    for (const { socketPath } of forwards) this.#forwardPaths.add(socketPath);
  }

  /** Ends every connection; the last account comes before this resolves. Safe to call again. */
  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    if (this.#state === 'new' || this.#state === 'open') {
      this.#state = 'ending';
      this.#opening?.reject(lost('was ended'));
      this.#opening = undefined;
      this.#followed.end(lost('was ended'));
      await new Promise<void>((resolve) => {
        this.#cancelTimer();
        this.#cancelTimer = this.#o.clock.after(closeMs, resolve);
        this.#onClosed = resolve;
        this.#send({ kind: 'close' });
      });
    }
    this.#end();
    await this.#gone;
    for (const path of [this.#o.socketPath, ...this.#forwardPaths]) await rm(path, { force: true });
  }

  #send(message: ToChild): void {
    if (this.#state !== 'over') this.#worker.send(message);
  }

  /** Something has to come within this time. */
  #await(ms: number): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#o.clock.after(ms, () => {
      this.#lose('does not answer');
    });
  }

  #receive(raw: unknown): void {
    if (this.#state === 'over') return;
    const second = Math.floor(this.#o.clock.monotonic() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#messages = 0;
    }
    this.#messages += 1;
    if (this.#messages > messagesPerSecond) {
      this.#lose('says too much');
      return;
    }
    const parsed = FromChild.safeParse(raw);
    if (!parsed.success || !this.#handle(parsed.data)) this.#lose('says something that makes no sense');
  }

  /** False for a message that does not fit. */
  #handle(message: FromChild): boolean {
    switch (message.kind) {
      case 'listening':
      case 'failed': {
        const opening = this.#opening;
        this.#opening = undefined;
        if (this.#state !== 'open') return this.#state === 'ending';
        if (!opening) return false;
        if (message.kind === 'failed') {
          this.#end();
          opening.reject(fromFailure(message.failure));
        } else {
          this.#rest();
          this.#followed.tell(0, null);
          opening.resolve();
        }
        return true;
      }
      case 'forwarding':
        return this.#state === 'ending' || this.#followed.tell(message.number, message.failure);
      case 'pong':
        if (this.#state === 'open') this.#rest();
        return true;
      case 'ask':
        void this.#answer(message.id, message.url);
        return true;
      case 'traffic':
        this.#o.onTraffic(message.rows);
        return true;
      case 'denied':
        this.#o.onDenied(message.denial);
        return true;
      case 'trouble':
        this.#o.onProblem(message.sentence === null ? null : troubleOf(message.sentence));
        return true;
      case 'challenge':
        this.#o.onChallenge(message.proxy);
        return true;
      case 'closed':
        if (this.#state !== 'ending') return false;
        this.#onClosed();
        return true;
    }
  }

  /** Until the next sign of life is asked for. */
  #rest(): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#o.clock.after(heartbeatMs, () => {
      this.#await(signMs);
      this.#send({ kind: 'ping' });
    });
  }

  async #answer(id: number, url: string): Promise<void> {
    let answer: string | null;
    try {
      answer = (await this.#o.askProxy(url)).slice(0, 1000);
    } catch {
      answer = null;
    }
    this.#send({ kind: 'answer', id, answer });
  }

  #lose(why: string): void {
    const state = this.#state;
    if (state === 'over') return;
    this.#end();
    this.#onClosed();
    const failure = lost(why);
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening) opening.reject(failure);
    else if (state !== 'ending') {
      this.#o.log.warn('egress', 'a gateway was lost', { grid: this.#o.grid, why });
      this.#o.onLost(failure.toFailure());
    }
  }

  #end(): void {
    this.#state = 'over';
    this.#followed.end(lost('is over'));
    this.#cancelTimer();
    this.#worker.kill();
  }
}

function lost(why: string): GleanerError {
  return new GleanerError(
    'network-unavailable',
    `The network gateway of this grid ${why}.`,
    'Gleaner starts it again by itself.',
  );
}

function troubleOf(sentence: string): Failure {
  return {
    code: 'proxy-refused',
    sentence,
    hint: 'Check the proxy, its name and its password in the preferences under “Network”.',
  };
}
