import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Moves the mouse as a person would: real events of the X server (XTEST), by one xdotool that waits for its orders. */
export class FakePerson {
  readonly #xdotool: ChildProcess;
  #side = 1;

  constructor() {
    this.#xdotool = spawn('xdotool', ['-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  }

  /** One movement, on its way when this returns. */
  move(): void {
    this.#side = -this.#side;
    this.#xdotool.stdin?.write(`mousemove_relative -- ${5 * this.#side} 0\n`);
  }

  async leave(): Promise<void> {
    const gone = once(this.#xdotool, 'exit');
    this.#xdotool.stdin?.end();
    await gone;
  }
}
