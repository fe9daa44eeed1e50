import { once } from 'node:events';
import { chown, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import { GleanerError } from '../contract/failures.ts';
import { incomingDescriptor } from './process.ts';
import type { QmpClient } from './qmp.ts';

/** Bytes per second; QEMU's own bound is meant for networks that others use, too. */
const fastest = 2 ** 40;
/** The vCPUs stand still: what is left may all go at once. In ms, QEMU's largest. */
const longestDowntimeMs = 2_000_000;
/** A QEMU that does not even give up within this time is hung. */
const cancelPatienceMs = 3000;

interface Outgoing {
  readonly monitor: QmpClient;
  /** The host's socket, and the same as QEMU sees it. */
  readonly socketPath: string;
  readonly wirePath: string;
  /** Who QEMU runs as, when that is not us. */
  readonly uid: number | undefined;
  /** More than this is refused. */
  readonly limitBytes: number;
  readonly signal: AbortSignal;
  /** Resolves when QEMU is gone. */
  readonly gone: Promise<unknown>;
  readonly clock: Clock;
  /** Gets the bytes in their order; the next when it has resolved. They are QEMU's, hence hostile. */
  readonly take: (piece: Uint8Array) => Promise<void>;
}

/**
 * Has QEMU send the state of its stopped machine. Rejects `qemu-exited`, `state-unavailable` when QEMU fails or sends
 * too much, the signal's reason when aborted, and what `take` does; by then QEMU has given up sending and its machine
 * can go on.
 */
export async function sendState(o: Outgoing): Promise<void> {
  const { monitor } = o;
  const server = createServer();
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  accepted.catch(() => undefined);
  const outcome = migrationOutcome(monitor, o.gone);
  outcome.catch(() => undefined);
  const aborted = rejectionOf(o.signal);
  let asked = false;
  try {
    await listen(server, o);
    await monitor.execute('migrate-set-capabilities', {
      capabilities: [{ capability: 'events', state: true }],
    });
    await monitor.execute('migrate-set-parameters', {
      'max-bandwidth': fastest,
      'downtime-limit': longestDowntimeMs,
    });
    o.signal.throwIfAborted();
    asked = true;
    await monitor.execute('migrate', { uri: `unix:${o.wirePath}` });
    const failed = failureOf(outcome);
    const [socket] = await Promise.race([accepted, failed, aborted.promise]);
    try {
      await Promise.race([receive(socket, o), failed, aborted.promise]);
    } finally {
      socket.destroy();
    }
    await Promise.race([outcome, aborted.promise]);
  } catch (error) {
    if (asked) await giveUp(monitor, outcome, o.clock);
    throw error;
  } finally {
    aborted.dispose();
    server.close();
    await rm(o.socketPath, { force: true });
  }
}

async function receive(socket: Socket, o: Outgoing): Promise<void> {
  let bytes = 0;
  for await (const piece of socket as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > o.limitBytes) {
      throw new GleanerError('state-unavailable', 'QEMU sends more than its virtual machine can hold.');
    }
    await o.take(piece);
  }
}

/** Only QEMU may connect: the folder is ours, so that nothing can take the socket's place meanwhile. */
async function listen(server: Server, { socketPath, uid }: Outgoing): Promise<void> {
  await rm(socketPath, { force: true });
  const listening = once(server, 'listening');
  server.maxConnections = 1;
  server.listen(socketPath);
  await listening;
  if (uid !== undefined) await chown(socketPath, uid, uid);
}

async function giveUp(monitor: QmpClient, outcome: Promise<void>, clock: Clock): Promise<void> {
  monitor.execute('migrate_cancel').catch(() => undefined);
  let cancel: () => void = () => undefined;
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(cancelPatienceMs, resolve);
  });
  await Promise.race([outcome.catch(() => undefined), late]);
  cancel();
}

/** Resolves when a migration that is asked for after this is completed; rejects when it failed or QEMU is gone. */
function migrationOutcome(monitor: QmpClient, gone: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const off = monitor.onEvent((name, { status }) => {
      if (name !== 'MIGRATION') return;
      if (status !== 'completed' && status !== 'failed' && status !== 'cancelled') return;
      off();
      if (status === 'completed') resolve();
      else
        reject(new GleanerError('state-unavailable', 'QEMU could not give away the state of its machine.'));
    });
    void gone.then(() => {
      off();
      reject(new GleanerError('qemu-exited', 'QEMU has ended.'));
    });
  });
}

/** Never resolves: for races that only its failure shall end. */
function failureOf(outcome: Promise<void>): Promise<never> {
  const failed = outcome.then(() => new Promise<never>(() => undefined));
  failed.catch(() => undefined);
  return failed;
}

interface Incoming {
  readonly monitor: QmpClient;
  /** The host's end of {@link incomingDescriptor}. */
  readonly stream: Duplex;
  readonly gone: Promise<unknown>;
  readonly pieces: AsyncIterable<Uint8Array>;
  /** Asked before each piece; nothing is sent before it resolves. */
  readonly mayGoOn: () => Promise<void>;
}

/**
 * Feeds a QEMU that waits for a state. Resolves when it has taken all of it in, its machine still stopped; rejects
 * `qemu-exited` (QEMU ends when it cannot make anything of it), and what `pieces` throws.
 */
export async function feedState({ monitor, stream, gone, pieces, mayGoOn }: Incoming): Promise<void> {
  await monitor.execute('migrate-set-capabilities', {
    capabilities: [{ capability: 'events', state: true }],
  });
  const outcome = migrationOutcome(monitor, gone);
  outcome.catch(() => undefined);
  await monitor.execute('migrate-incoming', { uri: `fd:${incomingDescriptor}` });
  const failed = failureOf(outcome);
  for await (const piece of pieces) {
    // A QEMU that goes while it is held takes the file's reading with it.
    await Promise.race([mayGoOn(), failed]);
    if (piece.length > 0 && !stream.write(piece)) await Promise.race([once(stream, 'drain'), failed]);
  }
  await outcome;
  stream.destroy();
}

function rejectionOf(signal: AbortSignal): { promise: Promise<never>; dispose: () => void } {
  let onAbort: () => void = () => undefined;
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
  });
  promise.catch(() => undefined);
  return {
    promise,
    dispose: () => {
      signal.removeEventListener('abort', onAbort);
    },
  };
}
