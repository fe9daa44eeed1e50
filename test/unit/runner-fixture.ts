import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { canonicalJson, sha256Digest } from '../../electron/base/canonical-json.ts';
import { tarBytes } from '../../electron/base/tar-write.ts';
import { type Failure, JobDocument, type JobView } from '../../electron/contract/index.ts';
import { LocalQueue } from '../../electron/grid/local/queue.ts';
import type { QueueStep } from '../../electron/grid/local/queue-types.ts';
import { LocalRunner, type RunEnd } from '../../electron/grid/local/runner.ts';
import type { JobMachine, Judge, RunnerStep } from '../../electron/grid/local/runner-machine.ts';
import { type Database, openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeMachine } from '../fakes/fake-machine.ts';

export type Step = RunnerStep | QueueStep;

/** The local grid with its ledger in one folder, on a fake clock, as a host composes it. */
export class LocalGridFixture {
  readonly clock = new FakeClock();
  readonly database: Database;
  readonly ledger: Ledger;
  readonly queue: LocalQueue;
  readonly runner: LocalRunner;
  readonly problems: (Failure | null)[] = [];
  readonly logged: string[] = [];
  readonly steps: Step[] = [];
  judge: Judge = () => Promise.resolve({ ok: true });
  /** Called at every step, after it was noted. */
  onStep: (step: Step) => void = () => undefined;
  readonly #dir: string;
  #collecting = false;

  constructor(dir: string) {
    this.#dir = dir;
    const { clock } = this;
    const step = (name: Step): void => {
      this.steps.push(name);
      if (name === 'checkpoint-asked') this.#collecting = true;
      if (name === 'checkpoint-over') this.#collecting = false;
      this.onStep(name);
    };
    this.database = openDatabase(join(dir, 'gleaner.db'));
    this.ledger = new Ledger(this.database, clock);
    this.queue = new LocalQueue({
      database: this.database,
      book: (body, personal) => this.ledger.book(body, personal),
      jobsDir: join(dir, 'jobs'),
      clock,
      step,
    });
    this.runner = new LocalRunner({
      queue: this.queue,
      judge: (files) => this.judge(files),
      clock,
      log: {
        info: () => undefined,
        warn: (_, words) => {
          this.logged.push(words);
        },
      },
      onChange: () => undefined,
      onProblem: (failure) => {
        this.problems.push(failure);
      },
      step,
    });
  }

  async add(command: readonly string[], different: Record<string, unknown> = {}): Promise<string> {
    const document = JobDocument.parse({
      schema: 1,
      title: command.join(' '),
      command,
      price: { amount: 3, unit: 'points' },
      ...different,
    });
    const inputTarPath = join(this.#dir, 'input.tar');
    const input = tarBytes([{ path: 'in/seed', content: 'a seed' }]);
    await writeFile(inputTarPath, input);
    return this.queue.add({
      document,
      inputTarPath,
      documentDigest: sha256Digest(canonicalJson(document)),
      inputDigest: sha256Digest(input),
    });
  }

  machine(): FakeMachine {
    return new FakeMachine(this.clock);
  }

  /** Runs until the queue is empty, the machine's seconds passing while a job runs and no checkpoint is collected. */
  async run(machine: FakeMachine, each: () => void = () => undefined): Promise<RunEnd> {
    const run = this.start(machine);
    while (!run.over) {
      await turn();
      if (machine.busy && !this.#collecting) {
        machine.tick();
        each();
      }
    }
    return run.result;
  }

  /** Begins to run; time passes only as the test turns it. */
  start(machine: JobMachine): { readonly over: boolean; readonly result: Promise<RunEnd> } {
    const run = { over: false, result: this.runner.run(machine) };
    const end = (): void => {
      run.over = true;
    };
    run.result.then(end, end);
    return run;
  }

  /** Waits, turn by turn of the event loop, until it is so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await turn();
  }

  /** Lets everything that is ready go on, and a collection come to its end. */
  async settled(): Promise<void> {
    await turn();
    while (this.#collecting) await turn();
    await turn();
  }

  view(id: string): JobView {
    const view = this.queue.view(id);
    if (!view) throw new Error(`no job ${id}`);
    return view;
  }

  /** `outcome failure credit` of every attempt at a job. */
  booked(id: string): string[] {
    return this.ledger
      .entriesOf(id)
      .map(({ body }) => [body.outcome, body.failure ?? '-', body.credit?.amount ?? '-'].join(' '));
  }

  close(): void {
    this.database.close();
  }
}
