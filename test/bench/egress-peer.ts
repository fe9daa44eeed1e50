import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { peer } from './egress-place.ts';

/** The other side of the bench `egress`, in a process of its own: it pours, takes, echoes, and answers by HTTP. */
const chunk = Buffer.alloc(64 * 1024);

createServer((socket) => {
  socket.on('error', () => undefined);
  let left = 0;
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      const piece = chunk.subarray(0, Math.min(left, chunk.length));
      left -= piece.length;
      if (!socket.write(piece)) return;
    }
    if (left === 0) socket.end();
  };
  socket.on('drain', more);
  socket.once('data', (asked: Buffer) => {
    left = Number(asked.toString());
    more();
  });
}).listen(peer.pour, peer.address);

createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.resume();
  socket.once('end', () => socket.end('all'));
}).listen(peer.take, peer.address);

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.pipe(socket);
}).listen(peer.echo, peer.address);

createHttpServer((asked, answer) => {
  asked.resume();
  answer.end('small');
}).listen(peer.http, peer.address, () => process.send?.('ready'));
