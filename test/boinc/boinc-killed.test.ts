import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StandIn, startStandIn } from '../fakes/boinc-project/stand-in.ts';
import { resultOf } from '../fakes/boinc-project/tasks.ts';
import { FakeDnsServer } from '../fakes/dns-server.ts';
import { temporaryDir } from '../vm/harness.ts';
import { HostChild } from '../vm/host-child.ts';
import { allGone, vmPids } from '../vm/host-faults-world.ts';
import { addresses, placeOf } from './boinc-world.ts';

/** The host itself is killed, with its workers and its VM: nothing was told to any of them. */

const folder = temporaryDir();
let names: FakeDnsServer;
let standIn: StandIn;
let host: HostChild;

beforeAll(async () => {
  names = await FakeDnsServer.start();
  names.set('project.example', [addresses['project.example']]);
  standIn = await startStandIn(placeOf('project.example'));
  standIn.project.nextContactSeconds = 5;
  host = await HostChild.start(folder.dir);
});
afterAll(async () => {
  host.signal('SIGTERM');
  await host.ended;
  await standIn.dispose();
  await names.dispose();
  folder.remove();
});

test('after kill -9 of the host the next one ends what is left, and the task goes on from its checkpoint', async () => {
  const { key } = standIn.account('person@example.org', 'a good password');
  const task = standIn.addTask({ cpuSeconds: 15, untilTold: true, credit: 3 });
  const offer = await host.client.call('grids.lookup', { url: standIn.masterUrl });
  const { id } = await host.client.call('grids.join', {
    url: offer.url,
    account: { kind: 'key', key },
    contacts: offer.contacts.map((contact) => ({ host: contact.host, port: contact.port })),
  });
  // A file system forgets what it was told in the last seconds before.
  await host.sees(({ jobs }) => jobs.some(({ state, cpuSeconds }) => state === 'running' && cpuSeconds > 12));
  const left = vmPids(folder.dir, id);
  expect(left.length).toBeGreaterThan(0);
  host.signal('SIGKILL');
  await host.ended;
  await allGone(left);
  host = await HostChild.start(folder.dir);
  standIn.tell(task);
  await standIn.until(() => task.granted !== null);
  const starts = resultOf(task)?.starts ?? [];
  expect(starts).toHaveLength(2);
  expect(starts[1]).toBeGreaterThan(0);
  await host.sees(({ today }) => today.earned.some(({ grid, observed }) => grid === id && observed === 3));
  const entries = await host.client.call('ledger.list', { limit: 100 });
  const attempts = entries.filter(({ body }) => body.kind === 'attempt');
  expect(attempts.map(({ body }) => [body.job, body.attempt])).toEqual([[`${task.name}_0`, 1]]);
  expect(entries.filter(({ body }) => body.kind === 'credit')).toHaveLength(1);
  expect(await host.client.call('ledger.verify', {})).toMatchObject({ ok: true });
  // The same computer, with the key that its disk has kept.
  expect(standIn.project.accounts.hosts).toHaveLength(1);
});
