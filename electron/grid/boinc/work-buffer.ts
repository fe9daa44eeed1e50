/** In days of the VM's own time, as BOINC's preferences have it. */
export interface WorkBuffer {
  /** It asks for more when it has less than this. */
  readonly minDays: number;
  /** How much more it asks for. */
  readonly additionalDays: number;
}

/**
 * What is fetched is to be computed within so many days of a person's life, of which a client that reaches its
 * minimum has a third left. Public projects give deadlines of three days and more, most of them one or two weeks.
 */
const targetDays = 0.75;
const minPart = 1 / 3;
/** About a quarter of an hour. A client without any task asks for one in any case. */
const leastDays = 0.01;

/**
 * How much work a client may hoard. It believes that its VM always runs at full speed, and knows nothing of freezes,
 * so the time that it may fetch work for is shortened by what it really gets: no more than what it got lately, nor
 * than what is its due among the grids from now on. Both 0…1; anything else counts as the nearest of these, what is
 * no number as nothing. Pure.
 */
export function workBuffer(availability: number, due: number): WorkBuffer {
  const part = Math.min(clamped(availability), clamped(due));
  const days = targetDays * part;
  return {
    minDays: rounded(Math.max(leastDays, days * minPart)),
    additionalDays: rounded(Math.max(leastDays, days * (1 - minPart))),
  };
}

function clamped(part: number): number {
  return Number.isNaN(part) ? 0 : Math.min(1, Math.max(0, part));
}

/** To about five minutes, so that a client is not told of every little change. */
function rounded(days: number): number {
  return Math.round(days * 200) / 200 || leastDays;
}
