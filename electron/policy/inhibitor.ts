import { type ChildProcess, spawn } from 'node:child_process';
import { backoffMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import { Bus } from './sensors/bus.ts';

/** systemd-logind grants the lock within milliseconds. */
const grantMs = 5000;
const endMs = 2000;
const manager = {
  service: 'org.freedesktop.login1',
  path: '/org/freedesktop/login1',
  interface: 'org.freedesktop.login1.Manager',
};
/** `cat` comes to life when the lock is held, and says so by giving this back; it ends with our end of the pipe. */
const word = 'held\n';
const lockOn = (what: 'sleep' | 'shutdown'): readonly string[] => [
  'systemd-inhibit',
  `--what=${what}`,
  '--mode=delay',
  '--who=Gleaner',
  '--why=Jobs are being brought to a halt and saved',
];
/**
 * One inside the other: for a lock on both at once logind looks up another permission, of handling the lid's switch, which a
 * service never has.
 */
const argv = [...lockOn('sleep'), ...lockOn('shutdown'), 'cat'];

/** Starts a command with pipes for its stdin and stdout. */
export type Spawn = (argv: readonly string[]) => ChildProcess;

/**
 * logind's delay locks on sleep and shutdown (org.freedesktop.login1(5), "Inhibit"): while they are held, PrepareForSleep
 * and PrepareForShutdown leave us time. A lock is a file descriptor, which our D-Bus library cannot receive without
 * native code, so `systemd-inhibit` holds it; should we die without a word, the pipe closes and it lets go. Both are taken and
 * released together, and are called the lock.
 */
export class Inhibitor implements Disposable {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #spawn: Spawn;
  #lock: { readonly child: ChildProcess; readonly held: Promise<boolean> } | undefined;
  /** Of attempts in a row that did not last. */
  #failures = 0;
  #cancelRetry: (() => void) | undefined;
  #held: boolean | null = null;
  readonly #leaving = new Set<Promise<void>>();
  #disposed = false;

  constructor(o: { readonly clock: Clock; readonly log: Log; readonly spawn?: Spawn }) {
    this.#clock = o.clock;
    this.#log = o.log;
    this.#spawn = o.spawn ?? spawnWithPipes;
  }

  /** false: the system does not wait for us although it should; null: it need not, or cannot. */
  get held(): boolean | null {
    return this.#held;
  }

  /**
   * Takes the lock unless it is held already; once a delay is used up (after a sleep), `release` and take it anew.
   * Resolves whether it is held. A lock that is lost is taken again by itself. Never rejects.
   */
  hold(): Promise<boolean> {
    if (this.#disposed) return Promise.resolve(false);
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#lock ??= this.#take();
    return this.#lock.held;
  }

  /** Lets go: from here on the system waits for us no longer. */
  release(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const lock = this.#lock;
    this.#lock = undefined;
    this.#held = null;
    if (lock) this.#end(lock.child);
  }

  /** How long logind waits for holders of delay locks (InhibitDelayMaxUSec), in ms; null when it cannot be asked. */
  async delayMaxMs(): Promise<number | null> {
    let bus: Bus | undefined;
    try {
      bus = await Bus.open({ kind: 'system', env: process.env }, this.#clock, () => undefined);
      const properties = await bus.properties(manager);
      const microseconds = properties.get('InhibitDelayMaxUSec');
      return typeof microseconds === 'bigint' && microseconds < 86_400_000_000n
        ? Number(microseconds) / 1000
        : null;
    } catch {
      return null;
    } finally {
      bus?.dispose();
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    this.release();
    await Promise.all(this.#leaving);
  }

  #take(): { child: ChildProcess; held: Promise<boolean> } {
    const child = this.#spawn(argv);
    child.on('error', () => undefined);
    child.stdin?.on('error', () => undefined);
    const held = new Promise<boolean>((resolve) => {
      const cancel = this.#clock.after(grantMs, () => {
        this.#log.warn('inhibitor', 'systemd-inhibit does not answer');
        resolve(false);
        child.stdin?.end();
        child.kill('SIGKILL');
      });
      child.stdout?.once('data', () => {
        cancel();
        this.#failures = 0;
        if (this.#lock?.child === child) this.#held = true;
        resolve(true);
      });
      const gone = (error?: Error) => {
        cancel();
        resolve(false);
        this.#lose(child, error);
      };
      child.once('error', gone);
      child.once('close', () => {
        gone();
      });
    });
    child.stdin?.write(word);
    return { child, held };
  }

  /** A lock that ends although it is wanted. */
  #lose(child: ChildProcess, error: Error | undefined): void {
    if (this.#lock?.child !== child) return;
    this.#lock = undefined;
    if (error && 'code' in error && error.code === 'ENOENT') {
      this.#held = null;
      this.#log.info('inhibitor', 'this computer has no systemd-inhibit: sleep and shutdown will not wait');
      return;
    }
    this.#failures += 1;
    this.#held = false;
    const inMs = backoffMs(this.#failures, 5000);
    this.#log.warn('inhibitor', 'the lock on sleep and shutdown is not held', { retryInMs: inMs });
    this.#cancelRetry = this.#clock.after(inMs, () => void this.hold());
  }

  /** The ladder: end of input, then a kill. */
  #end(child: ChildProcess): void {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const cancel = this.#clock.after(endMs, () => child.kill('SIGKILL'));
    const gone = new Promise<void>((resolve) => {
      child.once('close', () => {
        cancel();
        this.#leaving.delete(gone);
        resolve();
      });
    });
    this.#leaving.add(gone);
    child.stdin?.end();
  }
}

const spawnWithPipes: Spawn = ([command = '', ...args]) =>
  spawn(command, args, {
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
    // The bus it asks is the one that we listen to.
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      LANG: 'C',
      ...(process.env['DBUS_SYSTEM_BUS_ADDRESS'] === undefined
        ? {}
        : { DBUS_SYSTEM_BUS_ADDRESS: process.env['DBUS_SYSTEM_BUS_ADDRESS'] }),
    },
  });
