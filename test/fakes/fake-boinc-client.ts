import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

/** What a fake client answers to one request: the content of its reply, or bytes as they are. */
export type FakeRpcReply = string | Uint8Array | undefined;

/**
 * A fake BOINC client behind a Unix socket: speaks the frames and the sign-in of the GUI RPC, keeps the requests,
 * and answers what the test has set, by verb.
 */
export class FakeBoincClient {
  readonly password = 'fake-rpc-password';
  /** Every request after the sign-in, without its envelope. */
  readonly requests: string[] = [];
  /** By verb. A reply that is undefined never comes. */
  readonly replies = new Map<string, FakeRpcReply | ((request: string) => FakeRpcReply)>([
    [
      'exchange_versions',
      '<server_version>\n   <major>8</major>\n   <minor>0</minor>\n   <release>4</release>\n</server_version>\n',
    ],
  ]);
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(socketPath: string): Promise<FakeBoincClient> {
    rmSync(socketPath, { force: true });
    const server = createServer();
    const client = new FakeBoincClient(server);
    server.on('connection', (socket) => {
      client.#serve(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(socketPath, resolve);
    });
    return client;
  }

  /** The verbs of the requests, in order. */
  verbs(): string[] {
    return this.requests.map(verbOf);
  }

  /** Sends bytes that nobody asked for. */
  say(bytes: Uint8Array): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Closes all connections, and goes on to listen. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.hangUp();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    const nonce = `${Date.now()}.${randomBytes(4).toString('hex')}`;
    let signedIn = false;
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += String(chunk);
      for (let end = text.indexOf('\u0003'); end >= 0; end = text.indexOf('\u0003')) {
        const request = text
          .slice(0, end)
          .replaceAll(/<\/?boinc_gui_rpc_request>/g, '')
          .trim();
        text = text.slice(end + 1);
        const verb = verbOf(request);
        if (verb === 'auth1') send(socket, `<nonce>${nonce}</nonce>\n`);
        else if (verb === 'auth2') {
          const proof = createHash('md5').update(`${nonce}${this.password}`).digest('hex');
          signedIn = request.includes(`<nonce_hash>${proof}</nonce_hash>`);
          send(socket, signedIn ? '<authorized/>\n' : '<unauthorized/>\n');
        } else if (!signedIn) send(socket, '<unauthorized/>\n');
        else this.#answer(socket, request);
      }
    });
  }

  #answer(socket: Socket, request: string): void {
    this.requests.push(request);
    const verb = verbOf(request);
    if (!this.replies.has(verb)) {
      send(socket, `<error>unrecognized op: ${verb}</error>\n`);
      return;
    }
    const set = this.replies.get(verb);
    const reply = typeof set === 'function' ? set(request) : set;
    if (typeof reply === 'string') send(socket, reply);
    else if (reply) socket.write(reply);
  }
}

function verbOf(request: string): string {
  return /^\s*<([a-z_0-9]+)/.exec(request)?.[1] ?? '';
}

function send(socket: Socket, content: string): void {
  socket.write(`<boinc_gui_rpc_reply>\n${content}</boinc_gui_rpc_reply>\n\u0003`);
}
