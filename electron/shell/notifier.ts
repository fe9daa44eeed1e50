import type { Speaker } from '../../text/speaker.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Place } from '../contract/place.ts';
import type { Snapshot } from '../contract/snapshot.ts';
import { type NoticeWords, noticeWords } from './notice-words.ts';
import { decideNotices, type Notice, type NoticesMemory, type NoticesTold } from './notices.ts';

export interface NotifierOptions {
  readonly clock: Clock;
  readonly speaker: () => Speaker;
  /** Shows a notification; `onClick` when the person follows it. */
  readonly show: (words: NoticeWords, onClick: () => void) => Disposable;
  readonly open: (place: Place) => void;
  /** Whether the person has the window before their eyes. */
  readonly isWatched: () => boolean;
  readonly told: NoticesTold;
  readonly onTold: (told: NoticesTold) => void;
}

/** For an answer that is days away: the wall clock may jump, so it is looked at again after this, in ms. */
const longestWaitMs = 600_000;

/** Turns Snapshots into the few notifications that are worth one. Of each kind only the latest stays on the desktop. */
export class Notifier implements Disposable {
  readonly #o: NotifierOptions;
  readonly #shown = new Map<Notice['kind'], Disposable>();
  #previous: Snapshot | null = null;
  #memory: NoticesMemory;
  #cancelLook: (() => void) | undefined;

  constructor(options: NotifierOptions) {
    this.#o = options;
    this.#memory = { told: options.told, since: {} };
  }

  update(snapshot: Snapshot): void {
    const { clock, isWatched, onTold } = this.#o;
    const now = clock.now();
    const { notices, memory, lookAt } = decideNotices({
      previous: this.#previous,
      snapshot,
      memory: this.#memory,
      now,
      watched: isWatched(),
    });
    const isNews = JSON.stringify(memory.told) !== JSON.stringify(this.#memory.told);
    this.#previous = snapshot;
    this.#memory = memory;
    // Before it is shown: better once too few than once too often.
    if (isNews) onTold(memory.told);
    for (const notice of notices) this.#show(notice, snapshot);
    this.#cancelLook?.();
    this.#cancelLook =
      lookAt === null
        ? undefined
        : clock.after(Math.min(Math.max(lookAt - now, 0), longestWaitMs), () => {
            this.update(snapshot);
          });
  }

  dispose(): void {
    this.#cancelLook?.();
    this.#cancelLook = undefined;
    for (const shown of this.#shown.values()) void shown.dispose();
    this.#shown.clear();
  }

  #show(notice: Notice, snapshot: Snapshot): void {
    const { speaker, show, open } = this.#o;
    void this.#shown.get(notice.kind)?.dispose();
    const shown = show(noticeWords(notice, snapshot, speaker()), () => {
      open(notice.place);
    });
    this.#shown.set(notice.kind, shown);
  }
}
