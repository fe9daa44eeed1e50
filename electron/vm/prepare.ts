import { stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { basename, dirname } from 'node:path';
import { sha256Digest } from '../base/canonical-json.ts';
import { GleanerError } from '../contract/failures.ts';
import {
  type AcceleratorChoice,
  type AcceleratorSetting,
  candidates,
  choose,
  type DeviceAccess,
  type Proof,
  type Refusals,
  recall,
  refusalWords,
  sameAsSaved,
} from './accelerator.ts';
import { type BootKeys, bootDiskTar, createBootKeys } from './boot-disk.ts';
import { type DataDisk, readyDataDisk } from './data-disk.ts';
import { type DiskFile, disksOf, folderOf, makeFolder, reviveFolder, type VmFolder } from './folder.ts';
import { systemKvmAccess } from './kvm-device.ts';
import { type ImagePaths, machineWords, type PlanInput, planLaunch } from './plan.ts';
import type { LaunchPlan } from './process.ts';
import { inspectQemu, type QemuFacts } from './qemu.ts';
import type { SessionFiles } from './session/messages.ts';
import { readHeader, readKeys, readStream, requireDisks, type Secrets, stateKey } from './state-file.ts';
import { type Fitness, misfit } from './state-fitness.ts';
import { unfit } from './state-format.ts';

export interface PrepareOptions {
  readonly name: string;
  readonly grid: string;
  readonly vmsDir: string;
  readonly images: () => Promise<ImagePaths & { readonly rootDigest: string }>;
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly transferBytes: number;
  /** The disk that outlives the VM. */
  readonly dataDisk?: DataDisk;
  readonly accelerator: AcceleratorSetting;
  readonly acceleratorMemoryPath: string;
  readonly allowReducedIsolation: boolean;
  readonly qemuPath?: string;
  readonly uid?: number;
  readonly bootId: string | undefined;
  /** Whether QEMU, run as this user (ours, if undefined), may open /dev/kvm; by default what the system says. */
  readonly kvmAccess?: (uid: number | undefined) => Promise<DeviceAccess>;
  readonly secrets: Secrets;
}

/** What a VM is made of and may change from one boot to the next; bytes. */
export type VmShape = Pick<
  PrepareOptions,
  | 'vcpus'
  | 'memoryBytes'
  | 'diskBytes'
  | 'transferBytes'
  | 'dataDisk'
  | 'accelerator'
  | 'allowReducedIsolation'
>;

/** Everything for one launch, decided and laid out on disk. */
export interface Prepared {
  readonly plan: LaunchPlan;
  readonly folder: VmFolder;
  /** What makes one generation with a state that is saved now. */
  readonly disks: readonly DiskFile[];
  readonly files: SessionFiles;
  readonly keys: BootKeys;
  readonly accelerator: AcceleratorChoice;
  /** What the memory of accelerators is filed under. */
  readonly proofKey: string;
  /** An earlier boot proved this accelerator here: if it fails now, that is no reason to try another. */
  readonly proven: boolean;
  readonly isolation: 'full' | 'reduced';
  readonly isolationReason: string | undefined;
  readonly qemu: QemuFacts;
  /** Under what a state of this VM is saved. */
  readonly fitness: Fitness;
  /** The saved state that the guest comes from; undefined for one that boots. */
  readonly saved: SavedState | undefined;
}

export interface SavedState {
  readonly generation: string;
  /** QEMU's migration stream, from its beginning; throws `state-unfit` where the state is damaged. */
  readonly pieces: () => AsyncIterable<Uint8Array>;
}

/**
 * Looks at QEMU, chooses the accelerator, and makes the VM's folder anew. `tried` are the accelerators that
 * failed since the last good boot. Rejects `qemu-missing`, `qemu-too-old`, `isolation-unavailable`,
 * `accelerator-unusable`, `platform-not-ready`, `data-unusable`, what `images` rejects, or what the file system says.
 */
export async function prepareVm(o: PrepareOptions, tried: Refusals): Promise<Prepared> {
  const survey = await lookAround(o);
  const { proof, kvm, folder } = survey;
  const accelerator = pick(o.accelerator, { ...proof?.refusals, ...tried }, kvm);
  const keys = createBootKeys();
  await makeFolder(folder, {
    boot: bootDiskTar(keys, {}),
    scratchBytes: o.diskBytes,
    transferBytes: o.transferBytes,
    uid: o.uid,
  });
  if (o.dataDisk) await readyDataDisk(o.dataDisk, o.uid);
  return { ...(await launchOf(o, survey, accelerator)), keys, saved: undefined };
}

/**
 * {@link prepareVm} for a VM that was saved: its disks stay, its keys come from the state. Rejects `state-unfit` as
 * well, before anything is changed.
 * @param before the last preparation in this process: a QEMU that is the same file still is not inspected again
 */
export async function prepareSaved(o: PrepareOptions, before?: Prepared): Promise<Prepared> {
  const unchanged =
    before !== undefined && (await identify(before.qemu).catch(() => '')) === before.fitness.qemu;
  const survey = await lookAround(o, unchanged ? before.qemu : undefined);
  const { folder } = survey;
  const { header } = await readHeader(folder.statePath).catch((cause: unknown) => {
    throw cause instanceof GleanerError ? cause : unfit('it cannot be read');
  });
  const accelerator = sameAgain(o.accelerator, header.fitness.accelerator, survey.kvm);
  const launch = await launchOf(o, survey, accelerator);
  const why = misfit(header.fitness, launch.fitness);
  if (why !== undefined) throw unfit(why);
  await requireDisks(launch.disks, header);
  const key = await stateKey(o.secrets);
  const keys = await readKeys(folder.statePath, key);
  await reviveFolder(folder, { boot: bootDiskTar(keys, {}), uid: o.uid });
  const pieces = (): AsyncIterable<Uint8Array> => readStream(folder.statePath, key);
  return { ...launch, keys, saved: { generation: header.generation, pieces } };
}

interface Survey {
  readonly images: ImagePaths & { readonly rootDigest: string };
  readonly qemu: QemuFacts;
  readonly isolationReason: string | undefined;
  readonly proofKey: string;
  readonly proof: Proof | undefined;
  readonly kvm: DeviceAccess;
  readonly folder: VmFolder;
}

async function lookAround(o: PrepareOptions, known?: QemuFacts): Promise<Survey> {
  requirePlatform(o);
  const [images, qemu] = await Promise.all([
    o.images(),
    known ?? inspectQemu({ qemuPath: o.qemuPath, platform: process.platform, env: process.env, uid: o.uid }),
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
  return { images, qemu, isolationReason, proofKey, proof, kvm, folder: folderOf(o.vmsDir, o.name) };
}

async function launchOf(
  o: PrepareOptions,
  survey: Survey,
  accelerator: AcceleratorChoice,
): Promise<Omit<Prepared, 'keys' | 'saved'>> {
  const { folder, images, qemu, isolationReason, kvm, proof, proofKey } = survey;
  const wrapped = isolationReason === undefined;
  const input: PlanInput = {
    name: o.name,
    platform: process.platform,
    accelerator: accelerator.name,
    vcpus: o.vcpus,
    memoryBytes: o.memoryBytes,
    kernelWords: [`gleaner.role=${o.grid}`],
    images,
    folder,
    dataPath: o.dataDisk?.path,
    qemu,
    wrapped,
    uid: o.uid,
    deviceGid: accelerator.name === 'kvm' && 'gid' in kvm ? kvm.gid : undefined,
  };
  return {
    plan: planLaunch(input),
    folder,
    disks: disksOf(folder, o.dataDisk?.path),
    files: { portPath: folder.socketPath, inDiskPath: folder.inPath, outDiskPath: folder.outPath },
    accelerator,
    proofKey,
    proven: proves(proof, accelerator),
    isolation: wrapped ? 'full' : 'reduced',
    isolationReason,
    qemu,
    fitness: await fitnessOf(o, input, images.rootDigest),
  };
}

async function fitnessOf(o: PrepareOptions, input: PlanInput, rootDigest: string): Promise<Fitness> {
  const { qemu, images, accelerator } = input;
  const named = async (path: string): Promise<string> => `${basename(path)}:${(await stat(path)).size}`;
  return {
    qemu: await identify(qemu),
    // Emulation is the same on every processor; the others hand the real one through.
    processor: accelerator === 'tcg' ? process.arch : `${process.arch} ${cpus()[0]?.model ?? 'unknown'}`,
    accelerator,
    vcpus: String(o.vcpus),
    memory: String(o.memoryBytes),
    disks: `scratch ${o.diskBytes}, in and out ${o.transferBytes}${o.dataDisk ? ', data' : ''}`,
    images: `${await named(images.kernelPath)} ${await named(images.initramfsPath)} ${rootDigest}`,
    'kernel words': input.kernelWords.join(' '),
    machine: sha256Digest(machineWords(input).join('\0')),
  };
}

/** Version, place and file of a QEMU. */
async function identify({ version, path }: QemuFacts): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${version} ${path} ${size} ${Math.round(mtimeMs)}`;
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
  const refusal = setting === 'auto' ? undefined : refusals[setting];
  const why = setting === 'auto' || refusal === undefined ? undefined : refusalWords(setting, refusal);
  throw new GleanerError(
    'accelerator-unusable',
    `The accelerator that the settings ask for cannot be used${why === undefined ? '' : `: ${why}`}.`,
    'Set the accelerator to “auto”.',
  );
}

/** The accelerator of a saved state, where it may be used still. Throws `state-unfit`. */
function sameAgain(setting: AcceleratorSetting, saved: string, kvm: DeviceAccess): AcceleratorChoice {
  const name = candidates(process.platform, process.arch).find((candidate) => candidate === saved);
  const closed = name === 'kvm' && 'refusal' in kvm ? refusalWords(name, kvm.refusal) : undefined;
  if (name === undefined || closed !== undefined || (setting !== 'auto' && setting !== name)) {
    throw unfit(`its accelerator cannot be used any more${closed === undefined ? '' : ` (${closed})`}`);
  }
  return sameAsSaved(name);
}

/** The kernel is known by its name (images are kept by digest) and size; the memory ends with the host's boot. */
async function keyOf(qemu: QemuFacts, kernelPath: string, bootId: string | undefined): Promise<string> {
  const { size } = await stat(kernelPath);
  const kernel = `${basename(dirname(kernelPath))}/${basename(kernelPath)}:${size}`;
  return [qemu.path, qemu.version, kernel, bootId ?? 'unknown boot'].join(' ');
}
