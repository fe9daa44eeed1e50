/**
 * A library for Windows (PE32, x86) that exports these names and does nothing: all that makensis looks at when a script calls a
 * plugin. It stands in for plugins that cannot be had where tests run; a program compiled with it is not to be run.
 */
export function standInPlugin(exports: readonly string[]): Buffer {
  const names = [...exports].sort();
  const sectionRva = 0x1000;
  /** Of the export directory in the section, after 16 bytes of code. */
  const directory = 16;
  const functions = directory + 40;
  const pointers = functions + 4 * names.length;
  const ordinals = pointers + 4 * names.length;
  const texts = [Buffer.from('plugin.dll\0'), ...names.map((name) => Buffer.from(`${name}\0`, 'ascii'))];
  const firstText = ordinals + 2 * names.length;
  const size = firstText + texts.reduce((sum, text) => sum + text.length, 0);
  const raw = Math.ceil(size / 0x200) * 0x200;
  const section = Buffer.alloc(raw);
  // ret
  section[0] = 0xc3;
  section.writeUInt32LE(sectionRva + firstText, directory + 12);
  section.writeUInt32LE(1, directory + 16);
  section.writeUInt32LE(names.length, directory + 20);
  section.writeUInt32LE(names.length, directory + 24);
  section.writeUInt32LE(sectionRva + functions, directory + 28);
  section.writeUInt32LE(sectionRva + pointers, directory + 32);
  section.writeUInt32LE(sectionRva + ordinals, directory + 36);
  let text = firstText;
  for (const [index, bytes] of texts.entries()) {
    bytes.copy(section, text);
    if (index > 0) {
      section.writeUInt32LE(sectionRva, functions + 4 * (index - 1));
      section.writeUInt32LE(sectionRva + text, pointers + 4 * (index - 1));
      section.writeUInt16LE(index - 1, ordinals + 2 * (index - 1));
    }
    text += bytes.length;
  }
  return Buffer.concat([headers(size, raw, sectionRva, directory), section]);
}

/** https://learn.microsoft.com/windows/win32/debug/pe-format, as short as it may be: one section, one directory. */
function headers(size: number, raw: number, sectionRva: number, directory: number): Buffer {
  const header = Buffer.alloc(0x200);
  header.write('MZ', 0, 'latin1');
  header.writeUInt32LE(0x40, 0x3c);
  header.write('PE\0\0', 0x40, 'latin1');
  const coff = 0x44;
  header.writeUInt16LE(0x014c, coff);
  header.writeUInt16LE(1, coff + 2);
  header.writeUInt16LE(0xe0, coff + 16);
  header.writeUInt16LE(0x2102, coff + 18);
  const optional = coff + 20;
  header.writeUInt16LE(0x010b, optional);
  header.writeUInt32LE(raw, optional + 4);
  header.writeUInt32LE(sectionRva, optional + 16);
  header.writeUInt32LE(sectionRva, optional + 20);
  header.writeUInt32LE(0x1000_0000, optional + 28);
  header.writeUInt32LE(0x1000, optional + 32);
  header.writeUInt32LE(0x200, optional + 36);
  header.writeUInt16LE(5, optional + 40);
  header.writeUInt16LE(5, optional + 48);
  header.writeUInt32LE(sectionRva + Math.ceil(raw / 0x1000) * 0x1000, optional + 56);
  header.writeUInt32LE(0x200, optional + 60);
  header.writeUInt16LE(2, optional + 68);
  header.writeUInt32LE(16, optional + 92);
  header.writeUInt32LE(sectionRva + directory, optional + 96);
  header.writeUInt32LE(size - directory, optional + 100);
  const section = optional + 0xe0;
  header.write('.text', section, 'latin1');
  header.writeUInt32LE(size, section + 8);
  header.writeUInt32LE(sectionRva, section + 12);
  header.writeUInt32LE(raw, section + 16);
  header.writeUInt32LE(0x200, section + 20);
  header.writeUInt32LE(0x6000_0020, section + 36);
  return header;
}
