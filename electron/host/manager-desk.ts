import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import {
  type CommandParsed,
  failureSaid,
  GleanerError,
  type ManagerView,
  toFailure,
} from '../contract/index.ts';
import { type ManagedAccount, ProjectFacts } from '../grid/boinc/messages.ts';
import { refused } from '../grid/boinc/refused.ts';
import type { BoincGrids } from './boinc-grids.ts';
import { isNamed } from './join-rules.ts';
import type { ManagedJoins } from './managed-joins.ts';
import type { SealedFiles } from './sealed.ts';
import type { WebDesk } from './web-desk.ts';

const sealedName = 'manager';
const firstRetryMs = 5 * 60_000;
const longestRetryMs = 24 * 3_600_000;

/** All that is kept of a manager; enciphered, because its password's hash is as good as the password. */
const Kept = z.object({
  facts: ProjectFacts,
  login: z.string(),
  passwordHash: z.string(),
  hostCpid: z.string(),
  allowPrivate: z.boolean(),
  opaque: z.string().nullable(),
  name: z.string(),
  userName: z.string(),
  syncedAt: z.int().nullable(),
  repeatSeconds: z.number(),
});
type Kept = z.infer<typeof Kept>;

const lostView: ManagerView = {
  url: '',
  name: 'An account manager',
  userName: '',
  syncedAt: null,
  nextAt: null,
  failure: null,
  refused: [],
};

export interface ManagerDeskOptions {
  readonly web: WebDesk;
  readonly grids: BoincGrids;
  readonly joins: Pick<ManagedJoins, 'bring'>;
  readonly sealed: SealedFiles;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

/** The account manager that names projects, if one is joined: asked at its own interval, obeyed where its signatures are right. */
export class ManagerDesk implements Disposable {
  readonly #o: ManagerDeskOptions;
  readonly #one = new Mutex();
  #kept: Kept | undefined;
  #refused: ManagerView['refused'] = [];
  #failure: ManagerView['failure'] = null;
  #failures = 0;
  /** There is one, and what is kept of it cannot be read. */
  #isLost = false;
  #nextAt: number | null = null;
  #cancelNext: (() => void) | undefined;
  #begun = false;
  #disposed = false;

  constructor(o: ManagerDeskOptions) {
    this.#o = o;
  }

  /** Takes up what an earlier host had joined. */
  async recover(): Promise<void> {
    try {
      const text = await this.#o.sealed.get(sealedName);
      if (text === null) return;
      this.#kept = Kept.parse(JSON.parse(text));
    } catch (error) {
      this.#failure = toFailure(error);
      this.#isLost = true;
      this.#o.log.warn('manager', this.#failure.sentence);
    }
  }

  /** Asks it in its own time from now on. */
  begin(): void {
    this.#begun = true;
    if (!this.#kept) return;
    const { syncedAt, repeatSeconds } = this.#kept;
    const now = this.#o.clock.now();
    // The clock may have run ahead when it was asked last.
    this.#syncAt(syncedAt === null ? now : Math.min(syncedAt, now) + repeatSeconds * 1000);
  }

  view(): ManagerView | null {
    const kept = this.#kept;
    if (!kept) return this.#isLost ? { ...lostView, failure: this.#failure } : null;
    return {
      url: kept.facts.url,
      name: kept.name,
      userName: kept.userName,
      syncedAt: kept.syncedAt,
      nextAt: this.#nextAt,
      failure: this.#failure,
      refused: this.#refused,
    };
  }

  /** Rejects `already-joined`, `grid-unsupported`, `account-refused`, and what a lookup rejects with. */
  join({ url, name, password, allowPrivate }: CommandParsed<'manager.join'>): Promise<ManagerView> {
    return this.#one.run(async () => {
      if (this.#kept || this.#isLost) {
        throw new GleanerError(
          'already-joined',
          `${this.#kept?.name ?? lostView.name} decides already which projects are joined.`,
          'Leave it first: gleaner manager leave',
        );
      }
      this.#o.grids.requirePermitted(url);
      const { facts } = await this.#o.web.lookup(url, allowPrivate);
      if (facts.kind !== 'manager') {
        throw new GleanerError(
          'grid-unsupported',
          `${facts.name} is a project, not an account manager.`,
          'Join it as a project: gleaner grids join boinc:URL',
        );
      }
      const kept: Kept = {
        facts,
        login: name,
        passwordHash: createHash('md5')
          .update(password + name.toLowerCase())
          .digest('hex'),
        hostCpid: randomBytes(16).toString('hex'),
        allowPrivate,
        opaque: null,
        name: facts.name,
        userName: name,
        syncedAt: null,
        repeatSeconds: 86_400,
      };
      await this.#sync(kept);
      return this.#shown();
    });
  }

