import { z } from 'zod';
import type { Failure } from '../contract/failures.ts';
import type { GridView } from '../contract/grids.ts';
import type { Denial } from '../contract/network.ts';
import type { Place } from '../contract/place.ts';
import type { Contribution, JobView, Snapshot, Today } from '../contract/snapshot.ts';

/** Something worth a notification: `place` is where a click on it leads. */
export type Notice = { readonly place: Place } & (
  | { readonly kind: 'firstCredit'; readonly row: Today['earned'][number] }
  /** `others`: how many more there are beside the one that is told. */
  | { readonly kind: 'attention'; readonly trouble: Trouble; readonly others: number }
  | { readonly kind: 'denied'; readonly denial: Denial; readonly others: number }
  | { readonly kind: 'finished'; readonly job: JobView; readonly others: number }
  /** A newer version waits for the person's word. */
  | { readonly kind: 'update'; readonly version: string }
);

/** What is wrong, as whoever tells of it knows it. */
export type Trouble =
  | { readonly of: 'failure'; readonly failure: Failure }
  | { readonly of: 'computer'; readonly contribution: Contribution }
  | { readonly of: 'grid'; readonly grid: GridView };

/** What outlives a restart. */
export const NoticesTold = z.strictObject({
  /** Something was credited, ever. */
  credited: z.boolean().default(false),
  /** What was told, and when (epoch ms); nothing that is older than a day. */
  at: z.record(z.string().max(400), z.int()).default({}),
});
export type NoticesTold = z.infer<typeof NoticesTold>;

export interface NoticesMemory {
  readonly told: NoticesTold;
  /** What needs attention, and since when (epoch ms). */
  readonly since: Readonly<Record<string, number>>;
}

export interface NoticesInput {
  /** The Snapshot before; null: this is the first, and nothing in it is news. */
  readonly previous: Snapshot | null;
  readonly snapshot: Snapshot;
  readonly memory: NoticesMemory;
  /** Epoch ms; may jump. */
  readonly now: number;
  /** The person has the window before their eyes, and sees all of it there. */
  readonly watched: boolean;
}

export interface NoticesOutput {
  readonly notices: readonly Notice[];
  readonly memory: NoticesMemory;
  /** Epoch ms at which the same Snapshot may be worth a notification; null: never. */
  readonly lookAt: number | null;
}

/** What mends itself sooner is nobody's business, in ms. */
const lastsMs = 60_000;
const dayMs = 86_400_000;
/** Names of hosts are a guest's to invent: so often at most is told that one was refused, in ms. */
const deniedEveryMs = 3_600_000;

/**
 * What is worth a notification, now that `snapshot` came after `previous`. The settings are the Snapshot's. What a person
 * turned off is not told; what they see in the window counts as told. Pure.
 */
export function decideNotices(input: NoticesInput): NoticesOutput {
  const { previous, snapshot, memory, now, watched } = input;
  const told: Told = new Map(
    Object.entries(memory.told.at)
      // The clock may have been set back.
      .map(([key, at]) => [key, Math.min(at, now)] as const)
      .filter(([, at]) => now - at < dayMs),
  );
  const troubles = troublesOf(snapshot);
  const since = Object.fromEntries(
    troubles.map(({ key }) => [key, Math.min(memory.since[key] ?? now, now)] as const),
  );
  const found = previous
    ? [
        memory.told.credited ? null : firstCredit(snapshot),
        attention(troubles, since, told, snapshot, now),
        denied(previous, told, snapshot, now),
        finished(previous, snapshot),
        update(told, snapshot, now),
      ].filter((notice) => notice !== null)
    : [];
  return {
    notices: watched ? [] : found,
    memory: {
      told: { credited: memory.told.credited || hasCredit(snapshot), at: Object.fromEntries(told) },
      since,
    },
    lookAt: nextLook(since, told, snapshot, now),
  };
}

/** When what was told, by its key; the functions below add what they tell. */
type Told = Map<string, number>;

function firstCredit({ desktop, today }: Snapshot): Notice | null {
  const row = today.earned.find(isCredited);
  if (!row || !desktop['notify.firstCredit']) return null;
  return { kind: 'firstCredit', row, place: { page: 'earnings' } };
}

function attention(
  troubles: readonly FoundTrouble[],
  since: Readonly<Record<string, number>>,
  told: Told,
  { desktop }: Snapshot,
  now: number,
): Notice | null {
  if (!desktop['notify.attention']) return null;
  const due = troubles.filter(({ key }) => !told.has(key) && now - (since[key] ?? now) >= lastsMs);
  for (const { key } of due) told.set(key, now);
  const [worst] = due;
  if (!worst) return null;
  return { kind: 'attention', trouble: worst.trouble, others: due.length - 1, place: worst.place };
}

