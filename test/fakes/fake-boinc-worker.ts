import { type Failure, GleanerError } from '../../electron/contract/index.ts';
import type { Answer, Inputs, Verb } from '../../electron/grid/boinc/messages.ts';
import type { BoincWorkerLike } from '../../electron/grid/boinc/runner-machine.ts';
import type { FakeAgentMachine } from './fake-agent-machine.ts';
import { clientProject } from './fake-boinc-engine.ts';

const lost = (): GleanerError =>
  new GleanerError('agent-failed', 'The connection to the BOINC client is lost.');

/** The fake workers of one project: which machine their connections lead to, and how the next calls end. */
export class FakeBoincWorkers {
  machine: FakeAgentMachine | undefined;
  /** How often `open` is refused before the client answers. */
  notYet = 0;
  /** So many looks in a row cannot be read. */
  garbled = 0;
  /** So many calls are never answered, and nothing is said of it. */
  deaf = 0;
  /** Called with each verb before it is done. */
  onCall: (verb: Verb) => void = () => undefined;
  readonly made: FakeBoincWorker[] = [];
  /** By verb: what was done is answered only then. */
  readonly held = new Map<Verb, Promise<void>>();
  readonly #refusals = new Map<Verb, GleanerError[]>();

  make(): FakeBoincWorker {
    const worker = new FakeBoincWorker(this);
    this.made.push(worker);
    return worker;
  }

  get alive(): number {
    return this.made.filter(({ disposed }) => !disposed).length;
  }

  refuse(verb: Verb, error: GleanerError): void {
    this.#refusals.set(verb, [...(this.#refusals.get(verb) ?? []), error]);
  }

  refusal(verb: Verb): GleanerError | undefined {
    return this.#refusals.get(verb)?.shift();
  }

  /** The process of the worker in use dies. */
  crash(): void {
    this.made.at(-1)?.cut();
  }
}

/** A fake worker `boinc` that speaks to the fake client in a fake machine. */
class FakeBoincWorker implements BoincWorkerLike {
  disposed = false;
  readonly #workers: FakeBoincWorkers;
  readonly #listeners: ((failure: Failure) => void)[] = [];
  readonly #pending = new Set<(error: GleanerError) => void>();
  #machine: FakeAgentMachine | undefined;
  readonly #cut = (): void => {
    this.cut();
  };

  constructor(workers: FakeBoincWorkers) {
    this.#workers = workers;
  }

  onLost(listener: (failure: Failure) => void): void {
    this.#listeners.push(listener);
  }

  dispose(): Promise<void> {
    this.disposed = true;
    this.#listeners.length = 0;
    this.cut();
    return Promise.resolve();
  }

  /** The connection, or the process, is gone: what waits rejects, then the loss is told. */
  cut(): void {
    this.#machine?.connections.delete(this.#cut);
    this.#machine = undefined;
    for (const reject of [...this.#pending]) reject(lost());
    this.#pending.clear();
    for (const listener of [...this.#listeners]) listener(lost().toFailure());
  }

  call<V extends Verb>(verb: V, input: Inputs[V]): Promise<Answer<V>> {
    return new Promise((resolve, reject) => {
      this.#pending.add(reject);
      this.#answer(verb, input)
        .then((value) => {
          // The table of answers gives the type by verb, which TypeScript cannot follow through a switch.
          resolve(value as Answer<V>);
        }, reject)
        .finally(() => this.#pending.delete(reject));
    });
  }

  async #answer(verb: Verb, input: unknown): Promise<unknown> {
    this.#workers.onCall(verb);
    if (this.#workers.deaf > 0) {
      this.#workers.deaf -= 1;
      return new Promise(() => undefined);
    }
    const refusal = this.#workers.refusal(verb);
    if (refusal) throw refusal;
    if (verb === 'open') return this.#open(input as Inputs['open']);
    const machine = this.#machine;
    if (!machine) throw lost();
    await machine.reached();
    const answer = this.#ask(machine, verb, input);
    await this.#workers.held.get(verb);
    return answer;
  }

  async #open({ socketPath, password }: Inputs['open']): Promise<Answer<'open'>> {
    const { machine } = this.#workers;
    if (!machine || socketPath !== '/fake/reach-31416') throw lost();
    await machine.reached();
    if (!machine.running) throw lost();
    if (this.#workers.notYet > 0) {
      this.#workers.notYet -= 1;
      throw new GleanerError('agent-failed', 'The BOINC client cannot be reached: refused.');
    }
    if (password !== machine.password) {
      throw new GleanerError('agent-failed', 'The BOINC client does not accept its password.');
    }
    this.#machine = machine;
    machine.connections.add(this.#cut);
    return { version: '8.0.4' };
  }

  #ask(machine: FakeAgentMachine, verb: Verb, input: unknown): unknown {
    const { client } = machine;
    const note = (detail = ''): void => {
      client.asked.push(detail === '' ? verb : `${verb} ${detail}`);
    };
    switch (verb) {
      case 'look': {
        if (this.#workers.garbled > 0) {
          this.#workers.garbled -= 1;
          throw new GleanerError('grid-protocol', 'The BOINC client sent something else than a reply.');
        }
        const { messagesAfter, noticesAfter } = input as Inputs['look'];
        return client.look(messagesAfter, noticesAfter);
      }
      case 'attach': {
        const { url, key } = input as Inputs['attach'];
        note(`${url} ${key}`);
        client.project = clientProject(url, { contactPending: true });
        return null;
      }
      case 'detach':
        note();
        client.project = undefined;
        client.tasks = [];
        return null;
      case 'update':
        note();
        client.become({ contactPending: true });
        return null;
      case 'setProject': {
        const { noNewWork, suspended } = input as Inputs['setProject'];
        note(`${noNewWork ? 'no-new-work' : 'new-work'} ${suspended ? 'suspended' : 'resumed'}`);
        client.become({ noNewWork, suspended });
        return null;
      }
      case 'abortTask': {
        const { task } = input as Inputs['abortTask'];
        note(task);
        client.set(task, { state: 6, exitStatus: 203, process: null, scheduled: null, readyToReport: true });
        return null;
      }
      case 'setPreferences':
        note();
        client.preferences = (input as Inputs['setPreferences']).xml;
        return null;
      case 'quit':
        note();
        machine.die('exited 0');
        return null;
      case 'runMode':
      case 'networkMode':
        note((input as Inputs['runMode']).mode);
        return null;
      default:
        throw new GleanerError('bad-request', `The fake client cannot ${verb}.`);
    }
  }
}
