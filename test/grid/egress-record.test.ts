import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../electron/base/clock.ts';
import { streamLog } from '../../electron/base/log.ts';
import { resolvePaths } from '../../electron/base/paths.ts';
import type { Contact } from '../../electron/contract/network.ts';
import { TrafficLog } from '../../electron/egress/traffic-log.ts';
import { GridGateway } from '../../electron/host/grid-gateway.ts';
import { NetworkDesk } from '../../electron/host/network-desk.ts';
import { openDatabase } from '../../electron/ledger/database.ts';
import { Ledger } from '../../electron/ledger/ledger.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { effectiveOf } from '../unit/policy-fixture.ts';
import { contact, egressTest, good, heard, type World } from './egress-fixture.ts';

/** Planted in everything of a request that is the guest's own business. */
const secret = 'pl4nted';

/** A host's gateway, its record in a real database, and all that it said besides. */
function recorded(world: World, contacts: readonly Contact[], askProxy = () => Promise.resolve('DIRECT')) {
  const dir = mkdtempSync(join(tmpdir(), 'gleaner-record-'));
  world.own({
    dispose: () => {
      rmSync(dir, { recursive: true });
    },
  });
  const said: string[] = [];
  const log = streamLog({ write: (line: string) => said.push(line) });
  const database = openDatabase(join(dir, 'gleaner.db'));
  const ledger = new Ledger(database, systemClock);
  const network = new NetworkDesk({
    traffic: new TrafficLog(database, systemClock),
    settings: () => effectiveOf().values,
    systemLogins: [],
    metered: () => null,
    book: (booking) => {
      database.transaction(() => ledger.book(booking, { title: booking.grid, owner: booking.grid }));
    },
    transaction: (work) => {
      database.transaction(work);
    },
    clock: systemClock,
    log,
    onChange: () => undefined,
  });
  const worldOfGateways = {
    paths: resolvePaths({ platform: process.platform, home: dir, uid: 1, env: { GLEANER_HOME: dir } }),
    spawnWorker: forkWorkers({ egress: new URL('../../electron/egress/child.ts', import.meta.url) }),
    network,
    askProxy: (url: string) => {
      said.push(url);
      return askProxy();
    },
    onProblem: (grid: string, problem: unknown) => {
      said.push(JSON.stringify([grid, problem]));
    },
    clock: systemClock,
    log,
  };
  const gateway = world.own(new GridGateway(worldOfGateways, 'boinc-a', () => contacts));
  /** Everything that is kept, shown or exported, and the files as they lie. */
  const everything = async (): Promise<string> => {
    const parts = [JSON.stringify([network.report(), network.of('boinc-a'), network.recentDenials()])];
    await gateway.dispose();
    for (const exported of [ledger.exportJson(), ledger.exportCsv()])
      for await (const chunk of exported) parts.push(Buffer.from(chunk).toString('latin1'));
    network.dispose();
    database.close();
    for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' }))
      if (name.startsWith('gleaner.db')) parts.push(readFileSync(join(dir, name), 'latin1'));
    return [...parts, ...said].join('\n');
  };
  return { gateway, everything };
}

/** The status line of what a guest's bytes are answered. */
async function ask(socketPath: string, bytes: string): Promise<string> {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(bytes);
  const text = await heard(socket, /\r\n\r\n/);
  socket.destroy();
  return text.slice(9, 12);
}

const headers = `Cookie: ${secret}\r\nX-${secret}: ${secret}\r\nProxy-Authorization: Basic ${secret}\r\n`;
const get = (url: string, host: string): string => `GET ${url} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n`;

egressTest('nothing of a path, a query or a header is logged, kept, shown or exported', async ({ world }) => {
  let got = '';
  world.names.set('seen.example', ['45.33.0.63']);
  world.names.set('away.example', ['45.33.0.64']);
  await world.tcp('45.33.0.63', 80, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      got += chunk.toString('latin1');
      if (got.endsWith('\r\n\r\n'))
        socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: ${secret}\r\n\r\n`);
    });
  });
  const contacts = [contact('seen.example', 80), contact('away.example', 80), contact(good.host, good.port)];
  const { gateway, everything } = recorded(world, contacts);
  await gateway.open();
  const path = `/${secret}?${secret}=${secret}`;
  const asked: [string, string][] = [
    ['200', get(`http://seen.example${path}`, 'seen.example')],
    // Refused, each in another place.
    ['503', get(`http://refused.example${path}`, 'refused.example')],
    ['403', get(`http://127.0.0.1${path}`, '127.0.0.1')],
    ['502', get(`http://away.example${path}`, 'away.example')],
    ['400', get(`ftp://me:${secret}@odd.example${path}`, 'odd.example')],
    ['400', get(`http://${secret}:${secret}@odd.example${path}`, 'odd.example')],
    ['400', get(`http://odd.example${path}#${secret}`, 'odd.example')],
    ['400', get(path, 'odd.example')],
    ['400', get(`http://seen.example${path}`, secret)],
    ['400', `${secret} http://seen.example${path} HTTP/1.1\r\nHost: seen.example\r\n\r\n`],
    ['400', `GET http://seen.example${path} HTTP/1.1\r\n${secret}\r\n\r\n`],
    ['431', get(`http://seen.example${path}`, 'seen.example').replace(/\r\n$/, `X: ${secret.repeat(5000)}`)],
    ['403', `CONNECT refused.example:443 HTTP/1.1\r\nHost: refused.example:443\r\n${headers}\r\n`],
    ['400', `CONNECT ${secret}@refused.example:443${path} HTTP/1.1\r\nHost: refused.example\r\n\r\n`],
    ['417', get(`http://seen.example${path}`, 'seen.example').replace(/\r\n$/, `Expect: ${secret}\r\n\r\n`)],
  ];
  const answers: string[] = [];
  for (const [, bytes] of asked) answers.push(await ask(gateway.socketPath, bytes));
  expect(answers).toEqual(asked.map(([status]) => status));
  // It did go out, to whom it was for.
  expect(got).toContain(path);
  expect(got).toContain(`Cookie: ${secret}`);
  const all = await everything();
  expect(all).toContain('seen.example');
  expect(all).toContain('refused.example');
  expect(all).not.toContain(secret);
});

egressTest('nor where a proxy is asked for, or fails', async ({ world }) => {
  world.names.set('proxy.example', ['10.77.0.1']);
  await world.tcp('10.77.0.1', 3128, (socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 407 ${secret}\r\nContent-Length: 0\r\n\r\n`));
  });
  const { gateway, everything } = recorded(world, [contact(good.host, good.port)], () =>
    Promise.resolve('PROXY proxy.example:3128'),
  );
  await gateway.open();
  const path = `/${secret}?${secret}`;
  expect(await ask(gateway.socketPath, get(`http://${good.host}${path}`, good.host))).toBe('502');
  const authority = `${good.host}:80`;
  const tunnel = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${headers}\r\n`;
  expect(await ask(gateway.socketPath, tunnel)).toBe('502');
  const all = await everything();
  expect(all).toContain('proxy.example');
  expect(all).not.toContain(secret);
});
