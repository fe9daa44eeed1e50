// Signs a feed of updates, and makes the key for it (docs/updates.md):
//   node resources/dev/sign-feed.ts --new-key KEYFILE
//   node resources/dev/sign-feed.ts FOLDER --key KEYFILE [--key THE-NEXT-ONE] [--days 90]

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { FeedManifest, FeedSignature, keyId, signedBytes } from '../../electron/shell/updates/feed.ts';

const dayMs = 86_400_000;

/** The signature's file for one manifest. Pure but for the signing itself. */
export function feedSignature(o: {
  readonly file: string;
  readonly manifest: Uint8Array;
  readonly keys: readonly KeyObject[];
  /** Epoch ms. */
  readonly now: number;
  readonly days: number;
}): string {
  const statement = {
    version: 1 as const,
    file: o.file,
    signedAt: new Date(o.now).toISOString(),
    validUntil: new Date(o.now + o.days * dayMs).toISOString(),
  };
  const bytes = signedBytes(statement, o.manifest);
  const signatures = o.keys.map((key) => ({
    key: keyId(createPublicKey(key)),
    signature: sign(null, bytes, key).toString('base64'),
  }));
  return `${JSON.stringify(FeedSignature.parse({ ...statement, signatures }), null, 2)}\n`;
}

/** A key as `install.json` names it. */
export function publicKeyText(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
}

/** What is wrong with a manifest and the files that it names, a line each. */
function faultsOf(dir: string, name: string): string[] {
  const manifest = FeedManifest.safeParse(parse(readFileSync(join(dir, name), 'utf8')));
  if (!manifest.success)
    return [`${name}: ${manifest.error.issues.map(({ message }) => message).join('; ')}`];
  return manifest.data.files.flatMap(({ url, size, sha512 }) => {
    const content = readFileSync(join(dir, url));
    const isSame =
      content.length === size && createHash('sha512').update(content).digest('base64') === sha512;
    return isSame ? [] : [`${name}: ${url} is not the file that it describes`];
  });
}

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      key: { type: 'string', multiple: true, default: [] },
      days: { type: 'string', default: '90' },
      'new-key': { type: 'string' },
    },
  });
  if (values['new-key'] !== undefined) {
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(values['new-key'], pem, { mode: 0o600, flag: 'wx' });
    console.log(`For install.json, "keys": ["${publicKeyText(privateKey)}"]`);
    return 0;
  }
  const [dir] = positionals;
  const days = Number(values.days);
  if (dir === undefined || values.key.length === 0 || !(days > 0)) {
    console.error('node resources/dev/sign-feed.ts FOLDER --key KEYFILE [--key KEYFILE] [--days 90]');
    return 2;
  }
  const keys = values.key.map((path) => createPrivateKey(readFileSync(path)));
  const names = readdirSync(dir).filter((name) => name.endsWith('.yml'));
  const faults = names.length === 0 ? ['there is no manifest'] : names.flatMap((name) => faultsOf(dir, name));
  if (faults.length > 0) {
    console.error(faults.join('\n'));
    return 1;
  }
  for (const file of names) {
    const manifest = readFileSync(join(dir, file));
    writeFileSync(join(dir, `${file}.sig`), feedSignature({ file, manifest, keys, now: Date.now(), days }));
    console.log(`Signed ${file}, for ${days} days.`);
  }
  return 0;
}

if (import.meta.main) process.exitCode = main();
