import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Failure, PoolPlace } from '../../contract/index.ts';
import type { Attributes, Offer } from './config.ts';
import type { Answer, Inputs, Verb } from './messages.ts';
import type { CondorStore } from './store.ts';

/** The node as a machine starts it; who it is in there, and what it may, the machine knows. */
export interface NodeStart {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Of its own loopback: those of the pool, and its own. */
  readonly addresses: readonly string[];
  readonly memoryBytes: number;
  readonly processes: number;
  readonly vcpus: number;
  /** Bound on stdout and on stderr, each. */
  readonly logBytes: number;
}

/**
 * What a pool's node runs on: one session with one VM. All methods reject with `session-lost` once it is gone; while it is
 * frozen they wait. The same object for the same session.
 */
export interface NodeMachine {
  startAgent(node: NodeStart): Promise<void>;
  agentStatus(): Promise<{ readonly running: boolean; readonly words: string }>;
  /** Resolves when it is gone: asked first, killed after so many seconds. */
  stopAgent(graceSeconds: number): Promise<void>;
  /** A Unix socket of the host that leads to this port of the guest's own address, as long as the session lives. */
  reach(port: number): Promise<string>;
  /** Lets the guest reach this place of the pool, by the address that is its own. */
  forward(place: PoolPlace): Promise<void>;
  /** All time so far that the machine stood frozen, a freeze that goes on included; never decreases. */
  frozenMs(): number;
  facts(): { readonly accelerator: string; readonly applianceDigest: string };
}

/** The host's end of a worker `condor`. */
export interface CondorWorkerLike {
  /** Rejects with coded failures. Has no time limit: a guest's time may stand still. */
  call<V extends Verb>(verb: V, input: Inputs[V]): Promise<Answer<V>>;
  onLost(listener: (failure: Failure) => void): void;
  dispose(): void | Promise<void>;
}

/** What the VM has for jobs. */
export interface NodeRoom {
  readonly vcpus: number;
  /** For the node with all of its jobs, and of it for jobs alone. */
  readonly agentMemoryBytes: number;
  readonly jobMemoryBytes: number;
}

export interface RunnerOptions {
  /** Of the grid; it is joined. */
  readonly id: string;
  readonly store: CondorStore;
  /** A new worker for each stay on a machine. */
  readonly worker: () => CondorWorkerLike;
  /** The host's token; null: it is lost. */
  readonly token: () => Promise<string | null>;
  /** Whether the settings of this computer permit the pool now. */
  readonly permitted: () => boolean;
  /** Why the rules of this computer let nothing through at the moment; null: they do. */
  readonly networkClosed: () => Failure | null;
  readonly room: () => NodeRoom;
  /** What new jobs may use now by policy; null: none. */
  readonly offer: () => Offer | null;
  /** What the machine's ad tells of this computer. */
  readonly attributes: () => Attributes;
  /** Whether its VM runs: not frozen. */
  readonly machineRuns: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** Something that the views tell, or `hasWork`, has changed. */
  readonly onChange: () => void;
  /** What the person should look at; null when it is mended. */
  readonly onProblem: (failure: Failure | null) => void;
}
