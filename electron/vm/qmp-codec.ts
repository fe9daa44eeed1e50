import { z } from 'zod';

/** Longest line that is accepted from QEMU: a `ringbuf-read` of 64 KiB with every byte escaped fits. */
export const maxLineBytes = 1024 * 1024;

const Greeting = z.object({
  QMP: z.object({
    version: z.object({ qemu: z.object({ major: z.int(), minor: z.int(), micro: z.int() }) }),
    capabilities: z.array(z.unknown()),
  }),
});
const Return = z.object({ return: z.unknown(), id: z.int() });
const Refusal = z.object({
  error: z.object({ class: z.string(), desc: z.string() }),
  id: z.int().optional(),
});
const Event = z.object({
  event: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
  timestamp: z.object({ seconds: z.number(), microseconds: z.number() }),
});

/** One message from QEMU (QEMU Machine Protocol Specification, section 2). */
export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: readonly [number, number, number] }
  | { readonly kind: 'return'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number | undefined; readonly description: string }
  | { readonly kind: 'event'; readonly name: string; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'malformed' };

/** Parses one line. Pure and total: what is not understood is `malformed`. */
export function parseMessage(line: string): QmpMessage {
  let raw: unknown;
  try {
    raw = JSON.parse(line);
  } catch {
    return { kind: 'malformed' };
  }
  if (typeof raw !== 'object' || raw === null) return { kind: 'malformed' };
  if ('event' in raw) {
    const event = Event.safeParse(raw);
    if (event.success) return { kind: 'event', name: event.data.event, data: event.data.data ?? {} };
  } else if ('return' in raw) {
    const answer = Return.safeParse(raw);
    if (answer.success) return { kind: 'return', id: answer.data.id, value: answer.data.return };
  } else if ('error' in raw) {
    const refusal = Refusal.safeParse(raw);
    if (refusal.success)
      return { kind: 'error', id: refusal.data.id, description: refusal.data.error.desc.slice(0, 500) };
  } else if ('QMP' in raw) {
    const greeting = Greeting.safeParse(raw);
    if (greeting.success) {
      const { major, minor, micro } = greeting.data.QMP.version.qemu;
      return { kind: 'greeting', version: [major, minor, micro] };
    }
  }
  return { kind: 'malformed' };
}

/** One command as it goes over the wire. Pure. */
export function encodeCommand(
  id: number,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
): string {
  return `${JSON.stringify({ execute: name, arguments: args, id })}\n`;
}

/** Cuts a byte stream into lines, holding at most `limit` bytes of an unfinished one. */
export class LineSplitter {
  readonly #limit: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(limit: number = maxLineBytes) {
    this.#limit = limit;
  }

  /** The lines that `chunk` completes, or undefined when a line exceeds the limit: the stream is lost then. */
  push(chunk: Buffer): string[] | undefined {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      if (this.#pendingBytes + end - start > this.#limit) return undefined;
      lines.push(Buffer.concat([...this.#pending, chunk.subarray(start, end)]).toString('utf8'));
      this.#pending = [];
      this.#pendingBytes = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    if (rest.length > 0) {
      this.#pending.push(rest);
      this.#pendingBytes += rest.length;
    }
    return this.#pendingBytes > this.#limit ? undefined : lines;
  }
}
