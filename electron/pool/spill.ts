import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StatementLine } from '../contract/pool.ts';
import { sha256 } from './metadata.ts';

const binCount = 256;
/** What is held back for one bin before it is written, in UTF-16 code units. */
const heldMax = 64 * 1024;

/** The bin of a host: the first byte of its name's SHA-256. */
export function binOf(host: string): number {
  return Number.parseInt(sha256(host).slice(0, 2), 16);
}

/** Lines of a statement on their way from the history's order to that of hosts: in 256 files, so that memory holds one bin. */
export class Spill {
  readonly #dirPath: string;
  readonly #files = new Map<number, FileHandle>();
  readonly #held = new Map<number, string>();

  private constructor(dirPath: string) {
    this.#dirPath = dirPath;
  }

  /** In a new folder, which is deleted in the end. */
  static async open(dirPath: string): Promise<Spill> {
    await rm(dirPath, { recursive: true, force: true });
    await mkdir(dirPath, { mode: 0o700 });
    return new Spill(dirPath);
  }

  async add(host: string, line: StatementLine): Promise<void> {
    const bin = binOf(host);
    const held = `${this.#held.get(bin) ?? ''}${JSON.stringify([host, line])}\n`;
    if (held.length < heldMax) {
      this.#held.set(bin, held);
      return;
    }
    this.#held.delete(bin);
    await this.#append(bin, held);
  }

  /** The lines of each host of a bin, hosts by name, lines by time. */
  async linesOf(bin: number): Promise<readonly (readonly [host: string, lines: readonly StatementLine[]])[]> {
    const byHost = new Map<string, StatementLine[]>();
    for await (const text of this.#texts(bin)) {
      const [host, line] = JSON.parse(text) as [string, StatementLine];
      const lines = byHost.get(host);
      if (lines) lines.push(line);
      else byHost.set(host, [line]);
    }
    for (const lines of byHost.values()) lines.sort(inTime);
    return [...byHost].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  static readonly bins = Array.from({ length: binCount }, (_, bin) => bin);

  async dispose(): Promise<void> {
    for (const file of this.#files.values()) await file.close();
    this.#files.clear();
    await rm(this.#dirPath, { recursive: true, force: true });
  }

  async #append(bin: number, text: string): Promise<void> {
    let file = this.#files.get(bin);
    if (file === undefined) {
      file = await open(this.#pathOf(bin), 'a', 0o600);
      this.#files.set(bin, file);
    }
    await file.writeFile(text);
  }

  async *#texts(bin: number): AsyncGenerator<string> {
    if (this.#files.has(bin)) {
      const lines = createInterface({ input: createReadStream(this.#pathOf(bin)), crlfDelay: Infinity });
      for await (const line of lines) yield line;
    }
    for (const line of (this.#held.get(bin) ?? '').split('\n')) if (line !== '') yield line;
  }

  #pathOf(bin: number): string {
    return join(this.#dirPath, `${bin}.jsonl`);
  }
}

/** One order for the same lines, whatever files they came from. */
function inTime(a: StatementLine, b: StatementLine): number {
  return a.endedAt - b.endedAt || (a.job < b.job ? -1 : a.job > b.job ? 1 : a.run - b.run);
}
