import { constants, createHash, createPublicKey, type KeyObject, publicDecrypt } from 'node:crypto';

/**
 * BOINC's signatures (lib/crypt.cpp): RSA of 1024 bits, PKCS #1 v1.5 padding straight around the 32 hexadecimal
 * characters of an MD5, without a digest's name in between. Weak by today's measure, and what BOINC has. They
 * tell that a list of projects is the manager's; what may be contacted is decided by other means.
 */

/** Bytes of the modulus and of the exponent, each filled with zeros from the left. */
const numberBytes = 128;
const maxText = 8192;

/** A public key as BOINC writes it: the number of bits, a line feed, modulus and exponent in hex. Undefined: it is none. */
export function parseSigningKey(text: string): KeyObject | undefined {
  if (text.length > maxText) return undefined;
  const [, bits, hex] = /^\s*(\d{1,5})[ \t\r]*\n([\s\S]*)$/.exec(text) ?? [];
  if (bits !== '1024' || hex === undefined) return undefined;
  const data = readHex(hex);
  if (data.length !== 2 * numberBytes) return undefined;
  const modulus = data.subarray(0, numberBytes);
  const exponent = data.subarray(numberBytes);
  // Fewer bits than it says, an even number, or an exponent that leaves a text as it is would be no key at all.
  if (((modulus[0] ?? 0) & 0x80) === 0 || ((modulus.at(-1) ?? 0) & 1) === 0) return undefined;
  const shortExponent = exponent.subarray(exponent.findIndex((byte) => byte !== 0));
  if (shortExponent.length > 8 || ((shortExponent.at(-1) ?? 0) & 1) === 0) return undefined;
  if (shortExponent.length === 1 && shortExponent[0] === 1) return undefined;
  try {
    return createPublicKey({
      key: { kty: 'RSA', n: modulus.toString('base64url'), e: shortExponent.toString('base64url') },
      format: 'jwk',
    });
  } catch {
    return undefined;
  }
}

/** Whether `signature` (hex, as BOINC writes it) over `text` was made with the private half of `key`. */
export function isSigned({
  text,
  signature,
  key,
}: {
  readonly text: string;
  readonly signature: string;
  readonly key: KeyObject;
}): boolean {
  if (signature.length > maxText) return false;
  const bytes = readHex(signature);
  if (bytes.length !== numberBytes) return false;
  try {
    const recovered = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, bytes);
    return recovered.toString('latin1') === createHash('md5').update(text, 'utf8').digest('hex');
  } catch {
    return false;
  }
}

/** Pairs of hex digits with white space between lines; ends at the first character that is neither ("." by custom). */
function readHex(text: string): Buffer {
  const digits = (/^[0-9a-f\s]*/i.exec(text)?.[0] ?? '').replaceAll(/\s/g, '');
  return Buffer.from(digits.slice(0, digits.length - (digits.length % 2)), 'hex');
}
