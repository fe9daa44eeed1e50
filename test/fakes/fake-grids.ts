import type { CommandOutput, CommandParsed } from '../../electron/contract/commands.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import type {
  GridDetail,
  GridView,
  ListedProject,
  ManagerView,
  ProjectOffer,
} from '../../electron/contract/grids.ts';
import type { Denial, NetworkReport } from '../../electron/contract/network.ts';
import { plainly } from '../../electron/contract/said.ts';
import { fakeDetail, fakeGrid, fakeKnown, fakeManager, fakeNow, fakeOffer } from './fake-grid-views.ts';

const MiB = 1024 * 1024;
const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);

/** A fake of what is joined: in memory, asks nobody. The password `wrong` is refused everywhere. */
export class FakeGrids {
  readonly known: ListedProject[] = fakeKnown.map((project) => ({ ...project, permitted: true }));
  /** What answers at an address besides the known projects. */
  readonly offers = new Map<string, ProjectOffer>([
    [
      'https://united.example.org/',
      fakeOffer({
        url: 'https://united.example.org/',
        name: 'Science Together',
        kind: 'manager',
        usesName: true,
        platforms: [],
        runsHere: null,
        canCreateAccount: false,
      }),
    ],
    [
      'https://tide-tables.example.org/',
      fakeOffer({
        url: 'https://tide-tables.example.org/',
        minPasswordLength: 12,
        terms:
          'You agree that results are published.\n\nYou may leave at any time; what you have computed stays.',
      }),
    ],
    [
      'https://grid.acme.example/',
      fakeOffer({
        url: 'https://grid.acme.example/',
        name: 'Acme Simulations',
        needsPrivate: true,
        contacts: [{ host: 'grid.acme.example', port: 443, source: 'project', private: true }],
      }),
    ],
    [
      'https://mac-only.example.org/',
      fakeOffer({
        url: 'https://mac-only.example.org/',
        name: 'Apple Study',
        platforms: ['x86_64-apple-darwin'],
        runsHere: false,
      }),
    ],
  ]);
  details = new Map<string, GridDetail>();
  manager: ManagerView | null = null;
  #gate: Promise<void> | null = null;
  #release: () => void = () => undefined;
  login: { name: string; password: string } | null = null;
  newerPackages: CommandOutput<'appliance.update'>['packages'] = [
    { name: 'boinc-client', from: '7.20.5+dfsg-1.1', to: '7.20.5+dfsg-1.1+deb12u1' },
  ];

  /** What lookups and joining wait for. */
  get gate(): Promise<void> | null {
    return this.#gate;
  }

  /** Holds every lookup and joining back until `release`. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#gate = null;
    this.#release();
  }

  /** Replaces what is joined. */
  load(details: readonly GridDetail[], manager: ManagerView | null = null): void {
    this.details = new Map(details.map((detail) => [detail.grid.id, detail]));
    this.manager = manager;
  }

  get views(): GridView[] {
    return [...this.details.values()].map(({ grid }) => grid);
  }

  get denials(): Denial[] {
    return [...this.details.values()]
      .flatMap(({ denials }) => denials)
      .sort((one, other) => other.lastAt - one.lastAt);
  }

  show(id: string): GridDetail {
    const detail = this.details.get(id);
    if (!detail)
      throw new GleanerError('not-joined', `There is no grid "${id}".`, 'See "gleaner grids list".');
    return detail;
  }

  async lookup({ url, allowPrivate }: CommandParsed<'grids.lookup'>): Promise<ProjectOffer> {
    await this.#gate;
    const offer = this.#offerAt(url);
    if (offer.needsPrivate && !allowPrivate) {
      throw new GleanerError('egress-denied', `“${new URL(offer.url).host}” is no public address.`);
    }
    return offer;
  }

