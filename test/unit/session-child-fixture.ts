import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { systemClock } from '../../electron/base/clock.ts';
import { type Log, type LogFields, silentLog } from '../../electron/base/log.ts';
import type { WorkerHandle } from '../../electron/base/worker.ts';
import { createBootKeys } from '../../electron/vm/boot-disk.ts';
import { GuestSession } from '../../electron/vm/session/client.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { type FakeGuestOptions, FakeSshGuest } from '../fakes/ssh-guest.ts';

const fork = forkWorkers({ session: new URL('../../electron/vm/session/child.ts', import.meta.url) });

/** A session through the real child process with a fake guest, in a folder of its own. */
export class ChildBench {
  readonly dir = mkdtempSync(join(tmpdir(), 'session-'));
  readonly children: WorkerHandle[] = [];
  /** What was warned of, newest last. */
  readonly warnings: { readonly words: string; readonly fields: LogFields | undefined }[] = [];
  #guest: FakeSshGuest | undefined;
  #session: GuestSession | undefined;

  at(name: string): string {
    return join(this.dir, name);
  }

  get guest(): FakeSshGuest {
    if (!this.#guest) throw new Error('no guest was started');
    return this.#guest;
  }

  async start(more: Partial<FakeGuestOptions> = {}): Promise<GuestSession> {
    const keys = createBootKeys();
    const host = createBootKeys();
    this.#guest = await FakeSshGuest.listen({
      portPath: this.at('port'),
      hostPrivateKey: host.clientPrivateKey,
      ...more,
      verbs: {
        hello: ({ end }) => {
          end(0, 'protocol 1\nkernel 6.12\nuptime 2.5\n');
        },
        usage: ({ end }) => {
          end(0, 'cpu_usec 1000000\nmem_bytes 7\n');
        },
        ...more.verbs,
      },
    });
    const log: Log = {
      ...silentLog,
      warn: (_topic, words, fields) => {
        this.warnings.push({ words, fields });
      },
    };
    this.#session = new GuestSession({
      files: { portPath: this.at('port'), inDiskPath: this.at('in'), outDiskPath: this.at('out') },
      keys: {
        clientPrivateKey: keys.clientPrivateKey,
        hostPublicKey: Buffer.from(host.authorizedKey.split(' ')[1] ?? '', 'base64'),
      },
      spawnWorker: (name) => {
        const child = fork(name);
        this.children.push(child);
        return child;
      },
      clock: systemClock,
      log,
    });
    await this.#session.connect(30_000);
    return this.#session;
  }

  /** A connection of a program in the guest to an address of a forward. Rejects when the host refuses it. */
  dialOut(address: string, port: number): Promise<ServerChannel> {
    return new Promise((resolve, reject) => {
      const connection = this.guest.connections.at(-1);
      connection?.forwardOut(address, port, '127.0.0.1', 5000, (error, channel) => {
        if (error) {
          reject(error);
          return;
        }
        channel.on('error', () => undefined);
        resolve(channel);
      });
    });
  }

  async end(): Promise<void> {
    await this.#session?.dispose();
    await this.#guest?.close();
    rmSync(this.dir, { recursive: true });
  }
}

/** A connection of a program of the host. */
export async function dialIn(path: string, allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}
