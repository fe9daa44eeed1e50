import { FakeWorker } from './fake-worker.ts';

/** A fake worker `egress` that listens when it is told to, and ends when it is asked to. */
export class FakeGatewayWorker extends FakeWorker {
  /** What it does not say, of `listening` and `closed`. */
  readonly mute = new Set<string>();
  /** Said before it is closed. */
  last: unknown;

  override send(message: unknown): void {
    super.send(message);
    const { kind } = message as { kind: string };
    queueMicrotask(() => {
      if (kind === 'open') this.#answer('listening');
      if (kind !== 'close') return;
      if (this.last !== undefined) this.say(this.last);
      this.#answer('closed');
    });
  }

  override kill(): void {
    super.kill();
    queueMicrotask(() => {
      this.exit(null);
    });
  }

  #answer(kind: string): void {
    if (!this.mute.has(kind)) this.say({ kind });
  }
}
