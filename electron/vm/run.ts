import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SpawnWorker } from '../base/worker.ts';
import { type Failure, GleanerError } from '../contract/failures.ts';
import { consoleBytes } from './argv.ts';
import { Comeback } from './comeback.ts';
import { Governor } from './governor.ts';
import { sendState } from './migration.ts';
import type { Prepared } from './prepare.ts';
import type { ProcessTable } from './proc.ts';
import { type QemuExit, QemuProcess } from './process.ts';
import { QmpClient } from './qmp.ts';
import { GuestSession } from './session/client.ts';
import type { GuestHello } from './session/messages.ts';

export interface RunOptions {
  readonly prepared: Prepared;
  readonly vcpus: number;
  readonly share: number;
  readonly spawnWorker: SpawnWorker;
  readonly table: ProcessTable;
  readonly clock: Clock;
  readonly log: Log;
  /** The VM's figures changed. */
  readonly onChange: () => void;
  /** The guest ended by itself, or cannot be talked to any more, while QEMU still lives. */
  readonly onLost: (failure: Failure) => void;
  /** The saved state that this guest comes from is used up; its vCPUs have not run yet. */
  readonly onConsumed: () => void;
}

/** QEMU was asked to stop its vCPUs and has not answered for so long: the process itself is stopped. In ms. */
const watchdogMs = 250;
const quitPatienceMs = 3000;
const consolePatienceMs = 1000;

/** One QEMU from its launch to its end, with the monitor, the guest session and the governor that belong to it. */
export class VmRun {
  readonly session: GuestSession;
  readonly governor: Governor;
  readonly exited: Promise<QemuExit>;
  readonly launchedAt: number;
  readonly #o: RunOptions;
  readonly #qemu: QemuProcess;
  readonly #monitor: QmpClient;
  readonly #comeback: Comeback | undefined;
  #paused = false;
  /** Stopped by signal, because the monitor did not answer in time. */
  #halted = false;
  #noSpace = false;
  #clockDue = false;

