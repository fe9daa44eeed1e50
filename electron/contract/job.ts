import { z } from 'zod';
import { parseHostPort } from './network.ts';

/** Largest job document that is read at all, in bytes. */
export const maxDocumentBytes = 64 * 1024;
/** Where the document sits in a dropped folder or tar. Everything under `in/` beside it is the job's input. */
export const documentName = 'job.json';

const MiB = 1024 * 1024;
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'a digest like sha256:<64 hex digits>');

/**
 * A job, declared once, in the manner of a vApp. Sizes are bytes, times are seconds.
 * Unknown fields are refused: a document that asks for something we do not know must not run without it.
 */
export const JobDocument = z.strictObject({
  schema: z.literal(1),
  title: z.string().min(1).max(120),
  owner: z.string().min(1).max(120).default('me'),
  /** A name from the image manifest, or its digest. */
  appliance: z.union([digest, z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/)]).default('base'),
  command: z.array(z.string().min(1).max(4096)).min(1).max(256),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/), z.string().max(4096)).default({}),
  resources: z
    .strictObject({
      vcpus: z.int().min(1).max(64).default(1),
      memory: z
        .int()
        .min(16 * MiB)
        .max(1024 * 1024 * MiB)
        .default(256 * MiB),
      disk: z
        .int()
        .min(16 * MiB)
        .max(1024 * 1024 * MiB)
        .default(512 * MiB),
    })
    .prefault({}),
  /** What it may reach through the host's gateway (HTTP, or TLS by CONNECT), each exactly; nothing else. */
  network: z
    .union([
      z.literal('none'),
      z
        .array(
          z
            .string()
            .max(260)
            .refine(
              (text) => !text.startsWith('*') && parseHostPort(text) !== null,
              'a place is written like example.org:443',
            ),
        )
        .min(1)
        .max(64),
    ])
    .default('none'),
  limits: z
    .strictObject({
      wall: z
        .int()
        .min(1)
        .max(30 * 86_400)
        .default(3600),
      cpu: z
        .int()
        .min(1)
        .max(30 * 86_400)
        .default(3600),
      /** Bound on the collected results (`out/`) in bytes. */
      output: z
        .int()
        .min(0)
        .max(1024 * MiB)
        .default(64 * MiB),
      /** Bound on stdout and on stderr, each, in bytes; the rest is dropped and said so. */
      log: z
        .int()
        .min(0)
        .max(64 * MiB)
        .default(1 * MiB),
      processes: z.int().min(1).max(4096).default(128),
    })
    .prefault({}),
  checkpoint: z.strictObject({ interval: z.int().min(5).max(86_400) }).optional(),
  /** ISO 8601 with offset; after it the result is worth nothing and the job is not started or is ended. */
  deadline: z.iso.datetime({ offset: true }).optional(),
  price: z
    .strictObject({ amount: z.number().min(0).max(1e9), unit: z.string().regex(/^[a-z]{1,16}$/) })
    .optional(),
  /** How the local grid judges a result: `european` compares out/prices.csv with the closed form (sample project). */
  check: z.enum(['none', 'option-prices']).default('none'),
});
export type JobDocument = z.infer<typeof JobDocument>;

export const JobId = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** What a job writes besides its results. */
export const JobStream = z.enum(['stdout', 'stderr']);
export type JobStream = z.infer<typeof JobStream>;

export const JobState = z.enum(['queued', 'running', 'done', 'failed', 'aborted']);
export type JobState = z.infer<typeof JobState>;
