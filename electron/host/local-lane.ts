import { type GridView, type JobView, plainly, type Settings, type VmPhase } from '../contract/index.ts';
import type { GuestSession } from '../vm/session/client.ts';
import type { Contribution } from './contribution.ts';
import { type GatewayWorld, GridGateway } from './grid-gateway.ts';
import type { VmWorld } from './grid-vm.ts';
import { JobGateway } from './job-gateway.ts';
import { closeWithoutGuest, contributionOf, type Lane, type LaneHost } from './lane.ts';
import type { LocalGrid } from './local-grid.ts';
import { LocalVm } from './local-vm.ts';

/** See {@link LocalLaneOptions.lastCheckpointMs}. */
const defaultLastCheckpointMs = 5000;
/** How long it waits for a saved machine's job to be noted as waiting for it. */
const parkMs = 3000;

export interface LocalLaneOptions {
  readonly grid: LocalGrid;
  readonly vmWorld: VmWorld;
  readonly gatewayWorld: GatewayWorld;
  readonly settings: () => Settings;
  /** How long an orderly end waits for the running job's last checkpoint, in ms. */
  readonly lastCheckpointMs: number | undefined;
}

/** The embedded grid and its VM. */
export class LocalLane implements Lane {
  readonly id = 'local';
  readonly grid: LocalGrid;
  readonly vm: LocalVm;
  readonly contribution: Contribution<GuestSession>;
  readonly #host: LaneHost;
  readonly gateway: GridGateway;
  readonly #settings: () => Settings;
  readonly #lastCheckpointMs: number;
  readonly #stopListening: () => void;

  constructor(host: LaneHost, o: LocalLaneOptions) {
    const { grid } = o;
    this.gateway = new GridGateway(o.gatewayWorld, this.id, () => network.contacts);
    const network = new JobGateway(this.gateway, (id) => grid.document(id).network);
    const vm = new LocalVm(o.vmWorld, network);
    this.grid = grid;
    this.vm = vm;
    this.#host = host;
    this.#settings = o.settings;
    this.#lastCheckpointMs = o.lastCheckpointMs ?? defaultLastCheckpointMs;
    this.contribution = contributionOf(host, this.id, vm, {
      hasWork: () => grid.hasWork(),
      keepsSaved: () => grid.needs(vm.vm.status().generation),
      run: (session) => grid.run(vm.machineOf(session)),
    });
    this.#stopListening = closeWithoutGuest(vm, this.gateway);
  }

  share(): number {
    return this.#settings()['grids.localShare'];
  }

  hasWork(): boolean {
    return this.grid.hasWork();
  }

  isNew(): boolean {
    return false;
  }

  latestStartAt(): number | null {
    return null;
  }

  jobs(limit: number): readonly JobView[] {
    return this.grid.list(limit);
  }

  view(): GridView {
    const counts = this.grid.counts();
    const { queued } = counts;
    const running = counts.running > 0 && this.vm.vm.status().phase === 'running';
    return {
      id: this.id,
      kind: 'local',
      name: 'This computer',
      url: null,
      state: running ? 'working' : 'waiting',
      ...tell(running, queued + counts.running),
      managedBy: null,
      share: this.share(),
      noNewWork: false,
      suspended: false,
      unreported: 0,
      credit: null,
      failure: null,
      ...counts,
    };
  }

  async recover(): Promise<void> {
    await this.vm.vm.recover();
    await this.grid.recover(this.vm.vm.status().generation);
  }

  keepProgress(ms: number): Promise<void> {
    return this.grid.keepProgress(ms);
  }

  async end(save: boolean): Promise<void> {
    const phase: VmPhase = this.vm.vm.status().phase;
    // A frozen machine cannot deliver anything; its job goes on from the checkpoint before. With a save, the last
    // checkpoint is for the case that the saved machine does not come back.
    const patienceMs = phase === 'running' ? this.#lastCheckpointMs : 0;
    if (save && patienceMs > 0) await this.grid.keepProgress(patienceMs);
    if (save && (await this.contribution.end())) {
      // The job is parked as soon as its session is gone; a disk that refuses to note that must not hold up the end.
      await this.#within(parkMs, this.contribution.finished());
      await this.grid.end(0);
    } else {
      await this.grid.end(save ? 0 : patienceMs);
    }
    await this.contribution.dispose();
    await this.contribution.finished();
    this.#stopListening();
    await this.gateway.dispose();
  }

  #within(ms: number, doing: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#host.clock.after(ms, resolve);
      void doing.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

/** What it does, with so many jobs at hand. Pure. */
export function tell(running: boolean, jobs: number): Pick<GridView, 'sentence' | 'said'> {
  if (running) return { sentence: 'A job runs.', said: plainly('grid.job-runs') };
  if (jobs === 0) return { sentence: 'There is no work in the queue.', said: plainly('grid.empty') };
  return {
    sentence: `${jobs} ${jobs === 1 ? 'job waits' : 'jobs wait'}.`,
    said: { code: 'grid.jobs-wait', values: { jobs } },
  };
}
