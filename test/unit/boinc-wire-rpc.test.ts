import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { maxFrameBytes } from '../../electron/grid/boinc/frames.ts';
import { RpcClient } from '../../electron/grid/boinc/rpc-client.ts';
import { RpcVerbs } from '../../electron/grid/boinc/rpc-verbs.ts';
import { FakeBoincClient } from '../fakes/fake-boinc-client.ts';
import { FakeClock } from '../fakes/fake-clock.ts';
import * as replies from '../fixtures/boinc-replies.ts';
import { eventually } from '../fixtures/eventually.ts';
import { rejectionOf } from './boinc-wire-fixture.ts';

// Nothing here waits for time; the limit only ends a run that hangs.
vi.setConfig({ testTimeout: 60_000 });

const url = 'https://project.example/boinc/';

let dir = '';
let socketPath = '';
let fake: FakeBoincClient;
let clock: FakeClock;
let opened: RpcClient[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rpc-'));
  socketPath = join(dir, 'reach');
  fake = await FakeBoincClient.start(socketPath);
  clock = new FakeClock();
  opened = [];
});
afterEach(async () => {
  for (const rpc of opened) rpc.end();
  await fake.stop();
  await rm(dir, { recursive: true });
});

async function open(): Promise<{ rpc: RpcClient; verbs: RpcVerbs; version: string }> {
  const { rpc, version } = await RpcClient.open({ socketPath, password: fake.password });
  opened.push(rpc);
  fake.requests.length = 0;
  return { rpc, version, verbs: new RpcVerbs(rpc, clock) };
}

describe('the connection to a BOINC client', () => {
  it('signs in and tells the version', async () => {
    expect((await open()).version).toBe('8.0.4');
  });

  it('tells a wrong password, nobody there, and somebody else', async () => {
    const wrong = await rejectionOf(RpcClient.open({ socketPath, password: 'secret-word' }));
    expect(wrong).toEqual({
      code: 'account-refused',
      sentence: 'The BOINC client does not accept its password.',
    });
    expect((await rejectionOf(RpcClient.open({ socketPath: join(dir, 'none'), password: '' }))).code).toBe(
      'agent-failed',
    );
    fake.replies.set('exchange_versions', '<html>');
    expect((await rejectionOf(open())).code).toBe('grid-protocol');
  });

  it('asks one thing at a time, in order', async () => {
    const { rpc } = await open();
    const answers: ((text: string) => void)[] = [];
    for (const verb of ['a', 'b']) {
      fake.replies.set(verb, () => {
        answers.push((text) => {
          fake.say(Buffer.from(`<boinc_gui_rpc_reply>\n<x>${text}</x>\n</boinc_gui_rpc_reply>\n\u0003`));
        });
        return undefined;
      });
    }
    const first = rpc.ask('<a/>');
    const second = rpc.ask('<b/>');
    await eventually(() => {
      expect(answers).toHaveLength(1);
    });
    expect(fake.verbs()).toEqual(['a']);
    answers[0]?.('1');
    expect((await first).children[0]?.raw).toBe('1');
    await eventually(() => {
      expect(answers).toHaveLength(2);
    });
    answers[1]?.('2');
    expect((await second).children[0]?.raw).toBe('2');
  });

  it('is lost once, with all that waits', async () => {
    const { rpc } = await open();
    fake.replies.set('a', undefined);
    const lost = new Promise((resolve) => {
      rpc.onLost(resolve);
    });
    const waiting = [rejectionOf(rpc.ask('<a/>')), rejectionOf(rpc.ask('<b/>'))];
    await eventually(() => {
      expect(fake.verbs()).toEqual(['a']);
    });
    fake.hangUp();
    const failure = { code: 'agent-failed', sentence: 'The connection to the BOINC client is lost.' };
    expect(await Promise.all(waiting)).toEqual([failure, failure]);
    expect(await lost).toMatchObject({ code: 'agent-failed' });
    expect(await rejectionOf(rpc.ask('<a/>'))).toEqual(failure);
  });

  it.each([
    ['speaks without being asked', Buffer.from('hello\u0003')],
    ['floods', Buffer.alloc(maxFrameBytes + 1, 'x')],
    ['answers twice', Buffer.from('<boinc_gui_rpc_reply/>\u0003<boinc_gui_rpc_reply/>\u0003')],
  ])('ends with one that %s', async (_, bytes) => {
    const { rpc } = await open();
    const lost = new Promise((resolve) => {
      rpc.onLost(resolve);
    });
    fake.say(bytes);
    expect(await lost).toMatchObject({ code: 'grid-protocol' });
  });

  it('goes on after a reply that cannot be read', async () => {
    const { rpc } = await open();
    fake.replies.set('bad', Buffer.from('<<<"\u0003'));
    fake.replies.set('other', Buffer.from('<x/>\u0003'));
    fake.replies.set('good', '<x>1</x>');
    expect((await rejectionOf(rpc.ask('<bad/>'))).code).toBe('grid-protocol');
    expect((await rejectionOf(rpc.ask('<other/>'))).code).toBe('grid-protocol');
    expect((await rpc.ask('<good/>')).children).toHaveLength(1);
  });
});

