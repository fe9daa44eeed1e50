import { backoffMs } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { SpawnWorker } from '../../base/worker.ts';
import { type Failure, GleanerError } from '../../contract/failures.ts';
import { ChildLink } from './link.ts';
import type { GuestHello, SessionFiles, SessionKeys } from './messages.ts';
import { UnfrozenTime } from './unfrozen.ts';

/** All in ms of unfrozen time; they end what hangs, and judge no speed. */
export interface SessionBounds {
  /** A verb that only asks or sets something. */
  readonly callMs: number;
  /** A verb that moves data or starts a workload. */
  readonly workMs: number;
  /** One attempt at reconnecting; all attempts after one loss. */
  readonly attemptMs: number;
  /** One attempt at the first session, which waits for the boot, too: a connection may have come too early. */
  readonly openMs: number;
  readonly repairMs: number;
  /** How often a session is asked for a sign of life. */
  readonly heartbeatMs: number;
  /** After this time without a loss the count of losses begins anew; at `losses` the session is given up. */
  readonly steadyMs: number;
  readonly losses: number;
}

export interface SessionOptions {
  readonly files: SessionFiles;
  readonly keys: SessionKeys;
  readonly spawnWorker: SpawnWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly bounds?: Partial<SessionBounds>;
  /** Whether the guest never had a session before; by default it did not. */
  readonly fresh?: boolean;
}

export const defaultBounds: SessionBounds = {
  callMs: 60_000,
  workMs: 1_800_000,
  attemptMs: 20_000,
  openMs: 45_000,
  repairMs: 60_000,
  heartbeatMs: 30_000,
  steadyMs: 60_000,
  losses: 6,
};

const retryFirstMs = 200;
const retryMaxMs = 5000;

/**
 * Keeps one session with a guest open: starts its child, asks it for signs of life, replaces it when it is lost,
 * and gives up when that fails or happens too often.
 */
export class SessionKeeper {
  readonly bounds: SessionBounds;
  readonly time: UnfrozenTime;
  readonly #o: SessionOptions;
  readonly #prepare: (link: ChildLink) => Promise<void>;
  readonly #links = new Set<ChildLink>();
  readonly #deadListeners: ((failure: Failure) => void)[] = [];
  #link: Promise<ChildLink> = refused(ended());
  /** The session in use; undefined before the first, during a repair and after the end. */
  #current: ChildLink | undefined;
  #everOpen = false;
  #openedAt = 0;
  #losses = 0;
  #repairs = true;
  #disposed = false;
  /** Ends the one wait (before a retry, or for the next heartbeat) that is under way. */
  #endWait: () => void = () => undefined;

  /** @param prepare what every new session needs before it is used */
  constructor(o: SessionOptions, prepare: (link: ChildLink) => Promise<void>) {
    this.#o = o;
    this.#prepare = prepare;
    this.bounds = { ...defaultBounds, ...o.bounds };
    this.time = new UnfrozenTime(o.clock);
  }

  /** Opens the first session with a guest that may still boot. Rejects with `session-lost` after `limitMs`. */
  async open(limitMs: number): Promise<GuestHello> {
    const opening = this.#establish(limitMs);
    this.#use(opening.then(({ link }) => link));
    return (await opening).hello;
  }

  /** The session in use, after the repair that may be under way. Rejects with `session-lost` when there is none. */
  link(): Promise<ChildLink> {
    return this.#link;
  }

  /** Gives up a session that is of no use any more, as if it were lost; one that is lost already changes nothing. */
  discard(link: ChildLink, failure: GleanerError): void {
    this.#replace(link, failure);
  }

  /** Called once, when there will be no session any more although nobody ended it. */
  onDead(listener: (failure: Failure) => void): void {
    this.#deadListeners.push(listener);
  }

