import { z } from 'zod';
import { Failure } from '../../contract/failures.ts';

/** An IPv4 address of one computer: neither a network's own, nor 127/8, nor a group's. Checked in the guest as well. */
export const GuestAddress = z.ipv4().refine((address) => {
  const first = Number(address.split('.', 1)[0]);
  return first > 0 && first !== 127 && first < 224;
}, 'This address cannot be given to a virtual machine.');

/** What names a job or an agent in the guest; checked there as well. */
export const GuestName = z.string().regex(/^[a-z0-9-]{1,64}$/);

const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const Seconds = z.number().min(0).max(1e12);
const Stream = z.enum(['stdout', 'stderr']);

export const GuestHello = z.object({
  protocol: z.literal(1),
  kernel: z.string().max(100),
  uptimeSeconds: Seconds,
});
export type GuestHello = z.infer<typeof GuestHello>;

const GuestUsage = z.object({ cpuSeconds: Seconds, memoryBytes: Count });
export type GuestUsage = z.infer<typeof GuestUsage>;

/** One line of the guest's isolation check. */
const GuestCheck = z.object({ name: z.string().max(100), ok: z.boolean(), detail: z.string().max(500) });
export type GuestCheck = z.infer<typeof GuestCheck>;

const Truncated = z.array(Stream).max(2).readonly();
export const JobEnd = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exit'), code: z.int().min(0).max(255), truncated: Truncated }),
  z.object({ kind: z.literal('signal'), signal: z.int().min(1).max(64), truncated: Truncated }),
  z.object({ kind: z.literal('oom'), truncated: Truncated }),
  z.object({ kind: z.literal('killed'), truncated: Truncated }),
]);
export type JobEnd = z.infer<typeof JobEnd>;

/** A checked, normalised tar on the host's disk. `digest` is `sha256:…` of that file, `bytes` its length. */
export const Collected = z.object({
  bytes: Count,
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  /** How long the job stood still for it; 0 after its end. */
  frozenMs: z.number().min(0).max(1e9),
});
export type Collected = z.infer<typeof Collected>;

export const AgentStatus = z.object({ running: z.boolean(), words: z.string().max(200) });
export type AgentStatus = z.infer<typeof AgentStatus>;

interface Workload {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
  readonly processes: number;
  readonly vcpus: number;
  /** Bound on stdout and on stderr, each. */
  readonly logBytes: number;
}

export interface GuestJob extends Workload {
  readonly id: string;
  /** A tar that the host made itself: `in/…` and, on a later attempt, `checkpoint/…`. */
  readonly inputTarPath: string;
  /** It reaches what the host forwards; its variables name 127.0.0.1:3128 as its proxy. Else it has no network. */
  readonly network?: boolean;
}

/** A file for an agent, put in the place of whatever has its name. */
export interface GuestFile {
  /** Below `/data`: names of letters, digits and `._-`, with `/` between them. */
  readonly path: string;
  readonly content: string;
  /** As in 0o600. */
  readonly mode: number;
}

/** A grid's own worker: reaches what the host forwards, keeps only the capabilities named. */
export interface GuestAgent extends Workload {
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly uid: number;
  readonly gid: number;
  /** Addresses of the guest's loopback that forwards may be bound to, until the VM ends: {@link GuestAddress}, at most 32. */
  readonly addresses?: readonly string[];
  /** Each of its users may make one user namespace, to have a `/tmp` of its own. */
  readonly privateTmp?: boolean;
  /** It has the VM's data disk: its folder `/data`, where it starts. */
  readonly data: boolean;
  /** Written before it starts; together at most {@link agentFileBytesMax} bytes. */
  readonly files: readonly GuestFile[];
}

/** Bound on the contents of an agent's files, in bytes. */
export const agentFileBytesMax = 512 * 1024;

/** Where a connection to `bindAddress:port` inside the guest comes out on the host. */
export interface GuestForward {
  readonly bindAddress: string;
  readonly port: number;
  readonly toSocketPath: string;
}

