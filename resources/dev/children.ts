// Long-lived processes that set-up and tests start: each in a group of its own, ended with us whatever happens.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { watchParent } from './bootstrap.mjs';

/** How a process ended: its code, or 128 + n for signal n as a shell would say it; 127 when it could not start. */
export type ExitCode = number;

export interface OwnedChild {
  readonly process: ChildProcess;
  readonly exited: Promise<ExitCode>;
  /** Asks the process to end, kills it after `graceMs`, and whatever of its group is left then. Idempotent. */
  stop(graceMs: number): Promise<void>;
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
};

/**
 * Starts `argv` as the leader of its own process group, so that a Ctrl-C at the terminal reaches only us and the order
 * of ending is ours. On Linux it gets a SIGTERM should we die without a word.
 * @param options `askGroup`: stopping asks every process of the group, not just the leader, for leaders such as npm that
 *   do not pass it on
 */
export function spawnOwned(
  argv: readonly string[],
  options: { cwd?: string; env: NodeJS.ProcessEnv; stdio: StdioOptions; askGroup?: boolean },
): OwnedChild {
  const tied = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'TERM', '--', ...argv] : argv;
  const [command = '', ...args] = tied;
  const child = spawn(command, args, { ...options, detached: process.platform !== 'win32' });
  const killGroup = () => {
    signalGroup(child, 'SIGKILL');
  };
  process.once('exit', killGroup);
  const exited = new Promise<ExitCode>((resolve) => {
    const end = (code: ExitCode) => {
      process.off('exit', killGroup);
      resolve(code);
    };
    child.once('error', () => {
      end(127);
    });
    child.once('exit', (code, signal) => {
      end(code ?? 128 + (signal === null ? 0 : (signalNumbers[signal] ?? 0)));
    });
  });
  const stop = async (graceMs: number) => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    if (options.askGroup === true) signalGroup(child, 'SIGTERM');
    else child.kill('SIGTERM');
    const given = new AbortController();
    const late = await Promise.race([
      exited.then(() => false),
      delay(graceMs, true, { signal: given.signal }).catch(() => false),
    ]);
    given.abort();
    if (late) killGroup();
    await exited;
    killGroup();
  };
  return { process: child, exited, stop };
}

/** What a signal's second delivery within this time is: the terminal's and npm's copy of one Ctrl-C. */
const sameSignalMs = 1000;

/**
 * Listens for the signals that end a program; the loss of npm, which started it, counts as one.
 * @param onSignal is told whether this is the person's first; a repeated one means that they do not want to wait
 * @returns stops listening
 */
export function onEndSignals(onSignal: (first: boolean) => void): () => void {
  let asked: number | undefined;
  const listener = () => {
    if (asked !== undefined && Date.now() - asked < sameSignalMs) return;
    const first = asked === undefined;
    asked = Date.now();
    onSignal(first);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, listener);
  const unwatch = watchParent(listener);
  return () => {
    unwatch();
    for (const signal of signals) process.off(signal, listener);
  };
}

/** Waits for the one process that this program is about; a signal to us ends it, within `graceMs` or at once. */
export async function untilExit(child: OwnedChild, graceMs: number): Promise<ExitCode> {
  const unlisten = onEndSignals((first) => void child.stop(first ? graceMs : 0));
  try {
    return await child.exited;
  } finally {
    unlisten();
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, signal);
  } catch {
    // Already gone, which is what was wanted.
  }
}
