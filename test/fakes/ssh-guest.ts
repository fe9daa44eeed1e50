import { rmSync } from 'node:fs';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';

/** What a command of the fake guest may do with its channel; it must end it. */
export interface FakeCommand {
  readonly args: readonly string[];
  readonly channel: ServerChannel;
  /** All of stdin as text. */
  readonly stdin: () => Promise<string>;
  /** Prints, exits, closes. */
  readonly end: (code: number, stdout?: string, stderr?: string) => void;
}

export interface FakeGuestOptions {
  /** Unix socket to listen on, in the place of QEMU's chardev. */
  readonly portPath: string;
  /** OpenSSH private key text of the host key. */
  readonly hostPrivateKey: string;
  readonly verbs: Readonly<Record<string, (command: FakeCommand) => void>>;
  /** What listens on ports of the guest's 127.0.0.1. */
  readonly services?: Readonly<Record<number, (channel: ServerChannel) => void>>;
  /** Bytes that an earlier session left in the port, before the handshake. */
  readonly leftovers?: Uint8Array;
}

/**
 * A fake of the guest's end of the port: one connection at a time, the handshake, then an SSH server (of the same
 * library as the client, so it proves nothing about dropbear) whose `ctl` verbs the test supplies.
 */
export class FakeSshGuest {
  readonly #o: FakeGuestOptions;
  readonly #server: NetServer;
  readonly #sockets = new Set<Socket>();
  /** Live SSH connections, the newest last. */
  readonly connections: Connection[] = [];
  /** How many connections reached the end of the handshake. */
  handshakes = 0;
  /** When false, new connections are accepted and then ignored, like a guest that hangs. */
  answering = true;

  private constructor(o: FakeGuestOptions) {
    this.#o = o;
    this.#server = createServer((socket) => {
      this.#accept(socket);
    });
  }

  static async listen(o: FakeGuestOptions): Promise<FakeSshGuest> {
    const guest = new FakeSshGuest(o);
    await new Promise<void>((resolve) => guest.#server.listen(o.portPath, resolve));
    return guest;
  }

  /** Cuts every connection, as when the port is closed. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#o.portPath, { force: true });
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    if (!this.answering) return;
    if (this.#o.leftovers) socket.write(this.#o.leftovers);
    let text = '';
    let nonce = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        if (line.startsWith('HELLO ')) {
          nonce = line.slice('HELLO '.length);
          socket.write(`READY ${nonce}\n`);
        } else if (line === `GO ${nonce}`) {
          socket.off('data', onData);
          socket.pause();
          this.handshakes += 1;
          if (text !== '') socket.unshift(Buffer.from(text, 'latin1'));
          this.#serve(socket, nonce);
          return;
        }
      }
    };
    socket.on('data', onData);
  }

  #serve(socket: Socket, nonce: string): void {
    const server = new ssh2.Server({ hostKeys: [this.#o.hostPrivateKey] }, (connection) => {
      this.connections.push(connection);
      connection.on('error', () => undefined);
      connection.on('authentication', (context) => {
        if (context.method === 'publickey') context.accept();
        else context.reject(['publickey']);
      });
      connection.on('request', (accept, _reject, name) => {
        if (name === 'tcpip-forward') accept?.();
      });
      connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
        const service = destIP === '127.0.0.1' ? this.#o.services?.[destPort] : undefined;
        if (!service) {
          reject();
          return;
        }
        const channel = accept();
        channel.on('error', () => undefined);
        service(channel);
      });
      connection.on('session', (accept) => {
        accept().on('exec', (acceptExec, _reject, { command }) => {
          this.#run(acceptExec(), command);
        });
      });
    });
    // The last line of the handshake goes out first: nothing of SSH is written before it.
    socket.write(`GO ${nonce}\n`);
    server.injectSocket(socket);
  }

  #run(channel: ServerChannel, command: string): void {
    channel.on('error', () => undefined);
    const [program, verb = '', ...args] = command.split(' ');
    const end = (code: number, stdout = '', stderr = ''): void => {
      if (stdout !== '') channel.write(stdout);
      if (stderr !== '') channel.stderr.write(stderr);
      channel.exit(code);
      channel.end();
    };
    const stdin = async (): Promise<string> => {
      let text = '';
      for await (const chunk of channel) text += String(chunk);
      return text;
    };
    const run = program === 'ctl' && Object.hasOwn(this.#o.verbs, verb) ? this.#o.verbs[verb] : undefined;
    if (run) run({ args, channel, stdin, end });
    else end(1, '', `bad-verb: there is no verb ${verb}\n`);
  }
}
