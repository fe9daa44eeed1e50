import { type Failure, fromFailure, type JobDocument } from '../contract/index.ts';
import { fits } from '../grid/local/package-document.ts';
import type { JobMachine } from '../grid/local/runner.ts';
import type { GuestSession } from '../vm/session/client.ts';
import { GridVm, guestOwnBytes, type VmWorld } from './grid-vm.ts';
import type { JobNetwork } from './job-gateway.ts';

/** Where the gateway answers in a guest. */
const gatewayPort = 3128;

/** The local grid's VM, and what a job may expect of it. */
export class LocalVm extends GridVm {
  readonly #machines = new WeakMap<GuestSession, JobMachine>();
  readonly #network: JobNetwork;

  constructor(world: VmWorld, network: JobNetwork) {
    super(world, { id: 'local', appliance: 'base' });
    this.#network = network;
  }

  /** Rejects a document that can never run here, with `appliance-unknown` or `resources-unavailable`. */
  async admit(document: JobDocument): Promise<void> {
    const { appliances } = await this.images();
    const base = appliances['base'];
    const names = ['base', ...(base ? [base.digest] : [])];
    const { vcpus, memoryBytes, diskBytes } = this.shape();
    const refusal: Failure | null = fits(document, {
      vcpus,
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
    let forwarded: Promise<void> | undefined;
    const connect = async (id: string): Promise<void> => {
      if (!(await this.#network.open(id))) return;
      forwarded ??= session.forward({
        bindAddress: '127.0.0.1',
        port: gatewayPort,
        toSocketPath: this.#network.socketPath,
      });
      try {
        await forwarded;
      } catch (error) {
        forwarded = undefined;
        throw error;
      }
    };
    const machine: JobMachine = {
      startJob: async (job) => {
        await connect(job.id);
        await session.startJob(job);
      },
      watchJob: async (id, on) => {
        // One that was brought back with its machine has another session.
        await connect(id);
        const end = await session.watchJob(id, on);
        // The gateway's last account comes with its end, and belongs to this attempt.
        await this.#network.finish();
        return end;
      },
      checkpointJob: (id, toPath, maxBytes) => session.checkpointJob(id, toPath, maxBytes),
      collectJob: (id, toPath, maxBytes) => session.collectJob(id, toPath, maxBytes),
      killJob: (id) => session.killJob(id),
      cleanJob: async (id) => {
        await session.cleanJob(id);
        await this.#network.close();
      },
      savedAs: () => (this.vm.session() === session ? null : this.vm.status().generation),
      restoredFrom: () => this.vm.status().restoredFrom,
      frozenMs: () => this.vm.status().frozenMsTotal,
      facts: () => this.facts(),
    };
    this.#machines.set(session, machine);
    return machine;
  }
}
