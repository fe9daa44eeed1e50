import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../electron/base/log.ts';
import { GleanerError } from '../../electron/contract/failures.ts';
import { ipcChannels } from '../../electron/control/ipc-channels.ts';
import { type IpcServerOptions, isOwnPage, serveIpc } from '../../electron/control/ipc-server.ts';
import { FakeHost, fakeSnapshot } from '../fakes/fake-host.ts';

type Handler = (event: unknown, ...args: unknown[]) => unknown;

/** Fakes of the few parts of Electron that the server touches. */
class FakeContents extends EventEmitter {
  readonly sent: unknown[] = [];
  readonly mainFrame: { url: string };
  destroyed = false;

  constructor(url: string) {
    super();
    this.mainFrame = { url };
  }

  isDestroyed(): boolean {
    return this.destroyed;
  }

  send(channel: string, value: unknown): void {
    this.sent.push([channel, value]);
  }
}

class FakeIpcMain extends EventEmitter {
  readonly handlers = new Map<string, Handler>();

  handle(channel: string, handler: Handler): void {
    this.handlers.set(channel, handler);
  }

  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }
}

function setUp(url = 'app://gleaner/index.html') {
  const host = new FakeHost();
  const ipcMain = new FakeIpcMain();
  const window = new FakeContents(url);
  const saved: { name: string; bytes: string }[] = [];
  const answers = { saves: true };
  const server = serveIpc({
    ipcMain: ipcMain as unknown as IpcServerOptions['ipcMain'],
    api: host,
    log: silentLog,
    isOwnWindow: (contents) => (contents as unknown) === window,
    desk: {
      async save(_contents, name, open) {
        if (!answers.saves) return null;
        const pieces: Uint8Array[] = [];
        for await (const piece of await open()) pieces.push(piece);
        saved.push({ name, bytes: Buffer.concat(pieces).toString() });
        return name;
      },
    },
  });
  const event = (changes = {}) => ({ sender: window, senderFrame: window.mainFrame, ...changes });
  const call = async (from: unknown, name: unknown, input: unknown): Promise<unknown> =>
    await ipcMain.handlers.get(ipcChannels.call)?.(from, name, input);
  const save = async (from: unknown, ...asked: unknown[]): Promise<unknown> =>
    await ipcMain.handlers.get(ipcChannels.save)?.(from, ...asked);
  return { host, ipcMain, window, server, event, call, save, saved, answers };
}

const refused = { ok: false, failure: { code: 'bad-request' } };