function nextLook(
  since: Readonly<Record<string, number>>,
  told: Told,
  { desktop }: Snapshot,
  now: number,
): number | null {
  const looks = Object.entries(since).map(([key, begun]) => {
    const toldAt = told.get(key);
    return toldAt === undefined ? begun + lastsMs : toldAt + dayMs;
  });
  return desktop['notify.attention'] && looks.length > 0 ? Math.max(now, Math.min(...looks)) : null;
}

function denied(previous: Snapshot, told: Told, snapshot: Snapshot, now: number): Notice | null {
  if (!snapshot.desktop['notify.denied']) return null;
  const toldAt = told.get(anyDenied);
  if (toldAt !== undefined && now - toldAt < deniedEveryMs) return null;
  const fresh = newlyDenied(previous, snapshot).filter(({ host }) => !told.has(deniedKey(host)));
  const [denial] = fresh;
  if (!denial) return null;
  const hosts = new Set(fresh.map(({ host }) => host));
  for (const host of hosts) told.set(deniedKey(host), now);
  told.set(anyDenied, now);
  return { kind: 'denied', denial, others: hosts.size - 1, place: { page: 'grids', open: denial.grid } };
}

function finished(previous: Snapshot, snapshot: Snapshot): Notice | null {
  if (!snapshot.desktop['notify.finished']) return null;
  const jobs = newlyFinished(previous, snapshot);
  const [job] = jobs;
  return job ? { kind: 'finished', job, others: jobs.length - 1, place: { page: 'activity' } } : null;
}

/** Asked for by the mode, so that no other setting speaks for it; the same version once a day. */
function update(told: Told, { update: { state, version } }: Snapshot, now: number): Notice | null {
  if (state !== 'ready' || version === null || told.has(`update ${version}`)) return null;
  told.set(`update ${version}`, now);
  return { kind: 'update', version, place: { page: 'health' } };
}

/** Settled, or read off a grid that signs nothing; what only we ourselves have metered is no credit yet. */
const isCredited = ({ settled, observed }: Today['earned'][number]): boolean => settled + observed > 0;

function hasCredit({ today, jobs, grids }: Snapshot): boolean {
  return (
    today.earned.some(isCredited) ||
    jobs.some(({ earned }) => earned !== null && earned.amount > 0) ||
    grids.some(({ credit }) => (credit?.hostTotal ?? 0) > 0)
  );
}

interface FoundTrouble {
  /** The same as long as it is the same trouble. */
  readonly key: string;
  readonly trouble: Trouble;
  readonly place: Place;
}

/** What keeps work from going on and does not mend itself: of the computer, then of each grid. */
function troublesOf({ contribution, problems, vms, grids }: Snapshot): FoundTrouble[] {
  const troubles: FoundTrouble[] = [];
  if (contribution.state === 'attention') {
    const failure = [...problems, ...vms.map((vm) => vm.failure)].find(
      (candidate) => candidate?.sentence === contribution.sentence,
    );
    const code = failure?.code ?? contribution.allowance.reasons[0]?.code ?? 'unknown';
    troubles.push({
      key: `attention ${code}`,
      trouble: failure ? { of: 'failure', failure } : { of: 'computer', contribution },
      place: { page: 'health' },
    });
  }
  for (const grid of grids) {
    const { id, state, sentence, failure } = grid;
    if (state !== 'attention' || sentence === contribution.sentence) continue;
    troubles.push({
      key: `attention ${id} ${failure?.code ?? 'unknown'}`,
      trouble: failure ? { of: 'failure', failure } : { of: 'grid', grid },
      place: { page: 'grids', open: id },
    });
  }
  return troubles;
}

/** Refused for the place's sake; a quota or a bad request is no news of a place. */
const forItsPlace: ReadonlySet<Denial['reason']> = new Set([
  'not-listed',
  'own-address',
  'private-address',
  'wildcard-behind-proxy',
]);
const anyDenied = 'denied';
/** A gateway tells of what it refused this late at most, in ms. */
const reportedWithinMs = 60_000;
const deniedKey = (host: string): string => `denied ${host}`;

/** What was refused since. Only the latest are listed, so that one may come back to the list without being new. */
function newlyDenied(previous: Snapshot, { denials }: Snapshot): Denial[] {
  const lastAt = new Map(previous.denials.map((denial) => [denialId(denial), denial.lastAt]));
  return denials.filter(
    (denial) =>
      forItsPlace.has(denial.reason) &&
      denial.lastAt > (lastAt.get(denialId(denial)) ?? previous.at - reportedWithinMs),
  );
}

const denialId = ({ grid, host, port, reason }: Denial): string => `${grid} ${host} ${port} ${reason}`;

function newlyFinished(previous: Snapshot, { jobs }: Snapshot): JobView[] {
  const open = new Set(
    previous.jobs.filter(({ state }) => state === 'queued' || state === 'running').map(jobId),
  );
  return jobs.filter((job) => job.state === 'done' && open.has(jobId(job)));
}

const jobId = ({ grid, id }: JobView): string => `${grid} ${id}`;
