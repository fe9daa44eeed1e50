import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { ApplianceStore, ImageSet } from '../appliance/store.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Paths } from '../base/paths.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { GleanerError, type Settings, VmView } from '../contract/index.ts';
import { systemProcesses } from '../vm/proc.ts';
import { inspectQemu, type QemuFacts } from '../vm/qemu.ts';
import { watchQuiet } from '../vm/quiet.ts';
import type { GuestSession } from '../vm/session/client.ts';
import { createVm, type Secrets, type Vm, type VmImages, type VmShape } from '../vm/vm.ts';
import { proveIsolation } from './prove.ts';

/** The user id that QEMU runs as when the host runs as root; belongs to no account. */
const vmUid = 47_110;

/** Of a VM's memory, what kernel and control plane need beside its work. */
export const guestOwnBytes = 160 * 1024 * 1024;

/** What the VMs of all grids have in common. */
export interface VmWorld {
  readonly paths: Paths;
  /** Asked anew before every boot: a change takes effect then. */
  readonly settings: () => Settings;
  readonly secrets: Secrets;
  readonly store: ApplianceStore;
  readonly spawnWorker: SpawnWorker;
  readonly qemuPath?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export interface GridVmOptions {
  /** The grid's id, and the VM's name. */
  readonly id: string;
  /** The name of its appliance in the images' manifest. */
  readonly appliance: string;
  /** Where the disk lies that outlives its boots; it may grow to `grids.diskBytes`. */
  readonly dataDiskPath?: string;
}

/** Of the VM, on this computer. */
export function vcpusOf(settings: Settings): number {
  const asked = settings['vm.vcpus'];
  return Math.min(asked ?? Math.max(1, Math.floor(availableParallelism() / 2)), availableParallelism());
}

/** Where it is remembered which accelerator booted a guest here. */
export function acceleratorMemoryPath({ vmsDir }: Paths): string {
  return join(vmsDir, 'accelerator.json');
}

/** Rejects `qemu-missing` or `qemu-too-old`. */
export function inspectHypervisor({ qemuPath }: Pick<VmWorld, 'qemuPath'>): Promise<QemuFacts> {
  return inspectQemu({ qemuPath, platform: process.platform, env: process.env, uid: qemuUid() });
}

/** One grid's VM, made of the images and by the settings of this host. */
export class GridVm {
  readonly vm: Vm;
  readonly #world: VmWorld;
  readonly #o: GridVmOptions;
  #images: ImageSet | undefined;

  constructor(world: VmWorld, o: GridVmOptions) {
    const { paths } = world;
    const uid = qemuUid();
    this.#world = world;
    this.#o = o;
    this.vm = createVm({
      name: o.id,
      grid: o.id,
      vmsDir: paths.vmsDir,
      images: () => this.#bootImages(),
      ...this.shape(),
      reshape: () => this.shape(),
      secrets: world.secrets,
      spawnWorker: world.spawnWorker,
      clock: world.clock,
      log: world.log,
      acceleratorMemoryPath: acceleratorMemoryPath(paths),
      ...(world.qemuPath === undefined ? {} : { qemuPath: world.qemuPath }),
      ...(uid === undefined ? {} : { uid }),
    });
  }

  /** Imported and verified; rejects with an image failure. */
  async images(): Promise<ImageSet> {
    this.#images = await this.#world.store.ensure();
    return this.#images;
  }

  /**
   * Proves the guest's isolation once per boot, see {@link proveIsolation}: one that was saved has been proved, and
   * has work in it.
   */
  async prove(session: GuestSession): Promise<void> {
    if (this.vm.status().restoredFrom === null) await proveIsolation(session);
  }

  /** What bookings say about the machine. */
  facts(): { accelerator: string; applianceDigest: string } {
    return {
      accelerator: this.vm.status().accelerator?.name ?? 'unknown',
      applianceDigest: this.#images?.appliances[this.#o.appliance]?.digest ?? 'unknown',
    };
  }

  /** CPU time of QEMU so far, in ms; 0 while there is none. */
  cpuMs(): number {
    const { pid } = this.vm.status();
    return pid === null ? 0 : (systemProcesses.stat(pid)?.cpuMs ?? 0);
  }

  /** Resolves with the monotonic ms at which QEMU last used CPU; null where that cannot be seen. */
  watchQuiet(): Promise<number | null> {
    const { pid } = this.vm.status();
    return pid === null ? Promise.resolve(null) : watchQuiet(pid, systemProcesses, this.#world.clock);
  }

  /** What the contract shows of the VM. */
  view(): VmView {
    return VmView.strip().parse(this.vm.status());
  }

  /** As the settings are now; what a running VM has is in its view. */
  shape(): VmShape {
    const settings = this.#world.settings();
    return {
      vcpus: vcpusOf(settings),
      memoryBytes: settings['vm.memoryBytes'],
      diskBytes: settings['vm.diskBytes'],
      transferBytes: settings['vm.diskBytes'],
      accelerator: settings['vm.accelerator'],
      allowReducedIsolation: settings['vm.allowReducedIsolation'],
      ...(this.#o.dataDiskPath === undefined
        ? {}
        : { dataDisk: { path: this.#o.dataDiskPath, bytes: settings['grids.diskBytes'] } }),
    };
  }

  async #bootImages(): Promise<VmImages> {
    const { kernel, initramfs, appliances } = await this.images();
    const root = appliances[this.#o.appliance];
    if (!root)
      throw new GleanerError('appliance-unknown', `The images lack the appliance ${this.#o.appliance}.`);
    return {
      kernelPath: kernel.path,
      initramfsPath: initramfs.path,
      rootPath: root.path,
      rootDigest: root.digest,
    };
  }
}

/** The user that QEMU runs as; undefined: ours. */
export function qemuUid(): number | undefined {
  return process.getuid?.() === 0 ? vmUid : undefined;
}
