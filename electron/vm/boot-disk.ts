import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { tarBytes } from '../base/tar-write.ts';

/** The keys of one boot; none of them outlives it. */
export interface BootKeys {
  /** The host's own key, as OpenSSH private key text (what `ssh2` reads). */
  readonly clientPrivateKey: string;
  /** The client's public key as a line of `authorized_keys`. */
  readonly authorizedKey: string;
  /** The guest's host key in dropbear's format. */
  readonly hostPrivateKeyDropbear: Uint8Array;
  /** The guest's public host key as an SSH wire blob, to be pinned. */
  readonly hostPublicKey: Uint8Array;
}

/** Smallest boot disk: a multiple of every block size, so that nobody has to think about it. */
const diskBytesMin = 64 * 1024;
const keyType = 'ssh-ed25519';

export function createBootKeys(): BootKeys {
  const client = generateKey();
  const host = generateKey();
  return {
    clientPrivateKey: openSshPrivateKey(client),
    authorizedKey: `${keyType} ${Buffer.from(publicBlob(client)).toString('base64')} gleaner`,
    // dropbear's signkey file: the type, then one string of seed and public key.
    hostPrivateKeyDropbear: Buffer.concat([sshString(keyType), sshString(seedAndPublic(host))]),
    hostPublicKey: publicBlob(host),
  };
}

/**
 * The read-only disk that a guest reads its secrets and settings from: a plain tar, padded with zeros. `config`
 * becomes lines of KEY=VALUE; throws on names and values that would not fit a line.
 */
export function bootDiskTar(keys: BootKeys, config: Readonly<Record<string, string>>): Uint8Array {
  const lines = Object.entries(config).map(([name, value]) => {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name) || /[\r\n\0]/.test(value)) {
      throw new Error(`the boot setting ${name} does not fit a line`);
    }
    return `${name}=${value}\n`;
  });
  const tar = tarBytes([
    { path: 'host_key', content: keys.hostPrivateKeyDropbear },
    { path: 'authorized_keys', content: `${keys.authorizedKey}\n` },
    { path: 'config', content: lines.join('') },
  ]);
  const disk = new Uint8Array(Math.ceil(Math.max(tar.length, diskBytesMin) / 4096) * 4096);
  disk.set(tar);
  return disk;
}

interface Ed25519Key {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
}

function generateKey(): Ed25519Key {
  const pair = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  // RFC 8410: in both encodings the key itself is the last 32 bytes.
  return { seed: pair.privateKey.subarray(-32), publicKey: pair.publicKey.subarray(-32) };
}

const seedAndPublic = (key: Ed25519Key): Uint8Array => Buffer.concat([key.seed, key.publicKey]);

/** RFC 8709 §4. */
function publicBlob(key: Ed25519Key): Uint8Array {
  return Buffer.concat([sshString(keyType), sshString(key.publicKey)]);
}

/** OpenSSH's PROTOCOL.key, without a passphrase. */
function openSshPrivateKey(key: Ed25519Key): string {
  const check = randomBytes(4);
  const secret = Buffer.concat([
    check,
    check,
    sshString(keyType),
    sshString(key.publicKey),
    sshString(seedAndPublic(key)),
    sshString(''),
  ]);
  const padding = Uint8Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1);
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(publicBlob(key)),
    sshString(Buffer.concat([secret, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}

/** RFC 4251 §5. */
function sshString(value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