/** Where a program of the host finds `127.0.0.1:port` of the guest's forwards: a Unix socket, made 0600. */
export interface GuestReach {
  readonly port: number;
  readonly socketPath: string;
}

interface Collecting {
  readonly id: string;
  readonly toPath: string;
  /** Bound on the content (not on logs that come with it). */
  readonly maxBytes: number;
}

/** What the host asks of the child, by verb. The host is trusted, so these are types only. */
export interface Inputs {
  readonly hello: null;
  readonly clock: { readonly epochMs: number };
  readonly cpu: { readonly quotaUsec: number | 'max'; readonly periodUsec: number };
  readonly usage: null;
  readonly selfCheck: null;
  readonly startJob: GuestJob;
  readonly watchJob: { readonly id: string };
  readonly checkpointJob: Collecting;
  readonly collectJob: Collecting;
  readonly killJob: { readonly id: string };
  readonly cleanJob: { readonly id: string };
  readonly startAgent: GuestAgent;
  readonly stopAgent: { readonly name: string; readonly graceSeconds: number };
  readonly agentStatus: { readonly name: string };
  readonly forward: GuestForward;
  readonly reach: GuestReach;
  readonly powerOff: null;
}
export type Verb = keyof Inputs;

/** What the child may answer, by verb: it has read a guest's bytes, so every value is parsed and bounded. */
export const answers = {
  hello: GuestHello,
  clock: z.null(),
  cpu: z.null(),
  usage: GuestUsage,
  selfCheck: z.array(GuestCheck).min(1).max(64),
  startJob: z.null(),
  watchJob: JobEnd,
  checkpointJob: Collected.nullable(),
  collectJob: Collected,
  killJob: z.null(),
  cleanJob: z.null(),
  startAgent: z.null(),
  stopAgent: z.null(),
  agentStatus: AgentStatus,
  forward: z.null(),
  reach: z.null(),
  powerOff: z.null(),
} satisfies Record<Verb, z.ZodType>;
export type Answer<V extends Verb> = z.output<(typeof answers)[V]>;

export interface SessionFiles {
  /** Unix socket of QEMU's chardev behind the port named `ssh`. */
  readonly portPath: string;
  readonly inDiskPath: string;
  readonly outDiskPath: string;
}

export interface SessionKeys {
  /** OpenSSH private key text. */
  readonly clientPrivateKey: string;
  /** The only host key that is accepted, as an SSH wire blob. */
  readonly hostPublicKey: Uint8Array;
}

/** The first message to a child. One child is one SSH session: when that is lost, the child ends. */
export interface Opening {
  readonly kind: 'open';
  readonly files: SessionFiles;
  readonly keys: SessionKeys;
  /** No session was ever open on this port, so no leftovers of one can sit in the guest. */
  readonly fresh: boolean;
}

export type Request = {
  [V in Verb]: { readonly kind: 'call'; readonly id: number; readonly verb: V; readonly input: Inputs[V] };
}[Verb];
export type ToChild = Opening | Request;

/** What is new about a watched job: at most one message a second, each value the latest. */
export const WatchNews = z.object({
  progress: z.object({ fraction: z.number().min(0).max(1), text: z.string().max(200) }).optional(),
  usage: z.object({ cpuSeconds: Seconds, memoryPeakBytes: Count }).optional(),
});
export type WatchNews = z.infer<typeof WatchNews>;

/** Connections out of the guest, or into it by one way, are as many as there may be; `refused` since the last such news. */
const Crowding = z.object({ way: z.enum(['out', 'in']), connections: Count, refused: Count });
export type Crowding = z.infer<typeof Crowding>;

export const FromChild = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), hello: GuestHello }),
  z.object({ kind: z.literal('answer'), id: z.int(), value: z.unknown() }),
  z.object({ kind: z.literal('refused'), id: z.int(), failure: Failure }),
  z.object({ kind: z.literal('news'), id: z.int(), news: WatchNews }),
  Crowding.extend({ kind: z.literal('crowding') }),
  z.object({ kind: z.literal('lost'), failure: Failure }),
]);
export type FromChild = z.infer<typeof FromChild>;
