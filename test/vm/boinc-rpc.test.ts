import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClientLook } from '../../electron/grid/boinc/messages.ts';
import { BoincWorker } from '../../electron/grid/boinc/worker.ts';
import type { GuestSession } from '../../electron/vm/session/client.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { FakeWeb } from '../fakes/fake-web.ts';
import { eventually } from '../fixtures/eventually.ts';
import { rejectionOf } from '../unit/boinc-wire-fixture.ts';
import { boincAgent, guiRpcPort, rpcPassword } from './agent-fixture.ts';
import { temporaryDir } from './harness.ts';
import { hangMs, patientBounds } from './patience.ts';
import { type BareVm, bootBareVm, bootLimitMs } from './session-fixture.ts';

/** The stock client in a real VM, asked and ordered by the worker, and a fake project that has no work for it. */

const MiB = 1024 * 1024;
const inAVm = { timeout: hangMs, interval: 500 } as const;
const url = 'http://project.example/boinc/';
const weakKey = `7_${'a'.repeat(32)}`;
const preferences = `<global_preferences>
   <run_on_batteries>1</run_on_batteries>
   <run_if_user_active>1</run_if_user_active>
   <suspend_cpu_usage>0</suspend_cpu_usage>
</global_preferences>`;

let place: ReturnType<typeof temporaryDir> | undefined;
let vm: BareVm | undefined;
let session: GuestSession | undefined;
let web: FakeWeb | undefined;
const worker = new BoincWorker({
  spawnWorker: forkWorkers({ boinc: new URL('../../electron/grid/boinc/child.ts', import.meta.url) }),
});
let lost = 0;
const firstLoss = new Promise<void>((resolve) => {
  worker.onLost(() => {
    lost += 1;
    resolve();
  });
});

const parts = () => {
  if (!vm || !session || !web) throw new Error('no VM');
  return { vm, session, web, socketPath: join(vm.dir, 'rpc') };
};

/** A scheduler's answer (sched/sched_types.cpp): who asks, and that there is no work. */
function schedulerReply(key: string): string {
  const known = key === weakKey;
  return `<scheduler_reply>
<scheduler_version>713</scheduler_version>
<master_url>${url}</master_url>
<request_delay>3600.000000</request_delay>
<message priority="${known ? 'low' : 'notice'}">${known ? 'No work: R&amp;D > 3' : 'Invalid or missing account key'}</message>
<project_name>Tides &amp; &lt;Dunes&gt;</project_name>
${
  known
    ? `<userid>7</userid>
<user_name>Ana &lt;3</user_name>
<user_total_credit>1234.500000</user_total_credit>
<user_expavg_credit>12.250000</user_expavg_credit>
<user_create_time>1700000000</user_create_time>
<email_hash>${'0'.repeat(32)}</email_hash>
<cross_project_id>${'1'.repeat(32)}</cross_project_id>
<hostid>1017</hostid>
<host_total_credit>100.125000</host_total_credit>
<host_expavg_credit>1.500000</host_expavg_credit>
<host_venue></host_venue>
<host_create_time>1700000000</host_create_time>
`
    : ''
}</scheduler_reply>
`;
}

/** Everything that was said meanwhile; the client keeps its messages. */
const look = (): Promise<ClientLook> => worker.call('look', { messagesAfter: 0, noticesAfter: 0 });

async function until(condition: (seen: ClientLook) => boolean): Promise<ClientLook> {
  return await eventually(async () => {
    const seen = await look();
    expect(condition(seen), JSON.stringify(seen, null, 1)).toBe(true);
    return seen;
  }, inAVm);
}

beforeAll(async () => {
  place = temporaryDir();
  web = await FakeWeb.start(place.dir);
  await web.add('http://project.example', ({ url: asked, body }) => {
    if (asked.endsWith('/cgi')) {
      return schedulerReply(/<authenticator>(.*?)<\/authenticator>/.exec(body)?.[1] ?? '');
    }
    return '<html><!-- <scheduler>http://project.example/cgi</scheduler> --></html>\n';
  });
  const dataDisk = { path: join(place.dir, 'data', 'data.raw'), bytes: 256 * MiB };
  vm = await bootBareVm({ appliance: 'boinc', dir: place.dir, dataDisk, vcpus: 1 });
  session = vm.session(patientBounds);
  await session.connect(bootLimitMs);
  await session.forward({ bindAddress: '127.0.0.1', port: 3128, toSocketPath: web.gatewayPath });
  await session.reach({ port: guiRpcPort, socketPath: parts().socketPath });
});
afterAll(async () => {
  await worker.dispose();
  await session?.dispose();
  await vm?.end();
  await web?.stop();
  place?.remove();
});

