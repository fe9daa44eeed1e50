import { createHash } from 'node:crypto';

/** What the first entry names as its predecessor. */
export const genesis = '0'.repeat(64);

/** One row of the chain as it is stored; `body` is canonical JSON. */
interface ChainLink {
  readonly seq: number;
  readonly bookedAt: number;
  readonly body: string;
  readonly previous: string;
}

/**
 * sha256, in hex, of the canonical JSON of `{body, bookedAt, previous, seq}`. A canonical `body` makes the text
 * below canonical as a whole; any other text, even of an equal value, gives another hash. Pure.
 */
export function hashLink({ seq, bookedAt, body, previous }: ChainLink): string {
  return sha256Hex(
    `{"body":${body},"bookedAt":${bookedAt},"previous":${JSON.stringify(previous)},"seq":${seq}}`,
  );
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
