import { z } from 'zod';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { SpawnWorker, WorkerHandle } from '../base/worker.ts';
import { Failure, type FailureCode, fromFailure, GleanerError } from '../contract/failures.ts';

/** A worker may send this many messages in one second; one that sends more is broken or taken over. */
const messagesPerSecond = 200;

/** From a worker: it has read bytes of a guest or of the web, so all of it is parsed and bounded. */
export const FromWorker = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answer'), id: z.int(), value: z.unknown() }),
  z.object({ kind: z.literal('refused'), id: z.int(), failure: Failure }),
  /** What it was connected to is gone. */
  z.object({ kind: z.literal('lost'), failure: Failure }),
]);
export type FromWorker = z.infer<typeof FromWorker>;

/** To a worker. The host is trusted, so this is a type only. */
export interface ToWorker {
  readonly kind: 'call';
  readonly id: number;
  readonly verb: string;
  readonly input: unknown;
}

interface Pending {
  readonly verb: string;
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

export interface VerbWorkerOptions<Answers> {
  readonly spawnWorker: SpawnWorker;
  /** The worker script's. */
  readonly name: string;
  /** What it speaks to, in words: "The worker that speaks to BOINC …". */
  readonly peer: string;
  /** Parsers of what it may answer, by verb. */
  readonly answers: Answers;
  readonly clock?: Clock | undefined;
}

/**
 * A worker that is asked by verbs, as the host uses it: one child process, started at the first call, and anew at the next
 * one after it was lost.
 */
export class VerbWorker<Inputs, Answers extends Readonly<Record<keyof Inputs & string, z.ZodType>>>
  implements Disposable
{
  readonly #o: VerbWorkerOptions<Answers>;
  readonly #clock: Clock;
  readonly #lostListeners: ((failure: Failure) => void)[] = [];
  /** Those that are not gone yet. */
  readonly #children = new Set<Child>();
  #child: Child | undefined;
  #lastId = 0;
  #disposed = false;

  constructor(o: VerbWorkerOptions<Answers>) {
    this.#o = o;
    this.#clock = o.clock ?? systemClock;
  }

  /**
   * Rejects with the coded failure of what went wrong; `grid-protocol` when the worker itself says something that
   * makes no sense, which ends it; `agent-failed` when it is lost meanwhile. There is no time limit but that of
   * verbs which ask the web.
   */
  call<V extends keyof Inputs & string>(verb: V, input: Inputs[V]): Promise<z.output<Answers[V]>> {
    return new Promise<z.output<Answers[V]>>((resolve, reject) => {
      if (this.#disposed) {
        reject(this.#lostBecause('it was ended').error);
        return;
      }
      this.#child ??= this.#start();
      this.#lastId += 1;
      const id = this.#lastId;
      // The table gives the parser of this verb, whose output this is.
      this.#child.pending.set(id, { verb, resolve: resolve as (value: unknown) => void, reject });
      this.#child.handle.send({ kind: 'call', id, verb, input } satisfies ToWorker);
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
    if (this.#child) this.#drop(this.#child, this.#lostBecause('it was ended'));
    await Promise.all([...this.#children].map(({ gone }) => gone));
  }

  #start(): Child {
    const handle = this.#o.spawnWorker(this.#o.name);
    const gone = new Promise<void>((resolve) => {
      handle.onExit((code) => {
        this.#drop(child, this.#lostBecause(`its process ended (${code ?? 'killed'})`));
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
      this.#drop(child, this.#nonsense('sent too much'));
      return;
    }
    const parsed = FromWorker.safeParse(raw);
    if (!parsed.success || !this.#handle(child, parsed.data)) {
      this.#drop(child, this.#nonsense('sent something that makes no sense'));
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
    const value = this.#o.answers[pending.verb as keyof Answers].safeParse(message.value);
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

  #lostBecause(why: string): Loss {
    return loss('agent-failed', `The worker that speaks to ${this.#o.peer} is lost: ${why}.`);
  }

  #nonsense(what: string): Loss {
    return loss('grid-protocol', `The worker that speaks to ${this.#o.peer} ${what}.`);
  }
}

interface Loss {
  readonly error: GleanerError;
  readonly failure: Failure;
}

function loss(code: FailureCode, sentence: string): Loss {
  const error = new GleanerError(code, sentence);
  return { error, failure: error.toFailure() };
}
