import { Duplex } from 'node:stream';

interface Asked {
  readonly execute: string;
  readonly arguments: Record<string, unknown>;
  readonly id: number;
}

/** The far end of a fake monitor: records commands and says what the test makes it say. */
export class FakeMonitor extends Duplex {
  readonly asked: Asked[] = [];

  override _read(): void {
    // Everything is pushed by say().
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    for (const line of chunk.toString('utf8').split('\n')) {
      if (line !== '') this.asked.push(JSON.parse(line) as Asked);
    }
    done();
  }

  say(...messages: unknown[]): void {
    this.push(messages.map((message) => `${JSON.stringify(message)}\r\n`).join(''));
  }

  greet(): void {
    this.say({
      QMP: { version: { qemu: { major: 7, minor: 2, micro: 22 }, package: '' }, capabilities: ['oob'] },
    });
  }

  /** Answers the latest command of that name. */
  answer(name: string, value: unknown = {}): void {
    this.say({ return: value, id: this.#idOf(name) });
  }

  refuse(name: string, desc: string): void {
    this.say({ error: { class: 'GenericError', desc }, id: this.#idOf(name) });
  }

  names(): string[] {
    return this.asked.map(({ execute }) => execute);
  }

  #idOf(name: string): number {
    const asked = this.asked.findLast(({ execute }) => execute === name);
    if (!asked) throw new Error(`${name} was never asked`);
    return asked.id;
  }
}
