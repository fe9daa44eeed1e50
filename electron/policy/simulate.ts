import { z } from 'zod';
import { type Allowance, GleanerError } from '../contract/index.ts';
import { describeIssues } from '../contract/issues.ts';
import { noSignals, Signals } from '../contract/signals.ts';
import { PauseLength } from '../contract/snapshot.ts';
import type { Policy } from './causes.ts';
import { decide, noHistory, withoutHolds } from './decide.ts';
import { type Pause, pauseFrom } from './pause.ts';

const longestLine = 10_000;
const mostLines = 100_000;

/** One line of a trace: what happened at a time. Signals that are not named stay as they were. */
const TraceLine = z.strictObject({
  ...Signals.omit({ lastInputAt: true, inputSource: true, inputPollMs: true }).partial().shape,
  at: z.union([
    z.int(),
    z.iso.datetime({ offset: true, local: true }).transform((text) => new Date(text).getTime()),
  ]),
  /** The person gave input at that time. */
  input: z.literal(true).optional(),
  /** The person paused, or ended a pause. */
  pause: PauseLength.optional(),
  resume: z.literal(true).optional(),
});
type TraceLine = z.infer<typeof TraceLine>;

export type Trace = readonly TraceLine[];

export interface SimulatedStep {
  /** Epoch ms. */
  readonly at: number;
  readonly allowance: Allowance;
}

/**
 * Reads a trace: one JSON object a line, in the order of time; empty lines and those that begin with # are
 * left out. Throws `bad-request` with the line that is wrong.
 */
export function parseTrace(text: string): Trace {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const used = lines.filter(({ line }) => line !== '' && !line.startsWith('#'));
  if (used.length === 0) throw new GleanerError('bad-request', 'The trace is empty.', traceHint);
  if (used.length > mostLines) {
    throw new GleanerError('bad-request', `A trace has at most ${mostLines} lines.`);
  }
  const trace = used.map(({ line, number }) => parseLine(line, number));
  trace.reduce((before, line, index) => {
    if (line.at < before) throw wrongLine(used[index]?.number ?? 0, 'it is earlier than the line before');
    return line.at;
  }, Number.NEGATIVE_INFINITY);
  return trace;
}

const traceHint =
  'A line is like {"at":"2026-11-02T09:00","input":true} or {"at":1762077600000,"onBattery":true}.';

function wrongLine(number: number, why: string): GleanerError {
  return new GleanerError('bad-request', `Line ${number} of the trace is wrong: ${why}.`, traceHint);
}

function parseLine(line: string, number: number): TraceLine {
  if (line.length > longestLine) throw wrongLine(number, 'it is too long');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrongLine(number, 'it is not JSON');
  }
  const parsed = TraceLine.safeParse(value);
  if (!parsed.success) throw wrongLine(number, describeIssues(parsed.error.issues));
  return parsed.data;
}

/** A step for each change of sentence, share or rung from the first line of the trace to its last. Pure. */
export function simulate(trace: Trace, policy: Policy): SimulatedStep[] {
  const first = trace[0];
  if (!first) return [];
  const steps: SimulatedStep[] = [];
  let signals: Signals = noSignals;
  let pause: Pause | null = null;
  let history = noHistory;
  let again: number | undefined;
  const look = (at: number): void => {
    const monotonic = at - first.at;
    const decision = decide({ now: at, monotonic, pause, signals }, policy, history);
    history = decision.history;
    again = decision.again === null ? undefined : first.at + decision.again;
    const last = steps.at(-1)?.allowance;
    const { allowance } = decision;
    if (last?.reason !== allowance.reason || last.share !== allowance.share || last.rung !== allowance.rung) {
      steps.push({ at, allowance });
    }
  };
  const dueBefore = (at: number): number | undefined =>
    again !== undefined && again < at ? again : undefined;
  for (const line of trace) {
    for (let due = dueBefore(line.at); due !== undefined; due = dueBefore(line.at)) look(due);
    const { at, input, pause: length, resume, ...told } = line;
    signals = { ...signals, ...withoutUndefined(told), ...(input ? { lastInputAt: at - first.at } : {}) };
    if (length !== undefined) pause = pauseFrom(length, at);
    if (resume) {
      pause = null;
      history = withoutHolds(history);
    }
    look(at);
  }
  return steps;
}

type Told = { readonly [K in keyof Signals]?: Signals[K] | undefined };

function withoutUndefined(told: Told): Partial<Signals> {
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}
