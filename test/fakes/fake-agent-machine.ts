import { GleanerError } from '../../electron/contract/index.ts';
import type { AgentMachine, AgentStart } from '../../electron/grid/boinc/runner-machine.ts';
import type { FakeBoincEngine } from './fake-boinc-engine.ts';
import type { FakeClock } from './fake-clock.ts';

type Method = 'startAgent' | 'agentStatus' | 'stopAgent' | 'reach' | 'forwardGateway';

/** A machine on a fake clock in which a fake BOINC client runs, when it is started. */
export class FakeAgentMachine implements AgentMachine {
  readonly client: FakeBoincEngine;
  readonly asked: string[] = [];
  readonly started: AgentStart[] = [];
  running = false;
  words = 'exited 0';
  password = '';
  /** What waits for this machine and hears when it is gone. */
  readonly connections = new Set<() => void>();
  /** The client ends as soon as it is started. */
  stillborn = false;
  readonly #clock: FakeClock;
  readonly #refusals = new Map<Method, GleanerError[]>();
  #lost: GleanerError | undefined;
  #loseAt: Method | undefined;
  #lose: (reason: GleanerError) => void = () => undefined;
  readonly #loss = new Promise<never>((_, reject) => {
    this.#lose = reject;
  });
  #frozenMs = 0;
  #frozenSince: number | undefined;
  #thawed: Promise<void> = Promise.resolve();
  #thaw: () => void = () => undefined;

  constructor(clock: FakeClock, client: FakeBoincEngine) {
    this.#clock = clock;
    this.client = client;
    this.#loss.catch(() => undefined);
  }

  get isFrozen(): boolean {
    return this.#frozenSince !== undefined;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** The next call of this method rejects so. */
  refuse(method: Method, error: GleanerError): void {
    this.#refusals.set(method, [...(this.#refusals.get(method) ?? []), error]);
  }

  /** The machine goes away for good, now or when this is asked of it. */
  lose(at?: Method): void {
    if (at !== undefined) {
      this.#loseAt = at;
      return;
    }
    this.#lost = new GleanerError('session-lost', 'The fake machine is gone.');
    this.#lose(this.#lost);
    this.#cut();
  }

  /** The client ends by itself. */
  die(words = 'signal 11'): void {
    this.running = false;
    this.words = words;
    this.client.ended();
    this.#cut();
  }

  /** As another session with the same VM, in which the client runs on. */
  again(): FakeAgentMachine {
    const next = new FakeAgentMachine(this.#clock, this.client);
    next.running = this.running;
    next.password = this.password;
    return next;
  }

  freeze(): void {
    this.#frozenSince = this.#clock.monotonic();
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  thaw(): void {
    if (this.#frozenSince !== undefined) this.#frozenMs += this.#clock.monotonic() - this.#frozenSince;
    this.#frozenSince = undefined;
    this.#thaw();
  }

  frozenMs(): number {
    return (
      this.#frozenMs + (this.#frozenSince === undefined ? 0 : this.#clock.monotonic() - this.#frozenSince)
    );
  }

  facts(): { accelerator: string; applianceDigest: string } {
    return { accelerator: 'fake', applianceDigest: `sha256:${'f'.repeat(64)}` };
  }

  /** A second passes. */
  tick(): void {
    this.#clock.advance(1000);
    if (this.running && !this.isFrozen && !this.#lost) this.client.tick();
  }

  async startAgent(agent: AgentStart): Promise<void> {
    await this.reached('startAgent');
    if (this.running) throw new GleanerError('wrong-phase', 'The client runs already.');
    this.started.push(agent);
    this.password = agent.files.find(({ path }) => path === 'gui_rpc_auth.cfg')?.content ?? '';
    this.client.preferences =
      agent.files.find(({ path }) => path === 'global_prefs_override.xml')?.content ?? '';
    this.running = !this.stillborn;
    if (this.running) this.client.started();
  }

  async agentStatus(): Promise<{ running: boolean; words: string }> {
    await this.reached('agentStatus');
    return { running: this.running, words: this.running ? 'running' : this.words };
  }

  async stopAgent(graceSeconds: number): Promise<void> {
    await this.reached('stopAgent', String(graceSeconds));
    if (this.running) this.die('exited 0');
  }

  async reach(port: number): Promise<string> {
    await this.reached('reach', String(port));
    return `/fake/reach-${port}`;
  }

  async forwardGateway(port: number): Promise<void> {
    await this.reached('forwardGateway', String(port));
  }

  /** Waits while it is frozen; rejects when it is gone. */
  async reached(method?: Method, detail?: string): Promise<void> {
    if (method !== undefined) this.asked.push(detail === undefined ? method : `${method} ${detail}`);
    if (method !== undefined && method === this.#loseAt) this.lose();
    await Promise.race([this.#thawed, this.#loss]);
    if (this.#lost) throw this.#lost;
    const refusal = method && this.#refusals.get(method)?.shift();
    if (refusal) throw refusal;
  }

  #cut(): void {
    for (const cut of [...this.connections]) cut();
  }
}
