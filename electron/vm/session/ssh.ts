import type { Socket } from 'node:net';
import { Client, type ClientChannel } from 'ssh2';
import { GleanerError } from '../../contract/failures.ts';
import type { SessionKeys } from './messages.ts';
import { cleanText } from './text.ts';

/** Bound on what a command may print to each of its streams, in bytes, unless its output is taken by the line. */
export const outputBytes = 64 * 1024;
const commandsMax = 64;
/**
 * What may wait in this process because of the guest. ssh2 keeps to its own windows of 2 MiB but does not insist
 * that the other side does, and it answers requests without looking whether the answers are read. Of each connection
 * whose other end is slow (its network may be) it keeps about 3 MiB; whoever makes connections bounds their number.
 */
const waitingBytesMax = 8 * 1024 * 1024;
const connectionBytesMax = 4 * 1024 * 1024;
/** Of all connections together, however many there are: beyond that a guest costs the host too much. */
const allBytesMax = 512 * 1024 * 1024;

export interface ExecOptions {
  readonly stdin?: Uint8Array | string | undefined;
  /** Takes stdout piece by piece; awaited before more is read, so that the guest can be made to wait. */
  readonly onOutput?: (chunk: Uint8Array) => Promise<void> | void;
}

export interface ExecResult {
  /** Exit code; null when the command was ended by a signal or its end was not told. */
  readonly code: number | null;
  /** Empty when `onOutput` took it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Takes a connection that the guest sends by a forward, or refuses it. */
type Accept = (open: () => ClientChannel, refuse: () => void) => void;

const guestFault = (words: string): GleanerError =>
  new GleanerError('guest-protocol', `The virtual machine broke the session's rules: ${words}.`);
const lostSession = (words: string): GleanerError =>
  new GleanerError('session-lost', `The session with the virtual machine was lost: ${words}.`);

/** An SSH client session over a socket that the handshake has just left. Everything the guest sends is bounded. */
export class SshSession {
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #commands = new Set<ClientChannel>();
  readonly #connections = new Set<ClientChannel>();
  #lost: GleanerError | undefined;
  readonly #lostListeners: ((failure: GleanerError) => void)[] = [];
  readonly #pending = new Set<(error: Error) => void>();
  readonly #accepts = new Map<string, Accept>();

  private constructor(client: Client, socket: Socket) {
    this.#client = client;
    this.#socket = socket;
  }

  /** Resolves when the guest has proven its pinned host key and taken ours. Rejects with `session-lost`. */
  static open(socket: Socket, keys: SessionKeys): Promise<SshSession> {
    const client = new Client();
    const session = new SshSession(client, socket);
    return new Promise((resolve, reject) => {
      session.onLost(reject);
      client.on('ready', () => {
        resolve(session);
      });
      client.on('error', (error) => {
        session.#lose(lostSession(cleanText(error.message, 200)));
      });
      client.on('close', () => {
        session.#lose(lostSession('the guest closed it'));
      });
      client.on('tcp connection', ({ destIP, destPort }, accept, refuse) => {
        session.#accept(`${destIP}:${destPort}`, accept, refuse);
      });
      client.connect({
        sock: socket,
        username: 'root',
        privateKey: keys.clientPrivateKey,
        authHandler: ['publickey'],
        hostVerifier: (key: Buffer) => key.equals(keys.hostPublicKey),
        algorithms: { serverHostKey: ['ssh-ed25519'], compress: ['none'] },
        // Whoever opens the session counts the time, which stands still while the VM is frozen.
        readyTimeout: 0,
        keepaliveInterval: 0,
      });
      // After ssh2's own listener, so that what it has just queued is seen.
      socket.on('data', () => {
        session.#watchMemory();
      });
    });
  }

