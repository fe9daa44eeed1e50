import type { Clock } from '../../base/clock.ts';
import { type Contact, type ContactSource, GleanerError } from '../../contract/index.ts';
import type { GridDatabase, Value } from '../database.ts';
import { idOf, placeOf } from './project-id.ts';
import { CreditRecords } from './store-credit.ts';
import { boincMigrations, ProjectRow } from './store-rows.ts';
import { TaskRecords } from './store-tasks.ts';
import type { JoinedProject, ManagedBy, Named, NewProject, Standing, StoreOptions } from './store-types.ts';

/** What the person, a manager or the organization may change of a joined project. */
export interface ProjectChange {
  readonly share?: number | undefined;
  readonly noNewWork?: boolean | undefined;
  readonly suspended?: boolean | undefined;
  readonly managedBy?: ManagedBy | undefined;
  readonly named?: Named | null | undefined;
  readonly weakKey?: boolean | undefined;
}

/**
 * The projects that are joined, with what is remembered of their tasks and credit. Methods throw `not-joined` and what
 * the database throws.
 */
export class BoincStore {
  readonly tasks: TaskRecords;
  readonly credit: CreditRecords;
  readonly #db: GridDatabase;
  readonly #clock: Clock;
  /** What the database holds; nobody else writes it. */
  readonly #projects = new Map<string, JoinedProject>();

  constructor({ database, book, clock, step = () => undefined }: StoreOptions) {
    this.#db = database;
    this.#clock = clock;
    database.migrate('boinc', boincMigrations);
    this.tasks = new TaskRecords(database, book, step);
    this.credit = new CreditRecords(database, book, clock, step);
    for (const row of database.all('SELECT * FROM boinc_projects ORDER BY seq')) {
      const project = ProjectRow.parse(row);
      this.#projects.set(project.id, project);
    }
  }

  /** In the order in which they were joined, those that are being left included. */
  projects(): readonly JoinedProject[] {
    return [...this.#projects.values()];
  }

  project(id: string): JoinedProject {
    const project = this.#projects.get(id);
    if (!project) throw new GleanerError('not-joined', `There is no joined project ${id}.`);
    return project;
  }

  /** By its master URL. */
  find(url: string): JoinedProject | undefined {
    const place = placeOf(url);
    return this.projects().find((project) => placeOf(project.url) === place);
  }

  /** Throws `already-joined`, also while it is still being left, and `bad-request` for what is no project's URL. */
  join(project: NewProject): JoinedProject {
    const known = this.find(project.url);
    if (known) {
      throw new GleanerError(
        'already-joined',
        known.state === 'leaving' ? `${known.name} is still being left.` : `${known.name} is joined already.`,
      );
    }
    const id = this.#db.transaction(() => {
      const given = this.#idFor(placeOf(project.url));
      this.#db.run(
        `INSERT INTO boinc_projects (id, url, name, share, no_new_work, suspended, managed_by, named, contacts,
           state, weak_key, key_held, joined_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'joining', ?, 1, ?)`,
        given,
        project.url,
        project.name,
        project.share,
        Number(project.noNewWork ?? false),
        Number(project.suspended ?? false),
        JSON.stringify(project.managedBy),
        jsonOf(project.named ?? null),
        JSON.stringify(project.contacts),
        Number(project.weakKey),
        this.#clock.now(),
      );
      return given;
    });
    return this.#read(id);
  }

  change(id: string, change: ProjectChange): JoinedProject {
    const now = this.project(id);
    const { share, noNewWork, suspended, managedBy, named, weakKey } = change;
    return this.#update(
      id,
      'share = ?, no_new_work = ?, suspended = ?, managed_by = ?, named = ?, weak_key = ?',
      share ?? now.share,
      Number(noNewWork ?? now.noNewWork),
      Number(suspended ?? now.suspended),
      JSON.stringify(managedBy ?? now.managedBy),
      jsonOf(named === undefined ? now.named : named),
      Number(weakKey ?? now.weakKey),
    );
  }

  /** Puts these in the place of all contacts from this source. */
  setContacts(
    id: string,
    source: ContactSource,
    contacts: readonly Omit<Contact, 'source'>[],
  ): JoinedProject {
    const others = this.project(id).contacts.filter((contact) => contact.source !== source);
    const theirs = contacts.map(({ host, port, private: isPrivate }) => ({
      host,
      port,
      source,
      private: isPrivate,
    }));
    return this.#update(id, 'contacts = ?', JSON.stringify([...others, ...unique(theirs)]));
  }

  /** The project has answered to its VM, under this number for the host. */
  attached(id: string, hostId: string): JoinedProject {
    const { state } = this.project(id);
    return this.#update(id, 'state = ?, host_id = ?', state === 'leaving' ? state : 'joined', hostId);
  }

  /** The host holds an account key again. */
  keyGiven(id: string, weakKey: boolean): JoinedProject {
    return this.#update(id, 'key_held = 1, weak_key = ?', Number(weakKey));
  }

  /** The account key is safe in the VM's disk: the host's copy was let go of. */
  keyGone(id: string): JoinedProject {
    return this.#update(id, 'key_held = 0');
  }

  rememberPassword(id: string, password: string): JoinedProject {
    return this.#update(id, 'rpc_password = ?', password);
  }

  remember(id: string, standing: Standing): JoinedProject {
    return this.#update(id, 'standing = ?', JSON.stringify(standing));
  }

  /** The first of two steps: from now on it has no work, whatever happens. */
  leave(id: string): JoinedProject {
    return this.#update(id, "state = 'leaving'");
  }

  /** The second: its VM and its disk are gone. What was booked of it is kept from being booked again. */
  left(id: string): void {
    this.project(id);
    this.#db.run('DELETE FROM boinc_projects WHERE id = ?', id);
    this.#projects.delete(id);
  }

  #idFor(place: string): string {
    const known = this.#db.get('SELECT id FROM boinc_ids WHERE place = ?', place);
    if (known) return String(known['id']);
    const id = idOf(
      place,
      (taken) => this.#db.get('SELECT 1 FROM boinc_ids WHERE id = ?', taken) !== undefined,
    );
    this.#db.run('INSERT INTO boinc_ids (id, place) VALUES (?, ?)', id, place);
    return id;
  }

  #update(id: string, sets: string, ...values: readonly Value[]): JoinedProject {
    this.project(id);
    this.#db.run(`UPDATE boinc_projects SET ${sets} WHERE id = ?`, ...values, id);
    return this.#read(id);
  }

  #read(id: string): JoinedProject {
    const project = ProjectRow.parse(this.#db.get('SELECT * FROM boinc_projects WHERE id = ?', id));
    this.#projects.set(id, project);
    return project;
  }
}

function jsonOf(value: object | null): Value {
  return value && JSON.stringify(value);
}

function unique(contacts: readonly Contact[]): Contact[] {
  const byPlace = new Map(contacts.map((contact) => [`${contact.host} ${contact.port}`, contact]));
  return [...byPlace.values()];
}
