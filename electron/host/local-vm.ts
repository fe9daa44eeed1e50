import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ApplianceStore, type ImageSet } from '../appliance/store.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Paths } from '../base/paths.ts';
import type { SpawnWorker } from '../base/worker.ts';
import {
  type Failure,
  fromFailure,
  GleanerError,
  type JobDocument,
  type Settings,
  VmView,
} from '../contract/index.ts';
import { fits } from '../grid/local/package-document.ts';
import type { JobMachine } from '../grid/local/runner.ts';
import { systemProcesses } from '../vm/proc.ts';
import { inspectQemu, type QemuFacts } from '../vm/qemu.ts';
import { watchQuiet } from '../vm/quiet.ts';
import type { GuestSession } from '../vm/session/client.ts';
import { createVm, type Secrets, type Vm, type VmImages, type VmShape } from '../vm/vm.ts';
import { proveIsolation } from './prove.ts';

/** The user id that QEMU runs as when the host runs as root; belongs to no account. */
const vmUid = 47_110;
/** Of the VM's memory, what kernel and control plane need beside a job. */
const guestOwnBytes = 160 * 1024 * 1024;
const appliance = 'base';

export interface LocalVmOptions {
  readonly paths: Paths;
  /** Asked anew before every boot: a change takes effect then. */
  readonly settings: () => Settings;
  readonly secrets: Secrets;
  readonly spawnWorker: SpawnWorker;
  readonly imageSourceDir: () => Promise<string>;
  readonly rebuildImages?: ((why: Failure) => Promise<string>) | undefined;
  readonly qemuPath?: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** The local grid's VM with its images, and what a job may expect of it. */
export class LocalVm {
  readonly vm: Vm;
  readonly #o: LocalVmOptions;
  readonly #store: ApplianceStore;
  readonly #uid = process.getuid?.() === 0 ? vmUid : undefined;
  readonly #machines = new WeakMap<GuestSession, JobMachine>();
  #images: ImageSet | undefined;

  constructor(o: LocalVmOptions) {
    const { paths } = o;
    this.#o = o;
    this.#store = new ApplianceStore({
      sourceDir: o.imageSourceDir,
      imagesDir: paths.imagesDir,
      log: o.log,
      ...(o.rebuildImages ? { rebuild: o.rebuildImages } : {}),
    });
    this.vm = createVm({
      name: 'local',
      grid: 'local',
      vmsDir: paths.vmsDir,
      images: () => this.#bootImages(),
      ...this.#shape(),
      reshape: () => this.#shape(),
      secrets: o.secrets,
      spawnWorker: o.spawnWorker,
      clock: o.clock,
      log: o.log,
      acceleratorMemoryPath: join(paths.vmsDir, 'accelerator.json'),
      ...(o.qemuPath === undefined ? {} : { qemuPath: o.qemuPath }),
      ...(this.#uid === undefined ? {} : { uid: this.#uid }),
    });
  }

  /** Of the VM, on this computer. */
  get vcpus(): number {
    const asked = this.#o.settings()['vm.vcpus'];
    return Math.min(asked ?? Math.max(1, Math.floor(availableParallelism() / 2)), availableParallelism());
  }

  /** Imported and verified; rejects with an image failure. */
  async images(): Promise<ImageSet> {
    this.#images = await this.#store.ensure();
    return this.#images;
  }

  /** Rejects a document that can never run here, with `appliance-unknown` or `resources-unavailable`. */
  async admit(document: JobDocument): Promise<void> {
    const { appliances } = await this.images();
    const names = Object.entries(appliances).flatMap(([name, { digest }]) => [name, digest]);
    const { memoryBytes, diskBytes } = this.#shape();
    const refusal = fits(document, {
      vcpus: this.vcpus,
      memoryBytes: Math.max(0, memoryBytes - guestOwnBytes),
      diskBytes,
      hasAppliance: (wanted) => names.includes(wanted),
    });
    if (refusal) throw fromFailure(refusal);
  }

  /** The same object for the same session, so that the runner knows where it may have left a job. */
  machineOf(session: GuestSession): JobMachine {
    const known = this.#machines.get(session);
    if (known) return known;
    const machine: JobMachine = {
      startJob: (job) => session.startJob(job),
      watchJob: (id, on) => session.watchJob(id, on),
      checkpointJob: (id, toPath, maxBytes) => session.checkpointJob(id, toPath, maxBytes),
      collectJob: (id, toPath, maxBytes) => session.collectJob(id, toPath, maxBytes),
      killJob: (id) => session.killJob(id),
      cleanJob: (id) => session.cleanJob(id),
      savedAs: () => (this.vm.session() === session ? null : this.vm.status().generation),
      restoredFrom: () => this.vm.status().restoredFrom,
      frozenMs: () => this.vm.status().frozenMsTotal,
      facts: () => ({
        accelerator: this.vm.status().accelerator?.name ?? 'unknown',
        applianceDigest: this.#images?.appliances[appliance]?.digest ?? 'unknown',
      }),
    };
    this.#machines.set(session, machine);
    return machine;
  }

  /**
   * Proves the guest's isolation once per boot, see {@link proveIsolation}: one that was saved has been proved, and
   * has a job in it.
   */
  async prove(session: GuestSession): Promise<void> {
    if (this.vm.status().restoredFrom === null) await proveIsolation(session);
  }

  /** Rejects `qemu-missing` or `qemu-too-old`. */
  inspect(): Promise<QemuFacts> {
    const { qemuPath } = this.#o;
    return inspectQemu({ qemuPath, platform: process.platform, env: process.env, uid: this.#uid });
  }

  /** CPU time of QEMU so far, in ms; 0 while there is none. */
  cpuMs(): number {
    const { pid } = this.vm.status();
    return pid === null ? 0 : (systemProcesses.stat(pid)?.cpuMs ?? 0);
  }

  /** Resolves with the monotonic ms at which QEMU last used CPU; null where that cannot be seen. */
  watchQuiet(): Promise<number | null> {
    const { pid } = this.vm.status();
    return pid === null ? Promise.resolve(null) : watchQuiet(pid, systemProcesses, this.#o.clock);
  }

  /** What the contract shows of the VM. */
  view(): VmView {
    return VmView.strip().parse(this.vm.status());
  }

  #shape(): VmShape {
    const settings = this.#o.settings();
    return {
      vcpus: this.vcpus,
      memoryBytes: settings['vm.memoryBytes'],
      diskBytes: settings['vm.diskBytes'],
      transferBytes: settings['vm.diskBytes'],
      accelerator: settings['vm.accelerator'],
      allowReducedIsolation: settings['vm.allowReducedIsolation'],
    };
  }

  async #bootImages(): Promise<VmImages> {
    const { kernel, initramfs, appliances } = await this.images();
    const root = appliances[appliance];
    if (!root) throw new GleanerError('appliance-unknown', 'The images lack the base appliance.');
    return {
      kernelPath: kernel.path,
      initramfsPath: initramfs.path,
      rootPath: root.path,
      rootDigest: root.digest,
    };
  }
}
