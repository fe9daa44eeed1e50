import { z } from 'zod';
import { Enrolment, HostStatement, PoolPolicy, PoolTariff } from '../../contract/index.ts';

const Text = z.string().max(2000);
const Name = z.string().max(256);
const Duration = z.number().min(0).max(1e12);
/** Epoch ms. */
const Time = z.int().min(0).max(8.64e15);

/** One execution, as its ad tells it. All names are hostile text, cleaned and bounded. */
const Execution = z.object({
  /** GlobalJobId, and which start of the job this is. */
  job: z.string().min(1).max(200),
  run: z.int().min(0).max(1_000_000),
  /** As in `12.0`. */
  name: z.string().max(40),
  owner: Name,
  program: Name,
  group: z.string().max(120).nullable(),
  cores: z.number().min(0).max(4096),
  memoryBytes: z.number().min(0).max(1e15),
  startedAt: Time,
  cpuSeconds: Duration,
  residentBytes: z.number().min(0).max(1e15),
  /** What the job publishes as `ChirpGleanerProgress`, 0…1. */
  progress: z.number().min(0).max(1).nullable(),
  /** Epoch ms of its attribute `GleanerDeadline`. */
  deadline: Time.nullable(),
  bytesSent: z.number().min(0).max(1e15),
  bytesReceived: z.number().min(0).max(1e15),
});

/** One that runs. */
export const NodeJob = Execution.extend({ slot: z.string().regex(/^[a-z0-9_]{1,40}$/) });
export type NodeJob = z.infer<typeof NodeJob>;

/** One that is over, from the node's history. */
export const NodeRecord = Execution.extend({
  endedAt: Time,
  /**
   * `done`: its program ended by itself; `evicted`: it was told to leave; `undelivered`: it ended by itself, but its
   * results could not be delivered, since its connection was lost: the pool runs it again.
   */
  end: z.enum(['done', 'evicted', 'undelivered']),
  exitCode: z.int().min(-1e6).max(1e6).nullable(),
  exitSignal: z.int().min(0).max(1000).nullable(),
});
export type NodeRecord = z.infer<typeof NodeRecord>;

/** Everything that one look at the node tells. */
export const NodeLook = z.object({
  /** Whether its master runs; else in which words it ended. */
  master: z.boolean(),
  ended: Text.nullable(),
  /** Claimed slots, whether a job runs in them now or not. */
  claimed: z.int().min(0).max(10_000),
  jobs: z.array(NodeJob).max(256),
  /** Whole records from the place that was asked for; `next` is where to go on. */
  records: z.array(NodeRecord).max(4096),
  next: z.int().min(0),
  /** Ads that made no sense. */
  malformed: z.int().min(0),
});
export type NodeLook = z.infer<typeof NodeLook>;

/** Whether the collector lets this host advertise itself. */
export const PoolAnswer = z.object({
  answer: z.enum(['accepted', 'refused', 'unreachable']),
  words: Text,
});
export type PoolAnswer = z.infer<typeof PoolAnswer>;

/** The pool's signed documents, verified. `changed`: since the last asking. */
export const Documents = z.object({
  changed: z.boolean(),
  /** Version of the signed list that they are on. */
  version: z.int().min(1),
  /** When the pool's word runs out, in epoch ms. */
  expiresAt: Time,
  policy: PoolPolicy,
  tariff: PoolTariff.nullable(),
  /** Periods of which there are statements, with the SHA-256 (hex) of the signed index of each. */
  statements: z.array(z.object({ period: z.string().max(40), digest: z.string().max(64) })).max(1000),
});
export type Documents = z.infer<typeof Documents>;

/** A statement and the SHA-256 (hex) of its bytes. */
export const SignedStatement = z.object({ digest: z.string().max(64), statement: HostStatement });
export type SignedStatement = z.infer<typeof SignedStatement>;

/** The web is reached through a gateway's Unix socket, which is an HTTP proxy with the list of what may be asked. */
interface Way {
  readonly gatewayPath: string;
  /** Certificates (PEM) of authorities to be trusted besides the public ones: the setting `network.authorities`. */
  readonly authorities: string | null;
}

interface Catalog extends Way {
  readonly url: string;
  readonly pool: string;
  /** The host's own folder for what was verified before; `root.json` is in it from the start. */
  readonly dir: string;
}

/** The node behind the Unix socket that leads to its control port, and the secret that it was started with. */
interface Node {
  readonly socketPath: string;
  readonly secret: string;
}

/** What the worker `condor` is asked, by verb. */
export interface Inputs {
  readonly enrolment: Way & { readonly url: string };
  readonly documents: Catalog;
  readonly statement: Catalog & { readonly period: string; readonly host: string };
  /** Resolves as soon as the node's control port answers at all. */
  readonly hello: Node;
  readonly start: Node & {
    readonly config: string;
    readonly tokens: readonly { readonly name: string; readonly text: string }[];
  };
  readonly configure: Node & { readonly config: string };
  readonly look: Node & { readonly history: number };
  readonly ping: Node;
  /** Seconds for which the execution in each slot stood frozen. */
  readonly frozen: Node & { readonly jobs: Readonly<Record<string, number>> };
  /** Resolves to whether the master ended within so many seconds. */
  readonly stop: Node & { readonly mode: 'graceful' | 'fast'; readonly seconds: number };
}
export type Verb = keyof Inputs;

/** What it may answer, by verb: it has read a pool's or a guest's bytes, so every value is parsed and bounded. */
export const answers = {
  enrolment: Enrolment,
  documents: Documents,
  statement: SignedStatement.nullable(),
  hello: z.null(),
  start: z.null(),
  configure: z.null(),
  look: NodeLook,
  ping: PoolAnswer,
  frozen: z.null(),
  stop: z.object({ ended: z.boolean() }),
} satisfies Record<Verb, z.ZodType>;
export type Answer<V extends Verb> = z.output<(typeof answers)[V]>;
