import { z } from 'zod';

/** By what an installation came onto the computer, and so who replaces it with a newer one. */
export const InstallKind = z.enum(['appimage', 'deb', 'rpm', 'tar', 'nsis', 'msi', 'mac-zip', 'pkg']);
export type InstallKind = z.infer<typeof InstallKind>;

/** An Ed25519 key as SubjectPublicKeyInfo (RFC 8410), DER in base64: 44 bytes, of which the first 12 are always the same. */
export const FeedKey = z
  .string()
  .regex(/^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/, 'not an Ed25519 key in base64');

/** Where newer versions are published: a folder, so that its address ends with a slash. */
export const FeedUrl = z
  .string()
  .max(500)
  .regex(
    /^https:\/\/[^\s/?#@]+(\/[^\s?#@]*)?\/$/,
    'a feed is written like https://updates.example.org/gleaner/',
  );

/**
 * `install.json` beside the app in its resources folder, written when the app is packaged: what this installation is.
 * Without it the program runs out of a checkout.
 */
export const Installation = z.strictObject({
  version: z.literal(1),
  kind: InstallKind,
  /** Only where the installation updates itself. */
  feed: FeedUrl.optional(),
  /** Who may sign the feed: one, or two while one key follows the other. */
  keys: z.array(FeedKey).max(2).default([]),
  /** A certificate (PEM) that may have issued the feed's own, for a feed on a company's network. */
  authority: z
    .string()
    .max(8 * 1024)
    .optional(),
});
export type Installation = z.infer<typeof Installation>;
