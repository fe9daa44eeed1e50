import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import {
  type Allowance,
  GleanerError,
  noSignals,
  type OrganizationProject,
  type SettingsLayer,
} from '../../electron/contract/index.ts';
import type {
  Inputs,
  ManagedAccount,
  ManagerReply,
  ProjectFacts,
  Verb,
} from '../../electron/grid/boinc/messages.ts';
import type { JoinedProject } from '../../electron/grid/boinc/store-types.ts';
import { type CallSubject, hostCalls } from '../../electron/host/calls.ts';
import { Grids } from '../../electron/host/grids.ts';
import { Problems } from '../../electron/host/problems.ts';
import { KeyFiles } from '../../electron/host/secrets-file.ts';
import type { Senses } from '../../electron/host/senses.ts';
import type { SettingsDesk } from '../../electron/host/settings-desk.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { YieldLog } from '../../electron/ledger/yield-log.ts';
import { FakeAgentMachine } from '../fakes/fake-agent-machine.ts';
import type { FakeBoincEngine } from '../fakes/fake-boinc-engine.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeHostWorkers } from '../fakes/fake-host-workers.ts';
import { effectiveOf } from './policy-fixture.ts';

/** No VM runs by itself: the test says when one is there. */
const paused: Allowance = {
  run: false,
  rung: 'frozen',
  share: 0,
  vcpus: 1,
  memoryBytes: 0,
  network: false,
  reason: 'The test says when.',
  organization: null,
  reasons: [],
};

export const projectFacts = (url: string, more: Partial<ProjectFacts> = {}): ProjectFacts => ({
  kind: 'project',
  url,
  name: url,
  platforms: ['x86_64-pc-linux-gnu'],
  canCreateAccount: true,
  usesName: false,
  minPasswordLength: 6,
  terms: null,
  schedulers: [],
  signingKey: null,
  ...more,
});

export const organizationProject = (
  url: string,
  more: Partial<OrganizationProject> = {},
): OrganizationProject => ({
  url,
  key: '1234567890abcdef',
  share: 100,
  contacts: [],
  ...more,
});

export const managedAccount = (url: string, more: Partial<ManagedAccount> = {}): ManagedAccount => ({
  url,
  key: 'abcdef1234567890',
  share: 50,
  suspended: false,
  noNewWork: false,
  detach: false,
  detachWhenDone: false,
  ...more,
});

/** All grids of one host as it composes them, with its commands; gateways, BOINC's workers and the web are fakes. */
export class GridsFixture {
  readonly clock: FakeClock;
  readonly database: Database;
  readonly grids: Grids;
  readonly calls: ReturnType<typeof hostCalls>['plain'];
  readonly problems = new Problems(() => undefined);
  readonly workers = new FakeHostWorkers((verb, input) => this.#answer(verb, input));
  settings: SettingsLayer = {};
  /** By the address that is asked; others answer as projects do. */
  readonly facts = new Map<string, ProjectFacts>();
  readonly refuse = new Map<string, GleanerError>();
  /** What the manager names. */
  accounts: ManagedAccount[] = [];
  /** Whatever was asked of the web, in order. */
  readonly asked: string[] = [];

  constructor(dir: string, clock = new FakeClock()) {
    this.clock = clock;
    const paths = resolvePaths({ platform: 'linux', home: dir, uid: 0, env: { GLEANER_HOME: dir } });
    const effective = () => effectiveOf(this.settings, { organization: 'Acme' });
    const settings: unknown = {
      get effective() {
        return effective();
      },
    };
    for (const folder of [paths.jobsDir, paths.keysDir]) mkdirSync(folder, { recursive: true });
    this.database = openDatabase(join(dir, 'gleaner.db'));
    const ledger = new Ledger(this.database, clock);
    this.grids = new Grids({
      host: {
        paths,
        spawnWorker: this.workers.spawn,
        imageSourceDir: () => Promise.reject(new GleanerError('internal', 'There are no images.')),
        sampleDir: dir,
        profiles: {
          read: () => Promise.reject(new Error('unused')),
          watch: () => ({ dispose: () => undefined }),
        },
        secrets: new KeyFiles(paths.keysDir),
        version: 'test',
        log: silentLog,
      },
      settings: settings as SettingsDesk,
      database: this.database,
      ledger,
      yieldLog: new YieldLog(this.database, clock.now()),
      problems: this.problems,
      senses: () =>
        ({ decide: () => paused, signals: noSignals, desk: { stoppedSince: null } }) as unknown as Senses,
      clock,
      log: silentLog,
      onChange: () => undefined,
    });
    this.calls = hostCalls({ grids: this.grids, ledger, record: {} } as unknown as CallSubject).plain;
  }

  async begin(): Promise<void> {
    await this.grids.load();
    await this.grids.recover();
    this.grids.begin();
  }

  /** The organization's settings are these from now on. */
  organize(...projects: readonly OrganizationProject[]): void {
    this.settings = { ...this.settings, 'grids.boinc': [...projects] };
    this.grids.follow();
  }

  /** What is joined, with contacts as `SOURCE HOST:PORT`. */
  joined(): (Pick<JoinedProject, 'url' | 'share' | 'managedBy'> & { places: string[] })[] {
    return this.grids.boinc.list().map(({ url, share, managedBy, contacts }) => ({
      url,
      share,
      managedBy,
      places: contacts.map(({ source, host, port }) => `${source} ${host}:${port}`),
    }));
  }

  idOf(url: string): string {
    const id = this.grids.boinc.list().find((project) => project.url === url)?.id;
    if (id === undefined) throw new Error(`${url} is not joined`);
    return id;
  }

  /** Runs a joined project on a machine with this client as long as it wants; the machine goes when `check` is true. */
  async runs(id: string, client: FakeBoincEngine, check: () => boolean): Promise<void> {
    const machine = new FakeAgentMachine(this.clock, client);
    this.workers.clients.machine = machine;
    const { runner } = this.grids.boinc.lane(id);
    const run = { over: false };
    const ended = runner
      .run(machine)
      .catch(() => undefined)
      .then(() => {
        run.over = true;
      });
    await this.until(() => {
      machine.tick();
      return run.over || check();
    });
    machine.lose();
    await ended;
  }

  /** Resolves when `check` is true; what is due goes on meanwhile. */
  async until(check: () => boolean): Promise<void> {
    const end = Date.now() + 4000;
    while (!check()) {
      if (Date.now() > end) throw new Error(`In vain: ${check.toString()}`);
      this.clock.advance(0);
      await turn();
    }
  }

  async end(): Promise<void> {
    await this.grids.end(false);
    this.grids.dispose();
    this.database.close();
  }

  #answer(verb: Verb, input: Inputs[Verb]): unknown {
    if (verb === 'lookup') {
      const { url } = input as Inputs['lookup'];
      this.asked.push(`lookup ${url}`);
      const refusal = this.refuse.get(url);
      if (refusal) throw refusal;
      return this.facts.get(url) ?? projectFacts(url);
    }
    if (verb === 'signIn') {
      const { account, facts } = input as Inputs['signIn'];
      const refusal = this.refuse.get(`account ${facts.url}`);
      if (refusal) throw refusal;
      return { key: account.kind === 'key' ? `weak-${account.key}` : 'weak-of-the-person', weak: true };
    }
    this.asked.push('sync');
    return {
      name: 'Manager',
      userName: 'Somebody',
      opaque: null,
      signingKey: 'key of the manager',
      repeatSeconds: 3600,
      accounts: this.accounts,
      refused: [],
    } satisfies ManagerReply;
  }
}
