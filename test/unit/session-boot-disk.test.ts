import { createPublicKey, sign, verify } from 'node:crypto';
import ssh2 from 'ssh2';
import { expect, test } from 'vitest';
import { bootDiskTar, createBootKeys } from '../../electron/vm/boot-disk.ts';
import { normaliseTar } from '../../electron/vm/session/tar.ts';

test('the client key is one that ssh2 reads, and fits its authorized line', () => {
  const keys = createBootKeys();
  const parsed = ssh2.utils.parseKey(keys.clientPrivateKey);
  if (parsed instanceof Error) throw parsed;
  const [key] = [parsed].flat();
  expect(key?.type).toBe('ssh-ed25519');
  const [type, blob] = keys.authorizedKey.split(' ');
  expect(type).toBe('ssh-ed25519');
  expect(key?.getPublicSSH().toString('base64')).toBe(blob);
});

test('the host key is in dropbear’s format, and its public half is the pinned one', () => {
  const { hostPrivateKeyDropbear, hostPublicKey } = createBootKeys();
  const bytes = Buffer.from(hostPrivateKeyDropbear);
  expect(bytes.readUInt32BE(0)).toBe(11);
  expect(bytes.subarray(4, 15).toString()).toBe('ssh-ed25519');
  expect(bytes.readUInt32BE(15)).toBe(64);
  expect(bytes.length).toBe(19 + 64);
  const publicHalf = bytes.subarray(-32);
  expect(Buffer.from(hostPublicKey).subarray(-32)).toEqual(publicHalf);
  // The seed belongs to the public half: what one signs the other verifies.
  const seed = bytes.subarray(19, 51);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicHalf]);
  const privateKey = { key: pkcs8, format: 'der', type: 'pkcs8' } as const;
  const signature = sign(null, Buffer.from('x'), privateKey);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  expect(verify(null, Buffer.from('x'), publicKey, signature)).toBe(true);
});

test('no two boots share a key', () => {
  const seen = new Set<string>();
  for (let count = 0; count < 4; count += 1) {
    const { clientPrivateKey, authorizedKey, hostPublicKey } = createBootKeys();
    for (const key of [clientPrivateKey, authorizedKey, Buffer.from(hostPublicKey).toString('hex')])
      seen.add(key);
  }
  expect(seen.size).toBe(12);
});

test('the boot disk is a padded tar of three files', async () => {
  const keys = createBootKeys();
  const disk = bootDiskTar(keys, { ROLE: 'local', MTU: '1' });
  expect(disk.length).toBe(64 * 1024);
  const text = Buffer.from(disk).toString('latin1');
  expect(text).toContain('ROLE=local\nMTU=1\n');
  expect(text).toContain(`${keys.authorizedKey}\n`);
  const roots = {
    host_key: { kind: 'file', maxBytes: 1000 },
    authorized_keys: { kind: 'file', maxBytes: 1000 },
    config: { kind: 'file', maxBytes: 1000 },
  } as const;
  // eslint-disable-next-line @typescript-eslint/require-await -- an async iterable is what the reader takes
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield disk;
  };
  await normaliseTar(source(), roots, () => Promise.resolve());
});

test('a setting that does not fit a line is refused', () => {
  const keys = createBootKeys();
  expect(() => bootDiskTar(keys, { ROLE: 'a\nSECOND=1' })).toThrow('does not fit');
  expect(() => bootDiskTar(keys, { 'role=x': 'a' })).toThrow('does not fit');
});
