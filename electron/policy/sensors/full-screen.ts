import type { Clock } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposal.ts';
import { GleanerError } from '../../contract/failures.ts';
import { BunchedLook } from './bunched-look.ts';
import type { OnDisplay } from './input-x11.ts';
import type { Reading, Sensor } from './sensor.ts';
import { XConnection } from './x11/connection.ts';

/** Changes that come in a bunch are answered by one more look, so much later. */
const bunchMs = 200;

/**
 * Whether the active window fills the screen, as the window manager marks it (Extended Window Manager Hints:
 * _NET_ACTIVE_WINDOW of the root, _NET_WM_STATE of the window), by PropertyNotify events.
 */
export function fullScreenSensor({ env, clock }: OnDisplay): Sensor {
  return {
    name: 'full-screen',
    cost: 'Nothing while nothing happens; two questions to the X server when the active window or its state changes.',
    gives: ['fullScreen'],
    async start(report, fail) {
      if ((env['WAYLAND_DISPLAY'] ?? '') !== '') {
        throw new GleanerError('platform-not-ready', 'Wayland tells nobody what fills the screen.');
      }
      const connection = await XConnection.open(env, clock, fail);
      try {
        const watch = await Watch.begin(connection, clock, report, fail);
        return watch;
      } catch (error) {
        connection.dispose();
        throw error;
      }
    },
  };
}

interface Atoms {
  readonly active: number;
  readonly state: number;
  readonly full: number;
}

class Watch implements Disposable {
  readonly #connection: XConnection;
  readonly #report: (reading: Reading) => void;
  readonly #atoms: Atoms;
  readonly #looks: BunchedLook;
  #window = 0;

  private constructor(
    connection: XConnection,
    clock: Clock,
    atoms: Atoms,
    report: (reading: Reading) => void,
    fail: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.#atoms = atoms;
    this.#report = report;
    this.#looks = new BunchedLook({ look: () => this.#look(), clock, bunchMs, fail });
    connection.onEvent(({ name, wid, atom }) => {
      if (name !== 'PropertyNotify') return;
      const isActive = wid === connection.root && atom === atoms.active;
      if (isActive || (wid === this.#window && atom === atoms.state)) this.#looks.soon();
    });
    connection.hear(connection.root, connection.propertyChange);
  }

  static async begin(
    connection: XConnection,
    clock: Clock,
    report: (reading: Reading) => void,
    fail: (error: unknown) => void,
  ): Promise<Watch> {
    const atoms = {
      active: await connection.atom('_NET_ACTIVE_WINDOW'),
      state: await connection.atom('_NET_WM_STATE'),
      full: await connection.atom('_NET_WM_STATE_FULLSCREEN'),
    };
    const watch = new Watch(connection, clock, atoms, report, fail);
    await watch.#looks.now();
    return watch;
  }

  dispose(): void {
    this.#looks.dispose();
    this.#connection.dispose();
  }

  async #look(): Promise<void> {
    const { active, state, full } = this.#atoms;
    const [window] = await this.#connection.words(this.#connection.root, active);
    this.#follow(window ?? 0);
    const states = this.#window === 0 ? [] : await this.#connection.words(this.#window, state);
    // Without the property there is no window manager that could tell.
    if (!this.#looks.ended) this.#report({ fullScreen: window === undefined ? null : states.includes(full) });
  }

  /** Hears the window's changes from before its state is asked. */
  #follow(window: number): void {
    if (window === this.#window) return;
    if (this.#window !== 0) this.#connection.hear(this.#window, 0);
    this.#window = window;
    if (window !== 0) this.#connection.hear(window, this.#connection.propertyChange);
  }
}
