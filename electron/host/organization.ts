import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import { type EffectiveSettings, type OrganizationProject, toFailure } from '../contract/index.ts';
import type { BoincGrids } from './boinc-grids.ts';
import type { ProblemsOf } from './problems.ts';
import { sameProject } from './project-url.ts';

const firstRetryMs = 60_000;
const longestRetryMs = 60 * 60_000;

export interface OrganizationOptions {
  readonly grids: Pick<BoincGrids, 'list' | 'joinManaged' | 'leave' | 'set'>;
  readonly effective: () => EffectiveSettings;
  readonly problems: ProblemsOf;
  readonly clock: Clock;
  readonly log: Log;
}

/** Joins the projects that the settings name for all computers of an organization, and leaves those that they name no more. */
export class Organization implements Disposable {
  readonly #o: OrganizationOptions;
  readonly #one = new Mutex();
  #wanted = '';
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #disposed = false;

  constructor(o: OrganizationOptions) {
    this.#o = o;
  }

  /** The settings may be different now. */
  follow(): void {
    const { values, organization } = this.#o.effective();
    const wanted = JSON.stringify([values['grids.boinc'], values['grids.permitted'], organization]);
    if (wanted === this.#wanted || this.#disposed) return;
    this.#wanted = wanted;
    this.#failures = 0;
    this.#reconcileSoon(0);
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#cancelRetry?.();
    await this.#one.run(() => Promise.resolve());
  }

  #reconcileSoon(ms: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#o.clock.after(ms, () => {
      this.#cancelRetry = undefined;
      void this.#one.run(() => this.#reconcile());
    });
  }

  async #reconcile(): Promise<void> {
    const { grids, effective, log } = this.#o;
    const { values, broken } = effective();
    // With a broken profile nothing is known of what is wanted.
    if (broken) return;
    const wanted = values['grids.boinc'];
    const owned = grids.list().filter(({ managedBy }) => managedBy.kind === 'organization');
    let ok = true;
    for (const project of owned) {
      const named = wanted.find(({ url }) => sameProject(url, project.url));
      if (named) {
        if (named.share !== project.share) grids.set(project.id, { share: named.share });
        continue;
      }
      await grids.leave(project.id, 'organization').catch((error: unknown) => {
        log.warn('grids', toFailure(error).sentence, { grid: project.id });
        ok = false;
      });
    }
    for (const project of wanted) {
      if (this.#disposed) return;
      if (!(await this.#join(project))) ok = false;
    }
    this.#failures = ok ? 0 : this.#failures + 1;
    if (!ok && !this.#disposed) this.#reconcileSoon(backoffMs(this.#failures, firstRetryMs, longestRetryMs));
  }

  /** Whether it is joined now. */
  async #join(project: OrganizationProject): Promise<boolean> {
    const { grids, effective, problems } = this.#o;
    const cause = `project ${project.url}`;
    const there = grids.list().find(({ url }) => sameProject(url, project.url));
    if (there?.managedBy.kind === 'organization') {
      problems.set(cause, null);
      return true;
    }
    try {
      await grids.joinManaged({
        url: project.url,
        key: project.key,
        share: project.share,
        managedBy: { kind: 'organization', name: effective().organization },
        contacts: project.contacts.map((contact) => ({ ...contact, source: 'organization' })),
        allowPrivate: project.contacts.some((contact) => contact.private),
      });
      problems.set(cause, null);
      return true;
    } catch (error) {
      const failure = toFailure(error);
      problems.set(cause, {
        ...failure,
        sentence: `A project of your organization is not joined: ${failure.sentence}`,
      });
      return false;
    }
  }
}
