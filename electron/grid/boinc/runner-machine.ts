import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Failure } from '../../contract/index.ts';
import type { Answer, Inputs, Verb } from './messages.ts';
import type { ClientFile, ClientRoom } from './preferences.ts';
import type { BoincStore } from './store.ts';

/** The client as a machine starts it; who it is in there, and what it may, the machine knows. */
export interface AgentStart {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly ClientFile[];
  readonly memoryBytes: number;
  readonly processes: number;
  readonly vcpus: number;
  /** Bound on stdout and on stderr, each. */
  readonly logBytes: number;
}

/**
 * What a project's client runs on: one session with one VM. All methods reject with `session-lost` once it is gone;
 * while it is frozen they wait. The same object for the same session.
 */
export interface AgentMachine {
  /** Writes the files and starts the client; one that ended before makes room for it. */
  startAgent(agent: AgentStart): Promise<void>;
  agentStatus(): Promise<{ readonly running: boolean; readonly words: string }>;
  /** Resolves when it is gone: asked first, killed after so many seconds. */
  stopAgent(graceSeconds: number): Promise<void>;
  /** A Unix socket of the host that leads to this port of the guest's own address, as long as the session lives. */
  reach(port: number): Promise<string>;
  /** Lets the guest reach its gateway at this port of its own address. */
  forwardGateway(port: number): Promise<void>;
  /** All time so far that the machine stood frozen, a freeze that goes on included; never decreases. */
  frozenMs(): number;
  facts(): { readonly accelerator: string; readonly applianceDigest: string };
}

/** The host's end of a worker `boinc`. */
export interface BoincWorkerLike {
  /** Rejects with coded failures. Has no time limit: a guest's time may stand still. */
  call<V extends Verb>(verb: V, input: Inputs[V]): Promise<Answer<V>>;
  /** Its connection to the client is gone, or the worker itself. */
  onLost(listener: (failure: Failure) => void): void;
  dispose(): void | Promise<void>;
}

export interface RunnerOptions {
  /** Of the grid; it is joined. */
  readonly id: string;
  readonly store: BoincStore;
  /** A new worker for each connection to the client. */
  readonly worker: () => BoincWorkerLike;
  /** The account key, as long as the host holds it; null: it does not any more. */
  readonly key: () => Promise<string | null>;
  /** The key is safe on the data disk: the host's copy is of no more use. May be called again. */
  readonly attached: () => Promise<void>;
  /** Whether the settings of this computer permit the project now. */
  readonly permitted: () => boolean;
  /** What the client has to itself. */
  readonly room: () => ClientRoom;
  /** The part of the last days in which its VM really ran at the full share, 0…1. */
  readonly availability: () => number;
  /** What is its due among the grids that have work, 0…1. */
  readonly due: () => number;
  /** What policy grants its VM's vCPUs now, 0…1. */
  readonly grantedShare: () => number;
  /** Whether its VM runs: not frozen, not saved. */
  readonly machineRuns: () => boolean;
  /** How much CPU time a task may leave unused before it counts as hanging, in ms; 20 minutes unless told otherwise. */
  readonly hangsAfterMs?: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Something that the views tell, or `hasWork`, has changed. */
  readonly onChange: () => void;
  /** What the person should look at; null when it is mended. */
  readonly onProblem: (failure: Failure | null) => void;
}
