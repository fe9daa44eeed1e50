import { mkdirSync } from 'node:fs';
import { type Disposable, Disposer } from './base/disposal.ts';
import { bothLogs, fileLog, type Log, silentLog, streamLog } from './base/log.ts';
import type { Paths } from './base/paths.ts';
import type { Ending } from './cli/exit.ts';
import { type Done, runHeadless } from './cli/headless.ts';
import type { Io } from './cli/io.ts';
import { GleanerError } from './contract/failures.ts';
import { serveSocket } from './control/socket-server.ts';
import { environmentLogins, environmentProxy } from './egress/system-proxy.ts';
import { personsComputer } from './host/persons-computer.ts';
import { createHost, type Host, type HostOptions } from './host.ts';
import type { Program } from './program/program.ts';
import { forkWorkers } from './workers.ts';

type Composition = Pick<HostOptions, 'paths' | 'log' | 'imageSourceDir' | 'rebuildImages' | 'updateImages'> &
  Partial<HostOptions>;

async function composeHost(program: Program, composition: Composition): Promise<Host> {
  const { version, sampleDir, workers } = program;
  return await createHost({
    ...personsComputer(),
    ...composition,
    version,
    sampleDir,
    spawnWorker: forkWorkers(workers),
    askProxy: environmentProxy(process.env),
    proxyLogins: environmentLogins(process.env),
  });
}

/** A host that is not started, for one command; ended by its `stop`. It builds nothing unless that is the command. */
export async function composeForOneCommand(paths: Paths, program: Program): Promise<Host> {
  const { updateImages } = (await program.images(silentLog)).source;
  return await composeHost(program, {
    paths,
    log: silentLog,
    imageSourceDir: async () => {
      const folder = await program.findImages();
      if (folder !== undefined) return folder;
      throw new GleanerError(
        'image-missing',
        'The guest image is not built yet.',
        'It is built when the host starts: "npm start" or "gleaner run --headless".',
      );
    },
    ...(updateImages ? { updateImages } : {}),
  });
}

/** Runs a host without a window and serves the control socket; see {@link runHeadless}. */
export async function serveHeadless(options: {
  readonly paths: Paths;
  readonly program: Program;
  readonly io: Io;
  readonly untilIdle: boolean;
  /** Queues the sample project before anything else. */
  readonly sample: boolean;
  /** What is different of a host that is a service of the machine. */
  readonly service?: {
    readonly computer: Partial<HostOptions>;
    /** Opens its sockets instead of the person's. */
    readonly serve: (host: Host, log: Log) => Promise<Disposable>;
  };
  /** Calls back when the host is no longer wanted here; returns the way to stop. Left out: it always is. */
  readonly onUnwanted?: (listener: () => void) => () => void;
}): Promise<{ ending: Ending; jobs: Done }> {
  const { paths, program, io, untilIdle, sample, service, onUnwanted } = options;
  mkdirSync(paths.logsDir, { recursive: true, mode: 0o700 });
  const owned = new Disposer();
  const file = owned.own(fileLog(paths.logPath));
  const screen = streamLog({
    write: (text: string) => {
      io.err(text);
    },
  });
  const log = bothLogs(screen, file);
  const images = owned.own(await program.images(log));
  try {
    const host = await composeHost(program, { paths, log, ...images.source, ...service?.computer });
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
          void images.dispose();
          listener();
        };
        const releases = [io.onSignal(end), onUnwanted?.(end)];
        return () => {
          for (const release of releases) release?.();
        };
      },
    });
  } finally {
    await owned.dispose();
  }
}
