import type { Failure } from '../../contract/index.ts';
import type { Waiting } from './runner-words.ts';
import type { JoinedProject } from './store-types.ts';
import { stuckFailure } from './task-endings.ts';

/** What is in the way of one project, and what of it the person should look at. */
export class Mood {
  readonly #tell: (failure: Failure | null) => void;
  /** Until the person acts: it has no work so long. */
  #refused: Failure | null = null;
  /** Its client could not be run; it is tried again. */
  #broken: Failure | null = null;
  /** It could not be reached; that is nobody's fault here. */
  #passing: Failure | null = null;
  #storage: Failure | null = null;
  #stuck: Failure | null = null;
  #told: Failure | null = null;
  waiting: Waiting | null = null;

  constructor(tell: (failure: Failure | null) => void) {
    this.#tell = tell;
  }

  get isRefused(): boolean {
    return this.#refused !== null;
  }

  get attention(): Failure | null {
    return this.#refused ?? this.#broken;
  }

  get passing(): Failure | null {
    return this.#passing;
  }

  refused(failure: Failure): void {
    this.#refused = failure;
    this.#update();
  }

  broken(failure: Failure): void {
    this.#broken = failure;
    this.#update();
  }

  unreachable(failure: Failure): void {
    this.#passing = failure;
  }

  /** The client answers. */
  fine(): void {
    this.#broken = null;
    this.#passing = null;
    this.#update();
  }

  storage(failure: Failure | null): void {
    this.#storage = failure;
    this.#update();
  }

  stuck({ name }: JoinedProject, task: string): void {
    this.#stuck = { ...stuckFailure, sentence: `${name}: ${task} was aborted, for it used no CPU any more.` };
    this.#update();
  }

  /** The person acts: what was in the way is tried again. */
  clear(): void {
    this.#refused = null;
    this.#stuck = null;
    this.waiting = null;
    this.fine();
  }

  #update(): void {
    const problem = this.#refused ?? this.#broken ?? this.#storage ?? this.#stuck;
    if (problem?.sentence === this.#told?.sentence) return;
    this.#told = problem;
    this.#tell(problem);
  }
}