describe('the IPC server', () => {
  it('answers the window', async () => {
    const { event, call } = setUp();
    expect(await call(event(), 'status', {})).toMatchObject({ ok: true, value: { version: '0.1.0' } });
    expect(await call(event(), 'pause', { length: '1h' })).toMatchObject({ ok: true });
    expect(await call(event(), 'pause', { length: '1y' })).toMatchObject(refused);
    expect(await call(event(), 7, {})).toMatchObject(refused);
    expect(await call(event(), 'jobs.result', { id: 'job-1' })).toMatchObject(refused);
  });

  it('answers nobody else', async () => {
    const { host, window, event, call, save } = setUp();
    const frame = { url: 'app://gleaner/index.html' };
    const other = new FakeContents('app://gleaner/index.html');
    const strangers = [
      event({ senderFrame: frame }),
      event({ senderFrame: null }),
      { sender: other, senderFrame: other.mainFrame },
    ];
    for (const stranger of strangers) {
      expect(await call(stranger, 'status', {})).toMatchObject(refused);
      expect(await save(stranger, 'support.bundle', {}, 'a.tar.gz')).toMatchObject(refused);
    }
    window.mainFrame.url = 'https://gleaner/';
    expect(await call(event(), 'status', {})).toMatchObject(refused);
    window.mainFrame.url = 'app://gleaner/';
    window.destroyed = true;
    expect(await call(event(), 'status', {})).toMatchObject(refused);
    expect(host.asked).toEqual([]);
  });

  it('saves a download for the window, when the person has said where to', async () => {
    const { host, event, save, saved, answers } = setUp();
    expect(await save(event(), 'support.bundle', {}, 'gleaner-support.tar.gz')).toEqual({
      ok: true,
      value: { saved: 'gleaner-support.tar.gz' },
    });
    expect(saved).toEqual([{ name: 'gleaner-support.tar.gz', bytes: 'some bytes' }]);
    answers.saves = false;
    host.asked.length = 0;
    expect(await save(event(), 'ledger.export', { format: 'csv' }, 'ledger.csv')).toEqual({
      ok: true,
      value: { saved: null },
    });
    expect(host.asked).toEqual([]);
    answers.saves = true;
    host.failures.set('ledger.export', new GleanerError('storage-failed', 'No.'));
    expect(await save(event(), 'ledger.export', { format: 'csv' }, 'ledger.csv')).toMatchObject({
      ok: false,
      failure: { code: 'storage-failed' },
    });
  });

  it.each([
    ['status', {}, 'a.csv'],
    ['jobs.add', {}, 'a.csv'],
    ['nothing', {}, 'a.csv'],
    [7, {}, 'a.csv'],
    ['ledger.export', { format: 'exe' }, 'a.csv'],
    ['ledger.export', { format: 'csv', path: '/etc/passwd' }, 'a.csv'],
    ['ledger.export', { format: 'csv' }, '../a.csv'],
    ['ledger.export', { format: 'csv' }, '/a.csv'],
    ['ledger.export', { format: 'csv' }, 'C:\\a.csv'],
    ['ledger.export', { format: 'csv' }, '.a.csv'],
    ['ledger.export', { format: 'csv' }, 'a.desktop'],
    ['ledger.export', { format: 'csv' }, 'a.csv\n'],
    ['ledger.export', { format: 'csv' }, `${'a'.repeat(200)}.csv`],
    ['ledger.export', { format: 'csv' }, 7],
    ['ledger.export', { format: 'csv' }, undefined],
  ])('asks the person nothing for %s %j %j', async (name, input, suggestedName) => {
    const { host, event, save, saved } = setUp();
    expect(await save(event(), name, input, suggestedName)).toMatchObject(refused);
    expect(saved).toEqual([]);
    expect(host.asked).toEqual([]);
  });

  it.each([
    ['app://gleaner/', true],
    ['app://gleaner/index.html#/activity', true],
    ['app://gleaner.example/', false],
    ['app://gleaner:80/', false],
    ['app://user@gleaner/', false],
    ['app://evil/gleaner', false],
    ['file:///gleaner', false],
    ['about:blank', false],
    ['data:text/html,app://gleaner', false],
    ['', false],
  ])('judges the page %s: %s', (address, own) => {
    expect(isOwnPage(address)).toBe(own);
  });

  it('sends events only while a page of ours listens', () => {
    const { host, ipcMain, window, event } = setUp();
    ipcMain.emit(ipcChannels.listen, event({ senderFrame: { url: 'app://gleaner/' } }));
    expect(host.listeners).toBe(0);
    ipcMain.emit(ipcChannels.listen, event());
    ipcMain.emit(ipcChannels.listen, event());
    expect(host.listeners).toBe(1);
    window.sent.length = 0;
    const snapshot = fakeSnapshot({ version: '9' });
    host.emit(snapshot);
    expect(window.sent).toEqual([[ipcChannels.event, { type: 'snapshot', snapshot }]]);
    ipcMain.emit(ipcChannels.unlisten, event());
    host.emit(snapshot);
    expect(host.listeners).toBe(0);
    expect(window.sent).toHaveLength(1);
  });

  it.each(['destroyed', 'render-process-gone', 'did-navigate'])('stops events on %s', (happening) => {
    const { host, ipcMain, window, event } = setUp();
    ipcMain.emit(ipcChannels.listen, event());
    window.emit(happening);
    expect(host.listeners).toBe(0);
    expect(window.eventNames()).toEqual([]);
  });

  it('leaves nothing behind when disposed', async () => {
    const { host, ipcMain, window, server, event } = setUp();
    ipcMain.emit(ipcChannels.listen, event());
    await server.dispose();
    expect(host.listeners).toBe(0);
    expect(ipcMain.handlers.size).toBe(0);
    expect(ipcMain.eventNames()).toEqual([]);
    expect(window.eventNames()).toEqual([]);
  });
});
