import type { Speaker } from '../../text/speaker.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Failure } from '../contract/failures.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import {
  firstTrayModel,
  type TrayAction,
  type TrayEntry,
  type TrayIcon,
  type TrayModel,
  trayModel,
} from './tray-model.ts';

/** One icon in the desktop's tray, as the desktop offers it. */
export interface TrayHandle extends Disposable {
  picture(icon: TrayIcon): void;
  tooltip(words: string): void;
  menu(entries: readonly TrayEntry[]): void;
}

export interface TrayOptions {
  readonly create: (act: (action: TrayAction) => void) => TrayHandle;
  readonly act: (action: TrayAction) => void;
  readonly clock: Clock;
  /** Who speaks now; after a change {@link TrayPresenter.refresh}. */
  readonly speaker: () => Speaker;
  /** What the shell itself could not do, now. */
  readonly problems: () => readonly Failure[];
}

/**
 * Keeps the desktop's tray equal to the model of the latest Snapshot. Idempotent: what has not changed is not
 * touched, because a menu that is set anew closes under the person's hand.
 */
export class TrayPresenter implements Disposable {
  readonly #o: TrayOptions;
  #handle: TrayHandle;
  #snapshot: Snapshot | undefined;
  #shown: { icon: TrayIcon; tooltip: string; entries: string } | undefined;
  #cancelRefresh: (() => void) | undefined;

  constructor(options: TrayOptions) {
    this.#o = options;
    this.#handle = options.create(options.act);
    this.#render(firstTrayModel(options.speaker()));
  }

  update(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#present(snapshot);
  }

  /** A new icon in place of the old: for a tray that came later than we did. */
  recreate(): void {
    void this.#handle.dispose();
    this.#handle = this.#o.create(this.#o.act);
    this.repaint();
  }

  /** Shows everything anew, as after a change between light and dark. */
  repaint(): void {
    this.#shown = undefined;
    this.refresh();
  }

  /** Shows what reads differently now, as after a change of the language. */
  refresh(): void {
    if (this.#snapshot) this.#present(this.#snapshot);
    else this.#render(firstTrayModel(this.#o.speaker()));
  }

  dispose(): void {
    this.#cancelRefresh?.();
    this.#cancelRefresh = undefined;
    void this.#handle.dispose();
  }

  #present(snapshot: Snapshot): void {
    const now = this.#o.clock.now();
    const model = trayModel(snapshot, now, this.#o.speaker(), this.#o.problems());
    this.#render(model);
    this.#cancelRefresh?.();
    this.#cancelRefresh =
      model.staleAt === null
        ? undefined
        : this.#o.clock.after(model.staleAt - now, () => {
            this.#present(snapshot);
          });
  }

  #render(model: TrayModel): void {
    const entries = JSON.stringify(model.entries);
    const before = this.#shown;
    if (before?.icon !== model.icon) this.#handle.picture(model.icon);
    if (before?.tooltip !== model.tooltip) this.#handle.tooltip(model.tooltip);
    if (before?.entries !== entries) this.#handle.menu(model.entries);
    this.#shown = { icon: model.icon, tooltip: model.tooltip, entries };
  }
}
