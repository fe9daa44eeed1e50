import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createBootKeys } from '../../electron/vm/boot-disk.ts';
import { disksOf, folderOf } from '../../electron/vm/folder.ts';
import {
  consumeState,
  isSaved,
  publishState,
  readHeader,
  readKeys,
  readStream,
  removeStates,
  requireDisks,
  StateWriter,
  syncDisks,
} from '../../electron/vm/state-file.ts';
import { type Fitness, misfit } from '../../electron/vm/state-fitness.ts';
import { chunkBytes, newHeader, type StateHeader, sealedChunkBytes } from '../../electron/vm/state-format.ts';

const key = new Uint8Array(32).fill(3);
const keys = createBootKeys();
const fitness: Fitness = {
  qemu: '7.2.22 /usr/bin/qemu 1 2',
  processor: 'x64',
  accelerator: 'tcg',
  vcpus: '1',
  memory: '402653184',
  disks: 'scratch 1, in and out 2',
  images: 'k:1 i:2 sha256:3',
  'kernel words': 'gleaner.role=local',
  machine: 'sha256:4',
};
const disk = (name: 'scratch' | 'in' | 'out') => ({ name, bytes: 1, modifiedNs: '2', changedNs: '3' });
const fresh = (): StateHeader =>
  newHeader({ savedAt: 5, fitness, disks: [disk('scratch'), disk('in'), disk('out')] });

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'gleaner-state-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

async function write(content: Uint8Array, name = 'state', header = fresh()): Promise<string> {
  const path = join(dir, name);
  const writer = await StateWriter.create(path, key, header, keys);
  // In pieces that fit nothing.
  for (let at = 0; at < content.length; at += 70_001) await writer.write(content.subarray(at, at + 70_001));
  await writer.finish();
  await writer.close();
  expect(readFileSync(path)).toHaveLength(writer.bytes);
  return path;
}

async function read(path: string, withKey = key): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of readStream(path, withKey)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const content = (bytes: number): Buffer => Buffer.alloc(bytes, 'what QEMU sends, over and over. ');
const refused = { code: 'state-unfit' };
/** Where the chunks of a file begin. */
const leadBytes = (path: string): number => 16 + readFileSync(path).readUInt32BE(12);

test.each([0, 1, 1000, chunkBytes - 1, chunkBytes, 2 * chunkBytes, 2.5 * chunkBytes])(
  'what was saved comes back: %d bytes',
  async (bytes) => {
    const path = await write(content(bytes));
    expect((await read(path)).equals(content(bytes))).toBe(true);
    expect(await readKeys(path, key)).toEqual(keys);
  },
);

test('content that ends with a chunk comes back', async () => {
  const lead = 4 + Buffer.byteLength(keys.clientPrivateKey);
  for (const bytes of [chunkBytes - lead - 600, chunkBytes - lead]) {
    const path = await write(content(bytes));
    expect((await read(path)).equals(content(bytes))).toBe(true);
  }
});

test('neither content nor keys lie on the disk as they are', async () => {
  const file = readFileSync(await write(content(3 * chunkBytes)));
  expect(file.includes('what QEMU sends')).toBe(false);
  expect(file.includes('OPENSSH PRIVATE KEY')).toBe(false);
  expect(file.includes(Buffer.from(keys.hostPrivateKeyDropbear).subarray(-32))).toBe(false);
});

describe('a state is refused', () => {
  const original = content(2.5 * chunkBytes);
  let path = '';
  let whole = Buffer.alloc(0);
  beforeAll(async () => {
    path = await write(original, 'whole');
    whole = readFileSync(path);
  });
  const spoiled = async (bytes: Uint8Array): Promise<unknown> => {
    const at = join(dir, 'spoiled');
    writeFileSync(at, bytes);
    return read(at);
  };

  it('when any bit is another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        await expect(spoiled(bytes)).rejects.toMatchObject(refused);
      }),
      { numRuns: 60 },
    );
    // Every bit of what everybody can read, too.
    for (let at = 0; at < leadBytes(path); at += 7) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
      await expect(spoiled(bytes), `byte ${at}`).rejects.toMatchObject(refused);
    }
  });

  it('when it is cut off anywhere, also between two chunks', async () => {
    const lead = leadBytes(path);
    const between = [lead, lead + sealedChunkBytes, lead + 2 * sealedChunkBytes];
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.nat(whole.length - 1), fc.constantFrom(...between)), async (length) => {
        await expect(spoiled(whole.subarray(0, length))).rejects.toMatchObject(refused);
      }),
      { numRuns: 60 },
    );
  });

  it('when something follows it', async () => {
    await expect(spoiled(Buffer.concat([whole, Buffer.from('x')]))).rejects.toMatchObject(refused);
    await expect(spoiled(Buffer.concat([whole, whole.subarray(leadBytes(path))]))).rejects.toMatchObject(
      refused,
    );
  });

  it('when its chunks are in another order, or from another state', async () => {
    const lead = leadBytes(path);
    const chunk = (file: Buffer, n: number): Buffer =>
      file.subarray(lead + n * sealedChunkBytes, lead + (n + 1) * sealedChunkBytes);
    const head = whole.subarray(0, lead);
    await expect(
      spoiled(Buffer.concat([head, chunk(whole, 1), chunk(whole, 0), chunk(whole, 2)])),
    ).rejects.toMatchObject(refused);
    const other = readFileSync(await write(original, 'other'));
    await expect(
      spoiled(Buffer.concat([head, chunk(whole, 0), chunk(other, 1), chunk(whole, 2)])),
    ).rejects.toMatchObject(refused);
    // The header of the one before the chunks of the other: another generation.
    await expect(spoiled(Buffer.concat([head, other.subarray(lead)]))).rejects.toMatchObject(refused);
  });

  it('under another key', async () => {
    await expect(read(path, new Uint8Array(32).fill(4))).rejects.toMatchObject(refused);
    await expect(readKeys(path, new Uint8Array(32).fill(4))).rejects.toMatchObject(refused);
  });

  it('when it is of another version, or nothing at all', async () => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32BE(2, 8);
    await expect(spoiled(bytes)).rejects.toThrow('another version of Gleaner');
    await expect(spoiled(Buffer.alloc(0))).rejects.toMatchObject(refused);
  });
});

