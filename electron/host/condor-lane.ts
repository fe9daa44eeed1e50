import { rm } from 'node:fs/promises';
import {
  type Allowance,
  type Failure,
  type GridView,
  type JobView,
  type PoolDetail,
  type PoolPolicy,
  plainly,
} from '../contract/index.ts';
import type { CondorRunner, NodeMachine } from '../grid/condor/runner.ts';
import { reasonWords } from '../policy/words.ts';
import type { GuestSession } from '../vm/session/client.ts';
import { agentBase } from './agent-machine.ts';
import { isCalm } from './calm.ts';
import type { Contribution } from './contribution.ts';
import type { GatewayWorld, GridGateway } from './grid-gateway.ts';
import type { GridVm } from './grid-vm.ts';
import { closeWithoutGuest, contributionOf, inNeed, type Lane, type LaneHost } from './lane.ts';

const agent = 'condor';
/** HTCondor's daemons change to a user of each slot's; beyond that they need no more than this. */
const capabilities = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid'];
const lingerMs = 1000;

export interface CondorLaneOptions {
  readonly id: string;
  readonly vm: GridVm;
  readonly runner: CondorRunner;
  readonly gateway: GridGateway;
  readonly world: GatewayWorld;
  readonly dataDir: string;
  /** Whether the settings still permit this pool. */
  readonly permitted: () => boolean;
  /** null: it is not known yet. */
  readonly policy: () => PoolPolicy | null;
  /** Its weight among the lanes. */
  readonly share: () => number;
}

const notPermitted: Failure = {
  code: 'grid-not-permitted',
  sentence: 'The settings of this computer do not permit this pool any more.',
  hint: 'Leave it, or ask who administers this computer.',
};

/** What a pool's policy leaves of an allowance. Pure. */
export function narrowed(allowance: Allowance, policy: PoolPolicy | null): Allowance {
  if (!policy || policy.share >= allowance.share) return allowance;
  const { share } = policy;
  const said = plainly('reason.limit-of-grid');
  return {
    ...allowance,
    run: share > 0,
    // Nobody waits for it to go on: jobs are handed back, and the memory is.
    rung: share > 0 ? 'throttled' : 'saved',
    share,
    reason: share > 0 ? allowance.reason : 'The pool asks all its computers to rest.',
    reasons: [
      { code: 'limit', words: reasonWords(said, 0), said, lingers: false, source: 'grid', share },
      ...allowance.reasons,
    ],
  };
}

/** One pool, its VM with the execute node, and the VM's only way out. */
export class CondorLane implements Lane {
  readonly id: string;
  readonly vm: GridVm;
  readonly contribution: Contribution<GuestSession>;
  readonly runner: CondorRunner;
  readonly gateway: GridGateway;
  readonly #host: LaneHost;
  readonly #o: CondorLaneOptions;
  readonly #machines = new WeakMap<GuestSession, NodeMachine>();
  readonly #stopListening: readonly (() => void)[];

  constructor(host: LaneHost, o: CondorLaneOptions) {
    this.#host = host;
    this.#o = o;
    this.id = o.id;
    this.vm = o.vm;
    this.runner = o.runner;
    this.gateway = o.gateway;
    const decide = (id: string): Allowance => narrowed(host.decide(id), o.policy());
    this.contribution = contributionOf({ ...host, decide }, o.id, o.vm, {
      hasWork: () => this.hasWork(),
      // Its pool would wait for a saved one in vain, or run its jobs elsewhere meanwhile: they are handed back instead.
      keepsSaved: () => false,
      run: (session) => o.runner.run(this.#machineOf(session)),
      quiet: () => o.runner.handBack(),
      soften: () => o.runner.handBack(),
      handBack: {
        needed: () => o.runner.holdsJobs() && !this.#leaseIsOver(),
        mayNow: () => isCalm(host.signals(), host.clock.monotonic()),
        run: () => o.runner.handBack(),
      },
      lingerMs,
    });
    this.#stopListening = [
      closeWithoutGuest(o.vm, o.gateway),
      o.vm.vm.onChange(() => {
        const { phase } = o.vm.vm.status();
        if (phase === 'stopped' || phase === 'failed' || phase === 'backoff') this.#gone();
      }),
    ];
  }

  share(): number {
    return this.#o.share();
  }

  hasWork(): boolean {
    return this.runner.hasWork();
  }

  isNew(): boolean {
    return this.runner.view().state === 'joining';
  }

  latestStartAt(): number | null {
    return null;
  }

  jobs(limit: number): readonly JobView[] {
    return this.runner.jobs().slice(0, limit);
  }

  view(): GridView {
    const view = this.runner.view();
    const { failure } = this.vm.vm.status();
    if (!this.#o.permitted()) return inNeed(view, notPermitted);
    return failure !== null && view.failure === null ? inNeed(view, failure) : view;
  }

  detail(): Omit<PoolDetail, 'documents'> {
    return this.runner.detail();
  }

  recover(): Promise<void> {
    return this.vm.vm.recover();
  }

  /** Jobs are handed back if there is the time for it; else they go on after a sleep, if the pool still waits for them. */
  async keepProgress(ms: number): Promise<void> {
    if (this.runner.holdsJobs() && ms >= this.runner.handBackMs()) await this.runner.handBack();
  }

  /** Its VM is never saved: a pool would wait in vain, or run its jobs elsewhere meanwhile. */
  async end(): Promise<void> {
    if (this.vm.vm.status().phase === 'running') await this.runner.handBack();
    await this.contribution.dispose();
    await this.contribution.finished();
    this.#gone();
    await this.#letGo();
  }

  /** Ends it for good: jobs handed back, the VM stopped, everything of it deleted. */
  async leave(): Promise<void> {
    if (this.vm.vm.status().phase === 'frozen') await this.vm.vm.thaw().catch(() => undefined);
    await this.runner.leave();
    await this.vm.vm.stop().catch(() => undefined);
    await this.contribution.dispose();
    await this.contribution.finished();
    await this.#letGo();
    await rm(this.#o.dataDir, { recursive: true, force: true });
  }

  async #letGo(): Promise<void> {
    for (const stop of this.#stopListening) stop();
    await this.gateway.dispose();
    await this.runner.dispose();
  }

  /** Frozen for longer than the pool waits: its jobs run elsewhere by now. */
  #leaseIsOver(): boolean {
    const { phase, since } = this.vm.vm.status();
    const lease = this.#o.policy()?.leaseSeconds ?? Number.POSITIVE_INFINITY;
    return phase === 'frozen' && this.#host.clock.now() - since > lease * 1000;
  }

  #gone(): void {
    try {
      this.runner.machineGone();
    } catch (error) {
      // Booked by the next look.
      this.#host.log.warn('condor', String(error), { grid: this.id });
    }
  }

  /** The same object for the same session: what it has opened stays open. */
  #machineOf(session: GuestSession): NodeMachine {
    const known = this.#machines.get(session);
    if (known) return known;
    const { paths } = this.#o.world;
    const { forward, ...base } = agentBase({ session, id: this.id, agent, vm: this.vm, paths });
    const machine: NodeMachine = {
      ...base,
      startAgent: (node) =>
        session.startAgent({
          ...node,
          name: agent,
          capabilities,
          uid: 0,
          gid: 0,
          data: false,
          files: [],
          privateTmp: true,
        }),
      forward: async ({ address, port }) => {
        await this.gateway.open();
        await this.gateway.listening();
        const toSocketPath = this.gateway.forwardSocket(address, port);
        await forward({ bindAddress: address, port, toSocketPath });
      },
    };
    this.#machines.set(session, machine);
    return machine;
  }
}
