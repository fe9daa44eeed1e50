import { FakeWorker } from './fake-worker.ts';

const failure = { code: 'network-unavailable', sentence: 'There is no room for a socket.' };

/** A fake worker `egress` that listens when it is told to, and ends when it is asked to. */
export class FakeGatewayWorker extends FakeWorker {
  /** Whether it can listen; null: it hangs instead. */
  listens: boolean | null = true;
  /** Whether its forwards can listen by further rules. */
  forwards = true;
  /** Said before it is closed. */
  last: unknown;

  override send(message: unknown): void {
    super.send(message);
    const { kind, number } = message as { kind: string; number?: number };
    if (this.listens === null) return;
    queueMicrotask(() => {
      if (kind === 'open') this.say(this.listens ? { kind: 'listening' } : { kind: 'failed', failure });
      if (kind === 'set') this.say({ kind: 'forwarding', number, failure: this.forwards ? null : failure });
      if (kind !== 'close') return;
      if (this.last !== undefined) this.say(this.last);
      this.say({ kind: 'closed' });
    });
  }

  override kill(): void {
    super.kill();
    queueMicrotask(() => {
      this.exit(null);
    });
  }
}
