import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import type { GuestAgent } from '../../electron/vm/session/messages.ts';
import { shellAgent } from './agent-fixture.ts';
import { type BareVm, bootBareVm, bootLimitMs } from './session-fixture.ts';

/** What becomes of a connection's two directions in a real guest, whose SSH server is another than the unit tests' fake. */

const MiB = 1024 * 1024;
const together = 100;

let vm: BareVm;
let session: GuestSession;
let server: Server | undefined;
const sockets = new Set<Socket>();

beforeAll(async () => {
  vm = await bootBareVm();
  session = vm.session();
  await session.connect(bootLimitMs);
});
afterAll(async () => {
  await session.dispose();
  await vm.end();
  for (const socket of sockets) socket.destroy();
  server?.close();
});

async function endOfAgent(name: string): Promise<string> {
  for (;;) {
    const { running, words } = await session.agentStatus(name);
    if (!running) return words;
  }
}

const agent = (name: string, script: string): GuestAgent =>
  shellAgent('', { name, argv: ['/usr/bin/python3', '-c', script], memoryBytes: 128 * MiB });

test('out of the guest: each end by itself, nothing lost, a hundred at a time, all gone after it', async () => {
  const listening = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    socket.on('end', () => {
      socket.write(`${bytes}\n`);
      socket.end(Buffer.alloc(bytes, 'y'));
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(join(vm.dir, 'gateway'), resolve));
  await session.forward({ bindAddress: '127.0.0.1', port: 3128, toSocketPath: join(vm.dir, 'gateway') });
  const script = `
import socket
def dial():
    return socket.create_connection(('127.0.0.1', 3128))
def ask(connection, size):
    connection.sendall(b'x' * size)
    connection.shutdown(socket.SHUT_WR)
    answer = b''
    while piece := connection.recv(65536):
        answer += piece
    connection.close()
    assert answer == b'%d\\n' % size + b'y' * size, (size, len(answer))
ask(dial(), ${5 * MiB})
many = [dial() for _ in range(${together})]
for count, connection in enumerate(many):
    ask(connection, count)
# Goes without a word while it is still being told something.
last = dial()
last.shutdown(socket.SHUT_WR)
last.close()
`;
  await session.startAgent(agent('asking', script));
  expect(await endOfAgent('asking')).toBe('exit 0');
  await session.stopAgent('asking');
  while (sockets.size > 0) await session.usage();
});

test('into the guest: each end by itself, nothing lost, and who goes is gone', async () => {
  const socketPath = join(vm.dir, 'agent');
  const script = `
import socket
with socket.create_server(('127.0.0.1', 9620)) as server:
    for _ in range(2):
        connection, _ = server.accept()
        asked = 0
        while piece := connection.recv(65536):
            asked += len(piece)
        connection.sendall(b'z' * asked)
        connection.close()
`;
  await session.startAgent(agent('serving', script));
  await session.reach({ port: 9620, socketPath });
  const much = Buffer.alloc(5 * MiB, 'x');
  const ask = async (): Promise<number> => {
    const socket = connect({ path: socketPath, allowHalfOpen: true });
    socket.on('error', () => undefined);
    let answered = 0;
    socket.on('data', (chunk: Buffer) => (answered += chunk.length));
    socket.end(much);
    // Where nobody listens yet, it is closed with an error, which `once` of events would throw.
    await new Promise((resolve) => socket.once('close', resolve));
    return answered;
  };
  let answered = await ask();
  while (answered === 0) answered = await ask();
  expect(answered).toBe(much.length);
  expect(await ask()).toBe(much.length);
  expect(await endOfAgent('serving')).toBe('exit 0');
});
