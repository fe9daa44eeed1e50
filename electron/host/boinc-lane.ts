import { rm } from 'node:fs/promises';
import {
  type Failure,
  type GridDetail,
  type GridView,
  type JobView,
  plainly,
  type VmPhase,
} from '../contract/index.ts';
import type { AgentMachine, BoincRunner } from '../grid/boinc/runner.ts';
import type { GuestSession } from '../vm/session/client.ts';
import { agentBase } from './agent-machine.ts';
import type { Contribution } from './contribution.ts';
import type { GatewayWorld, GridGateway } from './grid-gateway.ts';
import type { GridVm } from './grid-vm.ts';
import { closeWithoutGuest, contributionOf, inNeed, type Lane, type LaneHost } from './lane.ts';

const agent = 'boinc';
/** The agent's user in the appliance. */
const agentUid = 600;
/** `quit` takes 1 to 8 s (measured); then the client is killed, which it survives. */
const quitGraceMs = 15_000;
/** Suspending by RPC takes well under a second; longer is not waited for. */
const softMs = 3000;
/** An idle client has been looked at for a while already before its runner says so. */
const lingerMs = 1000;

const notPermitted: Failure = {
  code: 'grid-not-permitted',
  sentence: 'The settings of this computer do not permit this project any more.',
  hint: 'Leave it, or ask who administers this computer.',
};

/** What the runner says, and what its VM and the settings have to do with it. Pure. */
export function viewOf(
  view: GridView,
  { failure, phase }: { readonly failure: Failure | null; readonly phase: VmPhase },
  permitted: boolean,
): GridView {
  if (!permitted) return inNeed(view, notPermitted);
  if (failure !== null && view.failure === null) return inNeed(view, failure);
  const stands = phase === 'frozen' || phase === 'freezing';
  return stands && view.state === 'waiting'
    ? {
        ...view,
        sentence: 'Its virtual machine stands still.',
        said: plainly('grid.stands-still'),
      }
    : view;
}

export interface BoincLaneOptions {
  readonly id: string;
  readonly vm: GridVm;
  readonly runner: BoincRunner;
  readonly gateway: GridGateway;
  readonly world: GatewayWorld;
  readonly dataDir: string;
  /** Whether the settings still permit this project. */
  readonly permitted: () => boolean;
}

/** One BOINC project, its VM with the client, and the VM's only way out. */
export class BoincLane implements Lane {
  readonly id: string;
  readonly vm: GridVm;
  readonly contribution: Contribution<GuestSession>;
  readonly runner: BoincRunner;
  readonly gateway: GridGateway;
  readonly #o: BoincLaneOptions;
  readonly #machines = new WeakMap<GuestSession, AgentMachine>();
  readonly #stopListening: () => void;

  constructor(host: LaneHost, o: BoincLaneOptions) {
    this.#o = o;
    this.id = o.id;
    this.vm = o.vm;
    this.runner = o.runner;
    this.gateway = o.gateway;
    this.contribution = contributionOf(host, o.id, o.vm, {
      hasWork: () => this.hasWork(),
      keepsSaved: () => o.runner.needs(),
      run: (session) => o.runner.run(this.#machineOf(session)),
      quiet: () => o.runner.quiet(quitGraceMs),
      soften: () => o.runner.soften(softMs),
      lingerMs,
    });
    this.#stopListening = closeWithoutGuest(o.vm, o.gateway);
  }

  share(): number {
    return this.runner.view().share;
  }

  hasWork(): boolean {
    return this.runner.hasWork();
  }

  isNew(): boolean {
    return this.runner.view().state === 'joining';
  }

  latestStartAt(): number | null {
    return this.runner.latestStartAt();
  }

  jobs(limit: number): readonly JobView[] {
    return this.runner.jobs().slice(0, limit);
  }

  view(): GridView {
    return viewOf(this.runner.view(), this.vm.vm.status(), this.#o.permitted());
  }

  detail(): Omit<GridDetail, 'contacts' | 'contacted' | 'denials'> {
    return { ...this.runner.detail(), grid: this.view() };
  }

  recover(): Promise<void> {
    return this.vm.vm.recover();
  }

  /** Tasks come to rest; what they have is in their checkpoints, and in the VM's memory when that is saved. */
  keepProgress(ms: number): Promise<void> {
    return this.runner.soften(Math.min(ms, softMs));
  }

  async end(save: boolean): Promise<void> {
    const saved = save && (await this.contribution.end());
    if (!saved && this.vm.vm.status().phase === 'running') await this.runner.quiet(quitGraceMs);
    await this.contribution.dispose();
    await this.contribution.finished();
    await this.#letGo();
  }

  /** Ends it for good: detached, the VM stopped, its disk deleted. */
  async leave(): Promise<void> {
    await this.runner.leave();
    await this.vm.vm.stop().catch(() => undefined);
    await this.contribution.dispose();
    await this.contribution.finished();
    await this.#letGo();
    await rm(this.#o.dataDir, { recursive: true, force: true });
  }

  async #letGo(): Promise<void> {
    this.#stopListening();
    await this.gateway.dispose();
    await this.runner.dispose();
  }

  /** The same object for the same session: what it has opened stays open. */
  #machineOf(session: GuestSession): AgentMachine {
    const known = this.#machines.get(session);
    if (known) return known;
    const { paths } = this.#o.world;
    const { forward, ...base } = agentBase({ session, id: this.id, agent, vm: this.vm, paths });
    const machine: AgentMachine = {
      ...base,
      startAgent: (workload) =>
        session.startAgent({
          ...workload,
          name: agent,
          capabilities: [],
          uid: agentUid,
          gid: agentUid,
          data: true,
        }),
      forwardGateway: async (port) => {
        await this.gateway.open();
        await forward({ bindAddress: '127.0.0.1', port, toSocketPath: this.gateway.socketPath });
      },
    };
    this.#machines.set(session, machine);
    return machine;
  }
}
