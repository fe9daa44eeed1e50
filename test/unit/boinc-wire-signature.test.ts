import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSigned, parseSigningKey } from '../../electron/grid/boinc/signature.ts';
import { makeBoincSigner, writeBoincHex } from '../fakes/boinc-signing.ts';

const signer = makeBoincSigner();
const url = 'https://project.example/boinc/';

function keyOf(text: string) {
  const key = parseSigningKey(text);
  if (!key) throw new Error('not a key');
  return key;
}

function keyText(modulus: Buffer, exponent: Buffer): string {
  return `1024\n${writeBoincHex(Buffer.concat([modulus, exponent]))}`;
}

const modulusOf = (text: string): Buffer =>
  Buffer.from(text.replace('1024\n', '').replaceAll(/[^0-9a-f]/g, ''), 'hex').subarray(0, 128);
const exponent = (value: number): Buffer => {
  const bytes = Buffer.alloc(128);
  bytes.writeUInt32BE(value, 124);
  return bytes;
};

describe('signatures of BOINC', () => {
  it('accepts what was signed, and nothing else', () => {
    const key = keyOf(signer.publicKey);
    const signature = signer.signText(url);
    expect(isSigned({ text: url, signature, key })).toBe(true);
    expect(isSigned({ text: 'https://other.example/', signature, key })).toBe(false);
    expect(isSigned({ text: url, signature, key: keyOf(makeBoincSigner().publicKey) })).toBe(false);
    expect(isSigned({ text: url, signature: signer.signText(`${url}x`), key })).toBe(false);
  });

  it('reads keys and signatures with the white space that replies put around them', () => {
    const key = keyOf(`\n   ${signer.publicKey.replaceAll('\n', '\r\n')}`);
    expect(isSigned({ text: url, signature: `\n  ${signer.signText(url)}\n   `, key })).toBe(true);
    expect(isSigned({ text: url, signature: signer.signText(url).toUpperCase(), key })).toBe(true);
  });

  it('signs a file by the MD5 of its content', () => {
    const content = '#!/bin/sh\necho 42\n';
    const signature = signer.signFile(Buffer.from(content, 'utf8'));
    expect(signature).toMatch(/^([0-9a-f]{64}\n){4}\.\n$/);
    expect(isSigned({ text: content, signature, key: keyOf(signer.publicKey) })).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['words', 'not a key'],
    ['another size', signer.publicKey.replace('1024', '512')],
    ['half a key', signer.publicKey.slice(0, 200)],
    ['too much', signer.publicKey.replace('.\n', `${'00'.repeat(32)}\n.\n`)],
    ['a leading zero', keyText(Buffer.concat([Buffer.alloc(1), Buffer.alloc(127, 3)]), exponent(3))],
    ['an even modulus', keyText(Buffer.alloc(128, 0xfe), exponent(3))],
    ['exponent 0', keyText(modulusOf(signer.publicKey), exponent(0))],
    ['exponent 1', keyText(modulusOf(signer.publicKey), exponent(1))],
    ['an even exponent', keyText(modulusOf(signer.publicKey), exponent(65_538))],
    ['a huge exponent', keyText(modulusOf(signer.publicKey), Buffer.alloc(128, 0xff))],
    ['a flood', `1024\n${'ab'.repeat(1_000_000)}`],
  ])('refuses a key that is %s', (_, text) => {
    expect(parseSigningKey(text)).toBeUndefined();
  });

  it('refuses any change of one byte of a signature', () => {
    const key = keyOf(signer.publicKey);
    const bytes = Buffer.from(signer.signText(url).replaceAll(/[^0-9a-f]/g, ''), 'hex');
    fc.assert(
      fc.property(fc.nat(127), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ change, at);
        expect(isSigned({ text: url, signature: writeBoincHex(changed), key })).toBe(false);
      }),
    );
  });

  it('bears any text', () => {
    const key = keyOf(signer.publicKey);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(parseSigningKey(text)).toBeUndefined();
        expect(isSigned({ text: url, signature: text, key })).toBe(false);
      }),
    );
  });
});
