import { constants, createHash, generateKeyPairSync, type KeyObject, privateEncrypt } from 'node:crypto';

/** A key pair of a fake project or account manager, in the formats of BOINC's lib/crypt.cpp. */
export interface BoincSigner {
  /** Text of the public key: `code_sign_key` of a scheduler's reply, `signing_key` of a manager's. */
  readonly publicKey: string;
  /** Signs a text, e.g. a URL or a `<file_info>` block. */
  signText(text: string): string;
  /** Signs a file's content: `file_signature`. */
  signFile(content: Uint8Array): string;
}

/** Makes a new key pair of 1024 bits, the only size that BOINC has. */
export function makeBoincSigner(): BoincSigner {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 1024,
    publicExponent: 0x10001,
  });
  const sign = (content: Uint8Array): string =>
    writeBoincHex(
      privateEncrypt(
        { key: privateKey, padding: constants.RSA_PKCS1_PADDING },
        Buffer.from(createHash('md5').update(content).digest('hex'), 'latin1'),
      ),
    );
  return {
    publicKey: writePublicKey(publicKey),
    signText: (text) => sign(Buffer.from(text, 'utf8')),
    signFile: sign,
  };
}

function writePublicKey(key: KeyObject): string {
  const { n = '', e = '' } = key.export({ format: 'jwk' });
  const filled = (number: string): Buffer => {
    const bytes = Buffer.from(number, 'base64url');
    return Buffer.concat([Buffer.alloc(128 - bytes.length), bytes]);
  };
  return `1024\n${writeBoincHex(Buffer.concat([filled(n), filled(e)]))}`;
}

/** 32 bytes a line, ended by a "." on a line of its own. */
export function writeBoincHex(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${(hex.match(/.{1,64}/g) ?? []).join('\n')}\n.\n`;
}
