import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { plainly, type Said } from '../contract/said.ts';
import type { Accelerator } from './argv.ts';

export type AcceleratorSetting = Accelerator | 'auto';

/** What runs the guest, and why that one, in words for a person. */
export interface AcceleratorChoice {
  readonly name: Accelerator;
  readonly reason: string;
  readonly said: Said;
}

const fullNames: Readonly<Record<Accelerator, string>> = {
  kvm: 'KVM',
  hvf: 'Apple’s Hypervisor framework',
  whpx: 'the Windows Hypervisor Platform',
  tcg: 'software emulation',
};

/** What may work here, fast ones first. The appliance is x86-64, so on other processors only emulation is left. Pure. */
export function candidates(platform: NodeJS.Platform, arch: string): Accelerator[] {
  if (arch !== 'x64') return ['tcg'];
  if (platform === 'linux') return ['kvm', 'tcg'];
  if (platform === 'darwin') return ['hvf', 'tcg'];
  if (platform === 'win32') return ['whpx', 'tcg'];
  return ['tcg'];
}

/** Why a candidate is not to be used. `no-boot`: it was tried, and nothing but a boot to ready proves one. */
const Refusal = z.enum(['no-device', 'device-closed', 'device-not-ours', 'no-boot']);
type Refusal = z.infer<typeof Refusal>;
export type Refusals = Readonly<Partial<Record<Accelerator, Refusal>>>;

/** Why a candidate is not to be used, as a clause: “KVM did not boot a guest here”. Pure. */
export function refusalWords(name: Accelerator, refusal: Refusal): string {
  switch (refusal) {
    case 'no-device':
      return 'There is no /dev/kvm';
    case 'device-closed':
      return '/dev/kvm is not open to the user that QEMU runs as';
    case 'device-not-ours':
      return 'This user may not open /dev/kvm';
    case 'no-boot':
      return `${fullNames[name]} did not boot a guest here`;
  }
}

/** The first candidate that nothing speaks against; a setting forces one. Undefined when all are refused. Pure. */
export function choose(
  setting: AcceleratorSetting,
  possible: readonly Accelerator[],
  refusals: Refusals,
): AcceleratorChoice | undefined {
  if (setting !== 'auto') {
    if (refusals[setting] !== undefined) return undefined;
    return {
      name: setting,
      reason: `The settings ask for ${fullNames[setting]}.`,
      said: { code: 'accelerator.asked', values: { accelerator: setting } },
    };
  }
  const name = possible.find((candidate) => refusals[candidate] === undefined);
  if (name === undefined) return undefined;
  if (name === 'tcg') return emulation(possible[possible.indexOf(name) - 1], refusals);
  return {
    name,
    reason: `Hardware virtualisation by ${fullNames[name]}.`,
    said: { code: 'accelerator.hardware', values: { accelerator: name } },
  };
}

/** Of a machine that was saved. Pure. */
export function sameAsSaved(name: Accelerator): AcceleratorChoice {
  return {
    name,
    reason: 'It goes on with the accelerator that it was saved under.',
    said: plainly('accelerator.saved'),
  };
}

/** @param better what was refused, where there is something better than emulation */
function emulation(better: Accelerator | undefined, refusals: Refusals): AcceleratorChoice {
  const name = 'tcg';
  const slower = 'software emulation is used: slower.';
  const refusal = better && refusals[better];
  if (!better || !refusal) {
    return { name, reason: `Nothing faster exists here: ${slower}`, said: plainly('accelerator.none') };
  }
  return {
    name,
    reason: `${refusalWords(better, refusal)}, so ${slower}`,
    said:
      refusal === 'no-boot'
        ? { code: 'accelerator.no-boot', values: { accelerator: better } }
        : plainly(`accelerator.${refusal}`),
  };
}

/** The facts of `/dev/kvm` that decide whether a uid may open it. */
export interface DeviceFacts {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type DeviceAccess = { readonly gid: number | undefined } | { readonly refusal: Refusal };

/**
 * Whether QEMU, run as `uid` by root, may open /dev/kvm, and whether it needs the device's group for that. Root's
 * own group is never handed out. Pure.
 */
export function kvmAccessFor(uid: number, facts: DeviceFacts | undefined): DeviceAccess {
  if (!facts) return { refusal: 'no-device' };
  if (facts.uid === uid && (facts.mode & 0o600) === 0o600) return { gid: undefined };
  if ((facts.mode & 0o006) === 0o006) return { gid: undefined };
  if ((facts.mode & 0o060) === 0o060 && facts.gid !== 0) return { gid: facts.gid };
  return { refusal: 'device-closed' };
}

const Memory = z.strictObject({
  schema: z.literal(1),
  key: z.string(),
  good: z.enum(['kvm', 'hvf', 'whpx', 'tcg']),
  refusals: z.partialRecord(z.enum(['kvm', 'hvf', 'whpx', 'tcg']), Refusal),
});

/** What earlier boots proved, for one (QEMU version, kernel, boot of the host). */
export interface Proof {
  readonly good: Accelerator;
  readonly refusals: Refusals;
}

/** Undefined when nothing is remembered for this key, or the file cannot be understood. */
export function recall(filePath: string, key: string): Proof | undefined {
  try {
    const memory = Memory.parse(JSON.parse(readFileSync(filePath, 'utf8')));
    return memory.key === key ? { good: memory.good, refusals: plain(memory.refusals) } : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces what was remembered. Throws what the file system throws. */
export function remember(filePath: string, key: string, proof: Proof): void {
  mkdirSync(dirname(filePath), { recursive: true });
  writeFileSync(`${filePath}.new`, JSON.stringify({ schema: 1, key, ...proof }));
  chmodSync(`${filePath}.new`, 0o600);
  renameSync(`${filePath}.new`, filePath);
}

function plain(refusals: Readonly<Partial<Record<Accelerator, string | undefined>>>): Refusals {
  const entries = Object.entries(refusals).filter(([, reason]) => reason !== undefined);
  return Object.fromEntries(entries);
}
