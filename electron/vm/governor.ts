import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { type CapMode, fullDuty, measuredShare, startShare, stepShare } from './share.ts';

export interface GovernorOptions {
  readonly vcpus: number;
  readonly share: number;
  /** QEMU's CPU time so far, in ms; undefined where it cannot be read. */
  readonly cpuMs: () => number | undefined;
  readonly setCpu: (quotaUsec: number | 'max', periodUsec: number) => Promise<void>;
  /** QMP's `stop` and `cont`, sent without waiting. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly clock: Clock;
  readonly log: Log;
  /** Something that {@link Governor.measured} or {@link Governor.mode} tell has changed. */
  readonly onChange: () => void;
}

const sampleMs = 1000;
/** A guest that is being given a new quota has not disobeyed yet; so many samples at most are forgiven it. */
const forgivenSamples = 3;
const cgroupPeriodUsec = 100_000;
const pwmPeriodMs = 200;

/**
 * Holds one running VM to its share: samples once a second while the VM runs, and not at all otherwise. Without
 * a way to read CPU time there is only the guest's own quota, and {@link measured} stays null.
 */
export class Governor implements Disposable {
  readonly #o: GovernorOptions;
  #share: number;
  #state;
  #last: { readonly at: number; readonly cpuMs: number } | undefined;
  #running = false;
  #cancelSample: (() => void) | undefined;
  #cancelPwm: (() => void) | undefined;
  #applied: number | undefined = 1;
  #applying: Promise<void> | undefined;
  /** The quota may have changed while one was being set. */
  #applyAgain = false;
  /** Once per start: it may come and go all day, and is nothing to act on. */
  #isTold = false;
  /** Samples still forgiven, see {@link forgivenSamples}. */
  #forgiven = forgivenSamples;

  constructor(o: GovernorOptions) {
    this.#o = o;
    this.#share = o.share;
    this.#state = startShare(o.share);
  }

  /** Share used over the last window, or null while unknown. */
  get measured(): number | null {
    return measuredShare(this.#state, this.#o.vcpus) ?? null;
  }

  get mode(): CapMode {
    return this.#state.mode;
  }

  /** Gives the guest its quota. Rejects what the session rejects; the next sample tries again. */
  async apply(): Promise<void> {
    // One at a time; the one that waited finds the newest quota.
    while (this.#applying) await this.#applying.catch(() => undefined);
    const quota = this.#share >= 1 ? 1 : this.#state.quota;
    if (this.#applied !== undefined && Math.abs(this.#applied - quota) < 0.003) return;
    const usec = quota >= 1 ? 'max' : Math.max(1000, Math.round(quota * this.#o.vcpus * cgroupPeriodUsec));
    this.#applying = this.#o.setCpu(usec, cgroupPeriodUsec);
    try {
      await this.#applying;
      this.#applied = quota;
      // What it used before it had this quota says nothing about it.
      if (this.#forgiven > 0) this.#last = this.#read();
      this.#forgiven = 0;
    } catch (error) {
      this.#applied = undefined;
      throw error;
    } finally {
      this.#applying = undefined;
    }
  }

  setShare(share: number): void {
    if (share === this.#share) return;
    const wasPwm = this.#state.mode === 'pwm';
    this.#share = share;
    this.#state = startShare(share);
    this.#forgiven = forgivenSamples;
    if (wasPwm) this.#endPwm();
    if (this.#running) this.#applyLater();
  }

  /** The VM runs: begin to look, or go on. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#last = this.#read();
    this.#applyLater();
    this.#sampleLater();
    if (this.#state.mode === 'pwm') this.#pwmOn();
  }

  /** The VM is about to be frozen or to end: from here on nothing is sent to it. Never waits. */
  hold(): void {
    this.#running = false;
    this.#cancelSample?.();
    this.#cancelPwm?.();
    this.#cancelPwm = undefined;
  }

  dispose(): void {
    this.hold();
  }

  #read(): { at: number; cpuMs: number } | undefined {
    const cpuMs = this.#o.cpuMs();
    return cpuMs === undefined ? undefined : { at: this.#o.clock.monotonic(), cpuMs };
  }

  #sampleLater(): void {
    this.#cancelSample = this.#o.clock.after(sampleMs, () => {
      this.#sample();
      if (this.#running) this.#sampleLater();
    });
  }

  #sample(): void {
    const now = this.#read();
    const last = this.#last;
    this.#last = now;
    if (this.#applying && this.#forgiven > 0) {
      this.#forgiven -= 1;
      return;
    }
    if (!now || !last || now.at <= last.at) return;
    const before = this.#state.mode;
    const sample = { wallMs: now.at - last.at, cpuMs: now.cpuMs - last.cpuMs };
    this.#state = stepShare(this.#state, sample, this.#share, this.#o.vcpus);
    if (this.#state.mode !== before) this.#changeMode();
    this.#applyLater();
    this.#o.onChange();
  }

  #changeMode(): void {
    const pwm = this.#state.mode === 'pwm';
    if (pwm && !this.#isTold) {
      this.#isTold = true;
      this.#o.log.info('vm', 'the guest exceeds its CPU share: it is held to it by stopping it in turns');
    }
    if (pwm) this.#pwmOn();
    else this.#endPwm();
  }

  #applyLater(): void {
    if (this.#applying) {
      this.#applyAgain = true;
      return;
    }
    void this.apply()
      .catch((error: unknown) => {
        this.#o.log.warn('vm', 'the guest did not take its CPU quota', { why: String(error) });
      })
      .then(() => {
        if (!this.#applyAgain) return;
        this.#applyAgain = false;
        this.#applyLater();
      });
  }

  #pwmOn(): void {
    this.#o.resume();
    const { duty } = this.#state;
    const onMs = Math.max(4, duty * pwmPeriodMs);
    this.#cancelPwm = this.#o.clock.after(onMs, () => {
      if (duty >= fullDuty) this.#pwmOn();
      else this.#pwmOff(pwmPeriodMs - onMs);
    });
  }

  #pwmOff(offMs: number): void {
    this.#o.pause();
    this.#cancelPwm = this.#o.clock.after(offMs, () => {
      this.#pwmOn();
    });
  }

  #endPwm(): void {
    this.#cancelPwm?.();
    this.#cancelPwm = undefined;
    if (this.#running) this.#o.resume();
  }
}
