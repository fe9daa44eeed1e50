import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import type { HostEvent } from './contract/commands.ts';
import { type GleanerBridge, ipcChannels } from './control/ipc-channels.ts';

const listeners = new Set<(event: HostEvent) => void>();

function deliver(_event: IpcRendererEvent, hostEvent: HostEvent): void {
  for (const listener of [...listeners]) listener(hostEvent);
}

/** All that the page gets. Everything is parsed again in the main process. */
const bridge: GleanerBridge = {
  call: (name, input) => ipcRenderer.invoke(ipcChannels.call, name, input),
  save: (name, input, suggestedName) => ipcRenderer.invoke(ipcChannels.save, name, input, suggestedName),
  subscribe(listener) {
    // A function of its own, so that the same listener may subscribe twice.
    const entry = (event: HostEvent): void => {
      listener(event);
    };
    if (listeners.size === 0) ipcRenderer.on(ipcChannels.event, deliver);
    listeners.add(entry);
    // Asked anew for every listener: the answer begins with the current Snapshot.
    ipcRenderer.send(ipcChannels.listen);
    return () => {
      if (!listeners.delete(entry) || listeners.size > 0) return;
      ipcRenderer.off(ipcChannels.event, deliver);
      ipcRenderer.send(ipcChannels.unlisten);
    };
  },
};

contextBridge.exposeInMainWorld('gleaner', bridge);
