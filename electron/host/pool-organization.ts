import { createHash } from 'node:crypto';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Mutex } from '../base/mutex.ts';
import { NotPrivate, readPrivateFile } from '../base/private-file.ts';
import {
  type EffectiveSettings,
  type Enrolment,
  enrolmentBytesMax,
  type Failure,
  GleanerError,
  type Settings,
  toFailure,
} from '../contract/index.ts';
import { parseEnrolment } from '../grid/condor/enrolment.ts';
import type { CondorPools } from './condor-pools.ts';
import type { ProblemsOf } from './problems.ts';

const firstRetryMs = 60_000;
const longestRetryMs = 60 * 60_000;

type Wanted = Settings['grids.pools'][number];

export interface PoolOrganizationOptions {
  readonly pools: Pick<CondorPools, 'list' | 'leave' | 'set' | 'keep' | 'renew' | 'requirePermitted'>;
  readonly effective: () => EffectiveSettings;
  readonly problems: ProblemsOf;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Joins the pools that an administrator's profile names by enrolment files on this computer, has them follow what these say,
 * and leaves those that are named no more. What a person names so is not heeded: a pool is joined with consent then.
 */
export class PoolOrganization implements Disposable {
  readonly #o: PoolOrganizationOptions;
  readonly #one = new Mutex();
  /** Files of which something is wrong. */
  readonly #told = new Set<string>();
  /** The pool that each file was of when it was read last. */
  readonly #domains = new Map<string, string>();
  #wanted = '';
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #disposed = false;

  constructor(o: PoolOrganizationOptions) {
    this.#o = o;
  }

  /** The settings may be different now. */
  follow(): void {
    const { values, sources, organization, broken } = this.#o.effective();
    const wanted = JSON.stringify([
      broken === null,
      values['grids.pools'],
      sources['grids.pools'],
      values['grids.permitted'],
      organization,
    ]);
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
      void this.#one.run(async () => {
        const ok = await this.#reconcile();
        this.#failures = ok ? 0 : this.#failures + 1;
        if (!ok && !this.#disposed) {
          this.#reconcileSoon(backoffMs(this.#failures, firstRetryMs, longestRetryMs));
        }
      });
    });
  }

  /** Whether all is as the settings say. */
  async #reconcile(): Promise<boolean> {
    const { pools, effective, log } = this.#o;
    const { values, sources, broken } = effective();
    // With a broken profile nothing is known of what is wanted.
    if (broken) return true;
    const isAdmins = ['default', 'locked'].includes(sources['grids.pools']);
    const wanted = isAdmins ? values['grids.pools'] : [];
    let ok = true;
    for (const path of this.#told) {
      if (!wanted.some(({ enrolment }) => enrolment === path)) this.#tell(path, null);
    }
    for (const one of wanted) {
      if (this.#disposed) return true;
      if (!(await this.#bring(one))) ok = false;
    }
    // A file that cannot be read now is still that of the pool that it was of before.
    const named = new Set(wanted.map(({ enrolment }) => this.#domains.get(enrolment)));
    if (named.has(undefined)) return ok;
    for (const { id, managedBy, membership } of pools.list()) {
      if (managedBy === null || named.has(membership.pool)) continue;
      await pools.leave(id, true).catch((error: unknown) => {
        log.warn('grids', toFailure(error).sentence, { grid: id });
        ok = false;
      });
    }
    return ok;
  }

  async #bring({ enrolment: path, share }: Wanted): Promise<boolean> {
    const { pools, effective, clock } = this.#o;
    try {
      const enrolment = parseEnrolment(await readPrivate(path));
      this.#domains.set(path, enrolment.pool);
      pools.requirePermitted(enrolment.pool);
      const by = effective().organization ?? 'your organization';
      const joined = pools.list().find(({ membership }) => membership.pool === enrolment.pool);
      if (joined && isSame(joined.membership, enrolment)) {
        await pools.renew(joined.id, enrolment, by);
        pools.set(joined.id, { share }, true);
      } else {
        if (enrolment.expiresAt <= clock.now()) {
          throw new GleanerError(
            'enrolment-invalid',
            'This enrolment has expired.',
            'Put a new one in its place.',
          );
        }
        if (joined) await pools.leave(joined.id, true);
        await pools.keep(enrolment, share, by);
      }
      this.#tell(path, null);
      return true;
    } catch (error) {
      const failure = toFailure(error);
      this.#tell(path, {
        ...failure,
        sentence: `A pool of your organization is not joined (${path}): ${failure.sentence}`.slice(0, 1000),
      });
      return false;
    }
  }

  #tell(path: string, failure: Failure | null): void {
    if (failure) this.#told.add(path);
    else this.#told.delete(path);
    this.#o.problems.set(`pool ${path}`, failure);
  }
}

/** Whether a joined pool is what an enrolment says, but for its token. */
function isSame(
  membership: ReturnType<CondorPools['list']>[number]['membership'],
  { host, collector, submits, catalog, department, tags }: Enrolment,
): boolean {
  const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
  return (
    digest([
      membership.host,
      membership.collector,
      membership.submits,
      membership.catalogUrl,
      membership.department,
      membership.tags,
    ]) === digest([host, collector, submits, catalog.url, department, tags])
  );
}

/** Rejects `enrolment-invalid` when it is not there, or not this account's alone. */
async function readPrivate(path: string): Promise<string> {
  const refuse = (why: string): GleanerError =>
    new GleanerError(
      'enrolment-invalid',
      `The file ${why}.`,
      'It has to belong to the account that Gleaner runs as, and to be readable by nobody else.',
    );
  try {
    const bytes = await readPrivateFile(path, enrolmentBytesMax);
    if (bytes) return Buffer.from(bytes).toString('utf8');
  } catch (error) {
    throw refuse(error instanceof NotPrivate ? error.message : 'cannot be read');
  }
  throw refuse('is not there');
}
