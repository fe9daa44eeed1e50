import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, openSync, rmSync } from 'node:fs';
import { constants, devNull } from 'node:os';
import { Duplex, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Clock } from '../base/clock.ts';
import { GleanerError } from '../contract/failures.ts';
import { cleanStdio, inheritableDescriptors } from './descriptors.ts';
import { gone, writePidFile } from './orphans.ts';
import type { ProcessTable } from './proc.ts';
import { childPid } from './sandbox.ts';

/** A command line and who runs it. */
export interface LaunchPlan {
  readonly command: string;
  readonly args: readonly string[];
  /** Run as this user and group, without supplementary groups; only root can ask for it. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The command is bwrap (or becomes it), which tells QEMU's pid on descriptor 4. */
  readonly wrapped: boolean;
  readonly pidFilePath: string;
  /** Where QEMU finds the host's socket for what is to be saved. */
  readonly wirePath: string;
}

/** The descriptor from which QEMU reads a saved state. */
export const incomingDescriptor = 5;

/** How QEMU ended. `stderr` holds the last of what it wrote. */
export interface QemuExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

const stderrBytes = 8 * 1024;

/** One QEMU with its wrapper: owned, metered, and always reaped. */
export class QemuProcess {
  /** QEMU's monitor: descriptor 3 of the child. */
  readonly monitor: Duplex;
  /** The other end of {@link incomingDescriptor}, for a QEMU that waits for a saved state. */
  readonly incoming: Duplex | undefined;
  /** Resolves once QEMU and its wrapper are gone, however that came; never rejects. */
  readonly exited: Promise<QemuExit>;
  readonly #child: ChildProcess;
  readonly #plan: LaunchPlan;
  readonly #table: ProcessTable;
  readonly #clock: Clock;
  #qemu: { readonly pid: number; readonly startTime: string | undefined } | undefined;
  #stderr = '';
  #gone = false;

