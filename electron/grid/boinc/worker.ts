import { type Clock, systemClock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import type { SpawnWorker, WorkerHandle } from '../../base/worker.ts';
import { type Failure, fromFailure, GleanerError } from '../../contract/failures.ts';
import { type Answer, answers, FromWorker, type Inputs, type Verb } from './messages.ts';

/** A worker may send this many messages in one second; one that sends more is broken or taken over. */
const messagesPerSecond = 200;

interface Pending {
  readonly verb: Verb;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Child {
  readonly handle: WorkerHandle;
  readonly pending: Map<number, Pending>;
  readonly gone: Promise<void>;
  second: number;
  messages: number;
}

/**
 * The worker `boinc` as the host uses it: one child process, which speaks to the web for verbs that need no
 * client, and to the one client given to `open`. It is started at the first call, and anew at the next one after
 * it was lost; `open` has to be called again then.
 */
export class BoincWorker implements Disposable {
  readonly #spawnWorker: SpawnWorker;
  readonly #clock: Clock;
  readonly #lostListeners: ((failure: Failure) => void)[] = [];
  /** Those that are not gone yet. */
  readonly #children = new Set<Child>();
  #child: Child | undefined;
  #lastId = 0;
  #disposed = false;

  constructor(o: { readonly spawnWorker: SpawnWorker; readonly clock?: Clock }) {
    this.#spawnWorker = o.spawnWorker;
    this.#clock = o.clock ?? systemClock;
  }

  /**
   * Rejects with the coded failure of what went wrong; `grid-protocol` when the worker itself says something that
   * makes no sense, which ends it; `agent-failed` when it is lost meanwhile. There is no time limit but that of
   * verbs which ask the web.
   */
  call<V extends Verb>(verb: V, input: Inputs[V]): Promise<Answer<V>> {
    return new Promise<Answer<V>>((resolve, reject) => {
      if (this.#disposed) {
        reject(lostBecause('it was ended').error);
        return;
      }
      this.#child ??= this.#start();
      this.#lastId += 1;
      const id = this.#lastId;
      // The table gives the parser of this verb, whose output this is.
      this.#child.pending.set(id, { verb, resolve: resolve as (value: unknown) => void, reject });
      this.#child.handle.send({ kind: 'call', id, verb, input });
    });
  }

  /** Called each time when the connection to the client, or the worker with it, is lost without being ended. */
  onLost(listener: (failure: Failure) => void): void {
    this.#lostListeners.push(listener);
  }

  /** What is pending rejects; resolves when the worker is gone. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#lostListeners.length = 0;
    if (this.#child) this.#drop(this.#child, lostBecause('it was ended'));
    await Promise.all([...this.#children].map(({ gone }) => gone));
  }

  #start(): Child {
    const handle = this.#spawnWorker('boinc');
    const gone = new Promise<void>((resolve) => {
      handle.onExit((code) => {
        this.#drop(child, lostBecause(`its process ended (${code ?? 'killed'})`));
        this.#children.delete(child);
        resolve();
      });
    });
    const child: Child = { handle, pending: new Map(), gone, second: 0, messages: 0 };
    this.#children.add(child);
    handle.onMessage((message) => {
      if (child === this.#child) this.#receive(child, message);
    });
    return child;
  }

  #receive(child: Child, raw: unknown): void {
    const second = Math.floor(this.#clock.monotonic() / 1000);
    if (second !== child.second) {
      child.second = second;
      child.messages = 0;
    }
    child.messages += 1;
    if (child.messages > messagesPerSecond) {
      this.#drop(child, nonsense('sent too much'));
      return;
    }
    const parsed = FromWorker.safeParse(raw);
    if (!parsed.success || !this.#handle(child, parsed.data)) {
      this.#drop(child, nonsense('sent something that makes no sense'));
    }
  }

  /** Whether the message made sense. */
  #handle(child: Child, message: FromWorker): boolean {
    if (message.kind === 'lost') {
      this.#tellLost(message.failure);
      return true;
    }
    const pending = child.pending.get(message.id);
    if (!pending) return false;
    if (message.kind === 'refused') {
      child.pending.delete(message.id);
      pending.reject(fromFailure(message.failure));
      return true;
    }
    const value = answers[pending.verb].safeParse(message.value);
    if (!value.success) return false;
    child.pending.delete(message.id);
    pending.resolve(value.data);
    return true;
  }

  /** Ends a child, once. */
  #drop(child: Child, { error, failure }: Loss): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    child.handle.kill();
    for (const { reject } of child.pending.values()) reject(error);
    child.pending.clear();
    this.#tellLost(failure);
  }

  #tellLost(failure: Failure): void {
    for (const listener of [...this.#lostListeners]) listener(failure);
  }
}

interface Loss {
  readonly error: GleanerError;
  readonly failure: Failure;
}

function lostBecause(why: string): Loss {
  const error = new GleanerError('agent-failed', `The worker that speaks to BOINC is lost: ${why}.`);
  return { error, failure: error.toFailure() };
}

function nonsense(what: string): Loss {
  const error = new GleanerError('grid-protocol', `The worker that speaks to BOINC ${what}.`);
  return { error, failure: error.toFailure() };
}
