import { GleanerError, type PoolPlace } from '../../electron/contract/index.ts';
import type { Answer, Inputs, NodeLook, Verb } from '../../electron/grid/condor/messages.ts';
import type { CondorWorkerLike, NodeMachine, NodeStart } from '../../electron/grid/condor/runner-machine.ts';

/** A fake execute node with the VM that it is in and the worker that speaks to it: what it is asked, and what it answers. */
export class FakeNode implements NodeMachine, CondorWorkerLike {
  readonly asked: { readonly verb: string; readonly input: Readonly<Record<string, unknown>> }[] = [];
  readonly forwarded: string[] = [];
  started: NodeStart | undefined;
  running = false;
  gone = false;
  frozen = 0;
  ping: Answer<'ping'> = { answer: 'accepted', words: 'succeeded' };
  look: NodeLook = {
    master: true,
    ended: null,
    claimed: 0,
    jobs: [],
    records: [],
    next: 0,
    malformed: 0,
  };
  /** Called with every verb, before it is answered. */
  onAsked: (verb: Verb) => void = () => undefined;

  startAgent(node: NodeStart): Promise<void> {
    this.#present();
    this.started = node;
    this.running = true;
    return Promise.resolve();
  }

  agentStatus(): Promise<{ running: boolean; words: string }> {
    if (this.gone) return Promise.reject(new GleanerError('session-lost', 'The session is gone.'));
    return Promise.resolve({ running: this.running, words: 'it ended' });
  }

  stopAgent(): Promise<void> {
    this.running = false;
    return Promise.resolve();
  }

  reach(port: number): Promise<string> {
    return Promise.resolve(`/run/${port}`);
  }

  forward({ address, port }: PoolPlace): Promise<void> {
    this.forwarded.push(`${address}:${port}`);
    return Promise.resolve();
  }

  frozenMs(): number {
    return this.frozen;
  }

  facts(): { accelerator: string; applianceDigest: string } {
    return { accelerator: 'tcg', applianceDigest: 'sha256:x' };
  }

  call<V extends Verb>(verb: V, input: Inputs[V]): Promise<Answer<V>> {
    this.onAsked(verb);
    this.asked.push({ verb, input: input as unknown as Readonly<Record<string, unknown>> });
    if (this.gone || !this.running) {
      return Promise.reject(new GleanerError('agent-failed', 'The execute node does not answer.'));
    }
    const answers: Partial<Record<Verb, unknown>> = {
      look: this.look,
      ping: this.ping,
      stop: { ended: true },
    };
    return Promise.resolve((answers[verb] ?? null) as Answer<V>);
  }

  onLost(): void {
    // It is never lost by itself.
  }

  dispose(): void {
    // Nothing is held.
  }

  verbs(): string[] {
    return this.asked.map(({ verb }) => verb);
  }

  lastOf(verb: Verb): Readonly<Record<string, unknown>> | undefined {
    return this.asked.findLast((one) => one.verb === verb)?.input;
  }

  #present(): void {
    if (this.gone) throw new GleanerError('session-lost', 'The session is gone.');
  }
}
