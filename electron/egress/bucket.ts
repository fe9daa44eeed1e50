import type { Clock } from '../base/clock.ts';

/** What may pass at once after a pause, in seconds of the rate. */
const burstSeconds = 0.25;
const largestPiece = 64 * 1024;
const smallestPiece = 1024;

interface Waiter {
  readonly bytes: number;
  readonly go: () => void;
}

/**
 * A token bucket over all connections of a gateway in one direction, in bytes. Whoever wants to pass waits in line;
 * a piece may pass while anything is left and overdraws the bucket, so that pieces larger than the burst pass too.
 */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #line: Waiter[] = [];
  #rate: number | null;
  #tokens = 0;
  #filledAt = 0;
  #cancelTimer: (() => void) | undefined;

  /** @param bytesPerSecond null: no limit */
  constructor(clock: Clock, bytesPerSecond: number | null) {
    this.#clock = clock;
    this.#rate = bytesPerSecond;
    this.#filledAt = clock.monotonic();
    this.#tokens = this.#burst();
  }

  get unlimited(): boolean {
    return this.#rate === null;
  }

  /** What one connection should pass at a time, in bytes, so that others get their turn. */
  get piece(): number {
    return this.#rate === null
      ? largestPiece
      : Math.min(largestPiece, Math.max(smallestPiece, Math.floor(this.#rate * burstSeconds)));
  }

  /** In effect at once, also for those that wait. */
  setRate(bytesPerSecond: number | null): void {
    if (bytesPerSecond === this.#rate) return;
    this.#fill();
    this.#rate = bytesPerSecond;
    this.#tokens = Math.min(this.#tokens, this.#burst());
    // A debt made at a higher rate would stop everything for long at a lower one.
    if (bytesPerSecond !== null) this.#tokens = Math.max(this.#tokens, -bytesPerSecond);
    this.#serve();
  }

  /** Calls `go` when these bytes may pass, perhaps at once; returns the way to leave the line. */
  take(bytes: number, go: () => void): () => void {
    const waiter = { bytes, go };
    this.#line.push(waiter);
    this.#serve();
    return () => {
      const place = this.#line.indexOf(waiter);
      if (place >= 0) this.#line.splice(place, 1);
    };
  }

  dispose(): void {
    this.#line.length = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #burst(): number {
    return this.#rate === null ? 0 : Math.max(smallestPiece, this.#rate * burstSeconds);
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    if (this.#rate !== null) {
      this.#tokens = Math.min(this.#burst(), this.#tokens + ((now - this.#filledAt) / 1000) * this.#rate);
    }
    this.#filledAt = now;
  }

  #serve(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#fill();
    for (;;) {
      const next = this.#line[0];
      if (!next) return;
      if (this.#rate !== null && this.#tokens <= 0) break;
      this.#line.shift();
      if (this.#rate !== null) this.#tokens -= next.bytes;
      next.go();
    }
    // A ms more, so that rounding does not wake us before there is anything.
    const ms = Math.ceil((-this.#tokens / this.#rate) * 1000) + 1;
    this.#cancelTimer = this.#clock.after(ms, () => {
      this.#cancelTimer = undefined;
      this.#serve();
    });
  }
}
