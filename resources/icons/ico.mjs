// @ts-check
/**
 * A Windows icon of one picture of 256 by 256, which may be a PNG since Windows Vista.
 * @param {Buffer} png
 * @returns {Buffer}
 */
export function icoOf(png) {
  const header = Buffer.alloc(22);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(1, 4);
  // Width and height of 0 mean 256.
  header.writeUInt16LE(1, 10);
  header.writeUInt16LE(32, 12);
  header.writeUInt32LE(png.length, 14);
  header.writeUInt32LE(header.length, 18);
  return Buffer.concat([header, png]);
}
