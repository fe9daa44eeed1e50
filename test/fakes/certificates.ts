import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A key with its certificate, both in PEM. */
export interface Certified {
  readonly key: string;
  readonly certificate: string;
}

/** An authority of the tests' own, and what it certifies. */
export interface FakeAuthority {
  readonly certificate: string;
  /** For a server of this name or IPv4 address; valid for a day around now unless said otherwise. */
  certify(host: string, notAfter?: Date): Certified;
}

const day = 24 * 3600 * 1000;

/** A certificate authority nobody knows, with keys made for the occasion (RFC 5280, ECDSA on P-256). */
export function fakeAuthority(name = 'Fake Authority'): FakeAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = certificateOf({
    subject: name,
    issuer: name,
    publicKey,
    signer: privateKey,
    notAfter: new Date(Date.now() + day),
    extensions: [extension('2.5.29.19', sequence(boolean(true)), true)],
  });
  return {
    certificate,
    certify: (host, notAfter = new Date(Date.now() + day)) => {
      const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      // SubjectAltName: dNSName [2] or iPAddress [7].
      const alternative = isIP(host)
        ? tagged(0x87, Buffer.from(host.split('.').map(Number)))
        : tagged(0x82, Buffer.from(host));
      const key = own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      const certificate = certificateOf({
        subject: host,
        issuer: name,
        publicKey: own.publicKey,
        signer: privateKey,
        notAfter,
        extensions: [extension('2.5.29.17', sequence(alternative))],
      });
      return { key, certificate };
    },
  };
}

interface Statement {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly notAfter: Date;
  readonly extensions: readonly Buffer[];
}

function certificateOf({ subject, issuer, publicKey, signer, notAfter, extensions }: Statement): string {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    commonName(issuer),
    sequence(time(new Date(notAfter.getTime() - 2 * day)), time(notAfter)),
    commonName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, signer);
  const whole = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** One value in DER (X.690): tag, length, content. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts));
const integer = (bytes: Buffer): Buffer => tagged(0x02, bytes);
const boolean = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]));

function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return tagged(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

const commonName = (name: string): Buffer =>
  sequence(tagged(0x31, sequence(objectId('2.5.4.3'), tagged(0x0c, Buffer.from(name)))));

/** UTCTime: two digits of the year. */
const time = (at: Date): Buffer =>
  tagged(0x17, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`));

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(objectId(id), ...(critical ? [boolean(true)] : []), tagged(0x04, value));
