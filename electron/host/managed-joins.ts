import type { Log } from '../base/log.ts';
import type { GridView } from '../contract/index.ts';
import type { BoincStore } from '../grid/boinc/store.ts';
import type { JoinedProject, Named } from '../grid/boinc/store-types.ts';
import type { AccountKeys } from './account-keys.ts';
import type { BoincGrids } from './boinc-grids.ts';
import {
  isConsented,
  isNamed,
  type ManagedJoin,
  namedBy,
  offerTo,
  requireOwn,
  requireRunnable,
} from './join-rules.ts';
import type { NetworkDesk } from './network-desk.ts';
import type { WebDesk } from './web-desk.ts';

export interface ManagedJoinsOptions {
  readonly grids: BoincGrids;
  readonly store: BoincStore;
  readonly keys: AccountKeys;
  readonly web: WebDesk;
  readonly network: Pick<NetworkDesk, 'forgive'>;
  readonly log: Log;
}

/** Brings projects to what a manager or an organization says of them; their word stands for the person's consent. */
export class ManagedJoins {
  readonly #o: ManagedJoinsOptions;

  constructor(o: ManagedJoinsOptions) {
    this.#o = o;
  }

  /**
   * Joins a project, or has a joined one follow: its share, its contacts, and a key that its VM has lost. One that runs
   * with another account is left and joined anew, for its client takes no other key. Rejects as joining does.
   */
  async bring(join: ManagedJoin): Promise<GridView> {
    const { grids, web, log } = this.#o;
    grids.requirePermitted(join.url);
    const named = namedBy(join);
    const before = this.#own(join, join.url);
    const isDone = before !== undefined && this.#hasKey(before, named);
    // Also while the project cannot be asked for the other key.
    if (before && (isDone || before.managedBy.kind === join.managedBy.kind)) {
      const view = this.#follow(before, join);
      if (isDone) return view;
    }
    const allowPrivate = isConsented(join);
    const { offer: found, facts } = await web.lookup(join.url, allowPrivate);
    const offer = offerTo(join.managedBy, found);
    grids.requirePermitted(offer.url);
    requireRunnable(offer);
    const { key, weak } = await web.signIn(facts, { kind: 'key', key: join.key }, allowPrivate);
    const there = this.#own(join, join.url) ?? this.#own(join, offer.url);
    if (!there) return grids.keep(offer, { ...join, key, named }, weak);
    if (there.named?.keyDigest === named.keyDigest) {
      await this.#giveKey(there.id, key, weak);
      return this.#follow(there, join);
    }
    log.info('grids', 'left, to be joined with another account', { grid: there.id });
    await grids.end(there.id);
    const contacts = [
      ...(join.contacts ?? []),
      ...there.contacts.filter(({ source }) => source === 'person'),
    ];
    const { noNewWork, suspended } = there;
    return grids.keep(offer, { ...join, key, named, contacts, noNewWork, suspended }, weak);
  }

  /** One that is joined already. Throws `already-joined` when it is not theirs to decide about, or is being left. */
  #own({ managedBy }: ManagedJoin, url: string): JoinedProject | undefined {
    const there = this.#o.grids.list().find((project) => isNamed(project, url));
    if (there) requireOwn(managedBy, there);
    return there;
  }

  #hasKey({ id, named }: JoinedProject, { keyDigest }: Named): boolean {
    return named?.keyDigest === keyDigest && !this.#o.keys.isLost(id);
  }

  #follow({ id, contacts: before, named }: JoinedProject, join: ManagedJoin): GridView {
    const { grids, store, network } = this.#o;
    const { managedBy, share, url } = join;
    const lane = grids.lane(id);
    store.change(id, { managedBy, ...(named ? { named: { ...named, url } } : {}) });
    const { contacts } = store.setContacts(id, 'organization', join.contacts ?? []);
    lane.gateway.follow();
    const known = new Set(before.map((contact) => JSON.stringify(contact)));
    const added = contacts.filter((contact) => !known.has(JSON.stringify(contact)));
    for (const { host, port } of added) network.forgive(id, host, port);
    // What was refused before is tried now, not when the client would.
    if (added.length > 0) lane.runner.update();
    return grids.set(id, { share }, managedBy.kind);
  }

  async #giveKey(id: string, key: string, isWeak: boolean): Promise<void> {
    const { grids, store, keys } = this.#o;
    await keys.put(id, key);
    store.keyGiven(id, isWeak);
    grids.lane(id).runner.update();
  }
}
