import { chmod, link, lstat, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../electron/control/endpoint.ts';
import { SocketClient } from '../../electron/control/socket-client.ts';
import { fakeSnapshot } from '../fakes/fake-host.ts';
import { failure, RawClient, useControl } from './control-fixture.ts';

const { dir, place, serve } = useControl();

/** Leaves the socket of a host that died. */
async function leaveStale(): Promise<void> {
  await mkdir(place().runDir, { mode: 0o700 });
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(join(dir(), 'dead'), resolve));
  await link(join(dir(), 'dead'), place().socketPath);
  await new Promise((resolve) => dead.close(resolve));
}

describe('events over the control socket', () => {
  it('begin with the current Snapshot and end when the client leaves', async () => {
    const { host, client } = await serve();
    const events = client.events();
    expect((await events.next()).value).toEqual({ type: 'snapshot', snapshot: host.snapshot });
    const changed = fakeSnapshot({ version: 'ü\n2' });
    host.emit(changed);
    expect((await events.next()).value).toEqual({ type: 'snapshot', snapshot: changed });
    await events.return();
    await expect.poll(() => host.listeners).toBe(0);
  });

  it('end with the signal, without an error', async () => {
    const { client } = await serve();
    const abort = new AbortController();
    const events = client.events(abort.signal);
    await events.next();
    const next = events.next();
    abort.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await client.events(abort.signal).next()).toEqual({ done: true, value: undefined });
  });

  it('send a slow client the latest only', async () => {
    const { host } = await serve();
    const slow = new RawClient(place().socketPath);
    slow.socket.pause();
    slow.socket.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(() => host.listeners).toBe(1);
    const padding = 'x'.repeat(100_000);
    for (let version = 1; version <= 500; version += 1) {
      host.emit(fakeSnapshot({ version: `${version}:${padding}` }));
    }
    let heard = '';
    const all = new Promise<void>((resolve) => {
      slow.socket.on('data', (text) => {
        heard += String(text);
        if (heard.includes('"version":"500:') && heard.trimEnd().endsWith('}')) resolve();
      });
    });
    slow.socket.resume();
    await all;
    expect(heard.length).toBeLessThan(5_000_000);
    slow.socket.destroy();
    await expect.poll(() => host.listeners).toBe(0);
  });

  it('fail for the client when the host goes', async () => {
    const { server, client } = await serve();
    const events = client.events();
    await events.next();
    const next = events.next();
    await server.dispose();
    await expect(next).rejects.toEqual(failure('host-not-running'));
  });
});

describe('the place of the control socket', () => {
  it('is for this user alone, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      await serve();
    } finally {
      process.umask(before);
    }
    expect((await stat(place().runDir)).mode & 0o777).toBe(0o700);
    expect((await lstat(place().socketPath)).mode & 0o777).toBe(0o600);
    expect(await readdir(place().runDir)).toEqual(['control.sock']);
  });

  it('closes a folder that was open to others', async () => {
    await mkdir(place().runDir, { mode: 0o755 });
    await chmod(place().runDir, 0o777);
    await serve();
    expect((await stat(place().runDir)).mode & 0o777).toBe(0o700);
  });

  it('belongs to one host at a time', async () => {
    const { client } = await serve();
    await expect(serve()).rejects.toEqual(failure('already-running'));
    expect((await client.call('status', {})).version).toBe('0.1.0');
    expect(await readdir(place().runDir)).toEqual(['control.sock']);
  });

  it('belongs to exactly one of many that come at once', async () => {
    const tries = await Promise.allSettled([1, 2, 3, 4, 5, 6].map(async () => await serve()));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of tries)
      if (result.status === 'rejected') expect(result.reason).toEqual(failure('already-running'));
    expect((await new SocketClient(place(), 'linux').call('status', {})).version).toBe('0.1.0');
  });

  it('is taken over from a host that died, by one', async () => {
    await leaveStale();
    await expect(new SocketClient(place(), 'linux').call('status', {})).rejects.toEqual(
      failure('host-not-running'),
    );
    const tries = await Promise.allSettled([1, 2, 3].map(async () => await serve()));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await new SocketClient(place(), 'linux').call('status', {})).version).toBe('0.1.0');
  });

  it('is not taken from a file that is something else', async () => {
    await mkdir(place().runDir, { mode: 0o700 });
    await writeFile(place().socketPath, 'precious');
    await expect(serve()).rejects.toEqual(failure('storage-failed'));
    expect((await stat(place().socketPath)).size).toBe(8);
  });

  it('is free again after the host, which leaves idle and busy clients at once', async () => {
    const { host, server, client } = await serve();
    const idle = new RawClient(place().socketPath);
    const events = client.events();
    await events.next();
    await server.dispose();
    await idle.closed;
    await expect(events.next()).rejects.toEqual(failure('host-not-running'));
    expect(host.listeners).toBe(0);
    expect(await readdir(place().runDir)).toEqual([]);
    await expect(client.call('status', {})).rejects.toEqual(failure('host-not-running'));
    const next = await serve();
    expect((await next.client.call('status', {})).version).toBe('0.1.0');
  });

  it('leaves the socket of its successor alone', async () => {
    const { server } = await serve();
    await rm(place().socketPath);
    const next = await serve();
    await server.dispose();
    expect((await next.client.call('status', {})).version).toBe('0.1.0');
  });

  it('must have a path that a socket can have', async () => {
    const socketPath = join(dir(), 'x'.repeat(110), 'control.sock');
    const paths = { runDir: join(dir(), 'x'.repeat(110)), socketPath };
    await expect(serve({ paths })).rejects.toEqual(failure('storage-failed'));
    expect(() => new SocketClient(paths, 'linux')).toThrow(/too long/);
  });

  it('is a pipe with a token on Windows, which is not ready yet', async () => {
    const paths = { runDir: 'C:/g', socketPath: String.raw`\\.\pipe\gleaner` };
    expect(endpointOf(paths, 'win32')).toMatchObject({ kind: 'pipe', path: paths.socketPath });
    await expect(serve({ paths, platform: 'win32' })).rejects.toEqual(failure('platform-not-ready'));
    expect(() => new SocketClient(paths, 'win32')).toThrow(/pipe/);
  });
});
