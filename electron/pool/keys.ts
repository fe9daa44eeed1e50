import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { Key, Signature } from '@tufjs/models';
import { canonicalJson } from '../base/canonical-json.ts';

/** Who signs what in a catalog: TUF's four roles, and the delegated one for statements. */
export const roles = ['root', 'targets', 'snapshot', 'timestamp', 'statements'] as const;
export type Role = (typeof roles)[number];

/** An ed25519 key that signs for one role. */
export interface SigningKey {
  readonly role: Role;
  /** SHA-256 (hex) of the public key as TUF writes it. */
  readonly id: string;
  readonly publicKey: Key;
  sign(data: Buffer): Signature;
}

/** A new key and its PEM, which is all that has to be kept. */
export function makeKey(role: Role): { key: SigningKey; pem: string } {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { key: keyOfPem(role, pem), pem };
}

/** Throws what Node's crypto throws for what is no private key, and a TypeError for one of another kind. */
export function keyOfPem(role: Role, pem: string): SigningKey {
  const secret = createPrivateKey(pem);
  if (secret.asymmetricKeyType !== 'ed25519') throw new TypeError('is no ed25519 key');
  const publicKey = publicPart(secret);
  return {
    role,
    id: publicKey.keyID,
    publicKey,
    sign: (data) => new Signature({ keyID: publicKey.keyID, sig: sign(null, data, secret).toString('hex') }),
  };
}

function publicPart(secret: KeyObject): Key {
  const { x = '' } = createPublicKey(secret).export({ format: 'jwk' });
  const written = {
    keytype: 'ed25519',
    scheme: 'ed25519',
    keyval: { public: Buffer.from(x, 'base64url').toString('hex') },
  };
  const keyID = createHash('sha256').update(canonicalJson(written)).digest('hex');
  return new Key({ keyID, keyType: written.keytype, scheme: written.scheme, keyVal: written.keyval });
}
