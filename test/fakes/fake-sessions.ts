import type { SpawnWorker } from '../../electron/base/worker.ts';
import { FakeWorker } from './fake-worker.ts';

interface ToWorker {
  readonly kind: 'open' | 'call';
  readonly id?: number;
  readonly verb?: string;
}

const hello = { protocol: 1, kernel: 'fake', uptimeSeconds: 1 };

class FakeSessionWorker extends FakeWorker {
  readonly #sessions: FakeSessions;

  constructor(sessions: FakeSessions) {
    super();
    this.#sessions = sessions;
  }

  override send(message: unknown): void {
    super.send(message);
    const { kind, id, verb } = message as ToWorker;
    if (verb !== undefined) this.#sessions.verbs.push(verb);
    if (this.#sessions.mute) return;
    queueMicrotask(() => {
      if (kind === 'open') this.say({ kind: 'open', hello });
      else this.say({ kind: 'answer', id, value: verb === 'hello' ? hello : null });
    });
  }

  override kill(): void {
    super.kill();
    this.exit(null);
  }
}

/** Fake session children whose guests answer everything at once, unless told to be mute. */
export class FakeSessions {
  readonly workers: FakeSessionWorker[] = [];
  /** What the guests were asked, in order. */
  readonly verbs: string[] = [];
  mute = false;

  readonly spawnWorker: SpawnWorker = () => {
    const worker = new FakeSessionWorker(this);
    this.workers.push(worker);
    return worker;
  };

  /** The newest guest answers what it was asked to open while it was mute. */
  speak(): void {
    this.mute = false;
    this.workers.at(-1)?.say({ kind: 'open', hello });
  }
}
