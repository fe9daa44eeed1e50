import { z } from 'zod';

/**
 * What a saved state and a QEMU must agree on for the one to come back in the other, each part as a short text.
 * `machine` is a digest of QEMU's whole command line.
 */
const parts = [
  'qemu',
  'processor',
  'accelerator',
  'vcpus',
  'memory',
  'disks',
  'images',
  'kernel words',
  'machine',
] as const;
type Part = (typeof parts)[number];

const text = z.string().max(500);
export const Fitness = z.strictObject(
  Object.fromEntries(parts.map((part) => [part, text])) as Record<Part, typeof text>,
);
export type Fitness = z.infer<typeof Fitness>;

const words: Readonly<Record<Part, string>> = {
  qemu: 'QEMU is another one',
  processor: 'the processor is another one',
  accelerator: 'the accelerator is another one',
  vcpus: 'the number of virtual processors has changed',
  memory: 'the size of the memory has changed',
  disks: 'the disks have changed',
  images: 'the images have changed',
  'kernel words': 'the guest is started with other words',
  machine: 'the virtual machine is built differently',
};

/** Why a state that was saved under the one cannot come back under the other; undefined when it can. Pure. */
export function misfit(saved: Fitness, present: Fitness): string | undefined {
  const part = parts.find((name) => saved[name] !== present[name]);
  if (part === undefined) return undefined;
  const shown = part === 'machine' ? '' : ` (${clean(saved[part])}, now ${clean(present[part])})`;
  return `${words[part]}${shown}`;
}

const clean = (value: string): string => value.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);
