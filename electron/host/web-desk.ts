import type { SpawnWorker } from '../base/worker.ts';
import { type Account, type ProjectOffer, type Settings } from '../contract/index.ts';
import { offerContacts } from '../grid/boinc/contacts.ts';
import { knownProjects } from '../grid/boinc/known-projects.ts';
import type { answers, Inputs, ManagerReply, ProjectFacts, SignedIn, Verb } from '../grid/boinc/messages.ts';
import { BoincWorker } from '../grid/boinc/worker.ts';
import { AskedWeb } from './asked-web.ts';
import type { GatewayWorld } from './grid-gateway.ts';
import { contactsOfTyped, sameProject } from './project-url.ts';

/** Web calls by verb, without the gateway that they go through. */
type WebInput<V extends Verb> = Omit<Inputs[V], 'gatewayPath' | 'authorities'>;

export interface WebDeskOptions {
  readonly world: GatewayWorld;
  readonly spawnWorker: SpawnWorker;
  readonly settings: () => Settings;
  readonly memoryBytes: () => number;
}

/** What the host itself asks projects and managers, before there is a VM of theirs. */
export class WebDesk {
  readonly #o: WebDeskOptions;
  readonly #web: AskedWeb<Inputs, typeof answers>;

  constructor(o: WebDeskOptions) {
    this.#o = o;
    this.#web = new AskedWeb({
      ...o,
      name: 'lookup',
      repeats: false,
      worker: (options) => new BoincWorker(options),
    });
  }

  /** Rejects `bad-request` for what is no address, `grid-unreachable`, `grid-protocol`, `egress-denied`. */
  async lookup(typed: string, allowPrivate: boolean): Promise<{ offer: ProjectOffer; facts: ProjectFacts }> {
    const contacts = contactsOfTyped(typed, allowPrivate);
    const facts = await this.#web.ask(contacts, 'lookup', { url: typed });
    return { facts, offer: this.#offerOf(facts, allowPrivate) };
  }

  /** Rejects `account-refused` and what {@link lookup} rejects with. */
  signIn(facts: ProjectFacts, account: Account, allowPrivate: boolean): Promise<SignedIn> {
    return this.#web.ask(contactsOfTyped(facts.url, allowPrivate), 'signIn', { facts, account });
  }

  syncManager(input: WebInput<'syncManager'>, allowPrivate: boolean): Promise<ManagerReply> {
    return this.#web.ask(contactsOfTyped(input.facts.url, allowPrivate), 'syncManager', input);
  }

  /** Whoever waits for an answer gets a failure at once. */
  dispose(): Promise<void> {
    return this.#web.dispose();
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
}
