import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { BuildError } from './errors.ts';
import { run } from './run.ts';

/** Where a bzImage keeps its compressed kernel: the Linux x86 boot protocol 2.08, "Details of Header Fields". */
const offsetOf = { setupSectors: 0x1f1, magic: 0x202, payloadOffset: 0x248, payloadLength: 0x24c } as const;

const unusable = (why: string): BuildError =>
  new BuildError(
    'kernel-unusable',
    `The kernel package cannot be used: ${why}.`,
    'Report this: the suite changed.',
  );

/** The compressed payload of a bzImage and the size that it unpacks to (its last four bytes). Pure. */
export function payloadOf(image: Buffer): { readonly packed: Buffer; readonly size: number } {
  if (image.length < 0x250 || image.toString('latin1', offsetOf.magic, offsetOf.magic + 4) !== 'HdrS') {
    throw unusable('it is no bzImage');
  }
  const sectors = image[offsetOf.setupSectors] ?? 0;
  const start = ((sectors === 0 ? 4 : sectors) + 1) * 512 + image.readUInt32LE(offsetOf.payloadOffset);
  const end = start + image.readUInt32LE(offsetOf.payloadLength);
  if (end > image.length || end - start < 8) throw unusable('its payload lies outside of the file');
  return { packed: image.subarray(start, end - 4), size: image.readUInt32LE(end - 4) };
}

/**
 * The uncompressed ELF kernel out of a bzImage, as QEMU boots it through its PVH entry.
 * @throws BuildError `kernel-unusable`
 */
export async function extractVmlinux(image: Buffer): Promise<Buffer> {
  const { packed, size } = payloadOf(image);
  const kernel = await unpack(packed);
  if (kernel.length !== size) throw unusable(`it unpacks to ${kernel.length} bytes instead of ${size}`);
  if (kernel.readUInt32BE(0) !== 0x7f454c46) throw unusable('its payload is no ELF file');
  return kernel;
}

async function unpack(packed: Buffer): Promise<Buffer> {
  switch (packed.readUInt32BE(0)) {
    case 0x28b52ffd:
      return zstdDecompressSync(packed, { params: { [constants.ZSTD_d_windowLogMax]: 31 } });
    case 0xfd377a58:
      return run('xz', ['-dc', '--single-stream'], { input: packed });
    case 0x02214c18:
      return run('lz4', ['-dc'], { input: packed });
    default:
      if (packed.readUInt16BE(0) === 0x1f8b) return gunzipSync(packed);
      throw unusable('its compression is unknown');
  }
}
