import { z } from 'zod';

const MiB = 1024 * 1024;

/** The person's settings file (`settings.json`). Later steps add layers and provenance around it. */
export const Settings = z.strictObject({
  schema: z.literal(1),
  /** Share of the VM's vCPU time, 0.01…1. */
  share: z.number().min(0.01).max(1).default(1),
  /** vCPUs of the VM; null: half of this computer's, at least 1. */
  vcpus: z.int().min(1).max(64).nullable().default(null),
  memoryBytes: z
    .int()
    .min(256 * MiB)
    .max(1024 * 1024 * MiB)
    .default(768 * MiB),
  /** Largest disk a job may ask for (the scratch disk's size). */
  diskBytes: z
    .int()
    .min(64 * MiB)
    .max(1024 * 1024 * MiB)
    .default(2048 * MiB),
  /** `auto` tries the fast ones first. */
  accelerator: z.enum(['auto', 'kvm', 'hvf', 'whpx', 'tcg']).default('auto'),
});
export type Settings = z.infer<typeof Settings>;
