/**
 * Cuts a byte stream into lines, each without its line end, as UTF-8 text. A line longer than `maxBytes` throws
 * what `tooLong` makes: a well-behaved guest never writes one. Holds at most one line. Pure.
 */
export class LineReader {
  readonly #maxBytes: number;
  readonly #tooLong: () => Error;
  #parts: Uint8Array[] = [];
  #held = 0;

  constructor(maxBytes: number, tooLong: () => Error) {
    this.#maxBytes = maxBytes;
    this.#tooLong = tooLong;
  }

  feed(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      this.#hold(chunk.subarray(from, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#held = 0;
      from = end + 1;
    }
    // A copy: a slice would keep the whole chunk alive.
    this.#hold(Uint8Array.from(chunk.subarray(from)));
    return lines;
  }

  #hold(part: Uint8Array): void {
    this.#held += part.length;
    if (this.#held > this.#maxBytes) throw this.#tooLong();
    if (part.length > 0) this.#parts.push(part);
  }
}
