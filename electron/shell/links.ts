import type { Event } from 'electron';

export interface LinksOptions {
  /** Where macOS tells of links. */
  readonly app: { on(event: 'open-url', listener: (event: Event, url: string) => void): unknown };
  /** The link that this run was started with. */
  readonly first: string | null;
}

/** Links that were followed, kept until somebody can open them: macOS tells of the first before the app is ready. */
export class Links {
  #waiting: string | null;
  #open: ((link: string) => void) | undefined;

  constructor({ app, first }: LinksOptions) {
    this.#waiting = first;
    app.on('open-url', (event, url) => {
      event.preventDefault();
      this.hear(url);
    });
  }

  hear(link: string): void {
    if (this.#open) this.#open(link);
    else this.#waiting = link;
  }

  /** The link that waits, if one does, and from now on every other to `open`. */
  follow(open: (link: string) => void): string | null {
    this.#open = open;
    const waiting = this.#waiting;
    this.#waiting = null;
    return waiting;
  }
}
