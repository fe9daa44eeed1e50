import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Disposable, Disposer } from './base/disposal.ts';
import { bothLogs, fileLog, type Log, silentLog, streamLog } from './base/log.ts';
import type { Paths } from './base/paths.ts';
import type { Ending } from './cli/exit.ts';
import { type Done, runHeadless } from './cli/headless.ts';
import type { Io } from './cli/io.ts';
import { readVersion } from './cli/version.ts';
import type { CommandOutput } from './contract/commands.ts';
import { GleanerError } from './contract/failures.ts';
import { serveSocket } from './control/socket-server.ts';
import { environmentLogins, environmentProxy } from './egress/system-proxy.ts';
import { CheckoutImages } from './host/checkout-images.ts';
import { personsComputer } from './host/persons-computer.ts';
import { createHost, type Host, type HostOptions } from './host.ts';
import { forkWorkers } from './workers.ts';

const workers = {
  session: new URL('./vm/session/child.ts', import.meta.url),
  judge: new URL('./grid/local/judge-child.ts', import.meta.url),
  boinc: new URL('./grid/boinc/child.ts', import.meta.url),
  condor: new URL('./grid/condor/child.ts', import.meta.url),
  egress: new URL('./egress/child.ts', import.meta.url),
};
const sampleDir = fileURLToPath(new URL('../resources/sample', import.meta.url));
const checkoutDir = fileURLToPath(new URL('..', import.meta.url));

type Composition = Pick<HostOptions, 'paths' | 'log' | 'imageSourceDir' | 'rebuildImages' | 'updateImages'> &
  Partial<HostOptions>;

async function composeHost(composition: Composition): Promise<Host> {
  return await createHost({
    ...personsComputer(),
    ...composition,
    version: readVersion(),
    sampleDir,
    spawnWorker: forkWorkers(workers),
    askProxy: environmentProxy(process.env),
    proxyLogins: environmentLogins(process.env),
  });
}

/** A host that is not started, for one command; ended by its `stop`. It builds nothing unless that is the command. */
export async function composeForOneCommand(paths: Paths): Promise<Host> {
  const imageSourceDir = async (): Promise<string> => {
    const folder = await findImages();
    if (folder !== undefined) return folder;
    throw new GleanerError(
      'image-missing',
      'The guest image is not built yet.',
      'It is built when the host starts: "npm start" or "gleaner run --headless".',
    );
  };
  const updateImages = async (): Promise<CommandOutput<'appliance.update'>> => {
    const images = new CheckoutImages({ checkoutDir, nodePath: process.execPath, log: silentLog });
    return await images.update();
  };
  return await composeHost({ paths, log: silentLog, imageSourceDir, updateImages });
}

/** Runs a host without a window and serves the control socket; see {@link runHeadless}. */
export async function serveHeadless(options: {
  readonly paths: Paths;
  readonly io: Io;
  readonly untilIdle: boolean;
  /** Queues the sample project before anything else. */
  readonly sample: boolean;
  /** What is different of a host that is a service of the machine. */
  readonly service?: {
    readonly computer: Partial<HostOptions>;
    /** Opens its sockets instead of the person's. */
    readonly serve: (host: Host, log: Log) => Promise<Disposable>;
    /** Calls back when it is no longer wanted; returns the way to stop. */
    readonly onUnwanted: (listener: () => void) => () => void;
  };
}): Promise<{ ending: Ending; jobs: Done }> {
  const { paths, io, untilIdle, sample, service } = options;
  mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 });
  const owned = new Disposer();
  const file = owned.own(fileLog(paths.logPath));
  const screen = streamLog({
    write: (text: string) => {
      io.err(text);
    },
  });
  const log = bothLogs(screen, file);
  const images = owned.own(new CheckoutImages({ checkoutDir, nodePath: process.execPath, log }));
  try {
    const host = await composeHost({
      paths,
      log,
      imageSourceDir: (signal) => images.folder(signal),
      rebuildImages: (_why, signal) => images.rebuild(signal),
      updateImages: (signal) => images.update(signal),
      ...service?.computer,
    });
    return await runHeadless({
      host,
      sample,
      untilIdle,
      serve: async () => {
        if (service) return await service.serve(host, log);
        const server = await serveSocket({ api: host, paths, log });
        log.info('control', 'listening', { path: paths.socketPath });
        return server;
      },
      onSignal: (listener) => {
        const end = (): void => {
          // A host that waits for its image could not stop.
          images.dispose();
          listener();
        };
        const releases = [io.onSignal(end), service?.onUnwanted(end)];
        return () => {
          for (const release of releases) release?.();
        };
      },
    });
  } finally {
    await owned.dispose();
  }
}

/** The folder of the guest image that fits this checkout's recipe; undefined when none is built. */
async function findImages(): Promise<string | undefined> {
  const { defaultOutDir, recipeDigest } = await import('../resources/guest/recipe.ts');
  const { readIntact } = await import('../resources/guest/build/manifest.ts');
  const folder = defaultOutDir();
  return readIntact(folder, recipeDigest()) ? folder : undefined;
}
