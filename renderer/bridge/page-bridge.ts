import type {
  Answer,
  CommandInput,
  CommandOutput,
  DownloadCommandName,
  HostEvent,
  PlainCommandName,
} from '../../electron/contract/commands.ts';

/**
 * What the preload script gives this page (`GleanerBridge` of electron/control/ipc-channels.ts, which no page
 * imports; test/unit/renderer-bridge.test.ts holds the two equal).
 */
export interface PageBridge {
  /** Never rejects for a failure of the host: failures come in the Answer. */
  call<N extends PlainCommandName>(name: N, input: CommandInput<N>): Promise<Answer<CommandOutput<N>>>;
  /**
   * Asks the person for a place and writes there what the command streams; `saved` is what the file is called then, null when they
   * thought better of it. `suggestedName` is a plain name that ends in .csv, .json, .tar or .tar.gz.
   */
  save<N extends DownloadCommandName>(
    name: N,
    input: CommandInput<N>,
    suggestedName: string,
  ): Promise<Answer<{ readonly saved: string | null }>>;
  /** Calls `listener` with the current Snapshot, then with every change; returns the way to stop. */
  subscribe(listener: (event: HostEvent) => void): () => void;
}
