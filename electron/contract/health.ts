import { z } from 'zod';

/** Epoch milliseconds. */
const time = z.int();

/**
 * What doctor looks at, and all that each look may come to. Closed, so that the window can say it in the person's
 * language; {@link commonCodes} may come from any of them.
 */
export const checkCodes = {
  qemu: ['found', 'missing', 'too-old'],
  /** `again`: what was proven is forgotten, and the next start proves it anew. */
  accelerator: ['unproven', 'hardware', 'emulated', 'again'],
  /** `refused`: to the person's own user; `closed`: to the one that QEMU runs as; `open`: no start has tried it yet. */
  kvm: ['open', 'works', 'no-boot', 'absent', 'refused', 'closed'],
  /** `untold`: without a QEMU it cannot be tried. */
  isolation: ['full', 'no-wrapper', 'refused', 'untold'],
  images: ['whole', 'missing', 'damaged', 'not-built'],
  'appliance-age': ['fresh', 'old', 'untold'],
  secrets: ['kept'],
  ledger: ['whole', 'broken'],
  settings: ['own', 'managed', 'broken', 'unusable'],
  input: ['events', 'polled', 'untold'],
  tray: ['there', 'none', 'untold'],
  /** `refused`: the system does not wait for us before it sleeps. */
  sleep: ['held', 'refused', 'untold'],
  network: ['passing', 'untried', 'metered', 'quota-day', 'quota-month', 'proxy-refused'],
  /** `set`: by somebody, while Gleaner ran; `behind`: it says a time before the images were made. */
  clock: ['steady', 'set', 'behind'],
  disk: ['enough', 'low'],
  versions: ['told'],
  problems: ['none', 'some'],
} as const satisfies Record<string, readonly string[]>;

/** `error`: the look itself failed; `late`: it takes too long; `mending`: its fix is under way. */
export const commonCodes = ['error', 'late', 'mending'] as const;

export type CheckId = keyof typeof checkCodes;
export const CheckId = z.enum(Object.keys(checkCodes) as [CheckId, ...CheckId[]]);
type CommonCode = (typeof commonCodes)[number];
export type CheckCode<I extends CheckId> = (typeof checkCodes)[I][number];

/** Names a finding in a catalogue of messages: `qemu.missing`, `common.late`. */
export type CheckKey = { [I in CheckId]: `${I}.${CheckCode<I>}` }[CheckId] | `common.${CommonCode}`;

/** null for a code that the check does not have. Pure. */
export function checkKey({ id, code }: { readonly id: CheckId; readonly code: string }): CheckKey | null {
  const common: readonly string[] = commonCodes;
  if (common.includes(code)) return `common.${code as CommonCode}`;
  const own: readonly string[] = checkCodes[id];
  return own.includes(code) ? (`${id}.${code}` as CheckKey) : null;
}

/** What Gleaner does by itself when it is asked to. */
export const automaticFixes = ['rebuild-images', 'update-images', 'prove-again', 'free-disk'] as const;
/** What only the person, or who administers the computer, can do. */
export const manualFixes = [
  'install-qemu',
  'update-qemu',
  'install-wrapper',
  'allow-namespaces',
  'join-kvm-group',
  'open-kvm-device',
  'enable-virtualization',
  'install-tray',
  'install-polkit',
] as const;

export const CheckFix = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('automatic'),
    code: z.enum(automaticFixes),
    /** What would be done, in a sentence. */
    words: z.string(),
    /** What it would free on the disk; null where it frees nothing. */
    freesBytes: z.int().min(0).nullable(),
    cancellable: z.boolean(),
    /** null: it does not run. */
    running: z.strictObject({ since: time }).nullable(),
  }),
  z.strictObject({
    kind: z.literal('manual'),
    code: z.enum(manualFixes),
    words: z.string(),
    /** For a shell, as it is written on this system; null where no single command does it. Never run by Gleaner. */
    command: z.string().nullable(),
  }),
]);
export type CheckFix = z.infer<typeof CheckFix>;

export const CheckState = z.enum(['ok', 'warning', 'failed', 'unknown']);

export const Check = z
  .strictObject({
    id: CheckId,
    title: z.string(),
    state: CheckState,
    /** One of {@link checkCodes} of this check, or of {@link commonCodes}. */
    code: z.string(),
    /** What stands in the sentence that goes with the code: numbers are bytes, days, seconds or counts by their names. */
    values: z.record(z.string(), z.union([z.string(), z.number()])),
    /** In English, as the command line shows it. */
    detail: z.string(),
    hint: z.string().optional(),
    /** What would mend it; null: nothing to mend, or nothing known. */
    fix: CheckFix.nullable(),
  })
  .refine((check) => checkKey(check) !== null, 'the check has no such code');
export type Check = z.infer<typeof Check>;

/**
 * `done`: mended, or it was well by itself when it was looked at again; `cancelled`; `manual`: only the person can do it;
 * `nothing`: no fix is known.
 */
export const FixReport = z.strictObject({
  outcome: z.enum(['done', 'cancelled', 'manual', 'nothing']),
  freedBytes: z.int().min(0).nullable(),
  /** As it stands afterwards. */
  check: Check,
});
export type FixReport = z.infer<typeof FixReport>;

/** What all of this is made of; null: not there, or not known. */
export const Versions = z.strictObject({
  gleaner: z.string(),
  electron: z.string().nullable(),
  chromium: z.string().nullable(),
  node: z.string(),
  /** The operating system in words. */
  system: z.string(),
  architecture: z.string(),
  qemu: z.string().nullable(),
  images: z
    .strictObject({
      /** The first digits of the recipe's digest. */
      recipe: z.string(),
      kernel: z.string(),
      builtAt: time.nullable(),
      boincClient: z.string().nullable(),
    })
    .nullable(),
});
export type Versions = z.infer<typeof Versions>;

export const LogLevel = z.enum(['info', 'warn']);
export type LogLevel = z.infer<typeof LogLevel>;

/** One line of the host's log. */
export const LogLine = z.strictObject({
  at: time,
  level: LogLevel,
  topic: z.string(),
  /** Words, then fields as `key=value`. */
  text: z.string(),
});
export type LogLine = z.infer<typeof LogLine>;

export const LogQuery = z.strictObject({
  /** The newest so many. */
  lines: z.int().min(1).max(2000).default(200),
  /** This level and worse; by default all. */
  level: LogLevel.optional(),
  topic: z.string().min(1).max(64).optional(),
});
export type LogQuery = z.output<typeof LogQuery>;
