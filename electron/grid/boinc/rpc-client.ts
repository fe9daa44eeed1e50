import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { Mutex } from '../../base/mutex.ts';
import { GleanerError } from '../../contract/failures.ts';
import { FrameReader, toFrame } from './frames.ts';
import { childOf, integerOf, parseXml, textOf, type XmlElement } from './xml.ts';

const client = 'The BOINC client';

interface Waiting {
  readonly resolve: (frame: string) => void;
  readonly reject: (error: GleanerError) => void;
}

/**
 * One connection to a BOINC client's GUI RPC, signed in. Requests go one at a time, in the order asked. There is
 * no time limit: a guest may stand still, which only the host knows.
 */
export class RpcClient {
  readonly #socket: Socket;
  readonly #turns = new Mutex();
  readonly #frames = new FrameReader();
  #waiting: Waiting | undefined;
  #lost: GleanerError | undefined;
  #onLost: (failure: GleanerError) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#receive(chunk);
    });
    socket.on('close', () => {
      this.#lose(new GleanerError('agent-failed', 'The connection to the BOINC client is lost.'));
    });
  }

  /**
   * Connects and signs in. Rejects with `agent-failed` when nobody answers there (a client that has just been
   * started does not yet) or the password is not its own, with `grid-protocol` when that is no BOINC client.
   */
  static async open({
    socketPath,
    password,
  }: {
    readonly socketPath: string;
    readonly password: string;
  }): Promise<{ readonly rpc: RpcClient; readonly version: string }> {
    const rpc = new RpcClient(await connectTo(socketPath));
    try {
      const nonce = textOf(await rpc.ask('<auth1/>'), 'nonce', 256);
      if (nonce === '') throw new GleanerError('grid-protocol', `${client} sent no challenge.`);
      const proof = createHash('md5').update(`${nonce}${password}`).digest('hex');
      const reply = await rpc.ask(`<auth2>\n<nonce_hash>${proof}</nonce_hash>\n</auth2>`);
      if (!childOf(reply, 'authorized')) throw wrongPassword();
      return { rpc, version: readVersion(await rpc.ask('<exchange_versions/>')) };
    } catch (error) {
      rpc.end();
      throw error;
    }
  }

  /** Called once when the connection is lost for any reason but {@link end}. One listener. */
  onLost(listener: (failure: GleanerError) => void): void {
    if (this.#lost) listener(this.#lost);
    else this.#onLost = listener;
  }

  /**
   * Sends one request (an element) and gives the content of its reply. Rejects with `agent-failed` when the
   * connection is lost or the client wants a password, `grid-protocol` when the reply cannot be read.
   */
  async ask(xml: string): Promise<XmlElement> {
    const frame = await this.#turns.run(() => this.#exchange(xml));
    const reply = childOf(parseXml(frame, client, true), 'boinc_gui_rpc_reply');
    if (!reply) throw new GleanerError('grid-protocol', `${client} sent something else than a reply.`);
    if (childOf(reply, 'unauthorized')) throw wrongPassword();
    return reply;
  }

  /** Like {@link ask} for requests that are answered by success or an error in words, which rejects. */
  async order(xml: string): Promise<void> {
    const reply = await this.ask(xml);
    const error = childOf(reply, 'error');
    if (error) throw refusal(textOf(reply, 'error', 300));
    if (!childOf(reply, 'success')) {
      throw new GleanerError('grid-protocol', `${client} did not say whether it did what it was asked.`);
    }
  }

  /** What waits rejects with `agent-failed`; nobody is told of the loss. */
  end(): void {
    this.#onLost = () => undefined;
    this.#lose(new GleanerError('agent-failed', 'The connection to the BOINC client was ended.'));
  }

  #exchange(xml: string): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#lost) {
        reject(this.#lost);
        return;
      }
      this.#waiting = { resolve, reject };
      this.#socket.write(toFrame(xml));
    });
  }

  #receive(chunk: Uint8Array): void {
    if (this.#lost) return;
    try {
      for (const frame of this.#frames.push(chunk)) {
        const waiting = this.#waiting;
        if (!waiting) throw new GleanerError('grid-protocol', `${client} spoke without being asked.`);
        this.#waiting = undefined;
        waiting.resolve(frame);
      }
    } catch (error) {
      this.#lose(error instanceof GleanerError ? error : new GleanerError('internal', String(error)));
    }
  }

  #lose(failure: GleanerError): void {
    if (this.#lost) return;
    this.#lost = failure;
    this.#socket.destroy();
    this.#waiting?.reject(failure);
    this.#waiting = undefined;
    this.#onLost(failure);
  }
}

function connectTo(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath);
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      reject(new GleanerError('agent-failed', `${client} cannot be reached: ${error.message}.`));
    });
    socket.once('connect', () => {
      // From here on whoever uses the socket hears of its end by `close`.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function readVersion(reply: XmlElement): string {
  const version = childOf(reply, 'server_version');
  const numbers = ['major', 'minor', 'release'].map((name) =>
    integerOf(version, name, { min: 0, max: 100_000 }),
  );
  if (numbers.includes(undefined)) throw new GleanerError('grid-protocol', `${client} tells no version.`);
  return numbers.join('.');
}

function wrongPassword(): GleanerError {
  return new GleanerError('account-refused', `${client} does not accept its password.`);
}

/** The client tells what went wrong in words only (client/gui_rpc_server_ops.cpp). */
function refusal(words: string): GleanerError {
  const lower = words.toLowerCase();
  if (lower.includes('already attached')) {
    return new GleanerError('already-joined', 'The BOINC client has joined this project already.');
  }
  if (lower.includes('no such project')) {
    return new GleanerError('not-joined', 'The BOINC client has not joined this project.');
  }
  if (lower.includes('no such result')) {
    return new GleanerError('not-found', 'The BOINC client has no task of this name (any more).');
  }
  return new GleanerError('agent-failed', `${client} refused: “${words}”.`);
}
