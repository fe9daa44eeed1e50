import type { Clock } from '../base/clock.ts';
import type { PresenceReport, SessionDoor } from '../contract/index.ts';
import type { Reading } from '../policy/sensors/sensor.ts';
import {
  type LoginState,
  mergeSessions,
  type SessionState,
  silentSession,
} from '../policy/sensors/sessions.ts';

/** A desktop that says it is in use is so until it says otherwise: told anew this often, in ms. */
const inUseEveryMs = 1000;

interface Told {
  state: SessionState;
  tray: boolean | null;
}

/** All that people's sessions tell a host that is a service of the machine, as one reading. */
export class Sessions {
  readonly #clock: Clock;
  readonly #onReading: (reading: Reading) => void;
  readonly #open = new Set<Told>();
  #logins: readonly LoginState[] = [];
  #departedInputAt: number | null = null;
  #cancel: (() => void) | undefined;

  /** @param o.onReading called in the turn in which a session tells, with all that is known */
  constructor(o: { readonly clock: Clock; readonly onReading: (reading: Reading) => void }) {
    this.#clock = o.clock;
    this.#onReading = o.onReading;
  }

  open(): SessionDoor {
    const mine: Told = { state: silentSession, tray: null };
    this.#open.add(mine);
    return {
      report: (report) => {
        if (!this.#open.has(mine)) return;
        mine.state = stateAfter(mine.state, report, this.#clock.monotonic());
        if (report.tray !== undefined) mine.tray = report.tray;
        this.tell();
      },
      end: () => {
        if (!this.#open.delete(mine)) return;
        const { lastInputAt } = mine.state;
        if (lastInputAt !== null) this.#departedInputAt = Math.max(lastInputAt, this.#departedInputAt ?? 0);
        this.tell();
      },
    };
  }

  /** What the system says of its login sessions; none: it cannot tell. */
  setLogins(logins: readonly LoginState[]): void {
    if (logins.length === 0 && this.#logins.length === 0) return;
    this.#logins = logins;
    this.tell();
  }

  /** Says what is known once more, for whoever has forgotten it. */
  tell(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const states = [...this.#open].map(({ state }) => state);
    if (this.#logins.some(({ active, lastInputAt }) => active && lastInputAt === 'now')) {
      this.#cancel = this.#clock.after(inUseEveryMs, () => {
        this.tell();
      });
    }
    this.#onReading(mergeSessions(states, this.#logins, this.#clock.monotonic(), this.#departedInputAt));
  }

  /** Whether any session has a tray; null: none has told. */
  get tray(): boolean | null {
    const told = [...this.#open].map(({ tray }) => tray).filter((tray) => tray !== null);
    return told.length === 0 ? null : told.includes(true);
  }

  dispose(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#open.clear();
  }
}

/** What a session is known to be after it has told something. Pure. */
export function stateAfter(before: SessionState, report: PresenceReport, now: number): SessionState {
  const { idleMs, pollMs, inputSource, ...rest } = report;
  const told = Object.fromEntries(
    Object.entries(rest).filter(([name, value]) => name in silentSession && value !== undefined),
  );
  const input =
    idleMs === undefined
      ? {}
      : idleMs === null
        ? { inputSource: null, inputPollMs: 0 }
        : { lastInputAt: now - idleMs, inputSource: inputSource ?? 'polled', inputPollMs: pollMs ?? 0 };
  return { ...before, ...told, ...input };
}
