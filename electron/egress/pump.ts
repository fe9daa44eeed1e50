import type { Readable, Writable } from 'node:stream';
import type { TokenBucket } from './bucket.ts';

export interface PumpOptions {
  readonly from: Readable;
  readonly to: Writable;
  readonly bucket: TokenBucket;
  /** Bytes were handed on. */
  readonly onProgress: () => void;
  /** All of `from` is handed on; `to` is not ended yet. */
  readonly onEnd: () => void;
}

/**
 * Carries one direction: it reads only what the other side takes and the rate allows, so that nothing piles up.
 * Errors and early ends of both streams are the owner's business, who then disposes of it.
 */
export class Pump {
  readonly #o: PumpOptions;
  #pending: Buffer | undefined;
  #leaveLine: () => void = () => undefined;
  /** Nothing more comes. */
  #over = false;
  #disposed = false;
  readonly #onData = (chunk: Buffer): void => {
    this.#pending = chunk;
    this.#pass();
  };
  readonly #onDrain = (): void => {
    this.#pass();
  };
  readonly #onEnd = (): void => {
    this.finish();
  };

  constructor(o: PumpOptions) {
    this.#o = o;
    o.to.on('drain', this.#onDrain);
    o.from.on('data', this.#onData);
    o.from.on('end', this.#onEnd);
  }

  /** Nothing more comes; what waits for its turn is still handed on. A paused stream ends while its last bytes wait here. */
  finish(): void {
    if (this.#over || this.#disposed) return;
    this.#over = true;
    if (!this.#pending) this.#o.onEnd();
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#leaveLine();
    this.#o.from.off('data', this.#onData);
    this.#o.from.off('end', this.#onEnd);
    this.#o.to.off('drain', this.#onDrain);
  }

  /** Hands on what is pending, as far as may be; reads on when nothing is. */
  #pass(): void {
    const { from, to, bucket, onProgress } = this.#o;
    if (this.#disposed) return;
    const chunk = this.#pending;
    if (chunk && bucket.unlimited) {
      this.#pending = undefined;
      onProgress();
      const more = to.write(chunk);
      if (this.#over) this.#o.onEnd();
      else if (more) this.#read();
      else from.pause();
      return;
    }
    if (!chunk) {
      this.#read();
      return;
    }
    from.pause();
    this.#leaveLine();
    const piece = chunk.subarray(0, bucket.piece);
    this.#leaveLine = bucket.take(piece.length, () => {
      this.#leaveLine = () => undefined;
      if (this.#disposed) return;
      this.#pending = piece.length < chunk.length ? chunk.subarray(piece.length) : undefined;
      onProgress();
      const more = to.write(piece);
      if (this.#over && !this.#pending) this.#o.onEnd();
      else if (more)
        queueMicrotask(() => {
          this.#pass();
        });
    });
  }

  #read(): void {
    if (this.#o.from.isPaused()) this.#o.from.resume();
  }
}
