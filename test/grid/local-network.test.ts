import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../../electron/host.ts';
import { FakeDnsServer } from '../fakes/dns-server.ts';
import { writeSettings } from '../fixtures/undisturbed.ts';
import { temporaryDir } from '../vm/harness.ts';
import { resultOf } from '../vm/host-jobs-fixture.ts';
import { addShellJob, ended, hostIn } from '../vm/host-world.ts';

/** Of the public range that the tests' network answers for. */
const address = '45.33.32.156';

let names: FakeDnsServer;
let server: Server;
let port = 0;
const asked: string[] = [];
let host: Host;
const folder = temporaryDir();

beforeAll(async () => {
  names = await FakeDnsServer.start();
  names.set('data.example', [address]);
  names.set('other.example', [address]);
  names.set('inside.example', ['127.0.0.1']);
  server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.headers.host ?? ''}${request.url ?? ''}`);
    response.end('forty-two');
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  port = (server.address() as AddressInfo).port;
  writeSettings(folder.dir);
  host = await hostIn(folder.dir);
  await host.start();
});
afterAll(async () => {
  await host.stop();
  folder.remove();
  server.close();
  await names.dispose();
});

/** Prints what came of asking each address, a line each. */
const fetches = (urls: readonly string[]): string => `python3 - ${urls.join(' ')} <<'PY' >out/answers
import sys, urllib.request
for url in sys.argv[1:]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            print(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        print(error.code)
    except OSError as error:
        print('none')
PY
ls /sys/class/net >out/interfaces 2>/dev/null || cut -d: -f1 /proc/net/dev | tail -n +3 >out/interfaces`;

test('a job reaches what its document names, through the gateway, and nothing else', async () => {
  const id = await addShellJob(
    host,
    fetches([
      `http://data.example:${port}/a?secret=1`,
      `http://other.example:${port}/`,
      `http://inside.example:${port}/`,
      `http://127.0.0.1:${port}/`,
      `http://${address}:${port}/`,
    ]),
    { network: [`data.example:${port}`, `inside.example:${port}`] },
  );
  const { job, entries } = await ended(host, id);
  expect(job).toMatchObject({ state: 'done' });
  const result = await resultOf(host, id);
  expect(result.get('out/answers')).toBe('200 forty-two\n503\n403\n403\n503\n');
  expect(result.get('out/interfaces')?.trim()).toBe('lo');
  expect(asked).toEqual([`GET data.example:${port}/a?secret=1`]);
  // What it moved is booked with it; what it tried besides is told, without what it asked for.
  expect(entries[0]?.body.hosts).toEqual([
    { host: 'data.example', sent: expect.any(Number) as number, received: expect.any(Number) as number },
  ]);
  const { denials } = await host.call('network.report', {});
  expect(denials.map(({ grid, host: name, reason }) => [grid, name, reason]).sort()).toEqual([
    ['local', '127.0.0.1', 'own-address'],
    ['local', address, 'not-listed'],
    ['local', 'inside.example', 'own-address'],
    ['local', 'other.example', 'not-listed'],
  ]);
  expect(JSON.stringify(await host.call('network.report', {}))).not.toContain('secret');
});

test('a job without network finds no gateway', async () => {
  const id = await addShellJob(host, fetches([`http://data.example:${port}/`]));
  await ended(host, id);
  expect((await resultOf(host, id)).get('out/answers')).toBe('none\n');
});

test('a job that declares network waits while the day’s quota is used up', async () => {
  await host.call('settings.set', { key: 'network.quotaDayBytes', value: 1 });
  const id = await addShellJob(host, fetches([`http://data.example:${port}/`]), {
    network: [`data.example:${port}`],
  });
  const other = await addShellJob(host, 'true');
  await ended(host, other);
  expect((await host.call('jobs.show', { id })).job.state).toBe('queued');
  await host.call('settings.unset', { key: 'network.quotaDayBytes' });
  const { job } = await ended(host, id);
  expect(job.state).toBe('done');
});
