import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { GleanerError } from '../contract/failures.ts';
import {
  type AcceleratorChoice,
  type AcceleratorSetting,
  candidates,
  choose,
  type DeviceAccess,
  kvmAccessFor,
  type Proof,
  type Refusals,
  recall,
} from './accelerator.ts';
import { type BootKeys, bootDiskTar, createBootKeys } from './boot-disk.ts';
import { folderOf, makeFolder } from './folder.ts';
import { type ImagePaths, planLaunch } from './plan.ts';
import type { LaunchPlan } from './process.ts';
import { inspectQemu, type QemuFacts } from './qemu.ts';
import type { SessionFiles } from './session/messages.ts';

export interface PrepareOptions {
  readonly name: string;
  readonly grid: string;
  readonly vmsDir: string;
  readonly images: () => Promise<ImagePaths>;
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly transferBytes: number;
  readonly accelerator: AcceleratorSetting;
  readonly acceleratorMemoryPath: string;
  readonly allowReducedIsolation: boolean;
  readonly qemuPath?: string;
  readonly uid?: number;
  readonly bootId: string | undefined;
  /** Whether QEMU, run as this user (ours, if undefined), may open /dev/kvm; by default what the system says. */
  readonly kvmAccess?: (uid: number | undefined) => Promise<DeviceAccess>;
}

/** Everything for one launch, decided and laid out on disk. */
export interface Prepared {
  readonly plan: LaunchPlan;
  readonly files: SessionFiles;
  readonly keys: BootKeys;
  readonly accelerator: AcceleratorChoice;
  /** What the memory of accelerators is filed under. */
  readonly proofKey: string;
  /** An earlier boot proved this accelerator here: if it fails now, that is no reason to try another. */
  readonly proven: boolean;
  readonly isolation: 'full' | 'reduced';
  readonly isolationReason: string | undefined;
}

/**
 * Looks at QEMU, chooses the accelerator, and makes the VM's folder anew. `tried` are the accelerators that
 * failed since the last good boot. Rejects `qemu-missing`, `qemu-too-old`, `isolation-unavailable`,
 * `accelerator-unusable`, `platform-not-ready`, what `images` rejects, or what the file system says.
 */
export async function prepareVm(o: PrepareOptions, tried: Refusals): Promise<Prepared> {
  requirePlatform(o);
  const [images, qemu] = await Promise.all([
    o.images(),
    inspectQemu({ qemuPath: o.qemuPath, platform: process.platform, env: process.env, uid: o.uid }),
  ]);
  const isolationReason = qemu.wrapperRefusal;
  if (isolationReason !== undefined && !o.allowReducedIsolation) {
    throw new GleanerError(
      'isolation-unavailable',
      `QEMU cannot be isolated as it should be: ${isolationReason}.`,
      'Allow unprivileged user namespaces and install bubblewrap, or permit reduced isolation.',
    );
  }
  const proofKey = await keyOf(qemu, images.kernelPath, o.bootId);
  const proof = recall(o.acceleratorMemoryPath, proofKey);
  const kvm = await (o.kvmAccess ?? systemKvmAccess)(o.uid);
  const accelerator = pick(o.accelerator, { ...proof?.refusals, ...tried }, kvm);
  const keys = createBootKeys();
  const folder = folderOf(o.vmsDir, o.name);
  await makeFolder(folder, {
    boot: bootDiskTar(keys, {}),
    scratchBytes: o.diskBytes,
    transferBytes: o.transferBytes,
    uid: o.uid,
  });
  const wrapped = isolationReason === undefined;
  const plan = planLaunch({
    name: o.name,
    platform: process.platform,
    accelerator: accelerator.name,
    vcpus: o.vcpus,
    memoryBytes: o.memoryBytes,
    kernelWords: [`gleaner.role=${o.grid}`],
    images,
    folder,
    qemu,
    wrapped,
    uid: o.uid,
    deviceGid: accelerator.name === 'kvm' && 'gid' in kvm ? kvm.gid : undefined,
  });
  return {
    plan,
    files: { portPath: folder.socketPath, inDiskPath: folder.inPath, outDiskPath: folder.outPath },
    keys,
    accelerator,
    proofKey,
    proven: proves(proof, accelerator),
    isolation: wrapped ? 'full' : 'reduced',
    isolationReason,
  };
}

function requirePlatform(o: PrepareOptions): void {
  if (process.platform === 'win32') {
    throw new GleanerError('platform-not-ready', 'Virtual machines do not run on Windows yet.');
  }
  if (process.getuid?.() === 0 && o.uid === undefined) {
    throw new GleanerError(
      'isolation-unavailable',
      'QEMU must not run as root.',
      'Name an unprivileged user id for it.',
    );
  }
}

function proves(proof: Proof | undefined, accelerator: AcceleratorChoice): boolean {
  return proof?.good === accelerator.name;
}

/** A forced accelerator is tried again although it failed before; what cannot even be opened is not tried. */
function pick(setting: AcceleratorSetting, failed: Refusals, kvm: DeviceAccess): AcceleratorChoice {
  const closed: Refusals = 'refusal' in kvm ? { kvm: kvm.refusal } : {};
  const refusals = setting === 'auto' ? { ...failed, ...closed } : closed;
  const choice = choose(setting, candidates(process.platform, process.arch), refusals);
  if (choice) return choice;
  const why = setting === 'auto' ? undefined : refusals[setting];
  throw new GleanerError(
    'accelerator-unusable',
    `The accelerator that the settings ask for cannot be used${why === undefined ? '' : `: ${why}`}.`,
    'Set the accelerator to “auto”.',
  );
}

async function systemKvmAccess(uid: number | undefined): Promise<DeviceAccess> {
  const facts = await stat('/dev/kvm').catch(() => undefined);
  if (uid !== undefined || !facts) return kvmAccessFor(uid ?? -1, facts);
  // Our own user may have got access by an ACL, which only trying tells.
  return access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => ({ gid: undefined }),
    () => ({ refusal: 'This user may not open /dev/kvm' }),
  );
}

/** The kernel is known by its name (images are kept by digest) and size; the memory ends with the host's boot. */
async function keyOf(qemu: QemuFacts, kernelPath: string, bootId: string | undefined): Promise<string> {
  const { size } = await stat(kernelPath);
  const kernel = `${basename(dirname(kernelPath))}/${basename(kernelPath)}:${size}`;
  return [qemu.path, qemu.version, kernel, bootId ?? 'unknown boot'].join(' ');
}
