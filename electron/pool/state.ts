import { z } from 'zod';
import { GleanerError } from '../contract/failures.ts';
import { CatalogUrl, PoolDomain, PoolPlace, PoolTariff } from '../contract/pool.ts';
import { defaultExpiries } from './metadata.ts';

const days = (usual: number) => z.int().min(1).max(3650).default(usual);

/** `catalog.json`: what the pool is, as `gleaner pool init` was told. Nothing in it is secret. */
export const CatalogState = z.strictObject({
  schema: z.literal(1),
  pool: PoolDomain,
  name: z.string().min(1).max(80),
  collector: PoolPlace,
  submits: z.array(PoolPlace).max(31),
  catalogUrl: CatalogUrl,
  /** For how many days each role's signature is good. */
  expiryDays: z.strictObject({
    root: days(defaultExpiries.root),
    targets: days(defaultExpiries.targets),
    statements: days(defaultExpiries.statements),
    snapshot: days(defaultExpiries.snapshot),
    timestamp: days(defaultExpiries.timestamp),
  }),
});
export type CatalogState = z.infer<typeof CatalogState>;

/** A tariff and since when it counts (epoch ms): `tariffs/VERSION.json`. All that ever counted stay in the folder. */
export const TariffSince = z.strictObject({ from: z.int().min(0), tariff: PoolTariff });
export type TariffSince = z.infer<typeof TariffSince>;

/** Largest file of the catalog's own that is read, in bytes: a policy that revokes 100,000 hosts fits. */
export const documentBytesMax = 16 * 1024 * 1024;

/**
 * A JSON file of the catalog.
 * @throws GleanerError `document-invalid`, naming the file
 */
export function parseDocument<T>(schema: z.ZodType<T>, bytes: Uint8Array, label: string): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new GleanerError('document-invalid', `${label} is no JSON.`, undefined, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new GleanerError(
    'document-invalid',
    `${label} cannot be used${where === '' ? '' : `: ${where}`}: ${issue?.message ?? 'it is not what it should be'}.`,
  );
}