  private constructor(o: RunOptions, qemu: QemuProcess, launchedAt: number) {
    this.#o = o;
    this.#qemu = qemu;
    this.launchedAt = launchedAt;
    const { clock, log } = o;
    this.#monitor = new QmpClient(qemu.monitor);
    this.session = new GuestSession({
      files: o.prepared.files,
      keys: {
        clientPrivateKey: o.prepared.keys.clientPrivateKey,
        hostPublicKey: o.prepared.keys.hostPublicKey,
      },
      spawnWorker: o.spawnWorker,
      clock,
      log,
      // Half a packet of the session before may sit in a guest that was saved.
      fresh: o.prepared.saved === undefined,
    });
    this.#comeback = o.prepared.saved && new Comeback(o.prepared.folder, o.prepared.saved.pieces);
    this.governor = new Governor({
      vcpus: o.vcpus,
      share: o.share,
      cpuMs: () => qemu.cpuMs(),
      setCpu: (quota, period) => this.session.setCpu(quota, period),
      pause: () => {
        this.#tell('stop');
      },
      resume: () => {
        this.#tell('cont');
      },
      clock,
      log,
      onChange: () => {
        if (this.#clockDue) void this.setClock();
        o.onChange();
      },
    });
    this.session.onDead(o.onLost);
    this.#monitor.onEvent((name, data) => {
      this.#onEvent(name, data);
    });
    this.exited = qemu.exited.then(async (exit) => {
      this.governor.dispose();
      this.#monitor.dispose();
      await this.session.dispose();
      return exit;
    });
  }

  /**
   * Starts QEMU, its vCPUs held until its monitor answers. By then the wrapper has tied QEMU's life to ours: a
   * host that dies in the instants before leaves a QEMU that uses no CPU, for the next host to end. Rejects
   * `qemu-missing`.
   */
  static async launch(o: RunOptions): Promise<VmRun> {
    const launchedAt = o.clock.monotonic();
    const { plan, saved } = o.prepared;
    const args = [...plan.args, '-S', ...(saved ? ['-incoming', 'defer'] : [])];
    const restoring = saved !== undefined;
    const qemu = await QemuProcess.launch({ ...plan, args }, o.table, o.clock, { restoring });
    return new VmRun(o, qemu, launchedAt);
  }

  get pid(): number | undefined {
    return this.#qemu.pid;
  }

  /** The generation of the saved state that the guest comes from. */
  get restoredFrom(): string | undefined {
    return this.#o.prepared.saved?.generation;
  }

  get residentBytes(): number | undefined {
    return this.#qemu.residentBytes();
  }

  /** What is wrong with a VM that goes on nevertheless. */
  problems(): Failure[] {
    const problems: Failure[] = [];
    if (this.#clockDue) {
      problems.push({ code: 'guest-clock', sentence: 'The guest’s clock could not be set yet.' });
    }
    if (this.#noSpace) {
      problems.push({
        code: 'disk-full',
        sentence: 'The disk is full: the guest could not write.',
        hint: 'Free some space; jobs that failed for it can be added again.',
      });
    }
    return problems;
  }

  /**
   * Waits until the guest is ready, sets its clock and its quota. A guest that comes from a saved state is brought
   * back first. Rejects `guest-not-ready` after `limitMs` of unfrozen time, `qemu-exited` when QEMU ends before, and
   * `state-unfit` when the saved state is damaged.
   */
  async boot(limitMs: number): Promise<GuestHello> {
    await this.#monitor.ready();
    const stream = this.#qemu.incoming;
    if (this.#comeback && stream) {
      await this.#comeback.load({ monitor: this.#monitor, stream, gone: this.exited });
      this.#o.log.info('vm', 'the saved state is used up');
      this.#o.onConsumed();
    }
    if (!this.#paused) this.#tell('cont');
    await this.#comeback?.tidy();
    const hello = await this.session.connect(limitMs);
    await this.session.setClock(this.#o.clock.now());
    await this.governor.apply();
    return hello;
  }

  /**
   * Stops the vCPUs: the command is written before this returns. Resolves when QEMU has acknowledged it, or when
   * the watchdog has stopped the whole process instead.
   */
  pause(): Promise<void> {
    this.governor.hold();
    this.#paused = true;
    this.#comeback?.hold();
    const answered = this.#monitor.execute('stop');
    this.session.frozen(true);
    return new Promise((resolve, reject) => {
      const cancelWatchdog = this.#o.clock.after(watchdogMs, () => {
        this.#o.log.warn('vm', 'QEMU is slow to stop its guest: the process is stopped');
        this.#halted = true;
        this.#qemu.signal('SIGSTOP');
        resolve();
      });
      answered.then(
        () => {
          cancelWatchdog();
          resolve();
        },
        (error: unknown) => {
          cancelWatchdog();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      );
    });
  }

  /** Lets the vCPUs go on; resolves when QEMU has acknowledged it. */
  async resume(): Promise<void> {
    this.#unhalt();
    this.#paused = false;
    this.session.frozen(false);
    // One that is not back yet must not run before its state is used up, which is then done with it.
    if (this.#comeback?.held) this.#comeback.goOn();
    else await this.#monitor.execute('cont');
  }

  /**
   * Gives away the state of a guest that is paused. Rejects as {@link sendState} does; the guest can go on then.
   * @param o.limitBytes more is refused
   */
  async send(o: {
    readonly limitBytes: number;
    readonly signal: AbortSignal;
    readonly take: (piece: Uint8Array) => Promise<void>;
  }): Promise<void> {
    const { folder, plan } = this.#o.prepared;
    await sendState({
      ...o,
      monitor: this.#monitor,
      socketPath: folder.wirePath,
      wirePath: plan.wirePath,
      uid: plan.uid,
      gone: this.exited,
      clock: this.#o.clock,
    });
  }

  /** Resolves when the vCPUs and the disks of a paused guest stand still for certain. */
  async standStill(): Promise<void> {
    // A process that is stopped by signal answers nothing; the monitor obeys the stop that it was sent then.
    this.#unhalt();
    const answer = await this.#monitor.execute('query-status');
    if (typeof answer === 'object' && answer !== null && 'running' in answer && answer.running === false)
      return;
    throw new GleanerError('state-unavailable', 'The virtual machine does not stand still.');
  }

  /** The guest's wall clock stood still while it was frozen. A failure is a problem, tried again later. */
  async setClock(): Promise<void> {
    this.#clockDue = false;
    try {
      await this.session.setClock(this.#o.clock.now());
    } catch (error) {
      this.#clockDue = true;
      this.#o.log.warn('vm', 'the guest’s clock could not be set', { why: String(error) });
    }
  }

  /** Ask, wait, kill; resolves when nothing is left. */
  async quit(): Promise<QemuExit> {
    // A state that is not used up by now stays whole.
    this.#comeback?.hold();
    this.governor.hold();
    // First, so that nobody takes the coming loss for one that is to be repaired.
    const sessionEnded = this.session.dispose();
    this.#unhalt();
    await this.#qemu.stop(() => {
      this.#tell('quit');
    }, quitPatienceMs);
    await sessionEnded;
    return this.exited;
  }

  /**
   * The last lines of the guest's console, for the log: guest text, so at most a few and without control
   * characters. Empty when QEMU does not answer: it may be hung.
   */
  async consoleTail(): Promise<string> {
    const asked = { device: 'console', size: consoleBytes, format: 'utf8' };
    const answered = this.#monitor.execute('ringbuf-read', asked).catch(() => '');
    const raw = await Promise.race([answered, this.#later(consolePatienceMs)]);
    const text = typeof raw === 'string' ? raw : '';
    const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '');
    return lines
      .slice(-4)
      .join(' / ')
      .replace(/[^\x20-\x7e]/g, '')
      .slice(-400);
  }

  #later(ms: number): Promise<undefined> {
    return new Promise((resolve) => {
      const cancel = this.#o.clock.after(ms, () => {
        resolve(undefined);
      });
      void this.exited.then(cancel);
    });
  }

  #unhalt(): void {
    if (!this.#halted) return;
    this.#halted = false;
    this.#qemu.signal('SIGCONT');
  }

  /** A command whose only possible failure is that QEMU is gone, which others notice. */
  #tell(name: string): void {
    this.#monitor.execute(name).catch(() => undefined);
  }

  #onEvent(name: string, data: Readonly<Record<string, unknown>>): void {
    if (name === 'SHUTDOWN' && data['guest'] === true) {
      this.#o.onLost({ code: 'guest-not-ready', sentence: 'The guest system ended by itself.' });
    } else if (name === 'BLOCK_IO_ERROR' && data['nospace'] === true && !this.#noSpace) {
      this.#noSpace = true;
      this.#o.onChange();
    }
  }
}
