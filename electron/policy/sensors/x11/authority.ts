const familyLocal = 256;
const familyWild = 65535;
const scheme = 'MIT-MAGIC-COOKIE-1';

export interface Cookie {
  readonly name: string;
  /** Bytes as latin1 characters. */
  readonly data: string;
}

/** What a server that asks for no cookie is shown. */
export const noCookie: Cookie = { name: '', data: '' };

/**
 * Finds the cookie for a display of this host in an X authority file (Xauth(3): entries of a big-endian family and four
 * counted fields). A file that ends amid an entry holds what came before. Pure.
 * @param display its number
 */
export function findCookie(file: Buffer, host: string, display: string): Cookie {
  let at = 0;
  const field = (): string | undefined => {
    if (at + 2 > file.length) return undefined;
    const end = at + 2 + file.readUInt16BE(at);
    if (end > file.length) return undefined;
    const text = file.toString('latin1', at + 2, end);
    at = end;
    return text;
  };
  while (at + 2 <= file.length) {
    const family = file.readUInt16BE(at);
    at += 2;
    const [address, number, name, data] = [field(), field(), field(), field()];
    if (address === undefined || number === undefined || name === undefined || data === undefined) break;
    const ours = family === familyWild || (family === familyLocal && address === host);
    if (ours && (number === '' || number === display) && name === scheme) return { name, data };
  }
  return noCookie;
}
