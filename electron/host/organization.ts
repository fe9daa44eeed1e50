import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import {
  type EffectiveSettings,
  type Failure,
  type OrganizationProject,
  toFailure,
} from '../contract/index.ts';
import type { JoinedProject } from '../grid/boinc/store-types.ts';
import type { BoincGrids } from './boinc-grids.ts';
import { isNamed } from './join-rules.ts';
import type { ManagedJoins } from './managed-joins.ts';
import type { ProblemsOf } from './problems.ts';
import { sameProject } from './project-url.ts';

const firstRetryMs = 60_000;
const longestRetryMs = 60 * 60_000;

export interface OrganizationOptions {
  readonly grids: Pick<BoincGrids, 'list' | 'leave'>;
  readonly joins: Pick<ManagedJoins, 'bring'>;
  readonly effective: () => EffectiveSettings;
  readonly problems: ProblemsOf;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Joins the projects that the settings name for all computers of an organization, those of the person included, has them
 * follow what the settings say of them, and leaves those that they name no more.
 */
export class Organization implements Disposable {
  readonly #o: OrganizationOptions;
  readonly #one = new Mutex();
  /** Addresses of which something is wrong. */
  readonly #told = new Set<string>();
  #wanted = '';
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #disposed = false;

  constructor(o: OrganizationOptions) {
    this.#o = o;
  }

  /** The settings may be different now. */
  follow(): void {
    const { values, organization, broken } = this.#o.effective();
    const known = broken === null;
    const wanted = JSON.stringify([known, values['grids.boinc'], values['grids.permitted'], organization]);
    if (wanted === this.#wanted || this.#disposed) return;
    this.#wanted = wanted;
    this.#reconcileNow();
  }

  /** The VM of one of its projects has no account key any more; the settings have it still. */
  keyLost(): void {
    this.#reconcileNow();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.#cancelRetry?.();
    await this.#one.run(() => Promise.resolve());
  }

  #reconcileNow(): void {
    this.#failures = 0;
    this.#reconcileSoon(0);
  }

  #reconcileSoon(ms: number): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#o.clock.after(ms, () => {
      this.#cancelRetry = undefined;
      this.#one
        .run(() => this.#reconcile())
        .catch((error: unknown) => {
          this.#o.log.warn('grids', toFailure(error).sentence);
          this.#failures += 1;
          if (!this.#disposed) this.#reconcileSoon(backoffMs(this.#failures, firstRetryMs, longestRetryMs));
        });
    });
  }

  async #reconcile(): Promise<void> {
    const { grids, effective, log } = this.#o;
    const { values, broken } = effective();
    // With a broken profile nothing is known of what is wanted.
    if (broken) return;
    const wanted = values['grids.boinc'].filter(isFirst);
    let ok = true;
    for (const url of this.#told) {
      if (!wanted.some((project) => project.url === url)) this.#tell(url, null);
    }
    for (const project of this.#owned()) {
      if (wanted.some(({ url }) => isNamed(project, url))) continue;
      await grids.leave(project.id, 'organization').catch((error: unknown) => {
        log.warn('grids', toFailure(error).sentence, { grid: project.id });
        ok = false;
      });
    }
    for (const project of wanted) {
      if (this.#disposed) return;
      if (!(await this.#bring(project))) ok = false;
    }
    this.#failures = ok ? 0 : this.#failures + 1;
    if (!ok && !this.#disposed) this.#reconcileSoon(backoffMs(this.#failures, firstRetryMs, longestRetryMs));
  }

  #owned(): JoinedProject[] {
    return this.#o.grids.list().filter(({ managedBy }) => managedBy.kind === 'organization');
  }

  #tell(url: string, failure: Failure | null): void {
    if (failure) this.#told.add(url);
    else this.#told.delete(url);
    this.#o.problems.set(`project ${url}`, failure);
  }

  /** Whether it is joined now as the settings say. */
  async #bring(project: OrganizationProject): Promise<boolean> {
    const { joins, effective } = this.#o;
    try {
      await joins.bring({
        url: project.url,
        key: project.key,
        share: project.share,
        managedBy: { kind: 'organization', name: effective().organization },
        contacts: project.contacts.map((contact) => ({ ...contact, source: 'organization' })),
      });
      this.#tell(project.url, null);
      return true;
    } catch (error) {
      const failure = toFailure(error);
      const isJoined = this.#owned().some((one) => isNamed(one, project.url));
      const what = isJoined ? 'does not follow its settings' : 'is not joined';
      this.#tell(project.url, {
        ...failure,
        sentence: `A project of your organization ${what}: ${failure.sentence}`,
      });
      return false;
    }
  }
}

/** Of several entries about one project, the first counts. */
function isFirst({ url }: OrganizationProject, at: number, all: readonly OrganizationProject[]): boolean {
  return all.findIndex((other) => sameProject(other.url, url)) === at;
}
