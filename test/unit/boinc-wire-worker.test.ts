import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WorkerHandle } from '../../electron/base/worker.ts';
import type { Failure } from '../../electron/contract/failures.ts';
import { BoincWorker } from '../../electron/grid/boinc/worker.ts';
import { forkWorkers } from '../../electron/workers.ts';
import { makeBoincSigner } from '../fakes/boinc-signing.ts';
import { FakeBoincClient } from '../fakes/fake-boinc-client.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeWeb } from '../fakes/fake-web.ts';
import { FakeWorker } from '../fakes/fake-worker.ts';
import * as replies from '../fixtures/boinc-replies.ts';
import { eventually } from '../fixtures/eventually.ts';
import { rejectionOf } from './boinc-wire-fixture.ts';

// Starting a process can take seconds on a busy computer; the limit only ends a hung test.
vi.setConfig({ testTimeout: 60_000 });

let dir = '';
let worker: BoincWorker;
let children: WorkerHandle[] = [];
let lost: Failure[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'boinc-'));
  const fork = forkWorkers({ boinc: new URL('../../electron/grid/boinc/child.ts', import.meta.url) });
  children = [];
  lost = [];
  worker = new BoincWorker({
    spawnWorker: (name) => {
      const child = fork(name);
      children.push(child);
      return child;
    },
  });
  worker.onLost((failure) => lost.push(failure));
});
afterEach(async () => {
  await worker.dispose();
  await rm(dir, { recursive: true });
});

describe('the real worker', () => {
  it('speaks to a client, tells when it is lost, and opens anew', async () => {
    const socketPath = join(dir, 'reach');
    const fake = await FakeBoincClient.start(socketPath);
    try {
      expect((await rejectionOf(worker.call('quit', null))).code).toBe('agent-failed');
      const opening = { socketPath, password: fake.password };
      expect(await worker.call('open', opening)).toEqual({ version: '8.0.4' });
      fake.replies.set('get_project_status', replies.projectStatus);
      fake.replies.set('get_results', replies.results);
      fake.replies.set('get_state', replies.clientState);
      fake.replies.set('get_file_transfers', replies.fileTransfers);
      fake.replies.set('get_messages', replies.messages);
      fake.replies.set('get_notices', replies.notices);
      fake.replies.set('get_disk_usage', replies.diskUsage);
      const look = await worker.call('look', { messagesAfter: 0, noticesAfter: 0 });
      expect(look.tasks.map(({ name }) => name)).toEqual(['tide_0001_0', 'dune_0002_1']);
      fake.replies.set('get_results', Buffer.from('<boinc_gui_rpc_reply><results><result "</results>\u0003'));
      expect((await rejectionOf(worker.call('look', { messagesAfter: 0, noticesAfter: 0 }))).code).toBe(
        'grid-protocol',
      );
      expect(lost).toEqual([]);
      fake.hangUp();
      await eventually(() => {
        expect(lost).toHaveLength(1);
      });
      expect((await rejectionOf(worker.call('update', { url: 'x' }))).code).toBe('agent-failed');
      await worker.call('open', opening);
      // The later of two is the one that counts.
      const both = await Promise.allSettled([worker.call('open', opening), worker.call('open', opening)]);
      expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      fake.replies.set('quit', '<success/>\n');
      expect(await worker.call('quit', null)).toBeNull();
      expect(children).toHaveLength(1);
    } finally {
      await fake.stop();
    }
  });

  it('survives a client that floods it, and is started anew when it dies', async () => {
    const socketPath = join(dir, 'reach');
    const fake = await FakeBoincClient.start(socketPath);
    try {
      const opening = { socketPath, password: fake.password };
      await worker.call('open', opening);
      fake.replies.set('network_available', Buffer.alloc(9 * 1024 * 1024, 'x'));
      expect((await rejectionOf(worker.call('update', { url: 'x' }))).code).toBe('grid-protocol');
      expect(lost.map(({ code }) => code)).toEqual(['grid-protocol']);
      await worker.call('open', opening);
      fake.replies.set('network_available', '<success/>\n');
      fake.replies.set('project_update', undefined);
      const waiting = rejectionOf(worker.call('update', { url: 'x' }));
      await eventually(() => {
        expect(fake.verbs().filter((verb) => verb === 'project_update')).toHaveLength(1);
      });
      children[0]?.kill();
      expect((await waiting).code).toBe('agent-failed');
      expect(lost.map(({ code }) => code)).toEqual(['grid-protocol', 'agent-failed']);
      expect(await worker.call('open', opening)).toEqual({ version: '8.0.4' });
      expect(children).toHaveLength(2);
    } finally {
      await fake.stop();
    }
  });

  it('asks the web through a gateway', async () => {
    const web = await FakeWeb.start(dir);
    try {
      const signer = makeBoincSigner();
      const config =
        '<project_config><name>Tides</name><master_url>https://p.example/</master_url></project_config>';
      await web.add('https://p.example', ({ url }) => {
        if (url.includes('get_project_config')) return config;
        if (url.includes('lookup_account'))
          return '<account_out><authenticator>0123456789abcdef</authenticator></account_out>';
        if (url.includes('am_get_info')) return { status: 404 };
        return '<!-- <scheduler>https://p.example/cgi</scheduler> -->';
      });
      await web.add('https://m.example', ({ url }) =>
        url.includes('config')
          ? '<project_config><name>M</name><account_manager/></project_config>'
          : `<acct_mgr_reply><signing_key>\n${signer.publicKey}</signing_key></acct_mgr_reply>`,
      );
      const way = { gatewayPath: web.gatewayPath, authorities: web.authority.certificate };
      const facts = await worker.call('lookup', { ...way, url: 'p.example' });
      expect(facts).toMatchObject({ name: 'Tides', schedulers: ['https://p.example/cgi'] });
      const account = { kind: 'login', email: 'a@b.example', password: 'secret' } as const;
      expect(await worker.call('signIn', { ...way, facts, account })).toEqual({
        key: '0123456789abcdef',
        weak: false,
      });
      const manager = await worker.call('lookup', { ...way, url: 'https://m.example' });
      const sync = {
        facts: manager,
        name: 'ana',
        passwordHash: 'f',
        opaque: null,
        hostCpid: 'c',
        projects: [],
      };
      expect(await worker.call('syncManager', { ...way, ...sync })).toMatchObject({
        name: 'M',
        accounts: [],
      });
      expect(await rejectionOf(worker.call('lookup', { ...way, url: 'http://other.example' }))).toEqual({
        code: 'egress-denied',
        sentence: '“other.example:80” is not on the list of what may be contacted.',
      });
    } finally {
      await web.stop();
    }
  });

  it('is gone when it is disposed', async () => {
    const socketPath = join(dir, 'reach');
    const fake = await FakeBoincClient.start(socketPath);
    await worker.call('open', { socketPath, password: fake.password });
    fake.replies.set('quit', undefined);
    const waiting = rejectionOf(worker.call('quit', null));
    const exit = new Promise((resolve) => children[0]?.onExit(resolve));
    await worker.dispose();
    await exit;
    expect((await waiting).code).toBe('agent-failed');
    expect(lost).toEqual([]);
    expect((await rejectionOf(worker.call('quit', null))).code).toBe('agent-failed');
    await fake.stop();
  });
});

