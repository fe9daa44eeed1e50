import type { WorkerHandle } from '../../electron/base/worker.ts';

/** A fake worker: records what it is sent and says what the test makes it say. */
export class FakeWorker implements WorkerHandle {
  readonly pid = undefined;
  readonly sent: unknown[] = [];
  killed = false;
  readonly #messageListeners: ((message: unknown) => void)[] = [];
  readonly #exitListeners: ((code: number | null) => void)[] = [];

  send(message: unknown): void {
    this.sent.push(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#messageListeners.push(listener);
  }

  onExit(listener: (code: number | null) => void): void {
    this.#exitListeners.push(listener);
  }

  kill(): void {
    this.killed = true;
  }

  say(message: unknown): void {
    for (const listener of this.#messageListeners) listener(message);
  }

  exit(code: number | null): void {
    for (const listener of this.#exitListeners) listener(code);
  }
}