  /** Rejects `not-joined`, and as {@link join}. */
  sync(): Promise<ManagerView> {
    return this.#one.run(async () => {
      if (!this.#kept) throw notJoined();
      await this.#sync(this.#kept);
      return this.#shown();
    });
  }

  /** The VM of one of its projects has no account key any more; it names the key at each sync. */
  keyLost(): void {
    if (!this.#disposed) void this.sync().catch(() => undefined);
  }

  leave(leaveProjects: boolean): Promise<void> {
    return this.#one.run(async () => {
      if (!this.#kept && !this.#isLost) throw notJoined();
      const { grids, sealed, onChange } = this.#o;
      for (const project of grids.list().filter(({ managedBy }) => managedBy.kind === 'manager')) {
        if (leaveProjects) await grids.leave(project.id, 'manager');
        else grids.adopt(project.id);
      }
      // Not before: with one that cannot be left, the manager is still to be heard.
      this.#cancelNext?.();
      await sealed.forget(sealedName);
      this.#kept = undefined;
      this.#isLost = false;
      this.#nextAt = null;
      this.#failure = null;
      this.#refused = [];
      onChange();
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#cancelNext?.();
    await this.#one.run(() => Promise.resolve());
  }

  /** What was asked last is kept only when the manager has taken it. */
  async #sync(before: Kept): Promise<void> {
    const { web, grids, clock, onChange } = this.#o;
    const ours = grids.list().filter(({ managedBy }) => managedBy.kind === 'manager');
    try {
      const reply = await web.syncManager(
        {
          facts: before.facts,
          name: before.login,
          passwordHash: before.passwordHash,
          opaque: before.opaque,
          hostCpid: before.hostCpid,
          // The others are not the manager's business.
          projects: ours.map((project) => ({
            url: project.url,
            name: project.name,
            hostId: project.hostId,
            share: project.share,
            suspended: project.suspended,
            noNewWork: project.noNewWork,
          })),
        },
        before.allowPrivate,
      );
      // A manager's key is the one that it came with: another one could be anybody's.
      const signingKey = before.facts.signingKey ?? reply.signingKey;
      const kept: Kept = {
        ...before,
        facts: { ...before.facts, signingKey },
        opaque: reply.opaque,
        name: reply.name || before.name,
        userName: reply.userName || before.login,
        syncedAt: clock.now(),
        repeatSeconds: reply.repeatSeconds,
      };
      await this.#o.sealed.put(sealedName, JSON.stringify(kept));
      this.#kept = kept;
      this.#failure = null;
      this.#failures = 0;
      this.#syncAt(clock.now() + reply.repeatSeconds * 1000);
      this.#refused = [...reply.refused, ...(await this.#obey(reply.accounts, kept))];
    } catch (error) {
      if (this.#kept) {
        this.#failure = toFailure(error);
        this.#failures += 1;
        this.#syncAt(clock.now() + backoffMs(this.#failures, firstRetryMs, longestRetryMs));
      }
      throw error;
    } finally {
      onChange();
    }
  }

  async #obey(accounts: readonly ManagedAccount[], kept: Kept): Promise<ManagerView['refused']> {
    const { grids, joins } = this.#o;
    const refusals: ManagerView['refused'] = [];
    for (const account of accounts) {
      if (this.#disposed) break;
      try {
        const there = grids.list().find((project) => isNamed(project, account.url));
        if (there && there.managedBy.kind !== 'manager') {
          refusals.push(refused(account.url, 'refused.joined'));
        } else if (account.detach) {
          if (there) await grids.leave(there.id, 'manager');
        } else if (!there && account.key === '') {
          refusals.push(refused(account.url, 'refused.no-key'));
        } else {
          const id =
            there && (account.key === '' || account.detachWhenDone)
              ? there.id
              : (
                  await joins.bring({
                    url: account.url,
                    key: account.key,
                    share: account.share ?? there?.share ?? 100,
                    managedBy: { kind: 'manager', name: kept.name },
                  })
                ).id;
          const share = account.share === null ? {} : { share: account.share };
          grids.set(id, { ...share, ...wishesOf(account) }, 'manager');
          // Results that are not reported yet would be lost with its VM.
          if (account.detachWhenDone && !grids.hasTasks(id)) await grids.leave(id, 'manager');
        }
      } catch (error) {
        const failure = toFailure(error);
        refusals.push({
          url: account.url,
          sentence: failure.sentence.slice(0, 500),
          said: failureSaid(failure),
        });
      }
    }
    return refusals;
  }

  #shown(): ManagerView {
    const view = this.view();
    if (!view) throw notJoined();
    return view;
  }

  /** @param longestMs how far off that may be, however the clock is set meanwhile */
  #syncAt(at: number, longestMs = at - this.#o.clock.now()): void {
    this.#nextAt = Math.round(at);
    this.#cancelNext?.();
    if (this.#disposed || !this.#begun) return;
    const { clock } = this.#o;
    // The wall clock may jump: no timer is trusted for longer than an hour.
    const wait = Math.min(Math.max(1000, at - clock.now()), 3_600_000);
    this.#cancelNext = clock.after(wait, () => {
      if (clock.now() < at) this.#syncAt(Math.min(at, clock.now() + longestMs), longestMs);
      else void this.sync().catch(() => undefined);
    });
  }
}

/** What it says nothing of stays as the person has it. */
function wishesOf(account: ManagedAccount): { noNewWork?: boolean; suspended?: boolean } {
  const noNewWork = account.detachWhenDone ? true : account.noNewWork;
  return {
    ...(noNewWork === null ? {} : { noNewWork }),
    ...(account.suspended === null ? {} : { suspended: account.suspended }),
  };
}

function notJoined(): GleanerError {
  return new GleanerError('not-joined', 'No account manager is joined.', 'See: gleaner manager join --help');
}