  /** Called once, also when the session is lost already. */
  onLost(listener: (failure: GleanerError) => void): void {
    if (this.#lost) listener(this.#lost);
    else this.#lostListeners.push(listener);
  }

  /**
   * Runs a command in the guest. Rejects with `session-lost`; and with `guest-protocol`, the session ended, on
   * output beyond the bounds or when `onOutput` throws.
   */
  exec(command: string, o: ExecOptions = {}): Promise<ExecResult> {
    return this.#unlessLost((resolve, reject) => {
      if (this.#commands.size >= commandsMax) {
        reject(new GleanerError('internal', 'Too many things are asked of the virtual machine at once.'));
        return;
      }
      this.#ifConnected(() => {
        this.#client.exec(command, (error, channel) => {
          if (error) reject(guestFault('it refused to run a command'));
          // At once: the end of a short command may already be in the same piece of input.
          else this.#follow(channel, o, resolve);
        });
      });
    });
  }

  #follow(
    channel: ClientChannel,
    { stdin, onOutput }: ExecOptions,
    done: (result: ExecResult) => void,
  ): void {
    this.#commands.add(channel);
    const breakOff = (error: unknown): void => {
      this.#lose(error instanceof GleanerError ? error : guestFault(cleanText(String(error), 200)));
    };
    let code: number | null = null;
    const stdout = collector(breakOff);
    const stderr = collector(breakOff);
    let taking = Promise.resolve();
    channel.on('data', (chunk: Buffer) => {
      if (!onOutput) {
        stdout.take(chunk);
        return;
      }
      channel.pause();
      taking = taking
        .then(() => onOutput(chunk))
        .then(() => {
          channel.resume();
        })
        .catch(breakOff);
    });
    channel.stderr.on('data', stderr.take);
    channel.on('exit', (exit: number | null) => {
      code = exit;
    });
    channel.on('error', breakOff);
    channel.on('close', () => {
      this.#commands.delete(channel);
      void taking.then(() => {
        done({ code, stdout: stdout.text(), stderr: stderr.text() });
      });
    });
    channel.end(stdin);
  }

  /**
   * Asks the guest to send connections to `bindAddress:port` here; see {@link Accept}.
   * Rejects with `guest-protocol` when the guest refuses to listen.
   */
  async forward(bindAddress: string, port: number, accept: Accept): Promise<void> {
    const place = `${bindAddress}:${port}`;
    // A connection may come in the same piece of input as the guest's yes.
    this.#accepts.set(place, accept);
    await this.#unlessLost<undefined>((resolve, reject) => {
      this.#ifConnected(() => {
        this.#client.forwardIn(bindAddress, port, (error) => {
          if (error) {
            this.#accepts.delete(place);
            reject(guestFault(`it cannot listen on ${place}`));
          } else resolve(undefined);
        });
      });
    });
  }

  /**
   * A connection to `address:port` of the guest's own network. Rejects with `grid-unreachable` when nobody listens
   * there, `session-lost`.
   */
  reach(address: string, port: number): Promise<ClientChannel> {
    return this.#unlessLost((resolve, reject) => {
      this.#ifConnected(() => {
        this.#client.forwardOut('127.0.0.1', 0, address, port, (error, channel) => {
          if (error) {
            const words = `Nobody listens on port ${port} of the virtual machine.`;
            reject(new GleanerError('grid-unreachable', words));
            return;
          }
          this.#keep(channel);
          resolve(channel);
        });
      });
    });
  }

  /** Ends the session at once. */
  end(): void {
    this.#lose(lostSession('the host ended it'));
  }

  /** ssh2 throws when the other side has closed and the socket's own end is still to come. */
  #ifConnected(ask: () => void): void {
    try {
      ask();
    } catch {
      this.#lose(lostSession('the guest closed it'));
    }
  }

  /** Runs `begin`, and rejects as soon as the session is lost: what hangs on a channel may never end then. */
  #unlessLost<T>(begin: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      this.#pending.add(reject);
      begin(
        (value) => {
          this.#pending.delete(reject);
          resolve(value);
        },
        (error) => {
          this.#pending.delete(reject);
          reject(error);
        },
      );
    });
  }

  #accept(place: string, open: () => ClientChannel, refuse: () => void): void {
    const accept = this.#accepts.get(place);
    if (!accept) {
      refuse();
      return;
    }
    accept(() => {
      const channel = open();
      this.#keep(channel);
      return channel;
    }, refuse);
  }

  #keep(channel: ClientChannel): void {
    this.#connections.add(channel);
    channel.on('close', () => {
      this.#connections.delete(channel);
    });
  }

  #watchMemory(): void {
    let waiting = this.#socket.writableLength;
    for (const channel of [...this.#commands, ...this.#connections]) {
      waiting += channel.readableLength + channel.stderr.readableLength;
    }
    const most = waitingBytesMax + this.#connections.size * connectionBytesMax;
    if (waiting > Math.min(most, allBytesMax)) this.#lose(guestFault('it floods the session'));
  }

  #lose(failure: GleanerError): void {
    if (this.#lost) return;
    this.#lost = failure;
    this.#socket.destroy();
    for (const listener of this.#lostListeners.splice(0)) listener(failure);
    for (const reject of this.#pending) reject(failure);
    this.#pending.clear();
  }
}

function collector(fail: (error: Error) => void): { take: (chunk: Uint8Array) => void; text: () => string } {
  const parts: Uint8Array[] = [];
  let held = 0;
  return {
    take(chunk) {
      held += chunk.length;
      if (held > outputBytes) fail(guestFault('a command printed too much'));
      else parts.push(chunk);
    },
    text: () => Buffer.concat(parts).toString('utf8'),
  };
}
