import { z } from 'zod';
import { Failure } from '../../contract/failures.ts';
import type { JobDocument } from '../../contract/job.ts';

/** Most that {@link JudgeRequest} `tail` may ask for, in bytes. */
export const maxTailBytes = 64 * 1024;

/** What the host asks a `judge` worker; one question per worker. The paths are of the host's own tars. */
export type JudgeRequest =
  | {
      readonly kind: 'judge';
      readonly check: Exclude<JobDocument['check'], 'none'>;
      readonly inputTarPath: string;
      readonly resultTarPath: string;
    }
  | {
      readonly kind: 'tail';
      readonly resultTarPath: string;
      readonly name: 'stdout' | 'stderr';
      readonly maxBytes: number;
    };

/** What it answers. It has read what a guest wrote, so the host believes no more than this shape. */
export const JudgeAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('verdict'), fault: z.string().max(600).nullable() }),
  z.strictObject({ kind: z.literal('tail'), text: z.string().max(maxTailBytes) }),
  z.strictObject({ kind: z.literal('failed'), failure: Failure }),
]);
export type JudgeAnswer = z.infer<typeof JudgeAnswer>;
