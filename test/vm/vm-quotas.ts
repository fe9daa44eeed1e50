import type { SpawnWorker } from '../../electron/base/worker.ts';
import type { FromChild, ToChild } from '../../electron/vm/session/messages.ts';
import { spawnWorker } from './harness.ts';

/** Stands between a host and its session process, and sees which CPU quotas the guest is given. */
export class Quotas {
  /** The guest says yes to every quota, and does not keep to it. */
  ignored = false;
  /** What the guest keeps to, in µs of a period of 100 ms. */
  #kept = Number.POSITIVE_INFINITY;
  /** Asked for and not answered yet, by the number of the call. */
  readonly #asked = new Map<number, number>();
  #look: () => void = () => undefined;

  readonly spawnWorker: SpawnWorker = (name) => {
    const worker = spawnWorker(name);
    this.#asked.clear();
    worker.onMessage((message) => {
      this.#hear(message as FromChild);
    });
    return {
      ...worker,
      send: (message) => {
        worker.send(this.#passed(message as ToChild));
      },
    };
  };

  /** Resolves when no quota is under way and the guest keeps to `mostUsec` or less. */
  taken(mostUsec = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise((resolve) => {
      this.#look = () => {
        if (this.#asked.size === 0 && this.#kept <= mostUsec) resolve();
      };
      this.#look();
    });
  }

  #passed(message: ToChild): ToChild {
    if (message.kind !== 'call' || message.verb !== 'cpu') return message;
    const quotaUsec = this.ignored ? 'max' : message.input.quotaUsec;
    this.#asked.set(message.id, quotaUsec === 'max' ? Number.POSITIVE_INFINITY : quotaUsec);
    return { ...message, input: { ...message.input, quotaUsec } };
  }

  #hear(message: FromChild): void {
    if (message.kind !== 'answer' && message.kind !== 'refused') return;
    const quota = this.#asked.get(message.id);
    if (quota === undefined) return;
    this.#asked.delete(message.id);
    if (message.kind === 'answer') this.#kept = quota;
    this.#look();
  }
}
