/** One grid that may want its VM to run. */
export interface Contender {
  readonly id: string;
  /** Relative weight of its CPU time; with 0 it runs only when no other wants to. */
  readonly share: number;
  readonly wants: boolean;
  /** CPU seconds that it was charged within the window. */
  readonly used: number;
  /** Of its VM. */
  readonly memoryBytes: number;
  /** A QEMU of it lives, running or frozen. */
  readonly holdsMemory: boolean;
  /** How long it has had its turn, in ms; null: it has none. */
  readonly turnMs: number | null;
  /** How long it has wanted without a turn, in ms; 0 while it has one. */
  readonly waitedMs: number;
  /** A person has just joined it and waits to see it work: its first turn comes before all. */
  readonly isNew: boolean;
  /** Begun later than that and a quantum, its work misses a deadline, in epoch ms; null: there is none. */
  readonly latestStartAt: number | null;
}

export interface Bounds {
  readonly maxRunning: number;
  /** Over all VMs that hold memory. */
  readonly memoryBytes: number;
  /** Epoch ms. */
  readonly now: number;
  /** A turn is not taken away before it has lasted so long, in ms. */
  readonly quantumMs: number;
  /** Who has waited longer goes before those with a deadline, in ms. */
  readonly patienceMs: number;
  /** What is held is not given back: only who holds memory, or fits in beside, can have a turn. */
  readonly memoryIsStuck: boolean;
}

export interface Turns {
  /** Who has a turn. */
  readonly turn: ReadonlySet<string>;
  /** Who of them may run now: there is memory for it. The others wait until VMs without a turn have given theirs back. */
  readonly go: ReadonlySet<string>;
}

/**
 * Who runs. CPU time within the window is divided by the shares: whoever has had the least for its share comes next.
 * A turn lasts a quantum (but for one that was just joined), so that VMs are not saved and brought back all the time. Whoever would miss a deadline
 * comes before that order, but after whoever has waited beyond patience meanwhile, so that nobody starves. Pure.
 */
export function arbitrate(contenders: readonly Contender[], bounds: Bounds): Turns {
  let held = contenders.reduce(
    (sum, { holdsMemory, memoryBytes }) => sum + (holdsMemory ? memoryBytes : 0),
    0,
  );
  const fits = ({ holdsMemory, memoryBytes }: Contender): boolean =>
    holdsMemory || held + memoryBytes <= bounds.memoryBytes;
  const wanting = contenders.filter((one) => one.wants && (!bounds.memoryIsStuck || fits(one)));
  const pressed = wanting.some((one) => isPressed(one, bounds));
  const ordered = wanting.sort((a, b) => compare(a, b, { ...bounds, pressed }));
  const turn = new Set<string>();
  let memory = 0;
  for (const { id, memoryBytes } of ordered) {
    if (turn.size >= bounds.maxRunning || memory + memoryBytes > bounds.memoryBytes) continue;
    turn.add(id);
    memory += memoryBytes;
  }
  const go = new Set<string>();
  for (const one of ordered) {
    if (!turn.has(one.id) || !fits(one)) continue;
    if (!one.holdsMemory) held += one.memoryBytes;
    go.add(one.id);
  }
  return { turn, go };
}

/** What those with a share of 0 get, all together, while others run beside them. */
const leftOver = 0.05;

/** How those that run at a time divide what is allowed: by their shares. For each its part, 0…1, all of them 1. Pure. */
export function divide(running: readonly Pick<Contender, 'id' | 'share'>[]): ReadonlyMap<string, number> {
  const sum = running.reduce((total, { share }) => total + share, 0);
  const idle = running.filter(({ share }) => share === 0).length;
  const rest = sum === 0 ? 1 : idle === 0 ? 0 : leftOver;
  return new Map(
    running.map(({ id, share }) => [id, share === 0 ? rest / idle : (1 - rest) * (share / sum)]),
  );
}

const ranks = { new: 0, keepsTurn: 1, impatient: 2, pressed: 3, inOrder: 4 } as const;

/** Whether anybody's deadline presses. */
type Now = Bounds & { readonly pressed: boolean };

function compare(a: Contender, b: Contender, bounds: Now): number {
  const [rankA, rankB] = [rankOf(a, bounds), rankOf(b, bounds)];
  if (rankA !== rankB) return rankA - rankB;
  const order =
    rankA === ranks.impatient
      ? b.waitedMs - a.waitedMs
      : rankA === ranks.pressed
        ? (a.latestStartAt ?? 0) - (b.latestStartAt ?? 0)
        : served(a) - served(b);
  // Infinity less Infinity is no number.
  return order || (a.id < b.id ? -1 : 1);
}

function rankOf(one: Contender, bounds: Now): number {
  const { share, waitedMs, turnMs } = one;
  // A share of 0 asks for what is left over: it can neither keep, starve nor press.
  if (share === 0) return ranks.inOrder;
  if (one.isNew) return ranks.new;
  if (turnMs !== null && turnMs < bounds.quantumMs) return ranks.keepsTurn;
  if (bounds.pressed && waitedMs >= bounds.patienceMs) return ranks.impatient;
  return isPressed(one, bounds) ? ranks.pressed : ranks.inOrder;
}

function isPressed({ share, latestStartAt }: Contender, { now }: Bounds): boolean {
  return share > 0 && latestStartAt !== null && latestStartAt <= now;
}

function served({ used, share }: Contender): number {
  return share > 0 ? used / share : Number.POSITIVE_INFINITY;
}
