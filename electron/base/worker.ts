/**
 * A child process of our own code, talked to by structured-clone messages. Electron's utility process and
 * Node's fork both fit; the composition root chooses, so that no room needs to know which runtime it is in.
 */
export interface WorkerHandle {
  readonly pid: number | undefined;
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, when the process is gone for whatever reason. */
  onExit(listener: (code: number | null) => void): void;
  /** Ends it at once (SIGKILL). */
  kill(): void;
}

/** Starts the worker script with this name, e.g. `session`. */
export type SpawnWorker = (name: string) => WorkerHandle;
