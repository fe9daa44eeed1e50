import type { z } from 'zod';
import { Mutex } from '../base/mutex.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { type Contact, GleanerError, type Settings } from '../contract/index.ts';
import type { VerbWorker } from '../grid/verb-worker.ts';
import { type GatewayWorld, GridGateway } from './grid-gateway.ts';

export interface AskedWebOptions<Worker> {
  readonly world: GatewayWorld;
  readonly spawnWorker: SpawnWorker;
  readonly settings: () => Settings;
  /** What its traffic and its gateway go by, as a grid's do by its id; no two may share one. */
  readonly name: 'lookup' | 'catalog';
  /** It asks again and again: what that moves is booked by the hour, and not each time. */
  readonly repeats: boolean;
  /** A new worker for each asking. */
  readonly worker: (o: { readonly spawnWorker: SpawnWorker }) => Worker;
}

/** What every verb that asks the web is told beside what is its own. */
type Way = 'gatewayPath' | 'authorities';

/**
 * What the host itself asks of the web: through a gateway that reaches the places that are asked and nothing else, and
 * parsed in a worker. Both live only as long as the asking, one asking at a time.
 */
export class AskedWeb<Inputs, Answers extends Readonly<Record<keyof Inputs & string, z.ZodType>>> {
  readonly #o: AskedWebOptions<VerbWorker<Inputs, Answers>>;
  readonly #one = new Mutex();
  #worker: VerbWorker<Inputs, Answers> | undefined;
  #disposed = false;

  constructor(o: AskedWebOptions<VerbWorker<Inputs, Answers>>) {
    this.#o = o;
  }

  /** Rejects with what the worker's verb rejects with, and `network-unavailable` without a gateway. */
  ask<V extends keyof Inputs & string>(
    contacts: readonly Contact[],
    verb: V,
    input: Omit<Inputs[V], Way>,
  ): Promise<z.output<Answers[V]>> {
    return this.#one.run(async () => {
      if (this.#disposed) throw new GleanerError('host-not-running', 'Gleaner is shutting down.');
      const { world, name, spawnWorker, settings } = this.#o;
      const gateway = new GridGateway(world, name, () => contacts, true);
      const worker = this.#o.worker({ spawnWorker });
      this.#worker = worker;
      try {
        await gateway.open();
        const way = { gatewayPath: gateway.socketPath, authorities: settings()['network.authorities'] };
        // The table's input of this verb is what was asked and how to get there.
        return await worker.call(verb, { ...input, ...way } as unknown as Inputs[V]);
      } finally {
        await worker.dispose();
        await (this.#o.repeats ? gateway.finish() : gateway.dispose());
      }
    });
  }

  /** Whoever waits for an answer gets a failure at once. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#worker?.dispose();
    await this.#one.run(() => Promise.resolve());
  }
}
