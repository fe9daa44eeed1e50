import { access, constants, stat, statfs } from 'node:fs/promises';
import { checkAge } from '../appliance/age.ts';
import type { ImageSet } from '../appliance/store.ts';
import { type Check, toFailure } from '../contract/index.ts';

/** What the checks look at; the host supplies it. */
export interface DoctorSubject {
  /** Version of the QEMU that would be used, in words; rejects with qemu-missing or qemu-too-old. */
  qemuVersion(): Promise<string>;
  /** Name and reason of the accelerator in use or remembered; null before the first boot. */
  accelerator(): Promise<{ name: string; reason: string } | null>;
  /** Why QEMU can not be fenced fully on this computer; undefined when it can. */
  isolation(): Promise<string | undefined>;
  /** The images, verified; rejects with an image failure. */
  images(): Promise<Pick<ImageSet, 'recipe' | 'builtAt'>>;
  /** Epoch ms. */
  now(): number;
  /** Where keys are kept. */
  secretsPlace(): string;
  /** How the person's input is noticed; null: it is not. */
  inputSource(): string | null;
  ledger(): Promise<{ ok: boolean; entries: number }>;
  readonly dataDir: string;
  readonly problems: () => readonly { sentence: string; hint?: string | undefined }[];
}

interface Checker {
  readonly id: string;
  readonly title: string;
  run(subject: DoctorSubject): Promise<Pick<Check, 'state' | 'detail' | 'hint'>>;
}

const lowDiskBytes = 4 * 1024 ** 3;

const checkers: readonly Checker[] = [
  {
    id: 'qemu',
    title: 'QEMU',
    run: async (subject) => ({ state: 'ok', detail: await subject.qemuVersion() }),
  },
  {
    id: 'accelerator',
    title: 'Accelerator',
    async run(subject) {
      const found = await subject.accelerator();
      if (!found) return { state: 'unknown', detail: 'Proven at the first start of the virtual machine.' };
      const detail = `${found.name}: ${found.reason}`;
      return found.name === 'tcg'
        ? {
            state: 'warning',
            detail,
            hint: 'Software emulation is slow; enable virtualization in the firmware.',
          }
        : { state: 'ok', detail };
    },
  },
  {
    id: 'kvm',
    title: 'KVM device',
    async run() {
      if (process.platform !== 'linux') return { state: 'unknown', detail: 'Only Linux has it.' };
      try {
        await stat('/dev/kvm');
      } catch {
        return {
          state: 'warning',
          detail: 'There is no /dev/kvm.',
          hint: 'Enable virtualization in the firmware, or go on with software emulation.',
        };
      }
      try {
        await access('/dev/kvm', constants.R_OK | constants.W_OK);
        return { state: 'ok', detail: 'Present and accessible; whether it works shows at the first boot.' };
      } catch {
        return {
          state: 'warning',
          detail: 'You may not use /dev/kvm.',
          hint: 'Join the group kvm: sudo usermod -aG kvm $USER, then log in again.',
        };
      }
    },
  },
  {
    id: 'isolation',
    title: 'Isolation of the virtual machine',
    async run(subject) {
      const refusal = await subject.isolation();
      return refusal === undefined
        ? { state: 'ok', detail: 'QEMU runs in its own namespaces under a seccomp filter.' }
        : {
            state: 'warning',
            detail: `Reduced: ${refusal}.`,
            hint: 'Install bubblewrap and allow user namespaces.',
          };
    },
  },
  {
    id: 'images',
    title: 'Images',
    run: async (subject) => ({ state: 'ok', detail: `Verified, recipe ${(await subject.images()).recipe}.` }),
  },
  {
    id: 'appliance-age',
    title: 'Age of the images',
    run: async (subject) => checkAge((await subject.images()).builtAt, subject.now()),
  },
  {
    id: 'secrets',
    title: 'Keys',
    run: (subject) => Promise.resolve({ state: 'ok', detail: `Kept in ${subject.secretsPlace()}.` }),
  },
  {
    id: 'ledger',
    title: 'Ledger',
    async run(subject) {
      const { ok, entries } = await subject.ledger();
      return ok
        ? { state: 'ok', detail: `${entries} entries, the chain is whole.` }
        : { state: 'failed', detail: 'The chain is broken.', hint: 'See: gleaner ledger verify' };
    },
  },
  {
    id: 'input',
    title: 'Noticing your input',
    run(subject) {
      const source = subject.inputSource();
      return Promise.resolve(
        source === null
          ? {
              state: 'unknown',
              detail: 'Not looked for now, or this session does not tell of keyboard and mouse.',
            }
          : { state: 'ok', detail: source === 'polled' ? 'By asking in turns.' : `By events (${source}).` },
      );
    },
  },
  {
    id: 'disk',
    title: 'Disk space',
    async run(subject) {
      const { bavail, bsize } = await statfs(subject.dataDir);
      const free = bavail * bsize;
      const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free where Gleaner keeps its data.`;
      return free < lowDiskBytes
        ? { state: 'warning', detail, hint: 'Jobs may need more; free some space.' }
        : { state: 'ok', detail };
    },
  },
  {
    id: 'problems',
    title: 'Open problems',
    run(subject) {
      const [first] = subject.problems();
      if (!first) return Promise.resolve({ state: 'ok', detail: 'None.' });
      return Promise.resolve({
        state: 'failed',
        detail: first.sentence,
        ...(first.hint === undefined ? {} : { hint: first.hint }),
      });
    },
  },
];

/** Runs every check; one that throws is a failed check with that failure's words, never the end of the others. */
export function examine(subject: DoctorSubject): Promise<Check[]> {
  return Promise.all(
    checkers.map(async (checker): Promise<Check> => {
      const { id, title } = checker;
      try {
        return { id, title, ...(await checker.run(subject)) };
      } catch (error) {
        const { sentence, hint } = toFailure(error);
        return { id, title, state: 'failed', detail: sentence, ...(hint === undefined ? {} : { hint }) };
      }
    }),
  );
}
