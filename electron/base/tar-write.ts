/**
 * Tars as the host writes them for a guest: ustar headers with nothing of this computer in them (owner 0,
 * time 0), so that equal content gives equal bytes. Names are UTF-8; one that does not fit a ustar header
 * goes before it in a GNU `L` entry, since busybox's tar knows these and takes no names from pax headers.
 */
export interface TarItem {
  /** Relative, `/` between parts, none at the end. */
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Bytes that follow; 0 for a folder. */
  readonly size: number;
  readonly executable?: boolean;
}

const block = 512;
/** Two blocks of zeros end an archive. */
export const tarEnd = new Uint8Array(2 * block);

/** What stands before the item's bytes: one block, or more for a long name. Pure. */
export function tarHeader({ path, kind, size, executable = false }: TarItem): Uint8Array {
  const name = Buffer.from(kind === 'folder' ? `${path}/` : path);
  const mode = kind === 'folder' || executable ? 0o755 : 0o644;
  const typeflag = kind === 'folder' ? '5' : '0';
  const split = splitName(name);
  if (split) return headerBlock({ ...split, mode, size, typeflag });
  const long = Buffer.concat([name, Buffer.alloc(1)]);
  return Buffer.concat([
    headerBlock({
      prefix: empty,
      name: Buffer.from('././@LongLink'),
      mode: 0o644,
      size: long.length,
      typeflag: 'L',
    }),
    long,
    tarPadding(long.length),
    headerBlock({ prefix: empty, name: name.subarray(0, 100), mode, size, typeflag }),
  ]);
}

/** The zeros that fill up the last block after `size` bytes. Pure. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((block - (size % block)) % block);
}

/** A whole archive of small files, in the order given. Pure. */
export function tarBytes(
  items: readonly { readonly path: string; readonly content: Uint8Array | string }[],
): Uint8Array {
  const parts = items.flatMap(({ path, content }) => {
    const bytes = Buffer.from(content);
    return [tarHeader({ path, kind: 'file', size: bytes.length }), bytes, tarPadding(bytes.length)];
  });
  return Buffer.concat([...parts, tarEnd]);
}

const empty = Buffer.alloc(0);

function splitName(name: Buffer): { prefix: Buffer; name: Buffer } | undefined {
  if (name.length <= 100) return { prefix: empty, name };
  // The slash between prefix and name is not stored; a folder's own slash at the end is no place to split.
  for (let at = name.length - 101; at < name.length - 1 && at <= 155; at += 1) {
    if (at > 0 && name[at] === 0x2f) return { prefix: name.subarray(0, at), name: name.subarray(at + 1) };
  }
  return undefined;
}

interface HeaderFields {
  readonly prefix: Buffer;
  readonly name: Buffer;
  readonly mode: number;
  readonly size: number;
  readonly typeflag: string;
}

/** POSIX.1-1988 ustar; sizes from 8 GiB on in base 256, as GNU and busybox write them. */
function headerBlock({ prefix, name, mode, size, typeflag }: HeaderFields): Buffer {
  const header = Buffer.alloc(block);
  name.copy(header, 0);
  header.write(octal(mode, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  if (size < 8 ** 11) {
    header.write(octal(size, 11), 124);
  } else {
    header.writeUInt8(0x80, 124);
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.write(octal(0, 11), 136);
  header.fill(' ', 148, 156);
  header.write(typeflag, 156);
  header.write('ustar\u000000', 257);
  prefix.copy(header, 345);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${octal(sum, 6)}\0 `, 148);
  return header;
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
