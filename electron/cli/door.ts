import type { Paths } from '../base/paths.ts';
import type {
  CommandInput,
  CommandOutput,
  DownloadCommandName,
  HostApi,
  PlainCommandName,
  UploadCommandName,
} from '../contract/commands.ts';
import { parseInput } from '../control/dispatch.ts';
import { isListening } from '../control/endpoint.ts';
import { SocketClient } from '../control/socket-client.ts';

/** The way to a host: the one that runs, or one composed in this process for a single command. */
export interface Door {
  /** Whether the host runs; one composed for a single command starts no VM. */
  readonly isRunning: boolean;
  call<N extends PlainCommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>>;
  upload<N extends UploadCommandName>(
    name: N,
    input: CommandInput<N>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<CommandOutput<N>>;
  download<N extends DownloadCommandName>(
    name: N,
    input: CommandInput<N>,
  ): Promise<AsyncIterable<Uint8Array>>;
  close(): Promise<void>;
}

/**
 * Opens the way to the host that runs; where none does, to one that `compose` makes and that is not started:
 * it reads and writes the same files, and refuses with `already-running` should another hold them.
 */
export async function openDoor(
  paths: Paths,
  compose: () => Promise<HostApi & { stop(): Promise<void> }>,
): Promise<Door> {
  const client = new SocketClient(paths);
  if (await isListening(paths.socketPath)) {
    return {
      isRunning: true,
      call: client.call.bind(client),
      upload: client.upload.bind(client),
      download: client.download.bind(client),
      close: async () => {},
    };
  }
  const host = await compose();
  return {
    isRunning: false,
    call: async (name, input) => await host.call(name, parseInput(name, input)),
    upload: async (name, input, body) => await host.upload(name, parseInput(name, input), body),
    download: async (name, input) => await host.download(name, parseInput(name, input)),
    close: async () => {
      await host.stop();
    },
  };
}
