import { Mutex } from '../base/mutex.ts';
import type { SpawnWorker } from '../base/worker.ts';
import {
  type Account,
  type Contact,
  GleanerError,
  type ProjectOffer,
  type Settings,
} from '../contract/index.ts';
import { offerContacts } from '../grid/boinc/contacts.ts';
import { knownProjects } from '../grid/boinc/known-projects.ts';
import type { Answer, Inputs, ManagerReply, ProjectFacts, SignedIn, Verb } from '../grid/boinc/messages.ts';
import { BoincWorker } from '../grid/boinc/worker.ts';
import { type GatewayWorld, GridGateway } from './grid-gateway.ts';
import { contactsOfTyped, sameProject } from './project-url.ts';

/** Web calls by verb, without the gateway that they go through. */
type WebInput<V extends Verb> = Omit<Inputs[V], 'gatewayPath' | 'authorities'>;

export interface WebDeskOptions {
  readonly world: GatewayWorld;
  readonly spawnWorker: SpawnWorker;
  readonly settings: () => Settings;
  readonly memoryBytes: () => number;
}

/**
 * What the host itself asks projects and managers, before there is a VM of theirs: through a gateway that reaches the
 * one place that is asked, and parsed in a worker. Both live only as long as the asking.
 */
export class WebDesk {
  readonly #o: WebDeskOptions;
  readonly #one = new Mutex();
  #worker: BoincWorker | undefined;
  #disposed = false;

  constructor(o: WebDeskOptions) {
    this.#o = o;
  }

  /** Rejects `bad-request` for what is no address, `grid-unreachable`, `grid-protocol`, `egress-denied`. */
  async lookup(typed: string, allowPrivate: boolean): Promise<{ offer: ProjectOffer; facts: ProjectFacts }> {
    const contacts = contactsOfTyped(typed, allowPrivate);
    const facts = await this.#ask(contacts, 'lookup', { url: typed });
    return { facts, offer: this.#offerOf(facts, allowPrivate) };
  }

  /** Rejects `account-refused` and what {@link lookup} rejects with. */
  signIn(facts: ProjectFacts, account: Account, allowPrivate: boolean): Promise<SignedIn> {
    return this.#ask(contactsOfTyped(facts.url, allowPrivate), 'signIn', { facts, account });
  }

  syncManager(input: WebInput<'syncManager'>, allowPrivate: boolean): Promise<ManagerReply> {
    return this.#ask(contactsOfTyped(input.facts.url, allowPrivate), 'syncManager', input);
  }

  /** Whoever waits for an answer gets a failure at once. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#worker?.dispose();
    await this.#one.run(() => Promise.resolve());
  }

  #offerOf(facts: ProjectFacts, allowPrivate: boolean): ProjectOffer {
    const known = knownProjects.find(({ url }) => sameProject(url, facts.url)) ?? null;
    const home = new URL(facts.url).hostname;
    const contacts = offerContacts(facts, known).map((contact) =>
      allowPrivate && contact.host === home ? { ...contact, private: true } : contact,
    );
    return {
      url: facts.url,
      name: facts.name,
      kind: facts.kind,
      platforms: facts.platforms,
      runsHere: facts.platforms.length === 0 ? null : facts.platforms.includes('x86_64-pc-linux-gnu'),
      canCreateAccount: facts.canCreateAccount,
      usesName: facts.usesName,
      minPasswordLength: facts.minPasswordLength,
      terms: facts.terms,
      contacts,
      needsPrivate: contacts.some((contact) => contact.private),
      diskBytes: this.#o.settings()['grids.diskBytes'],
      memoryBytes: this.#o.memoryBytes(),
      known,
    };
  }

  #ask<V extends 'lookup' | 'signIn' | 'syncManager'>(
    contacts: readonly Contact[],
    verb: V,
    input: WebInput<V>,
  ): Promise<Answer<V>> {
    return this.#one.run(async () => {
      if (this.#disposed) throw new GleanerError('host-not-running', 'Gleaner is shutting down.');
      const gateway = new GridGateway(this.#o.world, 'lookup', () => contacts, true);
      const worker = new BoincWorker({ spawnWorker: this.#o.spawnWorker });
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
