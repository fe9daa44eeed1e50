import { z } from 'zod';
import { describeIssues } from '../contract/issues.ts';
import { SettingsDocument, settingsVersion } from '../contract/settings.ts';

const MiB = 1024 * 1024;

/** What a file of settings says, or why it cannot be used, to be read after "could not be used: …". */
export type ParsedSettings = { readonly document: SettingsDocument } | { readonly fault: string };

type Step = (raw: unknown) => { readonly raw: unknown } | { readonly fault: string };

/** The settings file of the first version, as it was. */
const Version1 = z.strictObject({
  schema: z.literal(1),
  share: z.number().min(0.01).max(1).default(1),
  vcpus: z.int().min(1).max(64).nullable().default(null),
  memoryBytes: z
    .int()
    .min(256 * MiB)
    .max(1024 * 1024 * MiB)
    .default(768 * MiB),
  diskBytes: z
    .int()
    .min(64 * MiB)
    .max(1024 * 1024 * MiB)
    .default(2048 * MiB),
  accelerator: z.enum(['auto', 'kvm', 'hvf', 'whpx', 'tcg']).default('auto'),
});

/** What version 2 gives while the computer is used, when nobody says otherwise, at the time of the step. */
const inUseShareOfVersion2 = 0.25;

/**
 * Version 1 knew one share for all times: it stays a bound at all times. Values that were the defaults were never
 * chosen, so they are left to the layers below.
 */
const from1: Step = (raw) => {
  const parsed = Version1.safeParse(raw);
  if (!parsed.success) return { fault: describeIssues(parsed.error.issues) };
  const { share, vcpus, memoryBytes, diskBytes, accelerator } = parsed.data;
  const settings = {
    ...(share === 1 ? {} : { 'idle.share': share, 'locked.share': share }),
    ...(share < inUseShareOfVersion2 ? { 'inUse.share': share } : {}),
    ...(vcpus === null ? {} : { 'vm.vcpus': vcpus }),
    ...(memoryBytes === 768 * MiB ? {} : { 'vm.memoryBytes': memoryBytes }),
    ...(diskBytes === 2048 * MiB ? {} : { 'vm.diskBytes': diskBytes }),
    ...(accelerator === 'auto' ? {} : { 'vm.accelerator': accelerator }),
  };
  return { raw: { version: 2, settings } };
};

/** Step `n` makes version `n + 1` out of version `n`. */
const steps: ReadonlyMap<number, Step> = new Map([[1, from1]]);

/** Reads the person's settings of any version that there ever was. Pure; never throws. */
export function parseUserSettings(text: string): ParsedSettings {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { fault: 'it is not JSON' };
  }
  for (;;) {
    const step = steps.get(versionOf(raw) ?? Number.NaN);
    if (step === undefined) return parseSettings(raw);
    const stepped = step(raw);
    if ('fault' in stepped) return stepped;
    raw = stepped.raw;
  }
}

/** Reads a document of exactly the present version. Pure; never throws. */
export function parseSettings(raw: unknown): ParsedSettings {
  if (raw !== null && typeof raw === 'object' && !Array.isArray(raw)) {
    if (!('version' in raw)) return { fault: `it does not say its version ("version": ${settingsVersion})` };
    if (raw.version !== settingsVersion) return { fault: unknownVersion(raw.version) };
  }
  const parsed = SettingsDocument.safeParse(raw);
  return parsed.success ? { document: parsed.data } : { fault: describeIssues(parsed.error.issues) };
}

function versionOf(raw: unknown): number | undefined {
  if (raw === null || typeof raw !== 'object') return undefined;
  if ('version' in raw) return typeof raw.version === 'number' ? raw.version : undefined;
  // The first version named its version otherwise.
  return 'schema' in raw && raw.schema === 1 ? 1 : undefined;
}

const unknownVersion = (version: unknown): string =>
  `its version (${JSON.stringify(version).slice(0, 20)}) is unknown to this Gleaner`;
