import { GleanerError, type VmPhase } from '../../electron/contract/index.ts';
import type { DrivenVm } from '../../electron/host/contribution.ts';

export interface FakeSession {
  readonly boot: number;
}

/** A VM that changes phase when told and runs nothing; it keeps what it was asked. */
export class FakeVm implements DrivenVm<FakeSession> {
  phase: VmPhase = 'stopped';
  readonly asked: string[] = [];
  share = 0;
  saveFailure: GleanerError | undefined;
  #boot = 0;
  readonly #listeners = new Set<() => void>();

  restoring = false;

  status(): { phase: VmPhase; restoring: boolean } {
    return { phase: this.phase, restoring: this.restoring };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  become(phase: VmPhase): void {
    if (phase === 'starting') this.#boot += 1;
    this.phase = phase;
    for (const listener of [...this.#listeners]) listener();
  }

  start(): void {
    this.asked.push('start');
    this.become('starting');
  }

  stop(): Promise<void> {
    this.asked.push('stop');
    this.become('stopped');
    return Promise.resolve();
  }

  leave(): Promise<void> {
    this.asked.push('leave');
    if (this.phase !== 'saved') this.become('stopped');
    return Promise.resolve();
  }

  freeze(): Promise<{ acknowledgedMs: number }> {
    if (this.phase !== 'running' && this.phase !== 'starting') {
      return Promise.reject(new GleanerError('wrong-phase', `cannot freeze while ${this.phase}`));
    }
    this.asked.push('freeze');
    this.become('frozen');
    return Promise.resolve({ acknowledgedMs: 3 });
  }

  save(): Promise<void> {
    if (this.phase !== 'frozen') {
      return Promise.reject(new GleanerError('wrong-phase', `cannot save while ${this.phase}`));
    }
    this.asked.push('save');
    this.become('saving');
    if (this.saveFailure) {
      const failed = Promise.reject(this.saveFailure);
      failed.catch(() => undefined);
      // As the real one: the phase is told before the promise is.
      this.become('frozen');
      return failed;
    }
    this.become('saved');
    return Promise.resolve();
  }

  thaw(): Promise<void> {
    this.asked.push('thaw');
    this.become('running');
    return Promise.resolve();
  }

  saveEstimate(): { bytes: number; ms: number } {
    return { bytes: 1_000_000, ms: 500 };
  }

  setShare(share: number): void {
    this.share = share;
  }

  session(): FakeSession | undefined {
    return this.phase === 'running' || this.phase === 'frozen' ? { boot: this.#boot } : undefined;
  }
}
