import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { systemClock } from '../../base/clock.ts';
import { Mutex } from '../../base/mutex.ts';
import { connectToParent } from '../../base/parent.ts';
import { GleanerError, toFailure } from '../../contract/failures.ts';
import { type CtlContext, verbs } from './ctl.ts';
import { Forwards, Reaches } from './forwards.ts';
import { shakeHands } from './handshake.ts';
import type { Crowding, FromChild, Opening, Request, ToChild, WatchNews } from './messages.ts';
import { SshSession } from './ssh.ts';

/**
 * The worker `session`: everything that parses what a guest wrote runs here, away from the host's own process.
 * One worker is one SSH session. It counts no time (that stands still while the VM is frozen, which only the
 * host knows): whoever is tired of waiting kills it.
 */

const parent = connectToParent();
const tell = (message: FromChild): void => {
  parent.send(message);
};

// A guest can make us work; it must not get more of the computer that way than the person's own programs.
try {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
} catch {
  // Not permitted everywhere; then we run like the others.
}

const second = (): Promise<void> =>
  new Promise((resolve) => {
    systemClock.after(1000, resolve);
  });

let session: CtlContext | undefined;

async function open({ files, keys, fresh }: Opening): Promise<void> {
  const socket = await connectPort(files.portPath);
  await shakeHands(socket, { nonce: randomBytes(16).toString('hex'), fresh, clock: systemClock });
  const ssh = await SshSession.open(socket, keys);
  ssh.onLost(lose);
  const tellCrowding = (crowding: Crowding): void => {
    tell({ kind: 'crowding', ...crowding });
  };
  const now = (): number => systemClock.monotonic();
  const context = {
    ssh,
    files,
    forwards: new Forwards(tellCrowding, now),
    reaches: new Reaches(tellCrowding, now),
    second,
    inDisk: new Mutex(),
    outDisk: new Mutex(),
  };
  const hello = await verbs.hello(context, null, () => undefined);
  session = context;
  tell({ kind: 'open', hello });
}

function connectPort(portPath: string): Promise<Socket> {
  const socket = connect(portPath);
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      reject(
        new GleanerError('session-lost', `The virtual machine's port cannot be reached: ${error.message}`),
      );
    });
    socket.once('connect', () => {
      // From here on whoever uses the socket hears of its end by `close`.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

async function answer(request: Request): Promise<void> {
  const { id } = request;
  const news = (latest: WatchNews): void => {
    tell({ kind: 'news', id, news: latest });
  };
  try {
    if (!session) throw new GleanerError('session-lost', 'The session is not open yet.');
    tell({ kind: 'answer', id, value: await perform(session, request, news) });
  } catch (error) {
    tell({ kind: 'refused', id, failure: toFailure(error) });
  }
}

function perform(context: CtlContext, request: Request, news: (latest: WatchNews) => void): Promise<unknown> {
  // The table's functions and inputs match by verb, which TypeScript cannot follow through a union.
  const verb = verbs[request.verb] as (c: CtlContext, input: unknown, n: typeof news) => Promise<unknown>;
  return verb(context, request.input, news);
}

/** The session is over, and so is this worker: the parent starts another. */
function lose(error: unknown): void {
  tell({ kind: 'lost', failure: toFailure(error) });
}

parent.onMessage((message) => {
  const asked = message as ToChild;
  if (asked.kind === 'open') open(asked).catch(lose);
  else void answer(asked);
});
