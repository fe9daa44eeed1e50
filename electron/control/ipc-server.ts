import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import type { Disposable } from '../base/disposal.ts';
import type { Log } from '../base/log.ts';
import type { Answer, HostApi } from '../contract/commands.ts';
import { dispatchPlain } from './dispatch.ts';
import { ipcChannels, pageHost, pageProtocol } from './ipc-channels.ts';
import { type SaveDesk, type Saved, saveForPage } from './ipc-save.ts';

export interface IpcServerOptions {
  readonly ipcMain: Pick<IpcMain, 'handle' | 'removeHandler' | 'on' | 'off'>;
  readonly api: HostApi;
  readonly log: Log;
  /** Whether these are the contents of the window that the shell opened itself. */
  readonly isOwnWindow: (contents: WebContents) => boolean;
  /** Where downloads go. */
  readonly desk: SaveDesk;
}

const refusal = {
  ok: false,
  failure: { code: 'bad-request', sentence: 'This page may not ask that.' },
} as const;

/** Whether a page at this address is one of ours. Pure. */
export function isOwnPage(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return (
    url.protocol === pageProtocol &&
    url.host === pageHost &&
    url.username === '' &&
    url.password === '' &&
    url.port === ''
  );
}

/**
 * Serves the contract's plain commands, its downloads (into files) and its events to the window. Only the main frame of our own window,
 * showing a page of our own, is answered; everyone else gets a failure and the log a line.
 */
export function serveIpc({ ipcMain, api, log, isOwnWindow, desk }: IpcServerOptions): Disposable {
  const listeners = new Map<WebContents, () => void>();

  const trusted = (event: IpcMainEvent | IpcMainInvokeEvent): boolean => {
    const { sender, senderFrame } = event;
    const ok =
      senderFrame !== null &&
      !sender.isDestroyed() &&
      senderFrame === sender.mainFrame &&
      isOwnPage(senderFrame.url) &&
      isOwnWindow(sender);
    if (!ok) {
      log.warn('control', 'refused a message from a page that is not ours', {
        page: senderFrame?.url.slice(0, 200) ?? 'gone',
      });
    }
    return ok;
  };

  const call = async (event: IpcMainInvokeEvent, name: unknown, input: unknown): Promise<Answer<unknown>> => {
    if (!trusted(event) || typeof name !== 'string') return refusal;
    return await dispatchPlain(api, log, name, input);
  };

  const save = async (
    event: IpcMainInvokeEvent,
    name: unknown,
    input: unknown,
    suggestedName: unknown,
  ): Promise<Answer<Saved>> => {
    if (!trusted(event) || typeof name !== 'string') return refusal;
    return await saveForPage({ api, log, desk }, event.sender, { name, input, suggestedName });
  };

  const listen = (event: IpcMainEvent): void => {
    if (!trusted(event)) return;
    const { sender } = event;
    listeners.get(sender)?.();
    const stop = api.subscribe((hostEvent) => {
      if (!sender.isDestroyed()) sender.send(ipcChannels.event, hostEvent);
    });
    const end = (): void => {
      stop();
      sender.off('destroyed', end);
      sender.off('render-process-gone', end);
      sender.off('did-navigate', end);
      listeners.delete(sender);
    };
    // The page asks anew after a reload; until then nobody looks.
    sender.on('destroyed', end);
    sender.on('render-process-gone', end);
    sender.on('did-navigate', end);
    listeners.set(sender, end);
  };

  const unlisten = (event: IpcMainEvent): void => {
    if (trusted(event)) listeners.get(event.sender)?.();
  };

  ipcMain.handle(ipcChannels.call, call);
  ipcMain.handle(ipcChannels.save, save);
  ipcMain.on(ipcChannels.listen, listen);
  ipcMain.on(ipcChannels.unlisten, unlisten);
  return {
    dispose() {
      ipcMain.removeHandler(ipcChannels.call);
      ipcMain.removeHandler(ipcChannels.save);
      ipcMain.off(ipcChannels.listen, listen);
      ipcMain.off(ipcChannels.unlisten, unlisten);
      for (const end of [...listeners.values()]) end();
    },
  };
}