  private constructor(child: ChildProcess, plan: LaunchPlan, table: ProcessTable, clock: Clock) {
    this.#child = child;
    this.#plan = plan;
    this.#table = table;
    this.#clock = clock;
    const monitor = child.stdio[3];
    if (!(monitor instanceof Duplex)) throw new Error('no monitor descriptor');
    this.monitor = monitor;
    monitor.on('error', () => undefined);
    // Its type knows five at most.
    const incoming = (child.stdio as readonly unknown[])[incomingDescriptor];
    this.incoming = incoming instanceof Duplex ? incoming : undefined;
    this.incoming?.on('error', () => undefined);
    child.on('error', () => undefined);
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('latin1')).slice(-stderrBytes);
    });
    this.exited = this.#watchExit();
  }

  /**
   * Starts the plan and resolves when QEMU's pid is known and recorded in the pid file. A wrapper that fails
   * resolves too, with `pid` undefined and `exited` telling why. Rejects `qemu-missing` when the command cannot
   * be started at all.
   * @param o.restoring QEMU gets {@link incoming}
   */
  static async launch(
    plan: LaunchPlan,
    table: ProcessTable,
    clock: Clock,
    { restoring = false } = {},
  ): Promise<QemuProcess> {
    const nullDescriptor = openSync(devNull, 'r+');
    const wanted: ('ignore' | 'pipe')[] = ['ignore', 'ignore', 'pipe', 'pipe'];
    if (plan.wrapped) wanted.push('pipe');
    if (restoring) wanted[incomingDescriptor] = 'pipe';
    if (restoring && !plan.wrapped) wanted[incomingDescriptor - 1] = 'ignore';
    const stdio: StdioOptions = cleanStdio(wanted, inheritableDescriptors(), nullDescriptor);
    let child: ChildProcess;
    try {
      child = spawn(plan.command, plan.args, {
        stdio,
        cwd: '/',
        env: { PATH: '/usr/bin:/bin', LANG: 'C' },
        windowsHide: true,
        ...(plan.uid === undefined ? {} : { uid: plan.uid }),
        ...(plan.gid === undefined ? {} : { gid: plan.gid }),
      });
    } finally {
      closeSync(nullDescriptor);
    }
    await spawned(child, plan.command);
    const qemu = new QemuProcess(child, plan, table, clock);
    await qemu.#identify();
    return qemu;
  }

  /** QEMU's own pid as the host sees it; undefined when it never came to be or is gone. */
  get pid(): number | undefined {
    return this.#gone ? undefined : this.#qemu?.pid;
  }

  /** CPU time QEMU has used so far, in ms over all its threads; undefined when gone or not readable here. */
  cpuMs(): number | undefined {
    return this.#alive()?.cpuMs;
  }

  /** Resident memory in bytes. */
  residentBytes(): number | undefined {
    return this.pid === undefined ? undefined : this.#table.residentBytes(this.pid);
  }

  /** Sends QEMU itself a signal, if it is still the process that we started. */
  signal(signal: NodeJS.Signals): void {
    if (this.#qemu && this.#alive()) this.#table.kill(this.#qemu.pid, signal);
  }

  /**
   * The ladder: `ask` for an end, wait `patienceMs` for it, kill QEMU, and at last its wrapper. Resolves when
   * all of it is reaped.
   */
  async stop(ask: () => void, patienceMs: number): Promise<QemuExit> {
    ask();
    const cancelKill = this.#clock.after(patienceMs, () => {
      this.kill();
    });
    const exit = await this.exited;
    cancelKill();
    return exit;
  }

  /** Ends it at once. The wrapper follows its child; without a known child the wrapper goes itself. */
  kill(): void {
    if (this.#alive()) this.signal('SIGKILL');
    else this.#child.kill('SIGKILL');
  }

  #alive(): ReturnType<ProcessTable['stat']> {
    const qemu = this.#qemu;
    if (!qemu || this.#gone) return undefined;
    const stat = this.#table.stat(qemu.pid);
    return stat?.startTime === qemu.startTime ? stat : undefined;
  }

  async #identify(): Promise<void> {
    const own = this.#child.pid;
    if (own === undefined) return;
    writePidFile(this.#plan.pidFilePath, [own], this.#table);
    const pid = this.#plan.wrapped ? await this.#announcedPid() : own;
    if (pid === undefined) return;
    this.#qemu = { pid, startTime: this.#table.stat(pid)?.startTime };
    writePidFile(this.#plan.pidFilePath, [...new Set([own, pid])], this.#table);
  }

  /** Reads bwrap's announcement; undefined when it ended without one. */
  #announcedPid(): Promise<number | undefined> {
    const pipe = this.#child.stdio[4];
    if (!(pipe instanceof Readable)) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let text = '';
      pipe.on('data', (chunk: Buffer) => {
        text = (text + chunk.toString('latin1')).slice(0, 4096);
        const pid = childPid(text);
        if (pid !== undefined) resolve(pid);
      });
      pipe.on('error', () => {
        resolve(undefined);
      });
      pipe.on('close', () => {
        resolve(undefined);
      });
    });
  }

  async #watchExit(): Promise<QemuExit> {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      this.#child.once('exit', (...how: [number | null, NodeJS.Signals | null]) => {
        resolve(how);
      });
    });
    // A wrapper that was killed takes QEMU with it, but not in the same instant.
    await gone(() => this.#alive() === undefined, this.#clock);
    this.#gone = true;
    if (this.#child.stderr) await finished(this.#child.stderr).catch(() => undefined);
    rmSync(this.#plan.pidFilePath, { force: true });
    return { ...describeExit(code, signal, this.#plan.wrapped), stderr: this.#stderr };
  }
}

/** bwrap answers for a killed child as shells do: 128 + the signal's number. Pure. */
export function describeExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  wrapped: boolean,
): { code: number | null; signal: string | null } {
  if (!wrapped || code === null || code <= 128) return { code, signal };
  const name = Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
  return name === undefined ? { code, signal } : { code: null, signal: name };
}

/** An unexpected end in words for a person. Pure. */
export function exitFailure(exit: QemuExit): GleanerError {
  const how =
    exit.signal !== null ? `was ended by ${exit.signal}` : `ended with exit code ${exit.code ?? 'unknown'}`;
  const lastLine = exit.stderr
    .trim()
    .split('\n')
    .at(-1)
    ?.replace(/[^\x20-\x7e]/g, ' ')
    .slice(0, 300);
  return new GleanerError(
    'qemu-exited',
    `The virtual machine’s QEMU ${how}.`,
    lastLine ? `QEMU said: ${lastLine}` : undefined,
  );
}

function spawned(child: ChildProcess, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => {
      reject(
        new GleanerError(
          'qemu-missing',
          `${command} could not be started: ${cause.message}`,
          'Install QEMU (Debian and Ubuntu: apt-get install qemu-system-x86).',
          { cause },
        ),
      );
    });
  });
}
