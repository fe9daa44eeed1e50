import type { Clock } from '../base/clock.ts';
import type { DenialRow } from './messages.ts';

const everyMs = 250;
/** Different denials that wait to be told; what more there is counts under the host ''. */
const waitingMax = 64;

/** Tells denials, equal ones counted together, at most four in a second, however many a guest brings about. */
export class Denials {
  readonly #clock: Clock;
  readonly #tell: (row: DenialRow) => void;
  readonly #waiting = new Map<string, DenialRow>();
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock, tell: (row: DenialRow) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(denial: Omit<DenialRow, 'count'>): void {
    const key = `${denial.host} ${denial.port} ${denial.reason}`;
    if (this.#waiting.has(key) || this.#waiting.size < waitingMax) this.#count(key, denial);
    else {
      const { reason } = denial;
      const others = {
        host: '',
        port: 0,
        reason,
        sentence: 'So it went with many others.',
        said: { code: 'denial.others', values: {} } as const,
        allowable: false,
      };
      this.#count(`${reason} others`, others);
    }
    if (this.#cancelTimer === undefined) this.#next();
  }

  /** Tells what is left and stops. */
  dispose(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const row of this.#waiting.values()) this.#tell(row);
    this.#waiting.clear();
  }

  #count(key: string, denial: Omit<DenialRow, 'count'>): void {
    const count = (this.#waiting.get(key)?.count ?? 0) + 1;
    this.#waiting.set(key, { ...denial, count });
  }

  /** Tells the one that waited longest; then none for a while. */
  #next(): void {
    for (const [key, row] of this.#waiting) {
      this.#waiting.delete(key);
      this.#tell(row);
      this.#cancelTimer = this.#clock.after(everyMs, () => {
        this.#cancelTimer = undefined;
        this.#next();
      });
      return;
    }
  }
}
