import { rm } from 'node:fs/promises';
import type { Disposable } from '../../base/disposal.ts';
import { type Failure, GleanerError } from '../../contract/failures.ts';
import { SessionKeeper, type SessionOptions } from './keeper.ts';
import type {
  AgentStatus,
  Answer,
  Collected,
  GuestAgent,
  GuestCheck,
  GuestForward,
  GuestHello,
  GuestJob,
  GuestReach,
  GuestUsage,
  Inputs,
  JobEnd,
  Verb,
} from './messages.ts';

/** What happens to a job while it runs: `fraction` 0…1; times in s, memory in bytes. */
export interface JobListener {
  progress(fraction: number, text: string): void;
  usage(cpuSeconds: number, memoryPeakBytes: number): void;
}

/**
 * A VM's guest session as the host uses it. A child process parses every byte of the guest's; when it or its
 * connection is lost, a new one takes over: calls in flight reject with `session-lost`, later calls wait for the
 * repair, watches and forwards go on by themselves.
 */
export class GuestSession implements Disposable {
  readonly #keeper: SessionKeeper;
  readonly #forwards: GuestForward[] = [];
  readonly #reaches: GuestReach[] = [];

  constructor(o: SessionOptions) {
    this.#keeper = new SessionKeeper(o, async (link) => {
      const limitMs = this.#keeper.bounds.callMs;
      for (const forward of this.#forwards) await link.call('forward', forward, { limitMs });
      for (const reach of this.#reaches) await link.call('reach', reach, { limitMs });
    });
  }

  /** Opens the session with a guest that may still boot. Rejects with `guest-not-ready` after `limitMs` unfrozen ms. */
  async connect(limitMs: number): Promise<GuestHello> {
    try {
      return await this.#keeper.open(limitMs);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new GleanerError('guest-not-ready', `The virtual machine did not become ready. ${words}`);
    }
  }

  /** Called once when the session cannot be repaired: the VM has to be started anew. */
  onDead(listener: (failure: Failure) => void): void {
    this.#keeper.onDead(listener);
  }

  /** Tells whether the VM stands still; while it does, no time limit runs and nothing is repaired. */
  frozen(isFrozen: boolean): void {
    if (isFrozen) this.#keeper.time.freeze();
    else this.#keeper.time.thaw();
  }

  async setClock(epochMs: number): Promise<void> {
    await this.#ask('clock', { epochMs });
  }

  /** The bound on all workloads together, in effect at once: µs of CPU per period of µs. */
  async setCpu(quotaUsec: number | 'max', periodUsec: number): Promise<void> {
    await this.#ask('cpu', { quotaUsec, periodUsec });
  }

  /** All workloads together. */
  usage(): Promise<GuestUsage> {
    return this.#ask('usage', null);
  }

  /** Runs the guest's isolation check; a job may only be started when every line of it is ok. */
  selfCheck(): Promise<readonly GuestCheck[]> {
    return this.#work('selfCheck', null);
  }

  /** Resolves when the job's program runs. Rejects with `launch-failed`; `wrong-phase` when another job is there. */
  async startJob(job: GuestJob): Promise<void> {
    await this.#work('startJob', job);
  }

  /** Follows a job to its end, across lost sessions. Rejects with `not-found`; `session-lost` when that is final. */
  async watchJob(id: string, on: JobListener): Promise<JobEnd> {
    for (;;) {
      const link = await this.#keeper.link();
      try {
        return await link.call(
          'watchJob',
          { id },
          {
            onNews: ({ progress, usage }) => {
              if (progress) on.progress(progress.fraction, progress.text);
              if (usage) on.usage(usage.cpuSeconds, usage.memoryPeakBytes);
            },
          },
        );
      } catch (error) {
        if (!(error instanceof GleanerError && error.code === 'session-lost')) throw error;
        // The guest itself ends a watch when it believes that the session is gone.
        this.#keeper.discard(link, error);
      }
    }
  }

  /** Leaves the published checkpoint at `toPath`; null when nothing is published. `maxBytes` bounds its content. */
  checkpointJob(id: string, toPath: string, maxBytes: number): Promise<Collected | null> {
    return this.#work('checkpointJob', { id, toPath, maxBytes });
  }

  /**
   * Leaves `out/…`, `stdout` and `stderr` of an ended job at `toPath`; `maxBytes` bounds the content of `out/`.
   * Rejects with `job-output-too-large`, `archive-invalid`, `wrong-phase` before the end.
   */
  async collectJob(id: string, toPath: string, maxBytes: number): Promise<Collected> {
    try {
      return await this.#work('collectJob', { id, toPath, maxBytes });
    } catch (error) {
      if (!(error instanceof GleanerError && error.code === 'archive-too-large')) throw error;
      throw new GleanerError('job-output-too-large', error.message, error.hint);
    }
  }

  async killJob(id: string): Promise<void> {
    await this.#ask('killJob', { id });
  }

  /** Forgets a job, whatever its state, and frees its disk space in the guest. */
  async cleanJob(id: string): Promise<void> {
    await this.#work('cleanJob', { id });
  }

  /**
   * Resolves when the agent's program runs. Rejects with `data-unusable` when the data disk can be neither formatted,
   * mended nor written; `launch-failed`; `wrong-phase` while it, or a job, is there.
   */
  async startAgent(agent: GuestAgent): Promise<void> {
    await this.#work('startAgent', agent);
  }

  /**
   * Asks an agent to end, kills it after `graceSeconds` (in the guest's time), and forgets it; what it wrote to the
   * data disk is on the disk then. Rejects with `not-found`.
   */
  async stopAgent(name: string, graceSeconds = 5): Promise<void> {
    await this.#work('stopAgent', { name, graceSeconds });
  }

  agentStatus(name: string): Promise<AgentStatus> {
    return this.#ask('agentStatus', { name });
  }

  /** Lets the guest reach one unix socket of the host's under one address of its own, for the session's whole life. */
  async forward(forward: GuestForward): Promise<void> {
    await this.#ask('forward', forward);
    this.#forwards.push(forward);
  }

  /**
   * Lets whoever may open `socketPath` reach `127.0.0.1:port` among the guest's forwards, for the session's whole
   * life; the socket is gone with it. While the session is repaired nobody listens there.
   */
  async reach(reach: GuestReach): Promise<void> {
    await this.#ask('reach', reach);
    this.#reaches.push(reach);
  }

  /** Asks the guest to power off; does not wait for QEMU. The session is not repaired any more. */
  async powerOff(): Promise<void> {
    this.#keeper.stopRepairs();
    try {
      await this.#ask('powerOff', null);
    } catch (error) {
      // The guest may be gone before its answer is here.
      if (!(error instanceof GleanerError && error.code === 'session-lost')) throw error;
    }
  }

  /** Everything pending rejects with `session-lost`; resolves when the child is gone. */
  async dispose(): Promise<void> {
    await this.#keeper.dispose();
    // A child that was killed leaves its sockets behind.
    for (const { socketPath } of this.#reaches.splice(0)) await rm(socketPath, { force: true });
  }

  async #ask<V extends Verb>(verb: V, input: Inputs[V]): Promise<Answer<V>> {
    const link = await this.#keeper.link();
    return link.call(verb, input, { limitMs: this.#keeper.bounds.callMs });
  }

  async #work<V extends Verb>(verb: V, input: Inputs[V]): Promise<Answer<V>> {
    const link = await this.#keeper.link();
    return link.call(verb, input, { limitMs: this.#keeper.bounds.workMs });
  }
}
