import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QmpClient } from '../../electron/vm/qmp.ts';
import { encodeCommand, LineSplitter, parseMessage } from '../../electron/vm/qmp-codec.ts';
import { FakeMonitor } from '../fakes/fake-qmp.ts';

/** Lets the streams deliver what they hold. */
const delivered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function connected(): Promise<{ monitor: FakeMonitor; client: QmpClient }> {
  const monitor = new FakeMonitor();
  const client = new QmpClient(monitor);
  monitor.greet();
  await delivered();
  monitor.answer('qmp_capabilities');
  await client.ready();
  return { monitor, client };
}

describe('the codec', () => {
  it('cuts any stream into the same lines, however it is chunked', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string().map((line) => line.replaceAll('\n', ' '))),
        fc.integer({ min: 1, max: 40 }),
        (lines, size) => {
          const splitter = new LineSplitter();
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const found: string[] = [];
          for (let at = 0; at < bytes.length; at += size) {
            found.push(...(splitter.push(bytes.subarray(at, at + size)) ?? []));
          }
          expect(found).toEqual(lines);
        },
      ),
    );
  });

  it('holds no more than its limit of an unfinished line', () => {
    const splitter = new LineSplitter(10);
    expect(splitter.push(Buffer.from('0123456789\nabc'))).toEqual(['0123456789']);
    expect(splitter.push(Buffer.from('defghij'))).toEqual([]);
    expect(splitter.push(Buffer.from('k'))).toBeUndefined();
    expect(new LineSplitter(10).push(Buffer.from('0123456789a\n'))).toBeUndefined();
  });

  it('understands or refuses anything, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseMessage(line)).toHaveProperty('kind');
      }),
    );
    expect(parseMessage('{"return": 1}')).toEqual({ kind: 'malformed' });
    expect(parseMessage('null')).toEqual({ kind: 'malformed' });
  });

  it('writes a command as one line', () => {
    expect(encodeCommand(5, 'stop')).toBe('{"execute":"stop","arguments":{},"id":5}\n');
  });
});

describe('the client', () => {
  it('agrees on capabilities before anything else, then sends what was held', async () => {
    const monitor = new FakeMonitor();
    const client = new QmpClient(monitor);
    const stopped = client.execute('stop');
    await delivered();
    expect(monitor.names()).toEqual([]);
    monitor.greet();
    await delivered();
    expect(monitor.names()).toEqual(['qmp_capabilities']);
    monitor.answer('qmp_capabilities');
    expect(await client.ready()).toEqual([7, 2, 22]);
    expect(monitor.names()).toEqual(['qmp_capabilities', 'stop']);
    monitor.answer('stop');
    await expect(stopped).resolves.toEqual({});
  });

  it('has written a command before it returns: the fast path waits for nothing', async () => {
    const { monitor, client } = await connected();
    client.execute('stop').catch(() => undefined);
    expect(monitor.names()).toEqual(['qmp_capabilities', 'stop']);
    client.dispose();
  });

  it('gives each answer to its own command, in whatever order they come', async () => {
    const { monitor, client } = await connected();
    const first = client.execute('query-status');
    const second = client.execute('query-version');
    monitor.answer('query-version', 'second');
    monitor.answer('query-status', 'first');
    await expect(Promise.all([first, second])).resolves.toEqual(['first', 'second']);
  });

  it('rejects one command with QEMU’s words', async () => {
    const { monitor, client } = await connected();
    const asked = client.execute('cont');
    monitor.refuse('cont', 'Resetting the VM is required');
    await expect(asked).rejects.toMatchObject({
      code: 'internal',
      message: 'QEMU refused “cont”: Resetting the VM is required',
    });
  });

  it('tells of events, and forgets a listener that left', async () => {
    const { monitor, client } = await connected();
    const heard: unknown[] = [];
    const off = client.onEvent((name, data) => heard.push([name, data]));
    const event = { event: 'SHUTDOWN', data: { guest: true }, timestamp: { seconds: 1, microseconds: 2 } };
    monitor.say(event);
    await delivered();
    off();
    monitor.say(event);
    await delivered();
    expect(heard).toEqual([['SHUTDOWN', { guest: true }]]);
  });

  it.each([
    ['the stream ends', (monitor: FakeMonitor) => monitor.push(null)],
    ['the stream breaks', (monitor: FakeMonitor) => monitor.destroy(new Error('EPIPE'))],
    ['QEMU talks nonsense', (monitor: FakeMonitor) => monitor.push('hello\n')],
    ['a line never ends', (monitor: FakeMonitor) => monitor.push(Buffer.alloc(1_100_000, 65))],
  ])('rejects all that is pending when %s, and all that is asked later', async (_what, end) => {
    const { monitor, client } = await connected();
    const pending = client.execute('stop');
    end(monitor);
    await expect(pending).rejects.toMatchObject({ code: 'qemu-exited' });
    await expect(client.execute('cont')).rejects.toMatchObject({ code: 'qemu-exited' });
  });

  it('rejects its readiness and what it held when QEMU ends before the greeting', async () => {
    const monitor = new FakeMonitor();
    const client = new QmpClient(monitor);
    const held = client.execute('stop');
    monitor.push(null);
    await expect(client.ready()).rejects.toMatchObject({ code: 'qemu-exited' });
    await expect(held).rejects.toMatchObject({ code: 'qemu-exited' });
  });
});
