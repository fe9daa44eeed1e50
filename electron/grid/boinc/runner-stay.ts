import { type Failure, toFailure } from '../../contract/index.ts';
import { Halted } from '../halt.ts';
import type { ClientLook, ClientProject } from './messages.ts';
import { type Outlook, outlookOf } from './outlook.ts';
import { isSameProject } from './project-id.ts';
import { LinkLost } from './runner-client.ts';
import type { AgentMachine } from './runner-machine.ts';
import { checkKey, Steering, type SteeringContext } from './runner-steer.ts';
import { forgetMeasures, type WatchdogState, watchTasks } from './watchdog.ts';

/** Times are unfrozen ms. */
const lookMs = 3000;
/** Nothing at all goes on for so long: the VM is of no use. */
const stillMs = 90_000;
/** Something comes by itself within so long: that is waited for. */
const soonMs = 5 * 60_000;
/** No task is computed and no file moves for so long: however often the project is asked, the VM goes to others. */
const uselessMs = 10 * 60_000;
/** So many looks in a row that fail mean a client that is to be started anew. */
const maxFailedLooks = 5;
/** After a suspension that no freeze follows, its tasks go on. */
const softMs = 20_000;
/** After a soft end that no power-off follows, the client is started again. */
const quietMs = 60_000;

export interface StayContext extends SteeringContext {
  /** Kept from one stay to the next. */
  readonly watchdog: { readonly get: () => WatchdogState; readonly set: (state: WatchdogState) => void };
  /** A look was taken. */
  readonly onLook: (outlook: Outlook) => void;
  /** A task is aborted because it hangs. */
  readonly onStuck: (task: string) => void;
  /** What cannot be written; null: it can again. */
  readonly onStorage: (failure: Failure | null) => void;
}

/** One stay on one machine: from a client that may not even run to one that has nothing to do. */
export class Stay {
  readonly #o: StayContext;
  readonly #machine: AgentMachine;
  readonly #steering: Steering;
  #wake: () => void = () => undefined;
  #frozenMs: number;
  /** On the unfrozen clock. */
  #stirredAt: number;
  #usefulAt: number;
  #failedLooks = 0;
  /** When its tasks were suspended, and how long the machine had stood still by then. */
  #softSince: { readonly at: number; readonly frozenMs: number } | undefined;
  /** Since when the machine is about to go. */
  #quietSince: number | undefined;

  constructor(context: StayContext, machine: AgentMachine) {
    this.#o = context;
    this.#machine = machine;
    this.#steering = new Steering(context);
    this.#frozenMs = machine.frozenMs();
    this.#stirredAt = context.wait.now();
    this.#usefulAt = this.#stirredAt;
    context.link.whenLost(() => {
      this.#wake();
    });
  }

