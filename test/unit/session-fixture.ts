import { silentLog } from '../../electron/base/log.ts';
import type { Failure } from '../../electron/contract/failures.ts';
import { GuestSession } from '../../electron/vm/session/client.ts';
import type { Opening, Request, Verb } from '../../electron/vm/session/messages.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeWorker } from '../fakes/fake-worker.ts';

export const hello = { protocol: 1, kernel: '6.12', uptimeSeconds: 2 };
export const bounds = {
  callMs: 1000,
  workMs: 10_000,
  attemptMs: 500,
  openMs: 5000,
  repairMs: 3000,
  heartbeatMs: 100_000,
  steadyMs: 60_000,
  losses: 3,
};
export const limitMs = 5000;

/** Lets everything that is ready to go on go on. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A session whose children are fakes, and whose time a test turns by hand. */
export class Bench {
  readonly clock = new FakeClock();
  readonly workers: FakeWorker[] = [];
  readonly deaths: Failure[] = [];
  readonly session: GuestSession;

  constructor(change: Partial<typeof bounds> = {}) {
    this.session = new GuestSession({
      files: { portPath: '/port', inDiskPath: '/in', outDiskPath: '/out' },
      keys: { clientPrivateKey: 'key', hostPublicKey: Buffer.from('pin') },
      spawnWorker: () => {
        const worker = new FakeWorker();
        this.workers.push(worker);
        return worker;
      },
      clock: this.clock,
      log: silentLog,
      bounds: { ...bounds, ...change },
    });
    this.session.onDead((failure) => this.deaths.push(failure));
  }

  get worker(): FakeWorker {
    const worker = this.workers.at(-1);
    if (!worker) throw new Error('no worker was started');
    return worker;
  }

  /** A session that is open. */
  async opened(): Promise<this> {
    const connected = this.session.connect(limitMs);
    this.worker.say({ kind: 'open', hello });
    await connected;
    return this;
  }

  /** The newest worker reports that its session is open. */
  async open(): Promise<void> {
    this.worker.say({ kind: 'open', hello });
    await settle();
  }

  /** The newest request of this verb to the newest worker. */
  request(verb: Verb): Request {
    const sent = this.worker.sent as (Opening | Request)[];
    const found = sent.findLast((message) => message.kind === 'call' && message.verb === verb);
    if (found?.kind !== 'call') throw new Error(`nobody asked for ${verb}`);
    return found;
  }

  /** Time passes, then everything goes on; a killed worker is gone. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.buryKilled();
  }

  async buryKilled(): Promise<void> {
    await settle();
    for (const worker of this.workers) if (worker.killed) worker.exit(null);
    await settle();
  }

  /** The newest worker dies, and its successor is started. */
  async crash(): Promise<void> {
    this.worker.exit(1);
    await settle();
    await this.pass(0);
  }
}