describe('a worker that is broken or taken over', () => {
  const clock = new FakeClock();
  let handle: FakeWorker;
  let broken: BoincWorker;
  let losses: Failure[] = [];

  beforeEach(() => {
    handle = new FakeWorker();
    losses = [];
    broken = new BoincWorker({ spawnWorker: () => handle, clock });
    broken.onLost((failure) => losses.push(failure));
  });

  it.each([
    ['nothing that is known', { kind: 'hello' }],
    ['no message', 'x'],
    ['an answer to no question', { kind: 'answer', id: 99, value: null }],
    ['an answer of another shape', { kind: 'answer', id: 1, value: { version: 8 } }],
    ['an answer that is too long', { kind: 'answer', id: 1, value: { version: '8'.repeat(1000) } }],
    ['a failure that is none', { kind: 'refused', id: 1, failure: { code: 'odd', sentence: '' } }],
  ])('is ended when it says %s', async (_, message) => {
    const call = rejectionOf(broken.call('open', { socketPath: '', password: '' }));
    handle.say(message);
    expect((await call).code).toBe('grid-protocol');
    expect(handle.killed).toBe(true);
    expect(losses.map(({ code }) => code)).toEqual(['grid-protocol']);
    handle.exit(null);
    expect(losses).toHaveLength(1);
  });

  it('is ended when it says too much', async () => {
    const call = rejectionOf(broken.call('open', { socketPath: '', password: '' }));
    const message = { kind: 'lost', failure: { code: 'agent-failed', sentence: 'x' } };
    for (let i = 0; i < 200; i += 1) handle.say(message);
    expect(handle.killed).toBe(false);
    clock.advance(1000);
    for (let i = 0; i < 201; i += 1) handle.say(message);
    expect(handle.killed).toBe(true);
    expect((await call).code).toBe('grid-protocol');
  });

  it('gives what it answers, and its refusals', async () => {
    const first = broken.call('open', { socketPath: '', password: '' });
    const second = rejectionOf(broken.call('quit', null));
    handle.say({ kind: 'refused', id: 2, failure: { code: 'not-joined', sentence: 'No.', hint: 'Join.' } });
    handle.say({ kind: 'answer', id: 1, value: { version: '8.0.4', extra: 1 } });
    expect(await first).toEqual({ version: '8.0.4' });
    expect(await second).toEqual({ code: 'not-joined', sentence: 'No.', hint: 'Join.' });
    expect(handle.killed).toBe(false);
  });
});