  /**
   * Resolves with the last outlook when there is nothing to do for a while, or with null when it was halted. Rejects
   * with `Refused`, `session-lost`, `agent-failed`, and what starting the client gave.
   */
  async run(): Promise<Outlook | null> {
    const { link, log, id, record } = this.#o;
    try {
      for (;;) {
        try {
          const { started } = await link.connect();
          if (started) record.forgetMessages();
          // What was measured of another client, or before it could not be reached, says nothing.
          this.#o.watchdog.set(forgetMeasures(this.#o.watchdog.get()));
          await this.#steering.enter(started);
          return await this.#watch();
        } catch (error) {
          if (!(error instanceof LinkLost)) throw error;
          log.info('boinc', `the connection to the client is lost: ${error.message}`, { grid: id });
          await this.#afterLoss(error);
        }
      }
    } catch (error) {
      if (error instanceof Halted) return null;
      throw error;
    } finally {
      link.dispose();
      this.#written(() => {
        record.flush();
      });
    }
  }

  /** Something is wished: the next look comes at once. */
  wake(): void {
    this.#usefulAt = this.#o.wait.now();
    this.#stirredAt = this.#usefulAt;
    this.#wake();
  }

  /** Asks the client to let the project go, with all of its tasks. */
  async detach(): Promise<void> {
    const url = this.#o.record.project?.url;
    if (url !== undefined) await this.#o.link.ask('detach', { url });
  }

  /** Ends the client softly, because the machine is about to be powered off. */
  async quiet(graceMs: number): Promise<void> {
    this.#quietSince = this.#o.wait.now();
    await this.#o.link.quit(Math.max(1, Math.ceil(graceMs / 1000)));
  }

  /** Suspends all tasks until the next look after the machine stood still, or after a while without that. */
  async soften(): Promise<void> {
    this.#softSince = { at: this.#o.wait.now(), frozenMs: this.#machine.frozenMs() };
    await this.#o.link.ask('runMode', { mode: 'never' });
  }

  async #harden(): Promise<void> {
    if (!this.#softSince) return;
    const stood = this.#machine.frozenMs() > this.#softSince.frozenMs;
    if (!stood && this.#o.wait.now() - this.#softSince.at < softMs) return;
    this.#softSince = undefined;
    await this.#o.link.ask('runMode', { mode: 'always' });
  }

  async #watch(): Promise<Outlook> {
    const { wait, halt, store, id, clock, permitted } = this.#o;
    for (let first = true; ; first = false) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await this.#harden();
      const { look, project } = await this.#look();
      if (project) {
        if (first) this.#wishForWork(project);
        await this.#steering.steer(project);
        await this.#guard(look, project);
        await this.#steering.letKeyGo(project);
      } else {
        await this.#steering.attach();
      }
      const outlook = outlookOf(look, project, clock.now());
      this.#o.onLook(outlook);
      if (!permitted()) return outlook;
      if (project && (this.#isIdle(outlook) || store.project(id).suspended)) return outlook;
      await wait.pause(lookMs, halt, woken);
    }
  }

  async #look(): Promise<{ readonly look: ClientLook; readonly project: ClientProject | undefined }> {
    const { link, record, store, id } = this.#o;
    const look = await link.ask('look', record.heard());
    this.#failedLooks = 0;
    const { url, name } = store.project(id);
    // It may have moved; there is never another one in its VM.
    const project =
      look.projects.find((one) => isSameProject(one.url, url)) ??
      (look.projects.length === 1 ? look.projects[0] : undefined);
    const frozenMs = this.#machine.frozenMs();
    const frozenSeconds = (frozenMs - this.#frozenMs) / 1000;
    this.#frozenMs = frozenMs;
    this.#written(() => {
      record.take(look, project, { frozenSeconds, ...this.#machine.facts() });
    });
    checkKey(name, look, project);
    return { look, project };
  }

  /** Whoever brings the VM up without a task wants the client to ask, whatever it has backed off from by itself. */
  #wishForWork({ contactPending, nextContactAt }: ClientProject): void {
    const { clock, record, store, id, wishes } = this.#o;
    const mayAsk = !contactPending && (nextContactAt === null || nextContactAt <= clock.now());
    if (mayAsk && record.open().length === 0 && !store.project(id).noNewWork) wishes.update = true;
  }

  async #guard(look: ClientLook, { url }: ClientProject): Promise<void> {
    const { wait, grantedShare, hangsAfterMs, log, id, link, record, onStuck, watchdog } = this.#o;
    const measure = { nowMs: wait.now(), share: grantedShare(), patienceMs: hangsAfterMs };
    const { state, orders } = watchTasks(watchdog.get(), look.tasks, measure);
    watchdog.set(state);
    for (const { task, what } of orders) {
      if (what !== 'abort') continue;
      log.warn('boinc', 'a task still uses no CPU: it is aborted', { grid: id, task });
      this.#written(() => {
        record.abortAsked(task, 'watchdog');
      });
      onStuck(task);
      await this.#steering.abort(url, task);
    }
    if (orders.some(({ what }) => what === 'restart')) {
      log.warn('boinc', 'a task uses no CPU: its client is started anew', { grid: id });
      await link.quit();
      throw new LinkLost('a task uses no CPU');
    }
  }

  async #afterLoss(error: LinkLost): Promise<void> {
    const { wait, halt, link } = this.#o;
    if (this.#quietSince !== undefined) {
      // The machine goes, which ends this; or somebody has thought better of it.
      while (wait.now() - this.#quietSince < quietMs) {
        await halt.race(this.#machine.agentStatus());
        await wait.pause(lookMs, halt);
      }
      this.#quietSince = undefined;
      return;
    }
    this.#failedLooks += 1;
    if (this.#failedLooks < maxFailedLooks) return;
    this.#failedLooks = 0;
    link.distrust(error.message);
  }

  #isIdle({ works, stirs, nextAt }: Outlook): boolean {
    const { wait, clock } = this.#o;
    const now = wait.now();
    if (works) this.#usefulAt = now;
    if (stirs) this.#stirredAt = now;
    if (now - this.#usefulAt >= uselessMs) return true;
    const comesSoon = nextAt !== null && nextAt - clock.now() <= soonMs;
    return now - this.#stirredAt >= stillMs && !comesSoon;
  }

  /** A disk that is full, or that fails, stops no task: it is told, and the next look tries again. */
  #written(write: () => void): void {
    try {
      write();
      this.#o.onStorage(null);
    } catch (error) {
      const failure = toFailure(error);
      this.#o.log.warn('boinc', failure.sentence, { grid: this.#o.id, code: failure.code });
      this.#o.onStorage(failure);
    }
  }
}
