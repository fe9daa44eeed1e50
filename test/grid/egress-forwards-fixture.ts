import { connect, type Socket } from 'node:net';
import type { Forward } from '../../electron/egress/gateway.ts';
import { contact, heard, type Peer, type World } from './egress-fixture.ts';

/** A company pool's collector: a private address, as such have, at the port that its daemons share. */
export const pool = { host: '10.77.0.1', port: 9618 } as const;
export const poolContact = contact(pool.host, pool.port, true);

/** A forward to this place, at a path of the test's own. */
export function forwardTo(world: World, { host, port }: { host: string; port: number } = pool): Forward {
  return { socketPath: world.path(`${host.replaceAll(':', '_')}-${port}.fwd`), host, port };
}

/** A connection through a forward, as the guest's session makes it. */
export function enter({ socketPath }: Forward): Socket {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.on('error', () => undefined);
  return socket;
}

/** All that comes out of a forward to whoever says nothing; '' when it just closes. */
export async function silently(forward: Forward): Promise<string> {
  const socket = enter(forward);
  const text = await heard(socket, /$never/);
  socket.destroy();
  return text;
}

/** What a greeting place says through this socket, and that it echoes. */
export async function speaks(socket: Socket): Promise<boolean> {
  const greeted = await heard(socket, /hi/);
  return greeted === 'hi' && (await echoes(socket));
}

export async function echoes(socket: Socket): Promise<boolean> {
  socket.write('echo;');
  return (await heard(socket, /;/)) === 'echo;';
}

/** A place that greets whoever connects, and echoes. */
export function greeter(world: World, address: string = pool.host, port: number = pool.port): Promise<Peer> {
  return world.tcp(address, port, (socket) => {
    socket.write('hi');
    socket.pipe(socket);
  });
}

/** Resolves when this socket has given so many bytes; rejects when it ends before. */
export function given(socket: Socket, bytes: number): Promise<void> {
  let left = bytes;
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left <= 0) resolve();
    });
    socket.once('close', () => {
      reject(new Error(`it ended ${left} bytes too early`));
    });
    socket.resume();
  });
}
