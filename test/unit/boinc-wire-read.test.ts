import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boincFailure } from '../../electron/grid/boinc/error-numbers.ts';
import { ClientLook } from '../../electron/grid/boinc/messages.ts';
import {
  readApplications,
  readDiskUsage,
  readMessages,
  readNotices,
  readProjects,
  readTasks,
  readTransfers,
} from '../../electron/grid/boinc/rpc-read.ts';
import { parseXml } from '../../electron/grid/boinc/xml.ts';
import * as replies from '../fixtures/boinc-replies.ts';

const reply = (content: string) =>
  parseXml(`<boinc_gui_rpc_reply>\n${content}</boinc_gui_rpc_reply>`, 'The BOINC client', true);

describe('what a BOINC client says', () => {
  it('reads its project', () => {
    expect(readProjects(reply(replies.projectStatus))).toEqual([
      {
        url: 'https://project.example/boinc/',
        name: 'Tides & <Dunes>',
        userName: 'Ana <3 Bo>',
        hostId: '1017',
        userTotal: 1234.5,
        userRecent: 12.25,
        hostTotal: 100.125,
        hostRecent: 1.5,
        suspended: true,
        noNewWork: true,
        contactPending: true,
        nextContactAt: 1760000100250,
        failedContacts: 3,
      },
    ]);
  });

  it('reads its tasks', () => {
    const [running, failed, ...others] = readTasks(reply(replies.results));
    expect(others).toEqual([]);
    expect(running).toEqual({
      name: 'tide_0001_0',
      workUnit: 'tide_0001',
      application: '',
      state: 2,
      scheduled: 2,
      process: 1,
      progress: 0.25,
      cpuSeconds: 42,
      checkpointCpuSeconds: 30.5,
      elapsedSeconds: 50.75,
      remainingSeconds: 3600.25,
      memoryBytes: 1_048_576,
      receivedAt: 1760000000500,
      deadline: 1760600000000,
      readyToReport: false,
      serverAck: false,
      suspended: false,
      exitStatus: 0,
    });
    expect(failed).toMatchObject({
      name: 'dune_0002_1',
      state: 3,
      scheduled: null,
      process: null,
      progress: 0,
      cpuSeconds: 99.5,
      checkpointCpuSeconds: 99.5,
      elapsedSeconds: 120,
      readyToReport: true,
      serverAck: true,
      suspended: true,
      exitStatus: -131,
    });
  });

  it('reads what applications are called', () => {
    expect([...readApplications(reply(replies.clientState))]).toEqual([
      ['tide_0001', 'Tide tables'],
      ['dune_0002', 'dune'],
    ]);
  });

  it('reads its transfers', () => {
    expect(readTransfers(reply(replies.fileTransfers))).toEqual([
      {
        file: 'tide_0001_0_out',
        upload: true,
        bytes: 512,
        totalBytes: 2048,
        bytesPerSecond: 0,
        retryAt: 1760000600000,
        retries: 3,
      },
      {
        file: 'dune_data',
        upload: false,
        bytes: 25_000,
        totalBytes: 100_000,
        bytesPerSecond: 1500.5,
        retryAt: null,
        retries: 0,
      },
    ]);
  });

  it('reads messages that are not well-formed', () => {
    expect(readMessages(reply(replies.messages))).toEqual([
      { seqno: 1, at: 1760000000000, title: '', text: 'Starting BOINC client version 8.0.4', priority: 1 },
      {
        seqno: 2,
        at: 1760000001000,
        title: '',
        text: 'Message from server: if a < b & c > d then use <tide "x\'> or\na second line',
        priority: 2,
      },
      { seqno: 3, at: 1760000002000, title: '', text: '[error] something <odd> ä', priority: 3 },
    ]);
  });

  it('reads notices as plain text, and passes over the sign that all come anew', () => {
    expect(readNotices(reply(replies.notices))).toEqual([
      {
        seqno: 5,
        at: 1759999000000,
        title: 'Spring tide & more',
        text: 'We will be down on Friday.\nSee here & there.',
        priority: 4,
      },
    ]);
  });

  it('adds up what its files take', () => {
    expect(readDiskUsage(reply(replies.diskUsage))).toBe(5_001_000);
    expect(readDiskUsage(reply('<disk_usage_summary/>'))).toBeNull();
  });

  it('cuts lists and texts to the bounds of the host', () => {
    const many = (item: string, times: number): string => item.repeat(times);
    const look = {
      projects: readProjects(reply(`<projects>${many('<project></project>', 50)}</projects>`)),
      tasks: readTasks(
        reply(`<results>${many(`<result><name>${'n'.repeat(1000)}</name></result>`, 1500)}</results>`),
      ),
      transfers: readTransfers(
        reply(`<file_transfers>${many('<file_transfer></file_transfer>', 500)}</file_transfers>`),
      ),
      messages: readMessages(
        reply(
          `<msgs>${Array.from({ length: 1000 }, (_, i) => `<msg><seqno>${i}</seqno><body>${'b'.repeat(5000)}</body></msg>`).join('')}</msgs>`,
        ),
      ),
      diskBytes: null,
    };
    const parsed = ClientLook.parse(look);
    expect([parsed.projects.length, parsed.tasks.length, parsed.transfers.length]).toEqual([16, 1000, 200]);
    expect([parsed.messages[0]?.seqno, parsed.messages.at(-1)?.seqno]).toEqual([800, 999]);
  });

  it('stays within the bounds of the host whatever it reads', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.double().map(String),
      fc.constantFrom(
        '1e400',
        '-1e400',
        'nan',
        'inf',
        '-1',
        '99999999999999999999',
        '0x10',
        '.',
        '1.',
        '-.5e3',
      ),
    );
    const names = [
      ...new Set(
        Object.values(replies).flatMap((text) =>
          [...text.matchAll(/<([a-z_]+)>/g)].map(([, name = '']) => name),
        ),
      ),
    ];
    const leaf = fc
      .tuple(fc.constantFrom(...names), value)
      .map(([name, text]) => `<${name}>${text}</${name}>`);
    const item = fc.tuple(
      fc.constantFrom(
        'project',
        'result',
        'active_task',
        'file_transfer',
        'persistent_file_xfer',
        'msg',
        'notice',
      ),
      fc.array(leaf, { maxLength: 15 }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 5 }), (items) => {
        const inside = items.map(([name, leaves]) => `<${name}>${leaves.join('')}</${name}>`).join('');
        const lists = ['projects', 'results', 'file_transfers', 'msgs', 'notices', 'disk_usage_summary'];
        let root: ReturnType<typeof reply>;
        try {
          root = reply(lists.map((list) => `<${list}>${inside}</${list}>`).join(''));
        } catch (error) {
          expect(error).toMatchObject({ code: 'grid-protocol' });
          return;
        }
        const look = {
          projects: readProjects(root),
          tasks: readTasks(root),
          transfers: readTransfers(root),
          messages: [...readMessages(root), ...readNotices(root)],
          diskBytes: readDiskUsage(root),
        };
        expect(ClientLook.safeParse(look).error).toBeUndefined();
      }),
      { numRuns: 400 },
    );
  });
});

describe('error numbers', () => {
  it('tells known ones in words, and unknown ones by what was said', () => {
    expect(boincFailure(-130, { who: 'The project' }).toFailure()).toEqual({
      code: 'already-joined',
      sentence: 'The project is joined already.',
    });
    expect(boincFailure(-212, { who: 'The project', said: 'x' }).code).toBe('account-refused');
    expect(boincFailure(-9999, { who: 'Tides', said: 'No room' }).message).toBe('Tides refused: “No room”.');
    expect(boincFailure(-9999, { who: 'Tides' }).message).toBe('Tides refused: error -9999.');
  });
});
