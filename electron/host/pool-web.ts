import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpawnWorker } from '../base/worker.ts';
import { type Contact, type Enrolment, type EnrolmentSource, type Settings } from '../contract/index.ts';
import { plantRoot } from '../grid/condor/catalog.ts';
import { parseEnrolment } from '../grid/condor/enrolment.ts';
import { type answers, type Documents, type Inputs, type SignedStatement } from '../grid/condor/messages.ts';
import { CondorWorker } from '../grid/condor/worker.ts';
import { portOf } from '../grid/web/url.ts';
import { AskedWeb } from './asked-web.ts';
import type { GatewayWorld } from './grid-gateway.ts';

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

/** What the host itself asks a pool's web server, and nobody else. */
export class PoolWeb {
  readonly #o: PoolWebOptions;
  readonly #web: AskedWeb<Inputs, typeof answers>;

  constructor(o: PoolWebOptions) {
    this.#o = o;
    this.#web = new AskedWeb({
      ...o,
      name: 'catalog',
      repeats: true,
      worker: (options) => new CondorWorker(options),
    });
  }

  /** Rejects `enrolment-invalid`, and as asking the web does. */
  async enrolment(from: EnrolmentSource): Promise<Enrolment> {
    return from.kind === 'text'
      ? parseEnrolment(from.text)
      : await this.#web.ask([contactOf(from.url)], 'enrolment', { url: from.url });
  }

  /** Rejects `pool-document-refused`, and as asking the web does. */
  documents(place: CatalogPlace): Promise<Documents> {
    return this.#web.ask([contactOf(place.url)], 'documents', place);
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
    return this.#web.ask([contactOf(place.url)], 'statement', { ...place, period, host });
  }

  /** Whoever waits for an answer gets a failure at once. */
  dispose(): Promise<void> {
    return this.#web.dispose();
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
