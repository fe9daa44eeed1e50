import type { Log } from '../../base/log.ts';
import type { WorkerHandle } from '../../base/worker.ts';
import { type Failure, fromFailure, GleanerError } from '../../contract/failures.ts';
import {
  type Answer,
  answers,
  FromChild,
  type GuestHello,
  type Inputs,
  type Opening,
  type ToChild,
  type Verb,
  type WatchNews,
} from './messages.ts';
import type { UnfrozenTime } from './unfrozen.ts';

/** A child may send this many messages in one second of unfrozen time; one that sends more is broken or taken over. */
const messagesPerSecond = 200;

interface Pending {
  readonly verb: Verb;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly news: (news: WatchNews) => void;
  readonly cancelLimit: () => void;
}

export interface CallOptions {
  /** Unfrozen ms after which the whole session counts as lost; none for a watch. */
  readonly limitMs?: number;
  readonly onNews?: (news: WatchNews) => void;
}

/**
 * One child process and its one SSH session, seen from the host. Whatever goes wrong with it (it exits, hangs,
 * floods, says something that does not parse) ends the child and rejects all that is pending with `session-lost`.
 */
export class ChildLink {
  readonly #worker: WorkerHandle;
  readonly #time: UnfrozenTime;
  readonly #log: Log;
  readonly #pending = new Map<number, Pending>();
  readonly #gone: Promise<void>;
  #opening: { resolve: (hello: GuestHello) => void; reject: (error: Error) => void } | undefined;
  #lastId = 0;
  #second = 0;
  #messages = 0;
  #lost: GleanerError | undefined;
  #onLost: (failure: GleanerError) => void = () => undefined;

  constructor(worker: WorkerHandle, time: UnfrozenTime, log: Log) {
    this.#worker = worker;
    this.#time = time;
    this.#log = log;
    worker.onMessage((message) => {
      this.#receive(message);
    });
    this.#gone = new Promise((resolve) => {
      worker.onExit((code) => {
        this.#lose({ code: 'session-lost', sentence: `The session process ended (${code ?? 'killed'}).` });
        resolve();
      });
    });
  }

  /** Resolves when the guest answers. Rejects with `session-lost`, also after `limitMs` unfrozen ms. */
  open(opening: Omit<Opening, 'kind'>, limitMs: number): Promise<GuestHello> {
    return new Promise<GuestHello>((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      const cancel = this.#time.after(limitMs, () => {
        this.#lose({ code: 'session-lost', sentence: 'The virtual machine does not answer.' });
      });
      this.#opening = {
        resolve: (hello) => {
          cancel();
          resolve(hello);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      };
      this.#send({ kind: 'open', ...opening });
    });
  }

  call<V extends Verb>(verb: V, input: Inputs[V], o: CallOptions = {}): Promise<Answer<V>> {
    return new Promise<Answer<V>>((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      this.#lastId += 1;
      const id = this.#lastId;
      const cancelLimit =
        o.limitMs === undefined
          ? () => undefined
          : this.#time.after(o.limitMs, () => {
              this.#lose({
                code: 'session-lost',
                sentence: `The virtual machine does not answer to "${verb}".`,
              });
            });
      this.#pending.set(id, {
        verb,
        // The table gives the parser of this verb, whose output this is.
        resolve: resolve as (value: unknown) => void,
        reject,
        news: o.onNews ?? (() => undefined),
        cancelLimit,
      });
      this.#send({ kind: 'call', id, verb, input } as ToChild);
    });
  }

  /** Called once when the session is lost for any reason but {@link end}. One listener. */
  onLost(listener: (failure: GleanerError) => void): void {
    if (this.#lost) listener(this.#lost);
    else this.#onLost = listener;
  }

  /** Ends the child; resolves when it is gone. */
  end(): Promise<void> {
    this.#onLost = () => undefined;
    this.#lose({ code: 'session-lost', sentence: 'The session was ended.' });
    return this.#gone;
  }

  #send(message: ToChild): void {
    this.#worker.send(message);
  }

  #receive(raw: unknown): void {
    if (this.#lost) return;
    const second = Math.floor(this.#time.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#messages = 0;
    }
    this.#messages += 1;
    if (this.#messages > messagesPerSecond) {
      this.#lose({ code: 'session-lost', sentence: 'The session process sent too much.' });
      return;
    }
    const parsed = FromChild.safeParse(raw);
    if (!parsed.success || !this.#handle(parsed.data)) {
      this.#lose({
        code: 'session-lost',
        sentence: 'The session process sent something that makes no sense.',
      });
    }
  }

  /** False for a message that does not fit. */
  #handle(message: FromChild): boolean {
    switch (message.kind) {
      case 'open': {
        const opening = this.#opening;
        this.#opening = undefined;
        opening?.resolve(message.hello);
        return opening !== undefined;
      }
      case 'lost':
        this.#lose(message.failure);
        return true;
      case 'news':
        // A watch may have ended while its last news were under way.
        this.#pending.get(message.id)?.news(message.news);
        return true;
      case 'crowding':
        this.#log.warn('session', 'too many connections of the guest at a time', {
          way: message.way,
          connections: message.connections,
          refused: message.refused,
        });
        return true;
      case 'refused':
      case 'answer': {
        const pending = this.#pending.get(message.id);
        if (!pending) return false;
        if (message.kind === 'refused') {
          this.#settle(message.id, pending).reject(fromFailure(message.failure));
          return true;
        }
        const value = answers[pending.verb].safeParse(message.value);
        if (value.success) this.#settle(message.id, pending).resolve(value.data);
        return value.success;
      }
    }
  }

  #settle(id: number, pending: Pending): Pending {
    this.#pending.delete(id);
    pending.cancelLimit();
    return pending;
  }

  #lose(why: Failure): void {
    if (this.#lost) return;
    const failure = new GleanerError('session-lost', why.sentence, why.hint);
    this.#lost = failure;
    this.#worker.kill();
    this.#opening?.reject(failure);
    this.#opening = undefined;
    for (const [id, pending] of this.#pending) this.#settle(id, pending).reject(failure);
    this.#onLost(failure);
  }
}
