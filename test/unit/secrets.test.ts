import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { KeyFiles } from '../../electron/host/secrets-file.ts';
import { type KeyWrapper, WrappedKeys } from '../../electron/shell/secrets.ts';

let home = '';
let dir = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gleaner-secrets-'));
  dir = join(home, 'secrets');
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

describe('keys in files', () => {
  it('are 32 bytes that stay the same, one per name, for this user only', async () => {
    const key = await new KeyFiles(dir).key('one');
    expect(key).toHaveLength(32);
    expect(await new KeyFiles(dir).key('one')).toEqual(key);
    expect(await new KeyFiles(dir).key('other')).not.toEqual(key);
    expect(statSync(join(dir, 'one.key')).mode & 0o777).toBe(0o600);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dir).toSorted()).toEqual(['one.key', 'other.key']);
  });

  it('are the same for all who ask at once', async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, () => new KeyFiles(dir).key('one')));
    for (const key of asked) expect(key).toEqual(asked[0]);
  });

  const file = (): string => join(dir, 'one.key');
  test.each([
    [
      'others may read',
      () => {
        chmodSync(file(), 0o640);
      },
      'can be opened by others',
    ],
    [
      'is a link',
      () => {
        rmSync(file());
        writeFileSync(join(home, 'x'), 'x'.repeat(32), { mode: 0o600 });
        symlinkSync(join(home, 'x'), file());
      },
      'is a link',
    ],
    [
      'is too short',
      () => {
        writeFileSync(file(), 'short');
      },
      'is too short',
    ],
    [
      'is too long',
      () => {
        writeFileSync(file(), 'x'.repeat(33));
      },
      'is too long',
    ],
  ])('are refused when the file %s', async (_, spoil, why) => {
    await new KeyFiles(dir).key('one');
    spoil();
    const asked = new KeyFiles(dir).key('one');
    await expect(asked).rejects.toMatchObject({ code: 'storage-failed' });
    await expect(asked).rejects.toThrow(why);
  });
});

/** A fake of Electron's safeStorage: wraps by turning every byte around. */
class FakeStore implements KeyWrapper {
  backend = 'gnome_libsecret';
  available = true;
  secret = 0x5a;
  isEncryptionAvailable(): boolean {
    return this.available;
  }
  getSelectedStorageBackend(): string {
    return this.backend;
  }
  encryptString(text: string): Buffer {
    return Buffer.from(`v1${text}`).map((byte) => byte ^ this.secret) as Buffer;
  }
  decryptString(wrapped: Buffer): string {
    const text = Buffer.from(wrapped.map((byte) => byte ^ this.secret)).toString();
    if (!text.startsWith('v1')) throw new Error('Error while decrypting the ciphertext');
    return text.slice(2);
  }
}

describe.runIf(process.platform === 'linux')('keys in the system’s store', () => {
  const make = (store: FakeStore): WrappedKeys => new WrappedKeys(dir, store, new KeyFiles(dir));

  it('are never on the disk as they are', async () => {
    const store = new FakeStore();
    const key = await make(store).key('one');
    expect(key).toHaveLength(32);
    expect(await make(store).key('one')).toEqual(key);
    expect(readdirSync(dir)).toEqual(['one.wrapped']);
    expect(readFileSync(join(dir, 'one.wrapped')).includes(Buffer.from(key).toString('base64'))).toBe(false);
    expect(make(store).place).toBe('the system’s key store');
  });

  it('are made anew when the store cannot unwrap them any more', async () => {
    const store = new FakeStore();
    const before = await make(store).key('one');
    store.secret = 0x11;
    const after = await make(store).key('one');
    expect(after).not.toEqual(before);
    expect(await make(store).key('one')).toEqual(after);
  });

  it.each(['basic_text', 'unknown'])(
    'go into a file where the store is %s, and that is said',
    async (backend) => {
      const store = Object.assign(new FakeStore(), { backend });
      await make(store).key('one');
      expect(readdirSync(dir)).toEqual(['one.key']);
      expect(make(store).place).toContain('a file that only this user may read, because');
    },
  );

  it('go into a file where there is no store', async () => {
    const store = Object.assign(new FakeStore(), { available: false });
    await make(store).key('one');
    expect(readdirSync(dir)).toEqual(['one.key']);
  });
});
