/** A fake of what a hostile guest may write: tar headers built by hand, field by field, with a right checksum. */
export interface RawHeader {
  readonly name: string | Uint8Array;
  /** One character: 0 file, 1 link, 2 symlink, 3/4 devices, 5 folder, 6 FIFO, L/K GNU long names, x/g pax, S sparse. */
  readonly type?: string;
  readonly size?: number;
  /** Overrides the twelve bytes of the size field. */
  readonly sizeField?: Uint8Array;
  readonly linkName?: string;
  readonly mode?: number;
  readonly prefix?: string;
  readonly magic?: string;
}

export function rawHeader(o: RawHeader): Buffer {
  const block = Buffer.alloc(512);
  Buffer.from(o.name).copy(block, 0, 0, 100);
  block.write((o.mode ?? 0o644).toString(8).padStart(7, '0'), 100);
  block.write('0001750', 108);
  block.write('0001750', 116);
  if (o.sizeField) Buffer.from(o.sizeField).copy(block, 124, 0, 12);
  else block.write((o.size ?? 0).toString(8).padStart(11, '0'), 124);
  block.write('14000000000', 136);
  block.write('        ', 148);
  block.write(o.type ?? '0', 156);
  block.write(o.linkName ?? '', 157);
  block.write(o.magic ?? 'ustar\u000000', 257);
  block.write('mallory', 265);
  block.write(o.prefix ?? '', 345);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

/** A header and its content, padded to whole blocks. */
export function rawEntry(o: RawHeader, content: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(content);
  const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
  return Buffer.concat([rawHeader({ size: bytes.length, ...o }), bytes, padding]);
}

/** A pax record: its length counts itself. */
export function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  let length = bytes + 1;
  while (String(length).length + bytes !== length) length += 1;
  return `${length}${rest}`;
}

export const rawEnd = Buffer.alloc(1024);
