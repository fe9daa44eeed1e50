import { type Failure, type FailureCode, GleanerError, toFailure } from '../../contract/index.ts';
import { type Halt, Halted } from '../halt.ts';
import type { UnfrozenWait } from '../runner-time.ts';
import type { ClientLook, ClientProject } from './messages.ts';
import { preferences } from './preferences.ts';
import type { ProjectRecord } from './record.ts';
import type { ClientLink } from './runner-client.ts';
import type { RunnerOptions } from './runner-machine.ts';
import { workBuffer } from './work-buffer.ts';

/** Times are unfrozen ms. */
const attachMs = 180_000;
const maxAttaches = 3;
/** What a VM gets changes all the time; a client that is told writes a message each time. */
const preferencesEveryMs = 30 * 60_000;
/** A client writes its account file when it attaches; by then it is on the disk. */
const keySafeMs = 60_000;

/** A project that will not have us, or cannot be reached; `attention`: until the person acts. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly failure: Failure;
  readonly attention: boolean;

  constructor(failure: Failure, attention: boolean) {
    super(failure.sentence);
    this.failure = failure;
    this.attention = attention;
  }
}

/** What mends itself, in time. */
const passing: readonly FailureCode[] = [
  'grid-unreachable',
  'egress-denied',
  'network-metered',
  'network-quota',
  'network-unavailable',
  'proxy-refused',
];

/** What the person asked for, to be passed on when the client can be reached. */
export interface Wishes {
  update: boolean;
  /** Of tasks; which ones, the record knows. */
  abort: boolean;
}

export interface SteeringContext extends RunnerOptions {
  readonly record: ProjectRecord;
  readonly wait: UnfrozenWait;
  readonly halt: Halt;
  readonly link: ClientLink;
  readonly wishes: Wishes;
}

/** Brings a client to what is wanted of it. */
export class Steering {
  readonly #o: SteeringContext;
  /** Tasks that the client was asked to abort since it was reached. */
  readonly #aborted = new Set<string>();
  #attaches = 0;
  #preferences = '';
  #preferencesAt = Number.NEGATIVE_INFINITY;
  #hostKnownSince: number | undefined;

  constructor(context: SteeringContext) {
    this.#o = context;
  }

  /** The client was reached; one that was `started` has the preferences as files. */
  async enter(started: boolean): Promise<void> {
    const { link, wait } = this.#o;
    await link.ask('runMode', { mode: 'always' });
    await link.ask('networkMode', { mode: 'always' });
    this.#aborted.clear();
    this.#preferences = started ? this.#wantedPreferences() : '';
    this.#preferencesAt = started ? wait.now() : Number.NEGATIVE_INFINITY;
  }

  /** The next look shows it. Rejects with {@link Refused}. */
  async attach(): Promise<void> {
    const { link, halt, store, id, key, log } = this.#o;
    const { url, name } = store.project(id);
    const account = await halt.race(key());
    if (account === null) throw new Refused(keyLost(name), true);
    if (this.#attaches >= maxAttaches) throw new Refused(notKept(name), true);
    // Whoever leaves meanwhile must not find it attached again.
    if (store.project(id).state === 'leaving') return;
    this.#attaches += 1;
    try {
      await link.ask('attach', { url, key: account, name }, attachMs);
      log.info('boinc', 'attached', { grid: id });
    } catch (error) {
      if (!(error instanceof GleanerError)) throw error;
      if (error.code !== 'already-joined')
        throw new Refused(error.toFailure(), !passing.includes(error.code));
    }
  }

  /** Sets what is set otherwise, and passes on what the person wishes. */
  async steer(project: ClientProject): Promise<void> {
    const { link, store, id, wishes, record, wait } = this.#o;
    const { url } = project;
    const { noNewWork, suspended } = store.project(id);
    if (project.noNewWork !== noNewWork || project.suspended !== suspended) {
      await link.ask('setProject', { url, noNewWork, suspended });
    }
    if (wait.now() - this.#preferencesAt >= preferencesEveryMs) {
      this.#preferencesAt = wait.now();
      const wanted = this.#wantedPreferences();
      if (wanted !== this.#preferences) await link.ask('setPreferences', { xml: wanted });
      this.#preferences = wanted;
    }
    for (const { name, abortedBy } of record.open()) {
      if (abortedBy !== null && !this.#aborted.has(name)) await this.abort(url, name);
    }
    wishes.abort = false;
    if (wishes.update) {
      // One that comes while this is asked is another one.
      wishes.update = false;
      try {
        await link.ask('update', { url });
      } catch (error) {
        wishes.update = true;
        throw error;
      }
    }
  }

  /** What the client does not want to do is told in the log; the next look shows what is. */
  async abort(url: string, task: string): Promise<void> {
    try {
      await this.#o.link.ask('abortTask', { url, task });
    } catch (error) {
      if (!(error instanceof GleanerError)) throw error;
      this.#o.log.warn('boinc', `not aborted: ${error.message}`, { grid: this.#o.id, task });
    }
    this.#aborted.add(task);
  }

  /** Once the account key is in the VM, and safe there, the host's copy is let go of. */
  async letKeyGo({ hostId }: ClientProject): Promise<void> {
    const { store, id, wait, halt, attached, log } = this.#o;
    if (hostId === null || !store.project(id).keyHeld) return;
    this.#hostKnownSince ??= wait.now();
    if (wait.now() - this.#hostKnownSince < keySafeMs) return;
    try {
      await halt.race(attached());
      store.keyGone(id);
    } catch (error) {
      if (error instanceof Halted) throw error;
      log.warn('boinc', toFailure(error).sentence, { grid: id });
      this.#hostKnownSince = wait.now();
    }
  }

  #wantedPreferences(): string {
    const { room, availability, due } = this.#o;
    return preferences(room(), workBuffer(availability(), due()));
  }
}

/**
 * Throws {@link Refused} when a scheduler says that it does not know the account key: "Invalid or missing account key",
 * in sched/handle_request.cpp of BOINC. A project that has given this host a number knew the key. Pure.
 */
export function checkKey(name: string, look: ClientLook, project: ClientProject | undefined): void {
  if (project?.hostId !== null) return;
  if (look.messages.some(({ text }) => /missing account key/i.test(text))) {
    throw new Refused(
      {
        code: 'account-refused',
        sentence: `${name} does not know the account key.`,
        hint: 'Leave the project and join it again, with a key from its web site.',
      },
      true,
    );
  }
}

function keyLost(name: string): Failure {
  return {
    code: 'account-refused',
    sentence: `The virtual machine of ${name} has lost the project, and its account key is kept nowhere else.`,
    hint: 'Leave the project and join it again.',
  };
}

function notKept(name: string): Failure {
  return {
    code: 'grid-protocol',
    sentence: `The BOINC client does not keep ${name}, however often it is attached.`,
    hint: 'Leave the project and join it again.',
  };
}
