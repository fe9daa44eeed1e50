import { z } from 'zod';
import { Said } from './said.ts';
import { EffectiveSetting, Preset, Source } from './settings.ts';
import { InputSource, Signals } from './signals.ts';

/** Epoch milliseconds. */
const time = z.int();

/** The steps of giving the computer back, from all to nothing. */
export const rungs = ['full', 'throttled', 'frozen', 'saved', 'off'] as const;
export const Rung = z.enum(rungs);
export type Rung = z.infer<typeof Rung>;

/** What holds contribution back, in the order in which the reasons are told. */
export const reasonCodes = [
  'profile-broken',
  'shutdown',
  'sleep',
  'pause',
  'disabled',
  'call',
  'presentation',
  'full-screen',
  'program',
  'remote-session',
  'session-away',
  'input',
  'load',
  'battery',
  'schedule',
  'disk',
  'quiet',
  'locked-screen',
  'limit',
  /** It is another grid's turn. */
  'turn',
] as const;
export const ReasonCode = z.enum(reasonCodes);
export type ReasonCode = z.infer<typeof ReasonCode>;

export const Reason = z.strictObject({
  code: ReasonCode,
  /** In words that fit behind "Paused: …" and "Working at 25 %: …", without a full stop. */
  words: z.string(),
  said: Said,
  /** It holds no more, but did a moment ago. */
  lingers: z.boolean(),
  /** Where the rule comes from that makes it one. */
  source: Source,
  /** The share that it leaves, 0…1. */
  share: z.number().min(0).max(1),
});
export type Reason = z.infer<typeof Reason>;

export const Allowance = z.strictObject({
  run: z.boolean(),
  rung: Rung,
  /** Share of the VM's vCPU time that may be used, 0…1, over 10 s windows. */
  share: z.number().min(0).max(1),
  vcpus: z.int().min(0),
  memoryBytes: z.int().min(0),
  /** Whether jobs that declare network may use it. */
  network: z.boolean(),
  /** The sentence that tray, window and CLI show alike; made of `share`, `organization` and the first of `reasons`. */
  reason: z.string(),
  /** Who set the admin's values, where they say so. */
  organization: z.string().nullable(),
  /** All that holds it back, the most useful first; empty when nothing does. */
  reasons: z.array(Reason),
});
export type Allowance = z.infer<typeof Allowance>;

/** Why the computer is as it is: `policy.explain`. */
export const PolicyReport = z.strictObject({
  /** The sentence of the Snapshot. */
  sentence: z.string(),
  /** null: what the allowance says. */
  said: Said.nullable(),
  allowance: Allowance,
  signals: Signals,
  /** Sensors that fail, by name, in words. */
  sensorTroubles: z.array(z.strictObject({ sensor: z.string(), words: z.string() })),
  settings: z.array(EffectiveSetting),
  preset: Preset,
  /** Who set the locked and the default values, where they say so. */
  organization: z.string().nullable(),
  /** Epoch ms at which time alone will change the answer; null: never. */
  nextChangeAt: time.nullable(),
});
export type PolicyReport = z.infer<typeof PolicyReport>;

/** One time that the computer was given back. Durations in ms. */
export const YieldRecord = z.strictObject({
  at: time,
  cause: ReasonCode,
  /** Cause seen → vCPUs stopped, acknowledged by QEMU. */
  stoppedMs: z.number().min(0),
  /** Cause seen → QEMU uses no CPU; null where that could not be watched. */
  quietMs: z.number().min(0).nullable(),
  /** What polling may have added before the cause was seen: the poll's interval. */
  polledMs: z.number().min(0),
  inputSource: InputSource.nullable(),
});
export type YieldRecord = z.infer<typeof YieldRecord>;

/** Cause → computer given back, polling included, over the last 30 days. */
export const YieldStats = z.strictObject({
  count: z.int(),
  lastMs: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
});
export type YieldStats = z.infer<typeof YieldStats>;

export const YieldReport = z.strictObject({
  days: z.int(),
  stats: YieldStats,
  /** How many yields took at most so long and longer than the bucket before; the last one is open. */
  histogram: z.array(z.strictObject({ upToMs: z.number().nullable(), count: z.int() })),
  /** The newest first, at most 20. */
  latest: z.array(YieldRecord),
});
export type YieldReport = z.infer<typeof YieldReport>;

/** What is unknown from now on is null; what stays as it was told stays out. */
const toldBoolean = z.boolean().nullable().optional();

/** What a session (a desktop's shell) tells of its person: what is new, or what it can no longer tell. */
export const PresenceReport = z.strictObject({
  /** Since the last input, in ms. */
  idleMs: z.number().min(0).nullable().optional(),
  /** How often the session looks, in ms; 0 by event. */
  pollMs: z.number().min(0).max(60_000).optional(),
  /** How it looks; `polled` where it does not say. */
  inputSource: InputSource.optional(),
  screenLocked: toldBoolean,
  call: toldBoolean,
  fullScreen: toldBoolean,
  presentation: toldBoolean,
  remoteSession: toldBoolean,
  onBattery: toldBoolean,
  /** Its id among the system's login sessions (of logind), so that it counts once, and only while it is seen. */
  loginSession: z.string().max(64).optional(),
  /** Whether the desktop has a tray that shows Gleaner. */
  tray: z.boolean().optional(),
});
export type PresenceReport = z.infer<typeof PresenceReport>;
