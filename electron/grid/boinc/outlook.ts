import type { ClientLook, ClientProject } from './messages.ts';

/** What a client is up to. Times are epoch ms. */
export interface Outlook {
  /** Tasks are computed or could be, or files are on their way: the VM is of use. */
  readonly works: boolean;
  /** Besides that, it is in touch with the project, or about to be. */
  readonly stirs: boolean;
  /** When it is going to do something by itself, at the soonest; null: nobody knows. */
  readonly nextAt: number | null;
  /** It has no task that could be computed. */
  readonly empty: boolean;
}

/** Pure. */
export function outlookOf(look: ClientLook, project: ClientProject | undefined, now: number): Outlook {
  const suspended = project?.suspended ?? false;
  const computable = look.tasks.some(({ state, suspended: alone }) => state === 2 && !alone);
  const computes = computable && !suspended;
  const isDue = (at: number | null): boolean => at === null || at <= now;
  const moves = look.transfers.some(({ retryAt }) => isDue(retryAt));
  // An upload that waits is of no use to a task that is computed, and a project that does not answer to none.
  const reports = look.tasks.some(({ readyToReport, serverAck }) => readyToReport && !serverAck);
  const contacts = (project?.contactPending ?? false) || reports;
  const contactIsDue = isDue(project?.nextContactAt ?? null);
  const next = [
    ...look.transfers.map(({ retryAt }) => retryAt),
    ...(project && (contacts || !project.noNewWork) ? [project.nextContactAt] : []),
  ].filter((at) => at !== null && at > now);
  return {
    works: computes || moves,
    stirs: computes || moves || (contacts && contactIsDue),
    nextAt: next.length === 0 ? null : Math.min(...next.filter((at) => at !== null)),
    empty: !look.tasks.some(({ state }) => state <= 2),
  };
}

/** What a task still needs is known badly: twice the estimate is kept for it. */
const estimateMargin = 2;

export interface Due {
  /** Epoch ms; null: it has none. */
  readonly deadline: number | null;
  /** On one vCPU that it has to itself; null: not told. */
  readonly remainingSeconds: number | null;
}

/** What a client's tasks are computed with. */
export interface Pace {
  readonly vcpus: number;
  /** The part of a day in which its VM runs at full speed when it has all turns, 0…1; anything else counts as the nearest of these. */
  readonly part: number;
}

/** A VM that has hardly run lately shall not press years ahead. */
const leastPart = 0.02;

/**
 * When the most pressing of these tasks has to be begun, in epoch ms; null: none has a deadline. They are computed in the
 * order of their deadlines, each on one vCPU, so that a task waits for those before it. What it needs beside its computing
 * (a report, a VM that comes back) is in the margin. What is late already presses no more, but is computed all the same.
 * Pure.
 */
export function latestStart(tasks: readonly Due[], now: number, { vcpus, part }: Pace): number | null {
  const speed = Number.isNaN(part) ? leastPart : Math.min(1, Math.max(leastPart, part));
  const queue = tasks
    .flatMap(({ deadline, remainingSeconds }) =>
      deadline === null ? [] : [{ deadline, ms: (remainingSeconds ?? 0) * 1000 * estimateMargin }],
    )
    .sort((a, b) => a.deadline - b.deadline || a.ms - b.ms);
  let earliest: number | null = null;
  let before = 0;
  for (const { deadline, ms } of queue) {
    const takes = (before / Math.max(1, vcpus) + ms) / speed;
    before += ms;
    if (deadline > now) earliest = Math.min(earliest ?? Number.POSITIVE_INFINITY, deadline - takes);
  }
  return earliest;
}
