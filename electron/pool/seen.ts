import { createHash } from 'node:crypto';

/** Words of a place: three of the key's digest, one of the content's. */
const width = 4;

/**
 * Which executions were counted, in 32 to 64 bytes each, wherever they lie: 96 bits of a digest by open addressing. (Two of
 * ten million keys are taken for one with a probability of 1 in 10^15.)
 */
export class Seen {
  #slots: Uint32Array;
  #count = 0;

  constructor(places = 1024) {
    this.#slots = new Uint32Array(places * width);
  }

  /** Whether the key is new, or was there with the same content, or with another one. Only a new one is kept. */
  add(key: string, content: string): 'new' | 'same' | 'other' {
    if ((this.#count + 1) * 2 > this.#slots.length / width) this.#grow();
    const digest = createHash('sha256').update(key).digest();
    // Zero marks a free place.
    const words: Words = [
      digest.readUInt32LE(0) || 1,
      digest.readUInt32LE(4),
      digest.readUInt32LE(8),
      createHash('sha256').update(content).digest().readUInt32LE(0),
    ];
    const at = find(this.#slots, words);
    if (this.#slots[at] !== 0) return this.#slots[at + 3] === words[3] ? 'same' : 'other';
    this.#slots.set(words, at);
    this.#count += 1;
    return 'new';
  }

  #grow(): void {
    const larger = new Uint32Array(this.#slots.length * 2);
    for (let at = 0; at < this.#slots.length; at += width) {
      const [a = 0, b = 0, c = 0, d = 0] = this.#slots.subarray(at, at + width);
      if (a !== 0) larger.set([a, b, c, d], find(larger, [a, b, c, d]));
    }
    this.#slots = larger;
  }
}

type Words = readonly [number, number, number, number];

/** The place of a key, or the free one where it belongs. */
function find(slots: Uint32Array, [a, b, c]: Words): number {
  const places = slots.length / width;
  for (let place = b % places; ; place = (place + 1) % places) {
    const at = place * width;
    if (slots[at] === 0) return at;
    if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) return at;
  }
}
