import type { WorkerHandle } from '../../electron/base/worker.ts';
import type { Contact } from '../../electron/contract/index.ts';
import { GleanerError, toFailure } from '../../electron/contract/index.ts';
import type { ToChild } from '../../electron/egress/messages.ts';
import type { Inputs, Verb } from '../../electron/grid/boinc/messages.ts';
import { FakeBoincWorkers } from './fake-boinc-worker.ts';
import { FakeWorker } from './fake-worker.ts';

interface Call {
  readonly id: number;
  readonly verb: Verb;
  readonly input: Inputs[Verb];
}

/** The fake workers of a host: gateways that only listen, and BOINC ones that speak to the test's web and its fake clients. */
export class FakeHostWorkers {
  readonly clients = new FakeBoincWorkers();
  /** Answers what the host asks of the web; throws what it is to be refused with. */
  readonly web: (verb: Verb, input: Inputs[Verb]) => unknown;
  /** Gateways, the latest last. */
  readonly gateways: FakeGatewayWorker[] = [];

  constructor(web: (verb: Verb, input: Inputs[Verb]) => unknown) {
    this.web = web;
  }

  readonly spawn = (name: string): WorkerHandle => {
    if (name === 'boinc') return new BoincWorkerProcess(this);
    if (name !== 'egress') throw new GleanerError('internal', `There is no fake worker ${name}.`);
    const gateway = new FakeGatewayWorker();
    this.gateways.push(gateway);
    return gateway;
  };
}

class FakeGatewayWorker extends FakeWorker {
  /** What may pass now, as `SOURCE HOST:PORT`. */
  passes: readonly string[] = [];

  override send(message: ToChild): void {
    if (message.kind === 'open' || message.kind === 'set') this.passes = message.rules.contacts.map(spelled);
    const answer = { open: 'listening', close: 'closed', ping: 'pong', set: null, answer: null }[
      message.kind
    ];
    if (answer === null) return;
    queueMicrotask(() => {
      this.say({ kind: answer });
    });
  }

  override kill(): void {
    this.exit(null);
  }
}

const spelled = ({ source, host, port }: Contact): string => `${source} ${host}:${port}`;

class BoincWorkerProcess extends FakeWorker {
  readonly #workers: FakeHostWorkers;
  readonly #client: ReturnType<FakeBoincWorkers['make']>;

  constructor(workers: FakeHostWorkers) {
    super();
    this.#workers = workers;
    this.#client = workers.clients.make();
    this.#client.onLost((failure) => {
      this.say({ kind: 'lost', failure });
    });
  }

  override send(call: Call): void {
    void this.#answer(call).then((message) => {
      this.say(message);
    });
  }

  override kill(): void {
    void this.#client.dispose();
    this.exit(null);
  }

  async #answer({ id, verb, input }: Call): Promise<object> {
    const ofWeb = ['lookup', 'signIn', 'syncManager'].includes(verb);
    try {
      const value: unknown = ofWeb ? this.#workers.web(verb, input) : await this.#client.call(verb, input);
      return { kind: 'answer', id, value };
    } catch (error) {
      return { kind: 'refused', id, failure: toFailure(error) };
    }
  }
}
