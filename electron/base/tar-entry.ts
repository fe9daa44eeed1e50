/** What a tar header says, as any reader of tars reports it; nothing of it is trusted. */
export interface TarHeader {
  readonly name: string;
  /** tar-stream's words: `file`, `directory`, `symlink`, …; null or undefined for a type it does not know. */
  readonly type?: string | null | undefined;
  readonly size?: number | undefined;
  /** Extended header fields, where the archive has them. */
  readonly pax?: unknown;
}

export interface TarBounds {
  /** All files together, in bytes. */
  readonly totalBytes: number;
  readonly entries: number;
  /** The whole path of an entry, in UTF-8 bytes. */
  readonly nameBytes: number;
  /** Parts of a path: `a/b/c` has 3. */
  readonly depth: number;
}

export type TarVerdict =
  | { readonly ok: true; readonly kind: 'file' | 'folder'; readonly path: string }
  | { readonly ok: false; readonly fault: 'invalid' | 'too-large'; readonly reason: string };

/**
 * Judges the entries of one hostile archive, in their order. Only regular files and folders pass, with
 * relative paths that stay below the archive's root; `path` is the clean form (`./a//b/` → `a/b`; the root
 * itself is `''`). A path may come once, and a file is never also a folder, so that unpacking can neither
 * follow nor replace anything. Running bounds hold over the whole archive. Pure: reads nothing, writes nothing.
 */
export class TarGate {
  readonly #bounds: TarBounds;
  readonly #kinds = new Map<string, 'file' | 'folder' | 'implied'>();
  #entries = 0;
  #bytes = 0;

  constructor(bounds: TarBounds) {
    this.#bounds = bounds;
  }

  /** Bytes of all files that passed so far. */
  get bytes(): number {
    return this.#bytes;
  }

  check(header: TarHeader): TarVerdict {
    this.#entries += 1;
    if (this.#entries > this.#bounds.entries) {
      return refuse('too-large', `the archive has more than ${this.#bounds.entries} entries`);
    }
    const shown = quoteName(header.name);
    const kind = kindOf(header);
    if (kind === undefined) return refuse('invalid', `${shown} is neither a regular file nor a folder`);
    const parts = header.name.split('/').filter((part) => part !== '' && part !== '.');
    const path = parts.join('/');
    const fault = this.#nameFault(header.name, parts) ?? this.#placeFault(path, parts, kind);
    if (fault) return refuse('invalid', `${shown} ${fault}`);

    const size = header.size ?? 0;
    if (!Number.isSafeInteger(size) || size < 0 || (kind === 'folder' && size !== 0)) {
      return refuse('invalid', `${shown} has an impossible size`);
    }
    if (this.#bytes + size > this.#bounds.totalBytes) {
      return refuse('too-large', `its files are larger than ${this.#bounds.totalBytes} bytes together`);
    }
    this.#bytes += size;
    for (let depth = 1; depth < parts.length; depth += 1) {
      const parent = parts.slice(0, depth).join('/');
      if (!this.#kinds.has(parent)) this.#kinds.set(parent, 'implied');
    }
    this.#kinds.set(path, kind);
    return { ok: true, kind, path };
  }

  #nameFault(name: string, parts: readonly string[]): string | undefined {
    if (/[\u0000-\u001f\u007f]/.test(name)) return 'has a control character in its name';
    if (name.includes('\ufffd')) return 'has a name that is not UTF-8';
    if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'has an absolute name';
    if (name.includes('\\')) return 'has a backslash in its name';
    if (parts.includes('..')) return 'points outside its folder';
    if (Buffer.byteLength(name) > this.#bounds.nameBytes) {
      return `has a name of more than ${this.#bounds.nameBytes} bytes`;
    }
    if (parts.length > this.#bounds.depth) return `is more than ${this.#bounds.depth} folders deep`;
    return undefined;
  }

  #placeFault(path: string, parts: readonly string[], kind: 'file' | 'folder'): string | undefined {
    if (path === '' && kind === 'file') return 'has no name';
    const before = this.#kinds.get(path);
    if (before === kind) return 'comes twice';
    if (before === 'file' || (before !== undefined && kind === 'file')) return 'is both a file and a folder';
    for (let depth = 1; depth < parts.length; depth += 1) {
      if (this.#kinds.get(parts.slice(0, depth).join('/')) === 'file') return 'lies inside a file';
    }
    return undefined;
  }
}

/** A hostile name as it may stand in a sentence: quoted, without control characters, shortened. Pure. */
export function quoteName(name: string): string {
  const clean = name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '?');
  return `"${clean.length > 80 ? `${clean.slice(0, 77)}…` : clean}"`;
}

function kindOf(header: TarHeader): 'file' | 'folder' | undefined {
  // A sparse file's bytes are a map and fragments, not its content.
  const extended = typeof header.pax === 'object' && header.pax !== null ? Object.keys(header.pax) : [];
  if (extended.some((key) => key.startsWith('GNU.sparse'))) return undefined;
  if (header.type === 'file') return 'file';
  if (header.type === 'directory') return 'folder';
  return undefined;
}

function refuse(fault: 'invalid' | 'too-large', reason: string): TarVerdict {
  return { ok: false, fault, reason };
}
