import { rmSync } from 'node:fs';
import type { Server } from 'node:net';

/** struct sockaddr_un, less its final NUL: 108 bytes on Linux, 104 on macOS and the BSDs. A longer one is cut by some Nodes. */
const pathMax = process.platform === 'linux' ? 107 : 103;

/**
 * Listens on a Unix socket that only this user may use, in the place of one that was left there. Rejects as `listen`
 * does, when the path is too long, and when the server is closed meanwhile. Later errors of the server are of no
 * account: failing to accept one connection is no reason to end the others.
 */
export async function listenPrivately(server: Server, socketPath: string): Promise<void> {
  const length = Buffer.byteLength(socketPath);
  if (length > pathMax) {
    throw new Error(`the path of a socket is too long (${length} bytes, at most ${pathMax} are possible)`);
  }
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject);
    server.once('close', () => {
      reject(new Error('it was closed'));
    });
    // The socket is made within the call: not for a moment open to others.
    const before = process.umask(0o177);
    server.listen(socketPath, resolve);
    process.umask(before);
  });
}