  async join({
    url,
    account,
    contacts,
    allowPrivate,
    share,
  }: CommandParsed<'grids.join'>): Promise<GridView> {
    await this.#gate;
    const offer = this.#offerAt(url);
    const id = `boinc-${offer.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
    if (this.details.has(id)) throw new GleanerError('already-joined', `${offer.name} is joined already.`);
    const place = (contact: { host: string; port: number }): string => `${contact.host}:${contact.port}`;
    const seen = new Set(contacts.map(place));
    if (offer.contacts.length !== seen.size || !offer.contacts.map(place).every((host) => seen.has(host))) {
      throw new GleanerError(
        'consent-required',
        `What ${offer.name} may contact has changed.`,
        'Look at it again before you join.',
      );
    }
    if (offer.needsPrivate && !allowPrivate) {
      throw new GleanerError('consent-required', `${offer.name} is on a private network.`);
    }
    if (account.kind !== 'key') this.#checkPassword(account.password);
    const grid = fakeGrid({
      id,
      name: offer.name,
      url: offer.url,
      state: 'joining',
      sentence: 'It signs in to the project as soon as its virtual machine may run.',
      said: plainly('grid.signs-in-later'),
      share,
      credit: null,
      queued: 0,
      running: 0,
      done: 0,
      failed: 0,
    });
    this.details.set(
      id,
      fakeDetail({
        grid,
        seenAt: null,
        tasks: [],
        messages: [],
        transfers: [],
        diskBytes: null,
        hostId: null,
        userName: account.kind === 'create' ? account.name : null,
        weakKey: null,
        contacts: offer.contacts,
        contacted: [],
        denials: [],
      }),
    );
    return grid;
  }

  leave(id: string): null {
    const { grid } = this.show(id);
    if (grid.managedBy !== null) {
      throw new GleanerError('grid-not-permitted', `${grid.name} was joined by ${grid.managedBy}.`);
    }
    this.details.delete(id);
    return null;
  }

  update(id: string): GridView {
    return this.#change(id, { sentence: 'It asks the project for work.', said: plainly('grid.asks') });
  }

  set({ id, share, noNewWork, suspended }: CommandParsed<'grids.set'>): GridView {
    const { managedBy } = this.show(id).grid;
    if (share !== undefined && managedBy !== null) {
      throw new GleanerError('setting-locked', `${managedBy} decides about its share.`, 'Change it there.');
    }
    return this.#change(id, {
      ...(share === undefined ? {} : { share }),
      ...(noNewWork === undefined ? {} : { noNewWork }),
      ...(suspended === true
        ? {
            state: 'suspended',
            suspended,
            sentence: 'It is suspended: none of its tasks runs.',
            said: plainly('grid.suspended'),
            running: 0,
          }
        : {}),
      ...(suspended === false
        ? {
            state: 'waiting',
            suspended,
            sentence: 'It waits for its turn to ask for work.',
            said: plainly('grid.turn-to-ask'),
          }
        : {}),
    });
  }

  abortTask({ id, task }: CommandParsed<'grids.abort-task'>): null {
    const detail = this.show(id);
    if (!detail.tasks.some(({ name }) => name === task)) {
      throw new GleanerError('not-found', `${detail.grid.name} has no task "${task}".`);
    }
    const tasks = detail.tasks.map((one) =>
      one.name === task ? { ...one, state: 'aborted' as const } : one,
    );
    this.details.set(id, { ...detail, tasks });
    return null;
  }

  allow({ id, host, port, private: isPrivate }: CommandParsed<'grids.allow'>): GridDetail {
    const detail = this.show(id);
    const denial = detail.denials.find((one) => one.host === host && one.port === port);
    if (denial?.reason === 'private-address' && !isPrivate) {
      throw new GleanerError('consent-required', `${host} is on a private network.`);
    }
    const changed: GridDetail = {
      ...detail,
      contacts: [...detail.contacts, { host, port, source: 'person', private: isPrivate }],
      denials: detail.denials.filter((one) => one !== denial),
    };
    this.details.set(id, changed);
    return changed;
  }

  forbid({ id, host, port }: CommandParsed<'grids.forbid'>): GridDetail {
    const detail = this.show(id);
    const contacts = detail.contacts.filter(
      (one) => one.host !== host || one.port !== port || one.source !== 'person',
    );
    if (contacts.length === detail.contacts.length) {
      throw new GleanerError('not-found', `You have not allowed ${host}:${port}.`);
    }
    const changed = { ...detail, contacts };
    this.details.set(id, changed);
    return changed;
  }

  async joinManager({ url, name, password }: CommandParsed<'manager.join'>): Promise<ManagerView> {
    await this.#gate;
    const offer = this.#offerAt(url);
    if (offer.kind !== 'manager')
      throw new GleanerError('grid-refused', `${offer.name} is no account manager.`);
    this.#checkPassword(password);
    this.manager = fakeManager({ url: offer.url, name: offer.name, userName: name });
    return this.manager;
  }

  sync(): ManagerView {
    this.manager = { ...this.#joinedManager(), syncedAt: fakeNow };
    return this.manager;
  }

  leaveManager(leaveProjects: boolean): null {
    const { name } = this.#joinedManager();
    for (const [id, detail] of this.details) {
      if (detail.grid.managedBy !== name) continue;
      if (leaveProjects) this.details.delete(id);
      else this.details.set(id, { ...detail, grid: { ...detail.grid, managedBy: null } });
    }
    this.manager = null;
    return null;
  }

  report(): NetworkReport {
    return {
      todayBytes: 151 * MiB,
      monthBytes: 2300 * MiB,
      quotaDayBytes: 500 * MiB,
      quotaMonthBytes: null,
      metered: false,
      proxy: null,
      hosts: [...this.details.values()]
        .flatMap(({ contacted, grid }) => contacted.map((row) => ({ ...row, grid: grid.id })))
        .sort((one, other) => other.received + other.sent - (one.received + one.sent)),
      denials: this.denials,
    };
  }

  updateAppliances(): CommandOutput<'appliance.update'> {
    const packages = this.newerPackages;
    this.newerPackages = [];
    return { updated: packages.length > 0, builtAt: fakeNow, packages };
  }

  #offerAt(given: string): ProjectOffer {
    const url = withSlash(given.trim());
    const offer =
      this.offers.get(url) ?? (this.known.some((one) => one.url === url) ? fakeOffer({ url }) : undefined);
    if (!offer) {
      throw new GleanerError(
        'grid-unreachable',
        `Nothing answers at ${url}`,
        'Check the address; a project’s address begins with https://.',
      );
    }
    return offer;
  }

  #joinedManager(): ManagerView {
    if (!this.manager) throw new GleanerError('not-joined', 'No account manager is joined.');
    return this.manager;
  }

  #checkPassword(password: string): void {
    if (password !== 'wrong') return;
    throw new GleanerError(
      'account-refused',
      'The project does not know this e-mail address with this password.',
      'Try again, or use the account key from your account’s page.',
    );
  }

  #change(id: string, changes: Partial<GridView>): GridView {
    const detail = this.show(id);
    const grid = { ...detail.grid, ...changes };
    this.details.set(id, { ...detail, grid });
    return grid;
  }
}