test('no two states are enciphered alike', async () => {
  const [one, two] = [
    readFileSync(await write(content(100), 'one')),
    readFileSync(await write(content(100), 'two')),
  ];
  const lead = 16 + one.readUInt32BE(12);
  expect(one.subarray(lead).equals(two.subarray(lead))).toBe(false);
});

test('a state fits only what it was saved under, and the first difference is told', () => {
  expect(misfit(fitness, { ...fitness })).toBeUndefined();
  expect(misfit(fitness, { ...fitness, qemu: '8.0.0 /usr/bin/qemu 1 2' })).toBe(
    'QEMU is another one (7.2.22 /usr/bin/qemu 1 2, now 8.0.0 /usr/bin/qemu 1 2)',
  );
  for (const part of Object.keys(fitness)) {
    expect(misfit(fitness, { ...fitness, [part]: 'other' }), part).toMatch(
      /^[a-zA-Z].* (one|changed|words|differently)/,
    );
  }
});

describe('a VM’s folder', () => {
  let count = 0;
  const made = () => {
    count += 1;
    const folder = folderOf(dir, `vm-${count}`);
    mkdirSync(folder.dir);
    for (const path of [folder.scratchPath, folder.inPath, folder.outPath]) writeFileSync(path, path);
    return folder;
  };

  it('holds a saved state only between its publishing and its use', async () => {
    const folder = made();
    expect(await isSaved(folder)).toBe(false);
    renameSync(await write(content(10)), folder.newStatePath);
    // A host died while it wrote: what is left is no state.
    expect(await isSaved(folder)).toBe(false);
    renameSync(await write(content(10)), folder.newStatePath);
    await publishState(folder);
    expect(await isSaved(folder)).toBe(true);
    await consumeState(folder);
    expect(await isSaved(folder)).toBe(false);
    await expect(consumeState(folder)).rejects.toThrow('ENOENT');
    // Not even a state that somebody puts back beside one that was used.
    renameSync(await write(content(10)), folder.statePath);
    expect(await isSaved(folder)).toBe(false);
    await removeStates(folder);
    await expect(readHeader(folder.statePath)).rejects.toThrow('ENOENT');
  });

  it('holds no state that cannot be told', async () => {
    const folder = made();
    renameSync(await write(content(10)), folder.statePath);
    truncateSync(folder.statePath, 100);
    expect(await isSaved(folder)).toBe(false);
  });

  it('has the disks of a state only as long as nobody touches them', async () => {
    const folder = made();
    const disks = disksOf(folder, undefined);
    const header = { ...fresh(), disks: await syncDisks(disks) };
    await expect(requireDisks(disks, header)).resolves.toBeUndefined();
    expect(await syncDisks(disks)).toEqual(header.disks);
    const before = readFileSync(folder.scratchPath);
    writeFileSync(folder.scratchPath, before);
    await expect(requireDisks(disks, header)).rejects.toThrow('the disks are not those that belong to it');
    rmSync(folder.outPath);
    await expect(requireDisks(disks, header)).rejects.toMatchObject(refused);
  });

  it('has the data disk among them, where there is one', async () => {
    const folder = made();
    const dataPath = join(dir, 'data.raw');
    writeFileSync(dataPath, 'project');
    const disks = disksOf(folder, dataPath);
    const path = await write(content(10), 'with-data', { ...fresh(), disks: await syncDisks(disks) });
    const { header } = await readHeader(path);
    expect(header.disks.map(({ name }) => name)).toEqual(['scratch', 'in', 'out', 'data']);
    await expect(requireDisks(disks, header)).resolves.toBeUndefined();
    await expect(requireDisks(disksOf(folder, undefined), header)).rejects.toMatchObject(refused);
    writeFileSync(dataPath, 'project');
    await expect(requireDisks(disks, header)).rejects.toMatchObject(refused);
    rmSync(dataPath);
    await expect(requireDisks(disks, header)).rejects.toMatchObject(refused);
  });
});
