import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A fake certificate authority: makes X.509 certificates (RFC 5280) for a test's own servers, valid for a day. */
export interface FakeAuthority {
  /** Its own certificate, PEM. */
  readonly certificate: string;
  /** A key and certificate for a server of this name, both PEM. */
  issue(host: string): { readonly key: string; readonly cert: string };
}

export function makeFakeAuthority(): FakeAuthority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = nameOf('Fake authority of a test');
  const certificate = certify({
    subject: issuer,
    issuer,
    key: own.publicKey,
    signer: own.privateKey,
    // Basic constraints, critical: an authority.
    extension: sequence(oid(85, 29, 19), der(0x01, [0xff]), octets(sequence(der(0x01, [0xff])))),
  });
  return {
    certificate,
    issue: (host) => {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const cert = certify({
        subject: nameOf(host),
        issuer,
        key: pair.publicKey,
        signer: own.privateKey,
        // Subject alternative name: a DNS name.
        extension: sequence(oid(85, 29, 17), octets(sequence(der(0x82, Buffer.from(host, 'latin1'))))),
      });
      return { key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
    },
  };
}

interface Certified {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly key: KeyObject;
  readonly signer: KeyObject;
  readonly extension: Buffer;
}

let lastSerial = 0;

function certify({ subject, issuer, key, signer, extension }: Certified): string {
  lastSerial += 1;
  // ecdsa-with-SHA256
  const algorithm = sequence(oid(42, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2));
  const content = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [lastSerial]),
    algorithm,
    issuer,
    sequence(timeIn(-1), timeIn(1)),
    subject,
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  const signature = sign('sha256', content, signer);
  const whole = sequence(content, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function nameOf(common: string): Buffer {
  return sequence(der(0x31, sequence(oid(85, 4, 3), der(0x0c, Buffer.from(common, 'utf8')))));
}

function timeIn(days: number): Buffer {
  const text = new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(text.slice(2), 'latin1'));
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));
const octets = (content: Buffer): Buffer => der(0x04, content);
const oid = (...bytes: number[]): Buffer => der(0x06, bytes);

function der(tag: number, content: Uint8Array | readonly number[]): Buffer {
  const bytes = Buffer.from(content);
  const { length } = bytes;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), bytes]);
}
