/** Time as rooms see it, so that tests can turn it. */
export interface Clock {
  /** Epoch ms. May jump. */
  now(): number;
  /** Monotonic ms. */
  monotonic(): number;
  /** Calls back once after `ms`; returns the way to cancel. */
  after(ms: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
