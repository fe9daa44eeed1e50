import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { z } from 'zod';
import { GleanerError } from '../../contract/failures.ts';
import type { Settings } from '../../contract/settings.ts';
import { compareVersions, isDevelopment, isNewer, parseVersion } from './version.ts';

export type Channel = Settings['updates.channel'];

/** Bounds on what a feed may send before anything of it is believed, in bytes. */
export const feedLimits = { manifest: 64 * 1024, signature: 4 * 1024, file: 2 * 1024 ** 3 } as const;

const time = z.iso.datetime();
const base64 = (bytes: number): z.ZodString =>
  z
    .string()
    .regex(new RegExp(`^[A-Za-z0-9+/]{${Math.ceil(bytes / 3) * 4 - ((3 - (bytes % 3)) % 3)}}={0,2}$`));

/** `NAME.yml.sig`: who says that the file beside it is the feed's, and until when. */
export const FeedSignature = z.strictObject({
  version: z.literal(1),
  /** The name of the file that is signed, so that none stands in for another. */
  file: z.string().max(100),
  signedAt: time,
  /** After that the feed is stale, and somebody may be holding newer ones back. */
  validUntil: time,
  signatures: z
    .array(z.strictObject({ key: z.string().max(64), signature: base64(64) }))
    .min(1)
    .max(4),
});
export type FeedSignature = z.infer<typeof FeedSignature>;

/** What is used of the file that electron-builder writes; signed, so what else is in it does no harm. */
export const FeedManifest = z.object({
  version: z.string().refine((text) => parseVersion(text) !== null, 'not a version'),
  files: z
    .array(
      z.object({
        /** A file beside the manifest. */
        url: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/, 'not the plain name of a file'),
        sha512: base64(64),
        size: z.int().min(1).max(feedLimits.file),
        blockMapSize: z.int().min(1).optional(),
      }),
    )
    .min(1)
    .max(8),
  releaseDate: z.union([time, z.date().transform((date) => date.toISOString())]),
  stagingPercentage: z.number().min(0).max(100).optional(),
  minimumSystemVersion: z.string().max(40).optional(),
  /** Where it says what is new. */
  notes: z
    .string()
    .max(500)
    .regex(/^https:\/\/[^\s@]+$/)
    .optional(),
});
export type FeedManifest = z.infer<typeof FeedManifest>;

/** The name of a channel's manifest, as electron-builder calls it. Pure. */
export function manifestName(channel: Channel, platform: NodeJS.Platform, architecture: string): string {
  const base = channel === 'stable' ? 'latest' : channel;
  if (platform === 'darwin') return `${base}-mac.yml`;
  if (platform === 'win32') return `${base}.yml`;
  return `${base}-linux${architecture === 'x64' ? '' : `-${architecture}`}.yml`;
}

/** What is signed: the signature's own words, then the file byte by byte. Pure. */
export function signedBytes(
  { file, signedAt, validUntil }: Omit<FeedSignature, 'signatures'>,
  manifest: Uint8Array,
): Uint8Array {
  return Buffer.concat([
    Buffer.from(`gleaner update feed 1\n${file}\n${signedAt}\n${validUntil}\n`),
    manifest,
  ]);
}

/** A short name of a key: the first half of the digest of its DER. Pure. */
export function keyId(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('hex').slice(0, 32);
}

/** A key out of `install.json`. Throws for what is none. */
export function feedKey(base64Der: string): KeyObject {
  return createPublicKey({ key: Buffer.from(base64Der, 'base64'), format: 'der', type: 'spki' });
}

function refused(sentence: string): GleanerError {
  return new GleanerError(
    'update-refused',
    sentence,
    'Nothing was changed. Tell whoever publishes Gleaner if it stays so.',
  );
}

/**
 * Believes the manifest if one of the keys has signed exactly these bytes under this name, and the signature holds now.
 * Pure. @throws GleanerError `update-refused`
 */
export function checkSignature(o: {
  readonly manifest: Uint8Array;
  /** The signature's file: hostile. */
  readonly signature: Uint8Array;
  readonly file: string;
  readonly keys: readonly string[];
  /** Epoch ms. */
  readonly now: number;
}): FeedSignature {
  let document: FeedSignature;
  try {
    document = FeedSignature.parse(JSON.parse(Buffer.from(o.signature).toString('utf8')));
  } catch {
    throw refused('The feed of updates is not signed as it must be.');
  }
  if (document.file !== o.file) throw refused('The feed of updates shows the signature of another file.');
  const bytes = signedBytes(document, o.manifest);
  const isSigned = o.keys.map(feedKey).some((key) => {
    const id = keyId(key);
    return document.signatures.some(
      ({ key: named, signature }) =>
        named === id && verify(null, bytes, key, Buffer.from(signature, 'base64')),
    );
  });
  if (!isSigned) throw refused('The feed of updates is not signed by a key that this installation knows.');
  if (Date.parse(document.validUntil) <= o.now) {
    throw refused('The feed of updates is out of date: its signature held only for a time.');
  }
  return document;
}

/** What an installation remembers of what its feed said before. */
export interface Seen {
  /** The newest version that was ever signed for this channel; null: none was seen. */
  readonly newest: string | null;
  /** Versions that ran badly here, and were taken back. */
  readonly takenBack: readonly string[];
}

/**
 * Whether what the feed offers is for this installation: a newer version, or nothing (null). Pure.
 * @throws GleanerError `update-refused` when the feed goes back behind what it has signed before
 */
export function newerOffer(manifest: FeedManifest, current: string, seen: Seen): FeedManifest | null {
  const [offered, newest] = [parseVersion(manifest.version), parseVersion(seen.newest ?? '')];
  if (offered && newest && compareVersions(offered, newest) < 0) {
    throw refused('The feed of updates offers an older version than it did before.');
  }
  if (isDevelopment(manifest.version)) throw refused('The feed of updates offers a development version.');
  if (!isNewer(manifest.version, current)) return null;
  return seen.takenBack.includes(manifest.version) ? null : manifest;
}
