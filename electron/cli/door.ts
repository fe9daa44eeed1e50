import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Paths, ServicePaths } from '../base/paths.ts';
import type {
  CommandInput,
  CommandOutput,
  DownloadCommandName,
  HostApi,
  PlainCommandName,
  UploadCommandName,
} from '../contract/commands.ts';
import { GleanerError } from '../contract/failures.ts';
import { parseInput } from '../control/dispatch.ts';
import { type EndpointPaths, isListening } from '../control/endpoint.ts';
import { SocketClient } from '../control/socket-client.ts';
import { type MachinePlaceOptions, machinePlace } from '../host/machine-place.ts';

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

/** Where the hosts of this computer may be asked. */
export interface Places {
  /** Of the person's own host. */
  readonly paths: Paths;
  /** How an administrator says whether the machine has one; left out: nobody is asked, and it has none. */
  readonly machine?: MachinePlaceOptions;
}

/**
 * A client of the host that runs. It has not connected yet.
 * @throws GleanerError `profile-broken` when nobody can tell where the host lives, and none is seen
 */
export async function clientOf(places: Places): Promise<SocketClient> {
  const { endpoint, hint } = await findHost(places);
  return new SocketClient(endpoint, process.platform, hint);
}

interface FoundHost {
  readonly endpoint: EndpointPaths;
  /** How it is started. */
  readonly hint?: string;
  /** A host for a single command may be composed where this one does not run. */
  readonly mayCompose: boolean;
}

async function findHost({ paths, machine }: Places): Promise<FoundHost> {
  const own: FoundHost = { endpoint: paths, mayCompose: true };
  if (!machine) return own;
  const told = await machinePlace(machine);
  const service = async (): Promise<FoundHost> => ({
    endpoint: await serviceEndpoint(machine.servicePaths),
    hint: 'Start it with: systemctl start gleaner',
    mayCompose: false,
  });
  if ('place' in told) return told.place === 'service' ? await service() : own;
  // Whoever runs may be asked all the same; one that is not ours to ask is not why nobody can tell.
  for (const found of [await service(), { ...own, mayCompose: false }]) {
    if (await isListening(found.endpoint.socketPath).catch(() => false)) return found;
  }
  throw new GleanerError(told.failure.code, told.failure.sentence, told.failure.hint);
}

/** Root and the service's own account have a socket of their own, which they alone can write to. */
async function serviceEndpoint({
  runDir,
  socketPath,
  adminSocketPath,
}: ServicePaths): Promise<EndpointPaths> {
  const administers = await access(adminSocketPath, constants.W_OK).then(
    () => true,
    () => false,
  );
  return { runDir, socketPath: administers ? adminSocketPath : socketPath };
}

/**
 * Opens the way to the host that runs; where none does, to one that `compose` makes and that is not started:
 * it reads and writes the same files, and refuses with `already-running` should another hold them. Where the host is a service of
 * the machine none is ever composed: `host-not-running`.
 */
export async function openDoor(
  places: Places,
  compose: () => Promise<HostApi & { stop(): Promise<void> }>,
): Promise<Door> {
  const { endpoint, hint, mayCompose } = await findHost(places);
  const client = new SocketClient(endpoint, process.platform, hint);
  if (!mayCompose || (await isListening(endpoint.socketPath))) {
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
