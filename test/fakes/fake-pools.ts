import type { CommandParsed } from '../../electron/contract/commands.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import type { GridView } from '../../electron/contract/grids.ts';
import { Enrolment } from '../../electron/contract/pool.ts';
import type { EnrolmentSource, PoolOffer } from '../../electron/contract/pool-views.ts';
import { plainly } from '../../electron/contract/said.ts';
import type { FakeGrids } from './fake-grids.ts';
import { fakeEnrolment, fakePool, fakePoolDetail, fakePoolOffer, fakePoolPart } from './fake-pool-views.ts';

/** Where {@link fakeEnrolment} lies on a web that is not there. */
export const fakeEnrolmentUrl = 'https://catalog.acme.example/enrol/pc17.json';

/** A fake of companies' pools: asks nobody, and puts what is joined beside the projects of {@link FakeGrids}. */
export class FakePools {
  /** What lies at an address. */
  readonly web = new Map<string, Enrolment>([[fakeEnrolmentUrl, fakeEnrolment()]]);
  /** What the pool of an enrolment is like now. */
  offer: PoolOffer = fakePoolOffer();
  readonly #grids: FakeGrids;

  constructor(grids: FakeGrids) {
    this.#grids = grids;
  }

  async lookup({ from }: CommandParsed<'pools.lookup'>): Promise<PoolOffer> {
    await this.#grids.gate;
    const { pool, name, host, department, tags } = this.#enrolmentOf(from);
    return { ...this.offer, pool, name, host, department, tags };
  }

  async join({ from, contacts, share }: CommandParsed<'pools.join'>): Promise<GridView> {
    await this.#grids.gate;
    const { pool, name, host, department, tags } = this.#enrolmentOf(from);
    const place = (contact: { host: string; port: number }): string => `${contact.host}:${contact.port}`;
    if (this.offer.contacts.map(place).sort().join() !== contacts.map(place).sort().join()) {
      throw new GleanerError('consent-required', `What ${name} contacts is not what was agreed to.`);
    }
    const id = `condor-${pool.replaceAll('.', '-')}`;
    if (this.#grids.details.has(id)) throw new GleanerError('already-joined', `${name} is joined already.`);
    const grid = fakePool({
      id,
      name,
      url: this.offer.catalogUrl,
      state: 'joining',
      sentence: 'It connects to the pool as soon as its virtual machine may run.',
      said: plainly('grid.pool-connects-later'),
      share,
      running: 0,
      done: 0,
      failed: 0,
      aborted: 0,
    });
    const part = fakePoolPart({
      ...{ domain: pool, host, department, tags, connected: null, executions: [], lost: 0, statements: [] },
      policy: this.offer.policy,
      tariff: this.offer.tariff,
      ...(this.offer.policy === null ? { policyVersion: null, policyAt: null } : {}),
    });
    this.#grids.details.set(
      id,
      fakePoolDetail({
        grid,
        seenAt: null,
        diskBytes: null,
        contacts: this.offer.contacts,
        contacted: [],
        pool: part,
      }),
    );
    return grid;
  }

  /** @throws GleanerError `enrolment-invalid`, `grid-unreachable` */
  #enrolmentOf(from: EnrolmentSource): Enrolment {
    if (from.kind === 'url') {
      const found = this.web.get(from.url);
      if (!found) throw new GleanerError('grid-unreachable', `Nothing answers at ${from.url}`);
      return found;
    }
    let document: unknown;
    try {
      document = JSON.parse(from.text);
    } catch {
      throw invalid('it is no JSON');
    }
    const enrolment = Enrolment.safeParse(document);
    if (!enrolment.success) throw invalid('the document is not as it should be');
    return enrolment.data;
  }
}

function invalid(why: string): GleanerError {
  return new GleanerError(
    'enrolment-invalid',
    `This enrolment cannot be used: ${why}.`,
    'Ask who administers the pool for a new one.',
  );
}
