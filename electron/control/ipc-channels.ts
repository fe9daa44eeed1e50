import type {
  Answer,
  CommandInput,
  CommandOutput,
  DownloadCommandName,
  HostEvent,
  PlainCommandName,
} from '../contract/commands.ts';

/** Names of the Electron IPC channels between the preload script and `ipc-server.ts`. */
export const ipcChannels = {
  /** invoke(name, input) → Answer: one plain command of the contract. */
  call: 'gleaner:call',
  /** invoke(name, input, suggestedName) → Answer: what one download streams, into a file of the person's choice. */
  save: 'gleaner:save',
  /** send(): this page wants events; the current Snapshot comes first. */
  listen: 'gleaner:listen',
  /** send(): this page wants no more events. */
  unlisten: 'gleaner:unlisten',
  /** main → page: a HostEvent. */
  event: 'gleaner:event',
} as const;

/** The only origin whose pages may use the channels. */
export const pageProtocol = 'app:';
export const pageHost = 'gleaner';

/** What the preload script exposes to the page, and all of it. Commands that take a stream go over the socket only. */
export interface GleanerBridge {
  /** Never rejects for a failure of the host: failures come in the Answer. */
  call<N extends PlainCommandName>(name: N, input: CommandInput<N>): Promise<Answer<CommandOutput<N>>>;
  /**
   * Asks the person for a place and writes there what the command streams; `saved` is what the file is called then, null when they
   * thought better of it. `suggestedName` is a plain name that ends in .csv, .json, .tar or .tar.gz. The page sees neither place nor bytes.
   */
  save<N extends DownloadCommandName>(
    name: N,
    input: CommandInput<N>,
    suggestedName: string,
  ): Promise<Answer<{ readonly saved: string | null }>>;
  /** Calls `listener` with the current Snapshot, then with every change; returns the way to stop. */
  subscribe(listener: (event: HostEvent) => void): () => void;
}
