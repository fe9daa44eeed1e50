/**
 * HTCondor's ClassAds as its tools and history files write them ("old syntax", `condor_status -long`): one `Name = value` per
 * line. As the tools of 23.9.6 read them: names without regard to case, the last of two equal ones counts; in a string a
 * backslash is itself, but before a quote that does not end the line. Nothing is evaluated: what is neither a string, a number
 * nor a boolean is kept as text. Pure; never throws.
 */
export interface ClassAd {
  /** Each answers null when there is no such attribute, or one of another kind. */
  string(name: string): string | null;
  /** Finite; integers beyond 2^53 are rounded. */
  number(name: string): number | null;
  boolean(name: string): boolean | null;
  /** The value as it is written, whatever it is. */
  text(name: string): string | null;
  /** As they are written, in their first order. */
  readonly names: readonly string[];
  /** Lines (or members) that are no attribute, or beyond the bounds. */
  readonly malformed: number;
}

/** Beyond these a line, or the rest of an ad, counts as malformed. In UTF-16 code units, and attributes. */
export const classAdBounds = { lineLength: 256 * 1024, attributes: 10_000 } as const;

const attributeLine = /^\s*([A-Za-z_]\w*)\s*=\s*(?!=)(.*)$/s;
const realForm = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** One ad; empty lines in it are skipped. */
export function parseClassAd(text: string): ClassAd {
  const attributes = new Attributes();
  let start = 0;
  while (start <= text.length) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    attributes.addLine(text.slice(start, stop));
    start = stop + 1;
  }
  return attributes;
}

/** Several ads with empty lines between them, as `condor_status -long` prints them; lazily. */
export function* parseClassAds(text: string): Generator<ClassAd, void, undefined> {
  let attributes = new Attributes();
  let start = 0;
  while (start <= text.length) {
    const end = text.indexOf('\n', start);
    const stop = end === -1 ? text.length : end;
    const line = text.slice(start, stop);
    if (line.trim() !== '') attributes.addLine(line);
    else if (!attributes.isEmpty) {
      yield attributes;
      attributes = new Attributes();
    }
    start = stop + 1;
  }
  if (!attributes.isEmpty) yield attributes;
}

/** An ad of `condor_status -json`, parsed as JSON; null for what is no object. Expressions, lists and nested ads are text only. */
export function classAdOfJson(value: unknown): ClassAd | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const attributes = new Attributes();
  for (const [name, member] of Object.entries(value)) attributes.addMember(name, member);
  return attributes;
}

class Attributes implements ClassAd {
  readonly #values = new Map<string, { name: string; text: string }>();
  #malformed = 0;

  get malformed(): number {
    return this.#malformed;
  }

  get names(): readonly string[] {
    return [...this.#values.values()].map(({ name }) => name);
  }

  get isEmpty(): boolean {
    return this.#values.size === 0 && this.#malformed === 0;
  }

  addLine(line: string): void {
    if (line.length > classAdBounds.lineLength) this.#malformed += 1;
    else {
      const [, name, value] = attributeLine.exec(line) ?? [];
      const text = value?.trim() ?? '';
      if (name !== undefined && text !== '') this.#set(name, text);
      else if (line.trim() !== '') this.#malformed += 1;
    }
  }

  addMember(name: string, member: unknown): void {
    if (!/^[A-Za-z_]\w*$/.test(name)) this.#malformed += 1;
    else this.#set(name, textOfJson(member));
  }

  #set(name: string, text: string): void {
    const key = name.toLowerCase();
    const known = this.#values.get(key);
    if (known) known.text = text;
    else if (this.#values.size >= classAdBounds.attributes) this.#malformed += 1;
    else this.#values.set(key, { name, text });
  }

  text(name: string): string | null {
    return this.#values.get(name.toLowerCase())?.text ?? null;
  }

  string(name: string): string | null {
    const text = this.text(name);
    return text === null ? null : unquote(text);
  }

  number(name: string): number | null {
    const text = this.text(name);
    if (text === null || !realForm.test(text)) return null;
    const value = Number(text);
    return Number.isFinite(value) ? value : null;
  }

  boolean(name: string): boolean | null {
    const text = this.text(name)?.toLowerCase();
    return text === 'true' ? true : text === 'false' ? false : null;
  }
}

/** The text of a string literal that is all of `text`; null for anything else. */
function unquote(text: string): string | null {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return null;
  const inner = text.slice(1, -1);
  // A quote that ends neither the value nor an escape: an expression such as "a" + "b".
  if (/(?:^|[^\\])"/.test(inner)) return null;
  return inner.replaceAll('\\"', '"');
}

/** The value as a line would have it, so that both kinds of ad are read in one way. */
function textOfJson(value: unknown): string {
  if (typeof value === 'string') {
    const [, expression] = /^\/Expr\((.*)\)\/$/s.exec(value) ?? [];
    return expression ?? `"${value.replaceAll('"', '\\"')}"`;
  }
  if (value === null || value === undefined) return 'undefined';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return JSON.stringify(value);
}

/** One record of a history file: an ad, and the line that ends it. */
export interface HistoryRecord {
  /** To be read by {@link parseClassAd}; null when it was longer than the bound. */
  readonly ad: string | null;
  /** `EPOCH`, or what else the line begins with after its asterisks; empty in a job history. */
  readonly kind: string;
  /** That line, as written. */
  readonly banner: string;
}

/** The longest record that is kept, in UTF-16 code units. */
const recordLengthMax = 4 * 1024 * 1024;

/**
 * Cuts a history file, given in pieces, into its records: each ends with a line that begins with `***`. Holds one record at
 * a time, and no more of it than the bound.
 */
export class HistorySplitter {
  readonly #recordLengthMax: number;
  #rest = '';
  #lines: string[] = [];
  #length = 0;
  #isTooLong = false;

  constructor(lengthMax: number = recordLengthMax) {
    this.#recordLengthMax = lengthMax;
  }

  /** The records that this piece completes. */
  push(piece: string): HistoryRecord[] {
    const records: HistoryRecord[] = [];
    const text = this.#rest + piece;
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      const record = this.#line(text.slice(start, end));
      if (record) records.push(record);
      start = end + 1;
    }
    this.#rest = text.slice(start);
    if (this.#rest.length > this.#recordLengthMax) {
      this.#isTooLong = true;
      // Enough to tell a closing line from another one.
      this.#rest = this.#rest.slice(0, 256);
    }
    return records;
  }

  /** The record that the file's last line completes, and whether something was left that no such line ends. */
  end(): { record: HistoryRecord | null; isCut: boolean } {
    const record = this.#line(this.#rest) ?? null;
    this.#rest = '';
    return { record, isCut: this.#isTooLong || this.#lines.some((line) => line.trim() !== '') };
  }

  #line(line: string): HistoryRecord | undefined {
    if (line.startsWith('***')) {
      const [, kind = ''] = /^\*\*\*\s*([A-Z][A-Z_]*)(?=\s|$)/.exec(line) ?? [];
      const ad = this.#isTooLong ? null : this.#lines.join('\n');
      this.#lines = [];
      this.#length = 0;
      this.#isTooLong = false;
      return { ad, kind, banner: line };
    }
    this.#length += line.length + 1;
    if (this.#length > this.#recordLengthMax) {
      this.#isTooLong = true;
      this.#lines = [];
    } else if (!this.#isTooLong) this.#lines.push(line);
    return undefined;
  }
}
