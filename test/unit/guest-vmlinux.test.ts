import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { extractVmlinux, payloadOf } from '../../resources/guest/build/vmlinux.ts';

const elf = Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(5000, 'kernel')]);

/** A bzImage as far as the boot protocol's header goes: set-up code, some code before the payload, the payload. */
function bzImage(packed: Buffer, o: { size?: number; sectors?: number } = {}): Buffer {
  const sectors = o.sectors ?? 3;
  const start = ((sectors === 0 ? 4 : sectors) + 1) * 512;
  const before = 77;
  const size = Buffer.alloc(4);
  size.writeUInt32LE(o.size ?? elf.length);
  const image = Buffer.concat([Buffer.alloc(start + before, 0x90), packed, size, Buffer.alloc(300)]);
  image[0x1f1] = sectors;
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt32LE(before, 0x248);
  image.writeUInt32LE(packed.length + 4, 0x24c);
  return image;
}

test('unpacks a zstd and a gzip payload', async () => {
  expect(await extractVmlinux(bzImage(zstdCompressSync(elf)))).toEqual(elf);
  expect(await extractVmlinux(bzImage(gzipSync(elf)))).toEqual(elf);
});

test('takes zero set-up sectors to mean four', () => {
  const packed = gzipSync(elf);
  expect(payloadOf(bzImage(packed, { sectors: 0 })).packed).toEqual(packed);
});

test.each([
  ['no bzImage', Buffer.alloc(4096)],
  ['too short', Buffer.alloc(10)],
  ['an unknown compression', bzImage(Buffer.from('what is this?'))],
  ['another size than it says', bzImage(gzipSync(elf), { size: 5 })],
  ['no ELF inside', bzImage(gzipSync(Buffer.alloc(5000)), { size: 5000 })],
])('refuses %s', async (_, image) => {
  await expect(extractVmlinux(image)).rejects.toMatchObject({ code: 'kernel-unusable' });
});

test('refuses a payload that reaches out of the file', () => {
  const image = bzImage(gzipSync(elf));
  expect(() => payloadOf(image.subarray(0, image.length - 400))).toThrow('outside of the file');
});