describe('the verbs', () => {
  const setLook = (): void => {
    fake.replies.set('get_project_status', replies.projectStatus);
    fake.replies.set('get_results', replies.results);
    fake.replies.set('get_state', replies.clientState);
    fake.replies.set('get_file_transfers', replies.fileTransfers);
    fake.replies.set('get_messages', replies.messages);
    fake.replies.set('get_notices', replies.notices);
    fake.replies.set('get_disk_usage', replies.diskUsage);
  };

  it('looks at everything, and at what costs much only when it has to', async () => {
    setLook();
    const { verbs } = await open();
    const look = await verbs.look({ messagesAfter: 3, noticesAfter: 4 });
    expect(look.tasks.map(({ application }) => application)).toEqual(['Tide tables', 'dune']);
    expect(look.messages.map(({ priority, seqno }) => [priority, seqno])).toEqual([
      [4, 5],
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
    expect(look.diskBytes).toBe(5_001_000);
    expect(fake.requests).toContain('<get_messages>\n<seqno>3</seqno>\n</get_messages>');
    expect(fake.requests).toContain('<get_notices>\n<seqno>4</seqno>\n</get_notices>');
    fake.requests.length = 0;
    const often = ['get_project_status', 'get_results', 'get_file_transfers', 'get_messages', 'get_notices'];
    await verbs.look({ messagesAfter: 3, noticesAfter: 5 });
    expect(fake.verbs()).toEqual(often);
    clock.advance(60_000);
    fake.replies.set('get_results', replies.results.replaceAll('tide_0001<', 'tide_0009<'));
    fake.requests.length = 0;
    expect((await verbs.look({ messagesAfter: 3, noticesAfter: 5 })).tasks[0]?.application).toBe('');
    expect(fake.verbs()).toEqual([
      'get_project_status',
      'get_results',
      'get_state',
      ...often.slice(2),
      'get_disk_usage',
    ]);
    fake.requests.length = 0;
    await verbs.look({ messagesAfter: 3, noticesAfter: 5 });
    expect(fake.verbs()).toEqual(often);
  });

  it('attaches, asking until it is no longer under way', async () => {
    const { verbs } = await open();
    let left = 3;
    fake.replies.set('project_attach', '<success/>\n');
    fake.replies.set('project_attach_poll', () => {
      left -= 1;
      return `<project_attach_reply>\n<error_num>${left > 0 ? -204 : 0}</error_num>\n</project_attach_reply>\n`;
    });
    const attaching = verbs.attach({ url: `${url}?a&b`, key: 'k'.repeat(32), name: 'Tides <& Dunes' });
    for (let polls = 1; polls < 3; polls += 1) {
      await eventually(() => {
        expect(clock.pending).toBe(1);
      });
      clock.advance(500);
    }
    expect(await attaching).toBeNull();
    expect(fake.requests[0]).toBe(
      `<project_attach>\n<project_url>${url}?a&amp;b</project_url>\n<authenticator>${'k'.repeat(32)}</authenticator>\n` +
        '<project_name>Tides    Dunes</project_name>\n</project_attach>',
    );
    expect(fake.verbs()).toEqual(['project_attach', ...Array<string>(3).fill('project_attach_poll')]);
  });

  it.each([
    ['-130', 'already-joined'],
    ['-155', 'account-refused'],
    ['-189', 'bad-request'],
    ['-183', 'grid-unreachable'],
    ['-4000', 'grid-refused'],
    ['', 'grid-protocol'],
  ])('tells what error %s at attaching means', async (number, code) => {
    const { verbs } = await open();
    fake.replies.set('project_attach', '<success/>\n');
    fake.replies.set(
      'project_attach_poll',
      `<project_attach_reply>\n<message>a</message>\n<message>No room.</message>\n<error_num>${number}</error_num>\n</project_attach_reply>\n`,
    );
    const failure = await rejectionOf(verbs.attach({ url, key: 'k'.repeat(32), name: '' }));
    expect(failure.code).toBe(code);
    if (number === '-4000') expect(failure.sentence).toBe('The project refused: “No room.”.');
  });

  it.each([
    ['Already attached to project', 'already-joined'],
    ['No such project', 'not-joined'],
    ['no such result', 'not-found'],
    ['Whatever', 'agent-failed'],
  ])('tells “%s”', async (words, code) => {
    const { verbs } = await open();
    fake.replies.set('project_detach', `<error>${words}</error>\n`);
    expect((await rejectionOf(verbs.detach({ url }))).code).toBe(code);
  });

  it('orders what it is asked to', async () => {
    const { verbs } = await open();
    for (const verb of [
      'project_detach',
      'network_available',
      'project_update',
      'abort_result',
      'set_run_mode',
      'set_network_mode',
      'quit',
    ]) {
      fake.replies.set(verb, '<success/>\n');
    }
    await verbs.detach({ url });
    await verbs.update({ url });
    await verbs.abortTask({ url, task: 'tide<1>' });
    await verbs.runMode({ mode: 'never' });
    await verbs.networkMode({ mode: 'always' });
    await verbs.quit();
    expect(fake.requests).toEqual([
      `<project_detach>\n<project_url>${url}</project_url>\n</project_detach>`,
      '<network_available/>',
      `<project_update>\n<project_url>${url}</project_url>\n</project_update>`,
      `<abort_result>\n<project_url>${url}</project_url>\n<name>tide&lt;1&gt;</name>\n</abort_result>`,
      '<set_run_mode>\n<never/>\n<duration>0</duration>\n</set_run_mode>',
      '<set_network_mode>\n<always/>\n<duration>0</duration>\n</set_network_mode>',
      '<quit/>',
    ]);
  });

  it('sets a project to what it is not yet', async () => {
    const { verbs } = await open();
    fake.replies.set('get_project_status', replies.projectStatus);
    for (const verb of ['nomorework', 'allowmorework', 'suspend', 'resume'])
      fake.replies.set(`project_${verb}`, '<success/>\n');
    await verbs.setProject({ url, noNewWork: true, suspended: true });
    expect(fake.verbs()).toEqual(['get_project_status']);
    await verbs.setProject({ url, noNewWork: false, suspended: true });
    await verbs.setProject({ url, noNewWork: true, suspended: false });
    expect(fake.verbs().filter((verb) => verb !== 'get_project_status')).toEqual([
      'project_allowmorework',
      'project_resume',
    ]);
    fake.replies.set('project_nomorework', '<error>No such project</error>\n');
    const other = verbs.setProject({ url: 'https://other.example/', noNewWork: true, suspended: true });
    expect((await rejectionOf(other)).code).toBe('not-joined');
  });

  it('sets preferences and has them read', async () => {
    const { verbs } = await open();
    const xml = '<global_preferences>\n<cpu_usage_limit>100</cpu_usage_limit>\n</global_preferences>\n';
    const status = (number: number): string =>
      `<set_global_prefs_override_reply>\n<status>${number}</status>\n</set_global_prefs_override_reply>\n`;
    fake.replies.set('set_global_prefs_override', status(0));
    fake.replies.set('read_global_prefs_override', '<success/>\n');
    await verbs.setPreferences({ xml });
    expect(fake.verbs()).toEqual(['set_global_prefs_override', 'read_global_prefs_override']);
    expect(fake.requests[0]).toContain(xml.trim());
    fake.replies.set('set_global_prefs_override', '<success/>\n');
    await verbs.setPreferences({ xml });
    fake.replies.set('set_global_prefs_override', '<error>no room</error>\n');
    expect((await rejectionOf(verbs.setPreferences({ xml }))).sentence).toContain('no room');
    fake.replies.set('set_global_prefs_override', status(-108));
    expect((await rejectionOf(verbs.setPreferences({ xml }))).code).toBe('agent-failed');
    for (const bad of [
      '',
      '<a/>',
      `${xml}<quit/>`,
      xml.replace('100', '</set_global_prefs_override>'),
      xml.replace('100', '\u0003'),
    ]) {
      expect((await rejectionOf(verbs.setPreferences({ xml: bad }))).code).toBe('bad-request');
    }
  });
});