  /** The guest is about to go: a loss from here on is expected. */
  stopRepairs(): void {
    this.#repairs = false;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#repairs = false;
    this.#current = undefined;
    this.#endWait();
    this.#use(refused(ended()));
    await Promise.all([...this.#links].map((link) => this.#drop(link)));
  }

  async #establish(limitMs: number): Promise<{ link: ChildLink; hello: GuestHello }> {
    const until = this.time.now() + limitMs;
    for (let attempt = 1; ; attempt += 1) {
      if (this.#isOver(until)) throw ended();
      const link = new ChildLink(this.#o.spawnWorker('session'), this.time, this.#o.log);
      this.#links.add(link);
      try {
        const left = until - this.time.now();
        const { files, keys } = this.#o;
        const fresh = !this.#everOpen && this.#o.fresh !== false;
        const attemptMs = fresh ? this.bounds.openMs : this.bounds.attemptMs;
        const opening = { files, keys, fresh };
        const hello = await link.open(opening, Math.min(left, attemptMs));
        this.#everOpen = true;
        await this.#prepare(link);
        this.#openedAt = this.time.now();
        this.#current = link;
        link.onLost((failure) => {
          this.#replace(link, failure);
        });
        this.#beat(link);
        return { link, hello };
      } catch (error) {
        await this.#drop(link);
        if (this.#isOver(until)) throw error;
        const left = until - this.time.now();
        await this.#wait(Math.min(backoffMs(attempt, retryFirstMs, retryMaxMs), left));
        if (this.#isOver(until)) throw error;
      }
    }
  }

  #isOver(until: number): boolean {
    return this.#disposed || this.time.now() >= until;
  }

  #replace(link: ChildLink, failure: GleanerError): void {
    if (link !== this.#current) return;
    this.#current = undefined;
    void this.#drop(link);
    if (!this.#repairs) {
      this.#use(refused(failure));
      return;
    }
    if (this.time.now() - this.#openedAt > this.bounds.steadyMs) this.#losses = 0;
    this.#losses += 1;
    this.#o.log.warn('session', 'the session with the guest was lost', {
      why: failure.message,
      losses: this.#losses,
    });
    if (this.#losses >= this.bounds.losses) this.#die(failure);
    else this.#use(this.#repair());
  }

  async #repair(): Promise<ChildLink> {
    // While the VM is frozen this waits for it to go on.
    await this.#wait(0);
    const before = this.time.now();
    try {
      const { link } = await this.#establish(this.bounds.repairMs);
      this.#o.log.info('session', 'the session with the guest is back', {
        ms: Math.round(this.time.now() - before),
      });
      return link;
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      const failure = new GleanerError('session-lost', words);
      if (this.#repairs) this.#die(failure);
      throw failure;
    }
  }

  #die(failure: GleanerError): void {
    this.#repairs = false;
    this.#use(refused(failure));
    for (const listener of this.#deadListeners.splice(0)) listener(failure.toFailure());
  }

  #beat(link: ChildLink): void {
    void this.#wait(this.bounds.heartbeatMs).then(async () => {
      if (link !== this.#current) return;
      try {
        await link.call('hello', null, { limitMs: this.bounds.callMs });
        if (link === this.#current) this.#beat(link);
      } catch (error) {
        this.discard(link, error instanceof GleanerError ? error : ended());
      }
    });
  }

  #use(link: Promise<ChildLink>): void {
    this.#link = link;
    // Whoever asks for it hears of its rejection; nobody may ask.
    link.catch(() => undefined);
  }

  async #drop(link: ChildLink): Promise<void> {
    await link.end();
    this.#links.delete(link);
  }

  #wait(ms: number): Promise<void> {
    this.#endWait();
    return new Promise((resolve) => {
      const cancel = this.time.after(Math.max(0, ms), resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}

function ended(): GleanerError {
  return new GleanerError('session-lost', 'There is no session with the virtual machine.');
}

function refused(failure: GleanerError): Promise<ChildLink> {
  const promise = Promise.reject<ChildLink>(failure);
  promise.catch(() => undefined);
  return promise;
}
