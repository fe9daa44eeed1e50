import { basename } from 'node:path';
import { type Accelerator, type MachineSpec, qemuArgs } from './argv.ts';
import type { VmFolder } from './folder.ts';
import type { LaunchPlan } from './process.ts';
import { isOlder, type QemuFacts } from './qemu.ts';
import { bwrapPrefix, politePrefix, reducedPrefix } from './sandbox.ts';

/** The images of a VM, by absolute host path. */
export interface ImagePaths {
  readonly kernelPath: string;
  readonly initramfsPath: string;
  readonly rootPath: string;
}

export interface PlanInput {
  readonly name: string;
  readonly platform: NodeJS.Platform;
  readonly accelerator: Accelerator;
  readonly vcpus: number;
  readonly memoryBytes: number;
  readonly kernelWords: readonly string[];
  readonly images: ImagePaths;
  readonly folder: VmFolder;
  /** The disk that outlives the VM, if it has one. */
  readonly dataPath: string | undefined;
  readonly qemu: QemuFacts;
  /** Inside bwrap, or reduced to what else ties QEMU to us. */
  readonly wrapped: boolean;
  readonly uid: number | undefined;
  /** The group that opens the accelerator's device, when QEMU needs one. */
  readonly deviceGid: number | undefined;
}

/**
 * The first QEMU whose emulation translates code safely while another vCPU changes it. In 7.2 a vCPU went on with an
 * old translation: with a kernel that patched itself all the time 16 of 20 boots crashed (`Oops: int3`), with one thread
 * for all vCPUs none of 19, and without such a load about one in 250.
 */
const safeThreads: readonly [number, number] = [8, 1];

type Places = Readonly<
  Record<'kernel' | 'initramfs' | 'root' | 'boot' | 'scratch' | 'in' | 'out' | 'run' | 'wire', string>
> & { readonly data: string | undefined };

const placesInside = {
  kernel: '/images/kernel',
  initramfs: '/images/initramfs',
  root: '/images/root',
  boot: '/vm/boot.img',
  scratch: '/vm/scratch.raw',
  in: '/vm/in.raw',
  out: '/vm/out.raw',
  run: '/vm/run',
  wire: '/vm/wire',
  data: '/vm/data.raw',
} as const satisfies Places;

/** The whole command line that starts one VM, wrapper and all. Pure. */
export function planLaunch(input: PlanInput): LaunchPlan {
  const { qemu, folder } = input;
  const outside = placesOutside(input);
  const bwrap = input.wrapped ? qemu.tools.bwrap : undefined;
  const wrapper = bwrap
    ? bwrapPrefix(bwrap, {
        programPaths: qemu.programPaths,
        readOnly: (['kernel', 'initramfs', 'root', 'boot', 'in', 'wire'] as const).map((key) => [
          outside[key],
          placesInside[key],
        ]),
        writable: [
          ...(['scratch', 'out', 'run'] as const).map((key) => [outside[key], placesInside[key]] as const),
          ...(outside.data === undefined ? [] : [[outside.data, placesInside.data] as const]),
        ],
        devices: input.accelerator === 'kvm' ? ['/dev/kvm'] : [],
      })
    : reducedPrefix(qemu.tools);
  const words = [
    ...politePrefix(qemu.tools),
    ...wrapper,
    qemu.path,
    ...qemuArgs(machineSpec(input, bwrap ? placesInside : outside)),
  ];
  const [command = qemu.path, ...args] = words;
  return {
    command,
    args,
    uid: input.uid,
    gid: input.uid === undefined ? undefined : (input.deviceGid ?? input.uid),
    wrapped: bwrap !== undefined,
    pidFilePath: folder.pidFilePath,
    wirePath: `${(bwrap ? placesInside : outside).wire}/${basename(folder.wirePath)}`,
  };
}

/** QEMU's own words as they would be inside the wrapper: the same wherever the folders of this VM lie. Pure. */
export function machineWords(input: PlanInput): string[] {
  return qemuArgs(machineSpec(input, placesInside));
}

function placesOutside({ images, folder, dataPath }: PlanInput): Places {
  return {
    kernel: images.kernelPath,
    initramfs: images.initramfsPath,
    root: images.rootPath,
    boot: folder.bootPath,
    scratch: folder.scratchPath,
    in: folder.inPath,
    out: folder.outPath,
    run: folder.runDir,
    wire: folder.wireDir,
    data: dataPath,
  };
}

function machineSpec(input: PlanInput, at: Places): MachineSpec {
  const windows = input.platform === 'win32';
  return {
    name: `gleaner-${input.name}`,
    platform: input.platform,
    accelerator: input.accelerator,
    vcpus: input.vcpus,
    threads: input.vcpus > 1 && isOlder(input.qemu.version, safeThreads) ? 'single' : 'multi',
    memoryBytes: input.memoryBytes,
    kernelPath: at.kernel,
    initramfsPath: at.initramfs,
    kernelWords: input.kernelWords,
    disks: [
      { serial: 'boot', path: at.boot, readOnly: true, discard: false },
      { serial: 'root', path: at.root, readOnly: true, discard: false },
      { serial: 'scratch', path: at.scratch, readOnly: false, discard: true },
      { serial: 'in', path: at.in, readOnly: true, discard: false },
      { serial: 'out', path: at.out, readOnly: false, discard: true },
      ...(input.dataPath === undefined || at.data === undefined
        ? []
        : [{ serial: 'data', path: at.data, readOnly: false, discard: true, durable: true }]),
    ],
    monitor: windows ? { pipeName: `gleaner-${input.name}-monitor` } : { fd: 3 },
    session: windows
      ? { pipeName: `gleaner-${input.name}-session` }
      : { socketPath: `${at.run}/session.sock` },
  };
}
