import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../electron/base/clock.ts';
import { Handshake, shakeHands } from '../../electron/vm/session/handshake.ts';

const nonce = '0123456789abcdef0123456789abcdef';
const ready = `READY ${nonce}\n`;
const go = `GO ${nonce}\n`;

/** Feeds `bytes` in pieces of the given sizes; what was sent, and what was left when it was done. */
function play(
  handshake: Handshake,
  bytes: Buffer,
  sizes: readonly number[],
): { sent: string; rest: Buffer | undefined } {
  let sent = '';
  let rest: Buffer | undefined;
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % Math.max(1, sizes.length)] ?? bytes.length;
    const piece = bytes.subarray(at, at + size);
    at += size;
    if (rest) {
      rest = Buffer.concat([rest, piece]);
      continue;
    }
    const step = handshake.feed(piece);
    sent += step.send ?? '';
    if (step.rest) rest = Buffer.from(step.rest);
  }
  return { sent, rest };
}

test('goes through READY and GO, and gives the rest to the session', () => {
  const handshake = new Handshake(nonce);
  expect(handshake.hello).toContain(`HELLO ${nonce}\n`);
  expect(play(handshake, Buffer.from(ready), [])).toEqual({ sent: go, rest: undefined });
  expect(handshake.saidGo).toBe(true);
  expect(play(handshake, Buffer.from(`${go}SSH-2.0-x\r\n`), []).rest?.toString()).toBe('SSH-2.0-x\r\n');
});

test('throws away leftovers of an earlier session, however they are cut', () => {
  const junk = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(junk, junk, junk, sizes, (before, between, after, cuts) => {
      const bytes = Buffer.concat([
        before,
        Buffer.from(`${ready}${ready}`),
        between,
        Buffer.from(`\n${go}`),
        after,
      ]);
      const { sent, rest } = play(new Handshake(nonce), bytes, cuts);
      expect(sent).toBe(go);
      expect(rest ?? Buffer.alloc(0)).toEqual(after);
    }),
  );
});

test('takes no other nonce, and no GO before READY', () => {
  const handshake = new Handshake(nonce);
  const other = nonce.replace('0', 'f');
  const bytes = Buffer.from(`READY ${other}\nGO ${other}\n${go}HELLO ${nonce}\n`);
  expect(play(handshake, bytes, [7])).toEqual({ sent: '', rest: undefined });
  expect(handshake.saidGo).toBe(false);
});

test('holds no more than a line of an endless flood', () => {
  const handshake = new Handshake(nonce);
  const flood = Buffer.alloc(1024 * 1024, 'x');
  for (let turn = 0; turn < 64; turn += 1) expect(handshake.feed(flood)).toEqual({});
  expect(play(handshake, Buffer.from(ready), []).sent).toBe(go);
});

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Two ends of a unix socket. */
async function socketPair(): Promise<{ host: Socket; guest: Socket }> {
  const dir = mkdtempSync(join(tmpdir(), 'handshake-'));
  cleanups.push(() => {
    rmSync(dir, { recursive: true });
  });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(dir, 'port'), resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const host = connect(join(dir, 'port'));
  host.on('error', () => undefined);
  const guest = await accepted;
  cleanups.push(() => {
    host.destroy();
    guest.destroy();
    server.close();
  });
  return { host, guest };
}

/** Turned by hand: `tick` runs what is due next. */
function handClock(): Clock & { tick: () => void } {
  let waiting: (() => void)[] = [];
  return {
    now: () => 0,
    monotonic: () => 0,
    after(_ms, callback) {
      waiting.push(callback);
      return () => {
        waiting = waiting.filter((other) => other !== callback);
      };
    },
    tick() {
      for (const callback of waiting.splice(0)) callback();
    },
  };
}

async function readUntil(socket: Socket, done: (text: string) => boolean): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!done(text)) return;
      socket.off('data', onData);
      resolve(text);
    };
    socket.on('data', onData);
  });
}

test('on a socket: repeats HELLO, and leaves the session its first bytes', async () => {
  const { host, guest } = await socketPair();
  const clock = handClock();
  const shaken = shakeHands(host, { nonce, fresh: true, clock });
  await readUntil(guest, (text) => text.includes(`HELLO ${nonce}\n`));
  clock.tick();
  const repeated = await readUntil(guest, (text) => text.includes(`HELLO ${nonce}\n`));
  expect(repeated).not.toMatch(/\n{3}/);
  guest.write(`junk\n${ready}`);
  await readUntil(guest, (text) => text.includes(go));
  guest.write(`${go}SSH-2.0-guest\r\n`);
  await shaken;
  expect(host.isPaused()).toBe(true);
  expect(await readUntil(host.resume(), (text) => text.endsWith('\n'))).toBe('SSH-2.0-guest\r\n');
});

test('on a socket: pads when an earlier session may be stuck, up to a bound', async () => {
  const { host, guest } = await socketPair();
  const clock = handClock();
  const shaken = shakeHands(host, { nonce, fresh: false, clock });
  const hellos = 30;
  let count = 0;
  const text = readUntil(guest, (all) => (all.match(/HELLO/g) ?? []).length >= hellos);
  while (count < hellos - 1) {
    // Only a socket that took everything is given more.
    await new Promise((resolve) => host.write('', resolve));
    clock.tick();
    count += 1;
  }
  const padding = (await text).length - hellos * `\nHELLO ${nonce}\n`.length;
  expect(padding).toBe(8 * 50 * 101);
  host.destroy();
  await expect(shaken).rejects.toThrow('closed');
});

test('rejects when the port is closed', async () => {
  const { host, guest } = await socketPair();
  const shaken = shakeHands(host, { nonce, fresh: true, clock: systemClock });
  guest.destroy();
  await expect(shaken).rejects.toThrow('closed');
});
