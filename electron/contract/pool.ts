import { z } from 'zod';
import { PortNumber } from './network.ts';

const MiB = 1024 * 1024;

/** Epoch milliseconds. */
const time = z.int().min(0).max(8.64e15);

/** HTCondor's trust domain, which names the pool: as in `exec-pc17@pool.example.org`. */
export const PoolDomain = z
  .string()
  .max(120)
  .regex(
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/,
    'a pool is written like pool.example.org',
  );

/** A host's name in its pool. Its identity there is `exec-NAME@DOMAIN`, its machine `NAME.DOMAIN`. */
export const PoolHost = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a host is named with letters a to z, digits and hyphens');

/** What an administrator says of a host; seen by whoever may read the pool. */
export const PoolTag = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9 ._+-]*$/, 'a tag is written with letters, digits, spaces and . _ + -');

/** A collector or a submit node: the address that the pool itself advertises, and its shared port. */
export const PoolPlace = z.strictObject({ address: z.ipv4(), port: PortNumber });
export type PoolPlace = z.infer<typeof PoolPlace>;

/** A currency or `points`. */
export const PoolUnit = z.string().regex(/^[A-Za-z]{1,16}$/, 'a unit is written like EUR or points');

/** Where a pool's signed documents lie: a folder on a web server. */
export const CatalogUrl = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine((text) => text.endsWith('/'), 'the address of a catalog ends with a slash')
  .refine((text) => !/[@?#]/.test(text), 'the address of a catalog has no name, query or fragment');

/**
 * What makes a computer an execute node of a pool; made by `gleaner pool add-host-token`, for one computer and one use. It
 * holds a secret: the token.
 */
export const Enrolment = z.strictObject({
  schema: z.literal(1),
  kind: z.literal('gleaner-pool-enrolment'),
  pool: PoolDomain,
  /** For people. */
  name: z.string().min(1).max(80),
  host: PoolHost,
  collector: PoolPlace,
  /** Beside the collector's own place. */
  submits: z.array(PoolPlace).max(30),
  /** HTCondor's IDTOKEN of this host: may advertise itself and read, nothing else. */
  token: z
    .string()
    .max(4096)
    .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/, 'this is no token of HTCondor'),
  department: PoolTag.nullable().default(null),
  tags: z.array(PoolTag).max(16).default([]),
  catalog: z.strictObject({
    url: CatalogUrl,
    /** TUF's root metadata of the time of enrolment: what later ones are trusted by. */
    root: z.json(),
  }),
  /** Refused afterwards. */
  expiresAt: time,
});
export type Enrolment = z.infer<typeof Enrolment>;

/** Largest enrolment file that is read, in bytes. */
export const enrolmentBytesMax = 256 * 1024;

/** What a pool asks of all its hosts. It can only narrow what the person and the administrator of the host allow. */
export const PoolPolicy = z.strictObject({
  schema: z.literal(1),
  pool: PoolDomain,
  /** False: no host works for the pool. */
  run: z.boolean().default(true),
  /** Share of the VM's vCPU time at most. */
  share: z.number().min(0).max(1).default(1),
  vcpus: z.int().min(1).max(64).nullable().default(null),
  memoryBytes: z
    .int()
    .min(256 * MiB)
    .max(1024 * 1024 * MiB)
    .nullable()
    .default(null),
  /** The job lease of the pool: a host that is silent for longer loses its jobs. */
  leaseSeconds: z.int().min(60).max(86_400).default(2400),
  /** What a job gets to write its checkpoint when its slot is taken from it. */
  vacateSeconds: z.int().min(5).max(600).default(60),
  /** Hosts whose token counts no more: they leave at their next contact. */
  revoked: z.array(PoolHost).max(100_000).default([]),
});
export type PoolPolicy = z.infer<typeof PoolPolicy>;

/** What a pool pays for, and how much. */
export const PoolTariff = z.strictObject({
  schema: z.literal(1),
  pool: PoolDomain,
  /** Grows with every change. */
  version: z.int().min(1),
  unit: PoolUnit,
  /** Per provisioned core and hour in which the host was not frozen. */
  perCoreHour: z.number().min(0).max(1e6),
  /** Per provisioned GiB of memory and such an hour. */
  perGibHour: z.number().min(0).max(1e6),
  /** Times the price, for jobs whose accounting group is the name or lies below it. */
  priority: z
    .array(
      z.strictObject({
        group: z
          .string()
          .min(1)
          .max(120)
          .regex(/^[A-Za-z0-9_.-]+$/),
        factor: z.number().min(0).max(100),
      }),
    )
    .max(64)
    .default([]),
  /** Of a job that ends after the time in its attribute `GleanerDeadline` (epoch seconds), this part is not paid. */
  latePenalty: z.number().min(0).max(1).default(0),
});
export type PoolTariff = z.infer<typeof PoolTariff>;

/** One execution of a job on a host. Times are epoch ms, amounts in the tariff's unit. */
export const StatementLine = z.strictObject({
  /** HTCondor's GlobalJobId. */
  job: z.string().min(1).max(200),
  /** Which start of the job this was: its NumShadowStarts. */
  run: z.int().min(0),
  startedAt: time,
  endedAt: time,
  cores: z.number().min(0).max(4096),
  memoryBytes: z.number().min(0).max(1e15),
  cpuSeconds: z.number().min(0).max(1e9),
  /** Of the time between start and end. */
  frozenSeconds: z.number().min(0).max(1e9),
  amount: z.number().min(0).max(1e12),
  late: z.boolean(),
});
export type StatementLine = z.infer<typeof StatementLine>;

/** What a pool credits one host for the executions that ended in a time; `to` is not in it. */
export const HostStatement = z.strictObject({
  schema: z.literal(1),
  pool: PoolDomain,
  host: PoolHost,
  from: time,
  to: time,
  unit: PoolUnit,
  tariff: z.int().min(1),
  lines: z.array(StatementLine).max(100_000),
  amount: z.number().min(0).max(1e15),
});
export type HostStatement = z.infer<typeof HostStatement>;

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** The signed document of a period: its hosts lie in 256 bins by the first byte of the SHA-256 of their names. */
export const StatementIndex = z.strictObject({
  schema: z.literal(1),
  pool: PoolDomain,
  /** As in `2026-11-01_2026-12-01`. */
  period: z.string().regex(/^\d{4}-\d\d-\d\d_\d{4}-\d\d-\d\d$/),
  from: time,
  to: time,
  /** SHA-256 (hex) of each bin's file, which lies at `targets/statements/DIGEST.json` of the catalog; null: nobody is in it. */
  bins: z.array(digest.nullable()).length(256),
});
export type StatementIndex = z.infer<typeof StatementIndex>;

/** Hosts of one bin, by name: the SHA-256 (hex) and size of each one's {@link HostStatement}, found at `targets/statements/DIGEST.json`. */
export const StatementBin = z.record(
  PoolHost,
  z.strictObject({
    sha256: digest,
    bytes: z
      .int()
      .min(2)
      .max(64 * MiB),
  }),
);
export type StatementBin = z.infer<typeof StatementBin>;

/** Targets of a catalog. */
export const catalogTargets = {
  policy: 'policy.json',
  tariff: 'tariff.json',
  statements: 'statements/',
} as const;

/** What a host publishes in its machine ad beside what HTCondor itself does. */
export const hostAttributes = [
  'GleanerHost',
  'GleanerVersion',
  'GleanerDepartment',
  'GleanerTags',
  'GleanerState',
  'GleanerPresence',
  'GleanerShare',
  'GleanerCores',
  'GleanerMemoryMB',
  'GleanerAccelerator',
  'GleanerPricePerKwh',
  'GleanerPolicyVersion',
  'GleanerExecutions',
  'GleanerCoreSeconds',
  'GleanerFrozenSeconds',
  'GleanerAmount',
  'GleanerUnit',
] as const;

/** The attribute by which a host tells, for each execution, how long it stood frozen: `"RUN|SECONDS"`. */
export const frozenAttribute = 'ChirpGleanerFrozen';

/** What HTCondor is asked to copy from the machine's ad into the job's, as `MachineAttr…0`. */
export const copiedAttributes = ['GleanerHost', 'GleanerDepartment'] as const;
