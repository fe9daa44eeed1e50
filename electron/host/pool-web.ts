import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Mutex } from '../base/mutex.ts';
import type { SpawnWorker } from '../base/worker.ts';
import {
  type Contact,
  type Enrolment,
  type EnrolmentSource,
  GleanerError,
  type Settings,
} from '../contract/index.ts';
import { plantRoot } from '../grid/condor/catalog.ts';
import { parseEnrolment } from '../grid/condor/enrolment.ts';
import type { Answer, Documents, Inputs, SignedStatement } from '../grid/condor/messages.ts';
import { CondorWorker } from '../grid/condor/worker.ts';
import { portOf } from '../grid/web/url.ts';
import { type GatewayWorld, GridGateway } from './grid-gateway.ts';

type WebVerb = 'enrolment' | 'documents' | 'statement';
type WebInput<V extends WebVerb> = Omit<Inputs[V], 'gatewayPath' | 'authorities'>;

export interface PoolWebOptions {
  readonly world: GatewayWorld;
  readonly spawnWorker: SpawnWorker;
  readonly settings: () => Settings;
  /** Where a catalog is looked at before its pool is joined. */
  readonly temporaryDir: string;
}

/** A catalog that was joined, or is about to be. */
export interface CatalogPlace {
  readonly url: string;
  readonly pool: string;
  readonly dir: string;
}

/**
 * What the host itself asks a pool's web server: through a gateway that reaches that one place, and parsed in a worker. Both
 * live only as long as the asking.
 */
export class PoolWeb {
  readonly #o: PoolWebOptions;
  readonly #one = new Mutex();
  #worker: CondorWorker | undefined;
  #disposed = false;

  constructor(o: PoolWebOptions) {
    this.#o = o;
  }

  /** Rejects `enrolment-invalid`, and as asking the web does. */
  async enrolment(from: EnrolmentSource): Promise<Enrolment> {
    return from.kind === 'text'
      ? parseEnrolment(from.text)
      : await this.#ask(from.url, 'enrolment', { url: from.url });
  }

  /** Rejects `pool-document-refused`, and as asking the web does. */
  documents(place: CatalogPlace): Promise<Documents> {
    return this.#ask(place.url, 'documents', place);
  }

  /** As {@link documents}, of a pool that is not joined: nothing of it stays. */
  async look({ catalog, pool }: Enrolment): Promise<Documents> {
    const dir = await mkdtemp(join(this.#o.temporaryDir, 'catalog-'));
    try {
      await plantRoot(dir, catalog.root);
      return await this.documents({ url: catalog.url, pool, dir });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }

  /** null when this host is in none of that period. Rejects as {@link documents}. */
  statement(place: CatalogPlace, period: string, host: string): Promise<SignedStatement | null> {
    return this.#ask(place.url, 'statement', { ...place, period, host });
  }

  /** Whoever waits for an answer gets a failure at once. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#worker?.dispose();
    await this.#one.run(() => Promise.resolve());
  }

  #ask<V extends WebVerb>(url: string, verb: V, input: WebInput<V>): Promise<Answer<V>> {
    return this.#one.run(async () => {
      if (this.#disposed) throw new GleanerError('host-not-running', 'Gleaner is shutting down.');
      const contacts = [contactOf(url)];
      const gateway = new GridGateway(this.#o.world, 'lookup', () => contacts, true);
      const worker = new CondorWorker({ spawnWorker: this.#o.spawnWorker });
      this.#worker = worker;
      try {
        await gateway.open();
        const authorities = this.#o.settings()['network.authorities'];
        const whole = { ...input, gatewayPath: gateway.socketPath, authorities };
        // The table's input of this verb is what was asked and how to get there.
        return await worker.call(verb, whole as unknown as Inputs[V]);
      } finally {
        await worker.dispose();
        await gateway.dispose();
      }
    });
  }
}

/** Where a pool's web server is; mostly in the company's own network. Pure. */
export function contactOf(address: string): Contact {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return { host, port: portOf(url), source: 'project', private: true };
}

/** What a pool's VM may contact, and where the host itself finds the pool's documents. Pure. */
export function contactsOf({ collector, submits, catalog }: Enrolment): Contact[] {
  const places = [collector, ...submits].map(
    ({ address, port }): Contact => ({ host: address, port, source: 'project', private: true }),
  );
  const all = [...places, contactOf(catalog.url)];
  return all.filter(
    ({ host, port }, at) => all.findIndex((other) => other.host === host && other.port === port) === at,
  );
}
