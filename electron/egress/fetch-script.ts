import { request } from 'node:http';
import type { Socket } from 'node:net';

const scriptBytesMax = 256 * 1024;

/**
 * The text at a URL, over a connection that is there. Rejects when the answer is not a plain one, is larger than
 * 256 KiB, or the signal says so. Follows nothing.
 */
export function fetchScript(
  url: URL,
  socket: Socket,
  headerBytes: number,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asking = request({
      createConnection: () => socket,
      host: url.hostname,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        accept: 'application/x-ns-proxy-autoconfig, */*;q=0.1',
        connection: 'close',
      },
      setHost: false,
      maxHeaderSize: headerBytes,
      signal,
    });
    const fail = (error: Error): void => {
      asking.destroy();
      socket.destroy();
      reject(error);
    };
    asking.on('error', fail);
    asking.on('response', (response) => {
      if (response.statusCode !== 200) {
        fail(new Error(`its server answers ${response.statusCode ?? 0}`));
        return;
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('error', fail);
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > scriptBytesMax) fail(new Error('it is too large'));
        else chunks.push(chunk);
      });
      response.on('end', () => {
        socket.destroy();
        if (response.complete) resolve(new TextDecoder().decode(Buffer.concat(chunks)));
        else reject(new Error('it breaks off'));
      });
    });
    asking.end();
  });
}
