import { GleanerError } from '../../contract/failures.ts';

/** Ends a request and a reply of the GUI RPC. */
export const frameEnd = 0x03;
export const maxFrameBytes = 8 * 1024 * 1024;

const firstCapacity = 64 * 1024;

/** Cuts what a BOINC client sends into its replies. Holds at most one of them. */
export class FrameReader {
  #buffer = Buffer.alloc(firstCapacity);
  #length = 0;

  /**
   * The frames that end in this chunk, as text without their end. Throws `grid-protocol` for one of more than
   * 8 MiB; the reader is of no use after that.
   */
  push(chunk: Uint8Array): readonly string[] {
    const frames: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(frameEnd); end >= 0; end = chunk.indexOf(frameEnd, start)) {
      this.#keep(chunk.subarray(start, end));
      frames.push(this.#buffer.toString('utf8', 0, this.#length));
      this.#length = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return frames;
  }

  #keep(part: Uint8Array): void {
    const length = this.#length + part.length;
    if (length > maxFrameBytes) {
      throw new GleanerError('grid-protocol', 'The BOINC client sent a reply that is larger than 8 MiB.');
    }
    if (length > this.#buffer.length) {
      // By doubling, so that a reply that comes byte by byte is not copied again and again.
      const larger = Buffer.alloc(Math.min(maxFrameBytes, Math.max(2 * this.#buffer.length, length)));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#length);
    this.#length = length;
  }
}

/** A request with its envelope and its end. `xml` is written by us and holds no control characters. */
export function toFrame(xml: string): Buffer {
  return Buffer.from(`<boinc_gui_rpc_request>\n${xml}\n</boinc_gui_rpc_request>\n\u0003`, 'utf8');
}