test('nobody answers before the client runs, and then its password counts', async () => {
  const { session, socketPath } = parts();
  const opening = { socketPath, password: rpcPassword };
  expect((await rejectionOf(worker.call('open', opening))).code).toBe('agent-failed');
  await session.startAgent(boincAgent());
  const { version } = await eventually(() => worker.call('open', opening), inAVm);
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  expect(await rejectionOf(worker.call('open', { socketPath, password: 'another' }))).toEqual({
    code: 'account-refused',
    sentence: 'The BOINC client does not accept its password.',
  });
  await worker.call('open', opening);
});

test('it takes preferences and modes, and tells what it is about', async () => {
  await worker.call('setPreferences', { xml: preferences });
  await worker.call('runMode', { mode: 'always' });
  await worker.call('networkMode', { mode: 'always' });
  const seen = await look();
  expect(seen.projects).toEqual([]);
  expect(seen.tasks).toEqual([]);
  expect(seen.messages.map(({ text }) => text)).toContain('Reading preferences override file');
  expect(seen.messages.map(({ seqno }) => seqno)).toEqual(seen.messages.map((_, index) => index + 1));
  expect(seen.diskBytes).toBeGreaterThan(0);
  const last = seen.messages.at(-1)?.seqno ?? 0;
  expect((await worker.call('look', { messagesAfter: last, noticesAfter: 0 })).messages).toEqual([]);
});

test('it joins a project, whose words come as they are', async () => {
  const { web } = parts();
  await worker.call('attach', { url, key: weakKey, name: 'Tides' });
  const again = rejectionOf(worker.call('attach', { url, key: weakKey, name: 'Tides' }));
  expect((await again).code).toBe('already-joined');
  const seen = await until(
    ({ projects: [project] }) => project?.hostId === '1017' && !project.contactPending,
  );
  expect(seen.projects).toHaveLength(1);
  expect(seen.projects[0]).toMatchObject({
    url,
    name: 'Tides & <Dunes>',
    userName: 'Ana <3',
    userTotal: 1234.5,
    userRecent: 12.25,
    hostTotal: 100.125,
    hostRecent: 1.5,
    suspended: false,
    noNewWork: false,
    failedContacts: 0,
  });
  expect(seen.projects[0]?.nextContactAt).toBeGreaterThan(Date.now());
  const said = seen.messages.map(({ text }) => text).find((text) => text.includes('No work'));
  expect(said).toBe('No work: R&D > 3');
  expect(web.visits.map(({ url: asked }) => asked)).toContain('http://project.example/cgi');
});

test('it does what it is told to a project', async () => {
  const contacts = (): number => parts().web.visits.filter(({ url: asked }) => asked.endsWith('/cgi')).length;
  await worker.call('setProject', { url, noNewWork: true, suspended: true });
  expect((await look()).projects[0]).toMatchObject({ noNewWork: true, suspended: true });
  await worker.call('setProject', { url, noNewWork: false, suspended: false });
  expect((await look()).projects[0]).toMatchObject({ noNewWork: false, suspended: false });
  const before = contacts();
  await worker.call('update', { url });
  await eventually(() => {
    expect(contacts()).toBeGreaterThan(before);
  }, inAVm);
  expect((await rejectionOf(worker.call('abortTask', { url, task: 'none' }))).code).toBe('not-found');
  expect((await rejectionOf(worker.call('update', { url: 'http://other.example/' }))).code).toBe(
    'not-joined',
  );
});

test('it leaves a project, and shows what another says to a wrong key', async () => {
  await worker.call('detach', { url });
  expect((await look()).projects).toEqual([]);
  await worker.call('attach', { url, key: 'b'.repeat(32), name: 'Tides' });
  const seen = await until(({ messages }) => messages.some(({ priority }) => priority === 4));
  expect(seen.messages.filter(({ priority }) => priority === 4).map(({ text }) => text)).toEqual([
    'Invalid or missing account key',
  ]);
  expect(seen.projects[0]).toMatchObject({ hostId: null, failedContacts: 0 });
});

test('it quits when it is asked to', async () => {
  const { session } = parts();
  await worker.call('quit', null);
  await eventually(async () => {
    expect((await session.agentStatus('boinc')).running).toBe(false);
  }, inAVm);
  expect((await session.agentStatus('boinc')).words).toMatch(/^exit 0/);
  await firstLoss;
  expect(lost).toBe(1);
  expect((await rejectionOf(worker.call('update', { url }))).code).toBe('agent-failed');
});
